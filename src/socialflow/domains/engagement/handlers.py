"""How likes and comments react."""

import uuid

from socialflow.domains.channels.events import ChannelDeleted
from socialflow.domains.engagement import service
from socialflow.domains.engagement.queries import judging
from socialflow.domains.media.events import ImageFailed, ImageReady
from socialflow.domains.posts.events import PostDeleted
from socialflow.domains.videos.events import VideoDeleted
from socialflow.kernel import counters, personal, visibility
from socialflow.kernel.events import on
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App

visibility.judges_addresses(judging.may_still)


@on(ChannelDeleted)
async def delete_with_channel(app: App, event: ChannelDeleted) -> None:
    """What a channel has said below videos goes with it; what others said in answer stays."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.delete_some_of_channel(work, event.channel_id, event.account_id)


@on(VideoDeleted)
async def erase_engagement(app: App, event: VideoDeleted) -> None:
    """Nothing is left to be said about a video that is gone."""
    await _erase(app, event.video_id)


@on(PostDeleted)
async def erase_reactions(app: App, event: PostDeleted) -> None:
    """Nobody likes a post that is gone."""
    await _erase(app, event.post_id)


@on(ImageReady)
async def show_picture(app: App, event: ImageReady) -> None:
    """A photo or an emoji has been made anew: those who may see it see it."""
    await _arrived(app, event.asset_id)


@on(ImageFailed)
async def show_failed_picture(app: App, event: ImageFailed) -> None:
    """A photo cannot be shown: its comment says so."""
    await _arrived(app, event.asset_id)


@every(hours=24)
async def recount_engagement(app: App) -> None:
    """Set the numbers on videos, posts, comments and reactions to what they count."""
    for recount in (
        service.recount_videos,
        service.recount_posts,
        service.recount_comments,
        service.recount_reactions,
    ):
        await counters.recount_all(app, recount)


@every(hours=24)
async def forget_spare_comment_photos(app: App) -> None:
    """Delete photos that were uploaded for a comment, and never taken by one."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.photos.forget_spare(work)


@personal.erases(step=10)
async def erase_words_and_likes(app: App, account_id: uuid.UUID) -> None:
    """Nothing of what somebody said or liked is left, and the numbers know it."""
    for erase_some in (
        service.erase_comments_of,
        service.erase_likes_of,
        service.erase_dislikes_of,
        service.erase_reactions_of,
    ):
        left = 1
        while left:
            async with app.work(SYSTEM) as work:
                left = await erase_some(work, account_id)


async def _erase(app: App, subject_id: uuid.UUID) -> None:
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.erase_some(work, subject_id)


async def _arrived(app: App, asset_id: uuid.UUID) -> None:
    async with app.work(SYSTEM) as work:
        comment = await service.photos.arrived(work, asset_id)
        if comment is not None:
            work.forget(service.name_of(comment.subject_kind, comment.subject_id))
            return
        await service.emojis.arrived(work, asset_id)
