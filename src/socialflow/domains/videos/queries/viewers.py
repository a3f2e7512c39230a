"""Questions about with whom videos are shared by name."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.channels.models import CARD
from socialflow.domains.videos.models import VideoViewer
from socialflow.kernel.reads import Read
from socialflow.kernel.work import Work

LAST_ID = uuid.UUID(int=2**128 - 1)
_PAGE = Read(f"""
    SELECT video_viewers.id AS place, {CARD}
    FROM video_viewers JOIN accounts ON accounts.id = video_viewers.account_id
    JOIN channels ON channels.id = accounts.channel_id AND channels.deleted_at IS NULL
    WHERE video_viewers.video_id = :video_id AND video_viewers.id < :before
    ORDER BY video_viewers.id DESC LIMIT CAST(:limit AS int)
""")  # noqa: S608  # constants, joined at import


async def page(work: Work, video_id: uuid.UUID, before: uuid.UUID | None, limit: int) -> Sequence[Any]:
    """With whom a video is shared, the latest first: rows of channels."""
    return await _PAGE.rows_in(work, video_id=video_id, before=before or LAST_ID, limit=limit)


async def add(work: Work, video_id: uuid.UUID, account_id: uuid.UUID) -> bool:
    """Share a video with an account; whether that is new."""
    made = insert(VideoViewer).values(video_id=video_id, account_id=account_id, created_at=work.now)
    return (await work.db.execute(made.on_conflict_do_nothing().returning(VideoViewer.id))).first() is not None


async def remove(db: AsyncSession, video_id: uuid.UUID, account_id: uuid.UUID) -> bool:
    """Share it no more; whether it was shared."""
    gone = delete(VideoViewer).where(VideoViewer.video_id == video_id, VideoViewer.account_id == account_id)
    return (await db.execute(gone.returning(VideoViewer.id))).first() is not None


async def count(db: AsyncSession, video_id: uuid.UUID) -> int:
    """With how many a video is shared."""
    return await db.scalar(select(func.count()).select_from(VideoViewer).where(VideoViewer.video_id == video_id)) or 0
