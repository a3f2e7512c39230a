"""What only a video's owner gets: its file as it was uploaded, and what its files have been."""

import uuid

from socialflow.domains.media import service as media
from socialflow.domains.media.schemas import Original
from socialflow.domains.videos.models import SourceState, Video, VideoSource
from socialflow.domains.videos.queries import sources
from socialflow.domains.videos.schemas import VideoFile, VideoFiles
from socialflow.domains.videos.service import rights
from socialflow.domains.videos.service.catalogue import visible
from socialflow.kernel.work import App, Work


async def original(app: App, work: Work, video_id: uuid.UUID) -> Original:
    """Where the present file of one's video is had as it was uploaded; raises NotFound when it is not kept."""
    video = await _own(work, video_id)
    return await media.original_of(app, work, video.asset_id)


async def files_of(work: Work, video_id: uuid.UUID) -> VideoFiles:
    """The files of one's video: the one that is shown, the one that is to replace it, and those before."""
    video = await _own(work, video_id)
    lines = await sources.history(work.db, video.id)
    read = [VideoFile.model_validate(line) for line in lines] or [_first(video)]
    pending = next((line for line in read if line.state == SourceState.PENDING), None)
    return VideoFiles(pending=pending, files=read)


def _first(video: Video) -> VideoFile:
    """The line that a video has before its file is ever to be replaced."""
    line = VideoSource(
        upload_id=video.upload_id,
        asset_id=video.asset_id,
        state=SourceState.CURRENT,
        created_at=video.created_at,
        shown_at=video.created_at,
    )
    return VideoFile.model_validate(line)


async def _own(work: Work, video_id: uuid.UUID) -> Video:
    video = await visible(work, video_id)
    await rights.demand(work, video)
    return video
