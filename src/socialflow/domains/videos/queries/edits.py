"""Questions about the edits of videos: one statement, built once."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LAST_ID = uuid.UUID(int=2**128 - 1)
# The line of the file that an edit became says what is shown of it, its asset how far that is.
_EDITS = """
    SELECT edits.id, edits.operations, edits.state, edits.progress, edits.failure_code, edits.failure_detail,
        edits.duration_ms, edits.upload_id, edits.asset_id, edits.source_asset_id, edits.created_at, edits.made_at,
        edits.reverted_at, lines.state AS shown, lines.failure_code AS shown_failure_code,
        lines.failure_detail AS shown_failure_detail, lines.shown_at, assets.progress AS asset_progress,
        assets.seconds_left, former.ended_at AS replaced_at
    FROM edits
    JOIN video_sources lines ON lines.asset_id = edits.asset_id AND lines.video_id = :video_id
    LEFT JOIN assets ON assets.id = edits.asset_id
    LEFT JOIN video_sources former ON former.asset_id = edits.source_asset_id AND former.video_id = :video_id
        AND former.state = 'retired'
"""
_PAGE = text(f"{_EDITS} WHERE edits.id < :before ORDER BY edits.id DESC LIMIT :limit")
_ONE = text(f"{_EDITS} WHERE edits.id = :id")


async def page(db: AsyncSession, video_id: uuid.UUID, before: uuid.UUID | None, limit: int) -> Sequence[Any]:
    """Edits of a video, the newest first."""
    values = {"video_id": video_id, "before": before or LAST_ID, "limit": limit}
    return (await db.execute(_PAGE, values)).all()


async def one(db: AsyncSession, video_id: uuid.UUID, edit_id: uuid.UUID) -> Any | None:
    """One of them."""
    return (await db.execute(_ONE, {"video_id": video_id, "id": edit_id})).one_or_none()
