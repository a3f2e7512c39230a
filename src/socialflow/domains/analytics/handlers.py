"""How what is counted goes again."""

from socialflow.domains.analytics import service
from socialflow.domains.videos.events import VideoDeleted
from socialflow.kernel.events import on
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App


@on(VideoDeleted)
async def erase_playbacks(app: App, event: VideoDeleted) -> None:
    """How a video played goes with it."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.erase_some(work, event.video_id)


@every(hours=1)
async def prune_playbacks(app: App) -> None:
    """Forget playbacks whose time is over."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.prune_some(work, app.settings.analytics.playback_keep_s)
