"""F5: the worker that folds waiting counts is killed at any moment: every like is counted once."""

import asyncio
import signal
import uuid
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, select, text
from tests.factories.accounts import Person
from tests.factories.videos import video
from tests.faults.transcoding import attempt, expire_lease

from socialflow.domains.engagement.models import Like
from socialflow.domains.videos.models import Video
from socialflow.kernel import counters, housekeeping, ids, jobs, schedule
from socialflow.kernel.counters import CountChange
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
# With the number of changes that still wait when the worker dies there.
POINTS = {"kernel.fold_counts.claimed": 3, "fold_counts.folded": 3, "kernel.fold_counts.reacted": 0}


async def like_while_the_row_is_held(app: App, subject: str, fans: list[Person]) -> None:
    """Likes that cannot move the row, and so are appended."""
    held = select(Video.id).where(Video.id == ids.parse("vid", subject)).with_for_update(key_share=True)
    async with app.sessions() as holder, holder.begin():
        await holder.execute(held)
        for number, fan in enumerate(fans, start=1):
            answer = await fan.put(f"/likes/{subject}")
            assert answer.json()["like_count"] == number


async def counts(app: App, subject: str) -> tuple[int, int, int]:
    """What the row says, what waits for it, and how many rows there are, in one look."""
    subject_id = ids.parse("vid", subject)
    async with app.work(SYSTEM) as work:
        row = await work.db.scalar(select(Video.like_count).where(Video.id == subject_id)) or 0
        waiting = await counters.waiting_for(work.db, Video.like_count, subject_id)
        rows = await work.db.scalar(select(func.count()).select_from(Like).where(Like.subject_id == subject_id)) or 0
    return row, waiting, rows


async def folding_job(app: App) -> tuple[uuid.UUID, str]:
    """The clock ticks; the job that folds, and its kind."""
    await schedule.tick(app)
    async with app.sessions() as session:
        found = await session.execute(
            text("SELECT id, kind FROM jobs WHERE kind LIKE '%.fold_counts' ORDER BY id LIMIT 1")
        )
        row = found.one()
    return uuid.UUID(str(row.id)), str(row.kind)


@pytest.mark.parametrize("point", POINTS)
async def test_f05_a_folder_killed_here_loses_no_like_and_counts_none_twice(
    app: App, ada: Person, bob: Person, person: People, point: str
) -> None:
    made = await video(app, ada)
    fans = [ada, bob, await person("carol")]
    await like_while_the_row_is_held(app, made["id"], fans)
    assert await counts(app, made["id"]) == (0, 3, 3)
    job, kind = await folding_job(app)
    async with attempt(app, job, f"{point.replace('kernel.fold_counts', kind)}:kill") as worker:
        assert await worker.wait() == -signal.SIGKILL
    async with asyncio.timeout(30):
        # The server may need a moment to find out that the killed one is gone.
        while (await counts(app, made["id"]))[1] != POINTS[point]:
            await asyncio.sleep(0.05)
    assert sum((await counts(app, made["id"]))[:2]) == 3

    assert (await bob.delete(f"/likes/{made['id']}")).json()["like_count"] == 2
    await expire_lease(app, job)
    assert await jobs.execute(app, job) is jobs.Outcome.DONE
    await housekeeping.fold_counts(app)
    assert await counts(app, made["id"]) == (2, 0, 2)


async def test_f05_what_is_taken_back_while_it_is_folded_is_not_lost(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    await like_while_the_row_is_held(app, made["id"], [ada, bob])
    async with app.sessions() as folder, folder.begin():
        await counters.fold(folder)
        # Nobody waits for the folder, and it does not see what comes now.
        assert (await bob.delete(f"/likes/{made['id']}")).json()["like_count"] == 1
        assert (await bob.put(f"/likes/{made['id']}")).json()["like_count"] == 2
        assert (await ada.delete(f"/likes/{made['id']}")).json()["like_count"] == 1
    row, waiting, rows = await counts(app, made["id"])
    assert row + waiting == rows == 1
    await housekeeping.fold_counts(app)
    assert await counts(app, made["id"]) == (1, 0, 1)
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(select(func.count()).select_from(CountChange)) == 0
