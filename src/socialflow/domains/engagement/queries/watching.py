"""Questions about where people stopped in videos, and the statements by which that changes."""

import uuid
from typing import Any, NamedTuple

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.engagement.models import PlayerSettings, WatchPosition
from socialflow.domains.media.models import Asset
from socialflow.domains.videos.models import CARD_COLUMNS, CARD_TABLES, VISIBLE
from socialflow.kernel.reads import Read
from socialflow.kernel.work import Work


class Place(NamedTuple):
    """What decides whether a position is kept: how long the video is, and what the viewer wants."""

    duration_ms: int | None
    keeps: bool | None


async def place(work: Work, asset_id: uuid.UUID) -> Place:
    """How long a video is, and whether the actor wants it kept where they stop; None where nothing was said."""
    found = select(Asset.duration_ms, PlayerSettings.keep_positions)
    found = found.outerjoin(PlayerSettings, PlayerSettings.account_id == work.actor.id).where(Asset.id == asset_id)
    row = (await work.db.execute(found)).one_or_none()
    return Place(*row) if row else Place(None, None)


async def put_position(work: Work, video_id: uuid.UUID, position_ms: int, duration_ms: int) -> None:
    """Keep where the actor is now."""
    values = {"position_ms": position_ms, "duration_ms": duration_ms, "updated_at": work.now}
    kept = insert(WatchPosition).values(account_id=work.actor.id, video_id=video_id, **values)
    await work.db.execute(kept.on_conflict_do_update(index_elements=["account_id", "video_id"], set_=values))


async def drop_position(work: Work, video_id: uuid.UUID) -> None:
    """Forget where the actor stopped in a video."""
    await work.db.execute(
        delete(WatchPosition).where(WatchPosition.account_id == work.actor.id, WatchPosition.video_id == video_id)
    )


async def drop_positions(work: Work) -> None:
    """Forget where the actor stopped in all videos."""
    await work.db.execute(delete(WatchPosition).where(WatchPosition.account_id == work.actor.id))


_OLD = text("""
    DELETE FROM watch_positions WHERE ctid IN (
        SELECT ctid FROM watch_positions WHERE updated_at < now() - make_interval(secs => :keep) LIMIT :most
    )
""")


async def drop_old(db: AsyncSession, keep_seconds: int, most: int) -> int:
    """Forget some of what has not been watched on for so long; returns how much."""
    gone = await db.execute(_OLD, {"keep": keep_seconds, "most": most})
    count: int = gone.rowcount  # type: ignore[attr-defined]  # a DELETE's result has one
    return count


async def put_settings(work: Work, changes: dict[str, Any]) -> None:
    """Change how the actor's player begins."""
    values = {**changes, "updated_at": work.now}
    kept = insert(PlayerSettings).values(account_id=work.actor.id, **values)
    await work.db.execute(kept.on_conflict_do_update(index_elements=["account_id"], set_=values))


SETTINGS = Read("SELECT * FROM player_settings WHERE account_id = :viewer")
POSITIONS = Read("""
    SELECT video_id, position_ms, duration_ms, updated_at FROM watch_positions
    WHERE account_id = :viewer AND video_id = ANY(CAST(:ids AS uuid[]))
""")
# What has become invisible meanwhile is left out, and is there again when it can be seen again.
_WATCHING = [
    "SELECT",
    CARD_COLUMNS,
    ", watch_positions.position_ms, watch_positions.updated_at AS watched_at",
    "FROM watch_positions JOIN videos ON videos.id = watch_positions.video_id",
    CARD_TABLES,
    "WHERE watch_positions.account_id = :viewer AND videos.state IN ('partially_playable', 'ready') AND",
    VISIBLE,
    "AND (watch_positions.updated_at, watch_positions.video_id) < (:at, :id)",
    "ORDER BY watch_positions.updated_at DESC, watch_positions.video_id DESC LIMIT CAST(:limit AS int)",
]
WATCHING = Read(" ".join(_WATCHING))
