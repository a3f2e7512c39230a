"""How likes and comments react."""

import uuid

from socialflow.domains.engagement import service
from socialflow.domains.videos.events import VideoDeleted
from socialflow.kernel import counters, personal
from socialflow.kernel.events import on
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App


@on(VideoDeleted)
async def erase_engagement(app: App, event: VideoDeleted) -> None:
    """Nothing is left to be said about a video that is gone."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.erase_some(work, event.video_id)


@every(hours=24)
async def recount_engagement(app: App) -> None:
    """Set the numbers on videos and comments to what they count."""
    await counters.recount_all(app, service.recount_videos)
    await counters.recount_all(app, service.recount_comments)


@personal.erases(step=10)
async def erase_words_and_likes(app: App, account_id: uuid.UUID) -> None:
    """Nothing of what somebody said or liked is left, and the numbers know it."""
    for erase_some in (service.erase_comments_of, service.erase_likes_of):
        left = 1
        while left:
            async with app.work(SYSTEM) as work:
                left = await erase_some(work, account_id)
