"""Another file for a video, under the same address: shown from the moment it can be watched, and not before.

Whoever changes which file a video has holds the video's row. So of several that are to replace one the
last one wins, and each of the others is dropped by whoever comes after it.
"""

import uuid
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from socialflow.domains.channels import service as channels
from socialflow.domains.media import service as media
from socialflow.domains.media.errors import UploadExpired
from socialflow.domains.media.schemas import UploadProgress
from socialflow.domains.media.service import Purpose
from socialflow.domains.videos.errors import UploadAlreadyUsed, UploadOfNoUse
from socialflow.domains.videos.events import VideoSourceReplaced
from socialflow.domains.videos.models import PLAYABLE, SourceState, Video, VideoSource, VideoState
from socialflow.domains.videos.queries import Hold, sources
from socialflow.domains.videos.queries import asset as asset_of
from socialflow.domains.videos.service import chapters, publishing, rights
from socialflow.domains.videos.service.catalogue import visible
from socialflow.kernel import ids
from socialflow.kernel.work import App, Work

# Players that have begun with a file go on with it; a film may take that long.
KEEP_REPLACED = timedelta(hours=24)


async def replace(app: App, work: Work, video_id: uuid.UUID, upload_id: uuid.UUID) -> None:
    """Let an upload of the actor's take the place of a video's file once it can be watched; twice is once."""
    video = await visible(work, video_id, hold=Hold.CHANGE)
    await rights.demand(work, video)
    owning = await channels.for_owner(app, work, video.account_id, upload_id)
    upload = await media.card(owning, upload_id, Purpose.VIDEO, hold=True)
    pending = await sources.pending(work.db, video.id)
    if upload.id in {video.upload_id, pending.upload_id if pending else None}:
        return
    if upload.state == UploadProgress.EXPIRED:
        raise UploadExpired
    if upload.state == UploadProgress.FAILED:
        raise UploadOfNoUse
    if await sources.is_upload_used(work.db, upload.id):
        raise UploadAlreadyUsed

    if pending is not None:
        await end(work, pending, SourceState.SUPERSEDED)
    await wait_for(work, video, upload.id, upload.asset_id)


async def wait_for(work: Work, video: Video, upload_id: uuid.UUID, asset_id: uuid.UUID) -> None:
    """Let an upload take the place of a video's file once it can be watched; the caller holds the video."""
    await sources.note_current(work.db, video)
    source = VideoSource(
        id=ids.new(),
        video_id=video.id,
        upload_id=upload_id,
        asset_id=asset_id,
        state=SourceState.PENDING,
        created_at=work.now,
    )
    try:
        async with work.db.begin_nested():
            work.db.add(source)
    except IntegrityError:
        raise UploadAlreadyUsed from None
    await advance(work, video, source)
    publishing.announce(work, video, in_lists=False)


async def give_way(work: Work, video: Video, source: VideoSource) -> None:
    """A file that was to replace another is not wanted any more; the caller holds the video."""
    await end(work, source, SourceState.SUPERSEDED)
    publishing.announce(work, video, in_lists=False)


async def show_again(work: Work, video: Video, former: VideoSource) -> None:
    """Show a file again that was replaced and is still kept; the caller holds the video."""
    await _show(work, video, former, former=SourceState.RETIRED)


async def advance(work: Work, video: Video, source: VideoSource) -> None:
    """Show a file that waits, if it can be watched now; give it up if nothing can be made of it."""
    asset = await asset_of(work.db, source.asset_id)
    if asset is None:
        return
    if asset.state in PLAYABLE:
        await _show(work, video, source, former=SourceState.RETIRED)
    elif asset.state == VideoState.FAILED:
        await end(work, source, SourceState.FAILED, asset.failure_code, asset.failure_detail)
        publishing.announce(work, video, in_lists=False)
    else:
        # Of what stands for a protected film nothing is to be seen in the clear, either.
        await media.protection.follow(work, video.asset_id, source.asset_id)


async def fall_back(work: Work, video: Video) -> bool:
    """Show the file before the present one again, of which nothing more can be watched; whether there is one."""
    asset = await asset_of(work.db, video.asset_id)
    if asset is None or asset.state != VideoState.FAILED:
        return False
    former = await sources.latest_retired(work.db, video.id)
    if former is None:
        return False
    await _show(work, video, former, former=SourceState.FAILED, reason=(asset.failure_code, asset.failure_detail))
    return True


async def give_up(work: Work, upload_id: uuid.UUID, code: str, detail: str) -> bool:
    """The bytes of a file that was to replace another will not come; whether there was such a file."""
    video, source = await sources.pending_of_upload(work.db, upload_id)
    if video is None or source is None:
        return False
    await end(work, source, SourceState.FAILED, code, detail)
    publishing.announce(work, video, in_lists=False)
    return True


async def collect(work: Work, keep_unedited: timedelta | None) -> int:
    """Let replaced files go that nobody watches any more, some at a time; returns how many.

    What an edit was made of is kept for longer, for ever where it is None, so that the edit can be undone.
    """
    unedited = work.now - keep_unedited if keep_unedited is not None else None
    due = await sources.due(work.db, work.now - KEEP_REPLACED, unedited)
    for source in due:
        shown_until = source.ended_at
        await end(work, source, SourceState.GONE)
        source.ended_at = shown_until
    return len(due)


async def end(
    work: Work, source: VideoSource, state: SourceState, code: str | None = None, detail: str | None = None
) -> None:
    """A file will not be shown any more: it goes, and what it was stays as a line of the video's history."""
    source.state, source.ended_at = state, work.now
    source.failure_code, source.failure_detail = code, detail
    await media.abandon(work, source.upload_id)
    await media.delete_asset(work, source.asset_id)
    await work.db.flush()


async def _show(
    work: Work,
    video: Video,
    source: VideoSource,
    *,
    former: SourceState,
    reason: tuple[str | None, str | None] = (None, None),
) -> None:
    passage = await media.hand_over(work, video.asset_id, source.asset_id)
    before = await sources.current(work.db, video.id)
    if passage is not None:
        await chapters.pass_over(work, video, passage, former=source if passage.back else before)
    if before is not None and former is SourceState.RETIRED:
        before.state, before.ended_at = former, work.now
        await work.db.flush()
    elif before is not None:
        await end(work, before, former, *reason)

    former_id = video.asset_id
    source.state, source.shown_at, source.ended_at = SourceState.CURRENT, work.now, None
    video.upload_id, video.asset_id, video.updated_at = source.upload_id, source.asset_id, work.now
    work.emit(
        VideoSourceReplaced(
            video_id=video.id,
            channel_id=video.channel_id,
            account_id=video.account_id,
            asset_id=source.asset_id,
            former_asset_id=former_id,
        )
    )
    await publishing.catch_up(work, video)
