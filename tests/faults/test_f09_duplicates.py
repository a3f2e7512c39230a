"""F9: every delivery five times, and in the wrong order: one effect."""

import random
from collections.abc import Awaitable, Callable

import httpx2
from sqlalchemy import func, select, text
from tests.conftest import _requeue
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.videos import bring, draft, video

from socialflow.domains.engagement.models import Comment, Like
from socialflow.domains.media.events import AssetPlayable, AssetReady
from socialflow.domains.videos.models import Video
from socialflow.kernel import ids, jobs, outbox
from socialflow.kernel.jobs import Job
from socialflow.kernel.work import SYSTEM, App

Deliver = Callable[..., Awaitable[int]]


async def shuffled(app: App, *, times: int, seed: int) -> int:
    """Relay everything, then run every job so often and in random order, the done ones again."""
    while await outbox.relay_once(app):
        pass
    async with app.work(SYSTEM) as work:
        waiting = list(await work.db.scalars(select(Job.id).where(Job.queue != "media")))
    order = waiting * times
    random.Random(seed).shuffle(order)
    for job_id in order:
        await _requeue(app, job_id)
        assert await jobs.execute(app, job_id) is jobs.Outcome.DONE
    return len(waiting)


async def test_f9_a_life_of_a_video_told_five_times_over(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    made = await draft(ada)
    await bring(app, made["id"], "ready")
    async with app.work(SYSTEM) as work:
        row = (await work.db.scalars(select(Video))).one()
        who = {"asset_id": row.asset_id, "account_id": row.account_id}
        work.emit(AssetPlayable(**who))
        work.emit(AssetReady(**who, duration_ms=1, width=1, height=1, has_video=True, has_audio=True))
    await bob.put(f"/follows/{ada.channel_id}")
    await bob.put(f"/likes/{made['id']}")
    await bob.post("/comments", {"subject_id": made["id"], "text": "x"})

    for seed in range(3):
        assert await shuffled(app, times=5, seed=seed) >= 2
        # A job that reacts may tell something itself.
        while await outbox.relay_once(app):
            pass
        read = (await client.get(f"/api/v1/videos/{made['id']}")).json()
        assert (read["state"], read["like_count"], read["comment_count"]) == ("ready", 1, 1)
        channel = (await client.get("/api/v1/channels/@ada")).json()
        assert (channel["video_count"], channel["follower_count"]) == (1, 1)
        assert (await facts(app)).count("VideoPublished") == 1


async def test_f9_a_deletion_told_late_and_often_takes_what_hung_on_it_and_nothing_else(
    app: App, ada: Person, bob: Person
) -> None:
    gone, stays = await video(app, ada), await video(app, ada)
    for made in (gone, stays):
        said = (await bob.post("/comments", {"subject_id": made["id"], "text": "x"})).json()
        await ada.post("/comments", {"subject_id": made["id"], "text": "y", "parent_id": said["id"]})
        await bob.put(f"/likes/{made['id']}")
        await ada.put(f"/likes/{said['id']}")
    await ada.delete(f"/videos/{gone['id']}")

    await shuffled(app, times=5, seed=1)

    async with app.work(SYSTEM) as work:
        subjects = set(await work.db.scalars(select(Comment.subject_id)))
        assert subjects == {ids.parse("vid", stays["id"])}
        assert await work.db.scalar(select(func.count()).select_from(Comment)) == 2
        assert await work.db.scalar(select(func.count()).select_from(Like)) == 2
        assert await work.db.scalar(text("SELECT count(*) FROM count_changes")) == 0
    assert (await bob.get(f"/videos/{stays['id']}")).json()["comment_count"] == 2
