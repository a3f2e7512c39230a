"""F10: the worker that publishes what waited for its time is killed at any moment: each video is published once."""

import asyncio
import signal
import uuid

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.videos import in_future, let_time_come, video
from tests.faults.transcoding import attempt, expire_lease

from socialflow.domains.videos.handlers import publish_due
from socialflow.kernel import jobs, schedule
from socialflow.kernel.housekeeping import fold_counts
from socialflow.kernel.work import App

# With the number of videos that are published when the worker dies there.
POINTS = {"videos.publish_due.claimed": 0, "publish_due.settled": 0, "videos.publish_due.reacted": 2}


async def publishing_job(app: App) -> uuid.UUID:
    """The clock ticks; the job that looks for videos whose time has come."""
    await schedule.tick(app)
    async with app.sessions() as session:
        found = await session.execute(text("SELECT id FROM jobs WHERE kind = 'videos.publish_due' ORDER BY id LIMIT 1"))
        return uuid.UUID(str(found.scalar_one()))


async def published(app: App) -> int:
    return (await facts(app)).count("VideoPublished")


async def until_nobody_holds_them(app: App) -> None:
    """The server may need a moment to find out that the killed one has let go of its row."""
    free = text("SELECT id FROM videos FOR UPDATE SKIP LOCKED")
    async with asyncio.timeout(30):
        while True:
            async with app.sessions() as session, session.begin():
                if len((await session.execute(free)).all()) == 2:
                    return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("point", POINTS)
async def test_f10_a_worker_killed_here_publishes_nothing_twice_and_loses_nothing(
    app: App, ada: Person, point: str
) -> None:
    made = [await video(app, ada, publish_at=in_future()) for _ in range(2)]
    await let_time_come(app, *(each["id"] for each in made))
    job = await publishing_job(app)
    async with attempt(app, job, f"{point}:kill") as worker:
        assert await worker.wait() == -signal.SIGKILL
    assert await published(app) == POINTS[point]

    await expire_lease(app, job)
    await until_nobody_holds_them(app)
    assert await jobs.execute(app, job) is jobs.Outcome.DONE
    assert await published(app) == len(made)
    await publish_due(app)
    await fold_counts(app)

    assert await published(app) == len(made)
    assert (await ada.get(f"/channels/{ada.channel_id}")).json()["video_count"] == len(made)
    for each in made:
        assert (await ada.get(f"/videos/{each['id']}")).json()["publish_at"] is None
