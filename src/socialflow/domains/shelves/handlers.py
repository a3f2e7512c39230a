"""How what people put aside follows what becomes of it, and how it is forgotten in time."""

import uuid
from collections.abc import Awaitable, Callable

from socialflow.domains.channels.events import ChannelDeleted
from socialflow.domains.posts.events import PostDeleted
from socialflow.domains.shelves import service
from socialflow.domains.social.events import Blocked
from socialflow.domains.videos.events import VideoDeleted
from socialflow.kernel import counters, metrics, personal
from socialflow.kernel.events import on
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App, Work


@on(ChannelDeleted)
async def delete_with_channel(app: App, event: ChannelDeleted) -> None:
    """The lists of a channel go with it."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.playlists.delete_some_of_channel(work, event.channel_id, event.account_id)


@on(VideoDeleted)
async def forget_video(app: App, event: VideoDeleted) -> None:
    """Nobody has watched or saved a video that is gone; on lists its place stays."""
    await _until_nothing_is_left(app, event.video_id, service.people.forget_video)


@on(PostDeleted)
async def forget_post(app: App, event: PostDeleted) -> None:
    """Nobody has saved a post that is gone."""
    await _until_nothing_is_left(app, event.post_id, service.people.forget_post)


@on(Blocked)
async def part(app: App, event: Blocked) -> None:
    """Two people, one of whom has blocked the other, work on nothing of each other's any more."""
    async with app.work(SYSTEM) as work:
        await service.collaborating.part(work, event.account_id, event.blocked_id)


@every(hours=1)
async def forget_old_watches(app: App) -> None:
    """Forget what people watched long ago, or longer ago than they want it kept."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.history.forget_old(work, app.settings.privacy.positions_keep_s)
        metrics.WATCHES_EXPIRED.inc(left)


@every(hours=24)
async def recount_playlists(app: App) -> None:
    """Set the numbers on lists to what they count."""
    await counters.recount_all(app, service.playlists.recount)


@personal.erases(step=15)
async def erase_playlists(app: App, account_id: uuid.UUID) -> None:
    """What is on somebody's lists goes before them, some at a time: there may be a million places."""
    await _until_nothing_is_left(app, account_id, service.playlists.erase_some_of)


async def _until_nothing_is_left(
    app: App, subject_id: uuid.UUID, forget_some: Callable[[Work, uuid.UUID], Awaitable[int]]
) -> None:
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await forget_some(work, subject_id)
