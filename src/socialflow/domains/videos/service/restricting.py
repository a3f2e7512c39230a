"""Staff take videos out of sight, for a while or for good; their owners see them still, and why they are alone."""

import uuid

from socialflow.domains.media import service as media
from socialflow.domains.videos import policy
from socialflow.domains.videos.events import VideoReleased, VideoRestricted
from socialflow.domains.videos.models import Restriction, Video
from socialflow.domains.videos.queries import Hold, sources
from socialflow.domains.videos.service import publishing
from socialflow.domains.videos.service.catalogue import visible
from socialflow.kernel.work import Work


async def restrict(work: Work, video_id: uuid.UUID, restriction: Restriction) -> Video:
    """Show a video to nobody but its owner and staff: while it is looked at, or since it was decided so."""
    video = await visible(work, video_id, hold=Hold.CHANGE)
    policy.may_restrict(work.actor)
    if video.restriction == restriction:
        return video
    was_listed = video.is_listed
    video.restriction, video.updated_at = restriction, work.now
    work.emit(VideoRestricted(video_id=video.id, account_id=video.account_id, restriction=restriction))
    work.note("video:restriction:set", video.account_id, restriction=str(restriction))
    for asset_id in (video.asset_id, *await sources.retired_assets(work.db, video.id)):
        await media.end_addresses(work, asset_id)
    await publishing.settle(work, video, was_listed=was_listed)
    return video


async def release(work: Work, video_id: uuid.UUID) -> Video:
    """Show it again to whom its owner wants to show it; it need not have been restricted."""
    video = await visible(work, video_id, hold=Hold.CHANGE)
    policy.may_restrict(work.actor)
    if video.restriction is None:
        return video
    video.restriction, video.updated_at = None, work.now
    work.emit(VideoReleased(video_id=video.id, account_id=video.account_id))
    work.note("video:restriction:lifted", video.account_id)
    await publishing.settle(work, video, was_listed=False)
    return video
