"""What becomes of a video's upload and asset, or of those that are to replace them, becomes of the video."""

import uuid

from socialflow.domains.videos import queries
from socialflow.domains.videos.models import VideoState
from socialflow.domains.videos.queries import sources
from socialflow.domains.videos.service import publishing, replacing
from socialflow.kernel.work import Work

UPLOAD_GONE = "upload_gone"
UPLOAD_GONE_DETAIL = "The upload was given up before its last byte arrived. Upload the file again."


async def follow_asset(work: Work, asset_id: uuid.UUID) -> None:
    """Bring the video of an asset to where the asset stands; events may come twice and in any order."""
    video = await queries.of_asset(work.db, asset_id)
    if video is not None:
        if not await replacing.fall_back(work, video):
            await publishing.catch_up(work, video)
        return
    video, source = await sources.pending_of_asset(work.db, asset_id)
    if video is not None and source is not None:
        await replacing.advance(work, video, source)


async def upload_is_gone(
    work: Work, upload_id: uuid.UUID, code: str = UPLOAD_GONE, detail: str = UPLOAD_GONE_DETAIL
) -> None:
    """There will be no file: say so to the owner of the video that waits for it."""
    if await replacing.give_up(work, upload_id, code, detail):
        return
    video = await queries.of_upload(work.db, upload_id)
    if video is None or video.state != VideoState.DRAFT:
        return
    video.state = VideoState.FAILED
    video.failure_code, video.failure_detail = code, detail
    await publishing.settle(work, video, was_listed=False)


async def upload_is_tried_again(work: Work, upload_id: uuid.UUID) -> None:
    """A file that could not be had may come after all: its video waits for it again."""
    video = await queries.of_upload(work.db, upload_id)
    if video is None or video.state != VideoState.FAILED or await queries.asset(work.db, video.asset_id) is not None:
        return
    video.state, video.failure_code, video.failure_detail = VideoState.DRAFT, None, None
    await publishing.settle(work, video, was_listed=False)
