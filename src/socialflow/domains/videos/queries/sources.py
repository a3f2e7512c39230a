"""Questions about the files that a video had, has and is to get."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from socialflow.domains.media.models import Asset, Edit, EditState
from socialflow.domains.videos.models import PLAYABLE, SourceState, Video, VideoSource, VideoState
from socialflow.kernel import ids

COLLECTED = 100
SHOWN = 50
LIVE = (SourceState.PENDING, SourceState.CURRENT, SourceState.RETIRED)


async def pending(db: AsyncSession, video_id: uuid.UUID) -> VideoSource | None:
    """The file that is to be a video's."""
    return await _of_state(db, video_id, SourceState.PENDING)


async def current(db: AsyncSession, video_id: uuid.UUID) -> VideoSource | None:
    """The file that is a video's, if it was ever to be replaced."""
    return await _of_state(db, video_id, SourceState.CURRENT)


async def spare(db: AsyncSession, video_id: uuid.UUID) -> Sequence[VideoSource]:
    """Files that are kept for a video and are not the one that it has."""
    kept = VideoSource.state.in_((SourceState.PENDING, SourceState.RETIRED))
    return (await db.scalars(select(VideoSource).where(VideoSource.video_id == video_id, kept))).all()


async def retired_assets(db: AsyncSession, video_id: uuid.UUID) -> list[uuid.UUID]:
    """Assets that were a video's and are still served."""
    mine = (VideoSource.video_id == video_id, VideoSource.state == SourceState.RETIRED)
    return list(await db.scalars(select(VideoSource.asset_id).where(*mine)))


async def latest_retired(db: AsyncSession, video_id: uuid.UUID) -> VideoSource | None:
    """The file before the present one, if it can still be watched."""
    found = (
        select(VideoSource)
        .join(Asset, Asset.id == VideoSource.asset_id)
        .where(
            VideoSource.video_id == video_id,
            VideoSource.state == SourceState.RETIRED,
            Asset.state.in_([str(state) for state in PLAYABLE]),
        )
        .order_by(VideoSource.ended_at.desc())
        .limit(1)
    )
    return (await db.scalars(found)).one_or_none()


async def is_upload_used(db: AsyncSession, upload_id: uuid.UUID) -> bool:
    """Whether a video has been made of an upload, or is to be."""
    lines = select(VideoSource.id).where(VideoSource.upload_id == upload_id, VideoSource.state.in_(LIVE))
    videos = select(Video.id).where(Video.upload_id == upload_id)
    return (await db.execute(videos.union_all(lines).limit(1))).first() is not None


async def note_current(db: AsyncSession, video: Video) -> None:
    """Write down the file that a video has, unless it is written down."""
    if await current(db, video.id) is None:
        line = {
            "id": ids.new(),
            "video_id": video.id,
            "upload_id": video.upload_id,
            "asset_id": video.asset_id,
            "state": SourceState.CURRENT,
            "created_at": video.created_at,
            "shown_at": video.created_at,
        }
        await db.execute(insert(VideoSource).values(line))


async def pending_of_asset(db: AsyncSession, asset_id: uuid.UUID) -> tuple[Video | None, VideoSource | None]:
    """The file that waits for an asset and its video, which is held until the transaction ends."""
    return await _waiting(db, VideoSource.asset_id == asset_id)


async def pending_of_upload(db: AsyncSession, upload_id: uuid.UUID) -> tuple[Video | None, VideoSource | None]:
    """The file that waits for an upload and its video, which is held until the transaction ends."""
    return await _waiting(db, VideoSource.upload_id == upload_id)


async def retired(db: AsyncSession, video_id: uuid.UUID, asset_id: uuid.UUID) -> VideoSource | None:
    """A file that was a video's and can still be watched."""
    found = (
        select(VideoSource)
        .join(Asset, Asset.id == VideoSource.asset_id)
        .where(
            VideoSource.video_id == video_id,
            VideoSource.asset_id == asset_id,
            VideoSource.state == SourceState.RETIRED,
            Asset.state.in_([str(state) for state in PLAYABLE]),
        )
    )
    return (await db.scalars(found)).one_or_none()


async def assets_of(db: AsyncSession, video_id: uuid.UUID) -> list[uuid.UUID]:
    """All assets that a video ever had or was to have."""
    return list(await db.scalars(select(VideoSource.asset_id).where(VideoSource.video_id == video_id)))


async def due(db: AsyncSession, before: datetime, unedited: datetime | None) -> Sequence[VideoSource]:
    """Replaced files whose time is over; not before all qualities of their successors are there.

    What is shown may be an edit of one, or an edit of an edit: those stay until `unedited`, or for ever.
    """
    edited = aliased(VideoSource)
    undoable = exists().where(
        Edit.source_asset_id == VideoSource.asset_id,
        Edit.state == EditState.MADE,
        Edit.reverted_at.is_(None),
        edited.asset_id == Edit.asset_id,
        edited.state.in_((SourceState.CURRENT, SourceState.RETIRED)),
    )
    found = (
        select(VideoSource)
        .join(Video, Video.id == VideoSource.video_id)
        .where(
            VideoSource.state == SourceState.RETIRED,
            VideoSource.ended_at < before,
            ~undoable if unedited is None else ~undoable | (VideoSource.ended_at < unedited),
            Video.state == VideoState.READY,
        )
        .order_by(VideoSource.ended_at)
        .limit(COLLECTED)
        .with_for_update(of=VideoSource, skip_locked=True)
    )
    return (await db.scalars(found)).all()


async def history(db: AsyncSession, video_id: uuid.UUID) -> Sequence[VideoSource]:
    """The latest of a video's files, the newest first."""
    found = select(VideoSource).where(VideoSource.video_id == video_id)
    return (await db.scalars(found.order_by(VideoSource.id.desc()).limit(SHOWN))).all()


async def _of_state(db: AsyncSession, video_id: uuid.UUID, state: SourceState) -> VideoSource | None:
    found = select(VideoSource).where(VideoSource.video_id == video_id, VideoSource.state == state)
    return (await db.scalars(found)).one_or_none()


async def _waiting(db: AsyncSession, which: ColumnElement[bool]) -> tuple[Video | None, VideoSource | None]:
    lines = select(VideoSource.video_id).where(which, VideoSource.state == SourceState.PENDING)
    video = (
        await db.scalars(
            select(Video)
            .where(Video.id.in_(lines))
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    # Looked for again under the lock: meanwhile another may have taken its place.
    source = await pending(db, video.id) if video is not None else None
    if video is None or source is None:
        return None, None
    is_it = select(VideoSource.id).where(which, VideoSource.id == source.id)
    return (video, source) if await db.scalar(is_it) else (None, None)
