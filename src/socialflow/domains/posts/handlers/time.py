"""What is published and counted by the clock, and what becomes of photos and of what was reposted."""

import uuid
from datetime import UTC, datetime

from socialflow.domains.media.events import ImageFailed, ImageReady
from socialflow.domains.posts import queries, service
from socialflow.domains.posts.events import PostDeleted
from socialflow.domains.videos.events import VideoDeleted
from socialflow.kernel import counters, faults, logs, visibility
from socialflow.kernel.events import on
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, Actor, App

log = logs.named(__name__)
visibility.judges_addresses(queries.may_still)
BEFORE_ALL = (datetime(1, 1, 1, tzinfo=UTC), uuid.UUID(int=0))


@on(ImageReady)
async def show_photo(app: App, event: ImageReady) -> None:
    """A photo has been made anew: those who may see its post may see it."""
    async with app.work(SYSTEM) as work:
        await service.arrived(work, event.asset_id)


@on(ImageFailed)
async def show_failed_photo(app: App, event: ImageFailed) -> None:
    """A photo cannot be shown: its post says so."""
    async with app.work(SYSTEM) as work:
        await service.arrived(work, event.asset_id)


@on(PostDeleted)
async def forget_reposts_of_post(app: App, event: PostDeleted) -> None:
    """What is gone is shown by nobody any more."""
    await _forget_reposts(app, event.post_id)


@on(VideoDeleted)
async def forget_reposts_of_video(app: App, event: VideoDeleted) -> None:
    """What is gone is shown by nobody any more."""
    await _forget_reposts(app, event.video_id)


@every(seconds=5)
async def publish_due(app: App) -> None:
    """Publish what has waited for its time, each by its author, who may have lost the right to meanwhile."""
    after, failures = BEFORE_ALL, list[Exception]()
    while True:
        async with app.work(SYSTEM) as work:
            due = await queries.due(work.db, after)
        if not due:
            break
        for post in due:
            try:
                async with app.work(Actor(id=post.account_id)) as work:
                    await service.release(work, post.id)
                    faults.point("publish_due_posts.settled")
            except Exception as failure:
                # One that cannot be published now keeps no other waiting.
                log.warning("post_not_published", post=str(post.id), exc_info=failure)
                failures.append(failure)
        after = (due[-1].publish_at, due[-1].id)
    if failures:
        raise failures[0]


@every(seconds=30)
async def end_polls(app: App) -> None:
    """Tell that polls are over, of each once."""
    ended = 1
    while ended:
        async with app.work(SYSTEM) as work:
            ended = await service.end_polls(work)


@every(hours=24)
async def recount(app: App) -> None:
    """Set the numbers on posts and hashtags to what they count."""
    await counters.recount_all(app, service.recount_posts)
    await counters.recount_all(app, service.recount_tags)


@every(hours=24)
async def forget_spare_photos(app: App) -> None:
    """Delete photos that were brought for posts, and that no post has taken."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.forget_spare_photos(work)


async def _forget_reposts(app: App, subject_id: uuid.UUID) -> None:
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.forget_reposts(work, subject_id)
