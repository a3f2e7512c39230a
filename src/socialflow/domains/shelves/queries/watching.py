"""Questions about what people watch, and the statements by which that changes."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CursorResult, and_, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.media.models import Asset
from socialflow.domains.shelves.models import PlayerSettings, Watch
from socialflow.domains.videos.models import CARD_COLUMNS, CARD_TABLES, VISIBLE
from socialflow.kernel.reads import Read
from socialflow.kernel.work import Work


class Place(NamedTuple):
    """What decides what is kept of a watch: how long the video is, what the viewer wants, and what is kept already."""

    duration_ms: int | None
    keeps_positions: bool | None
    keeps_history: bool | None
    id: uuid.UUID | None
    in_history: bool | None
    finished: bool | None
    watched_at: datetime | None


async def place(work: Work, asset_id: uuid.UUID, video_id: uuid.UUID) -> Place:
    """All of that, for the actor and a video; None where nothing was said, or is kept."""
    found = select(
        Asset.duration_ms,
        PlayerSettings.keep_positions,
        PlayerSettings.keep_history,
        Watch.id,
        Watch.in_history,
        Watch.finished,
        Watch.watched_at,
    )
    latest = and_(Watch.account_id == work.actor.id, Watch.video_id == video_id, Watch.latest)
    found = (
        found.select_from(Asset)
        .outerjoin(PlayerSettings, PlayerSettings.account_id == work.actor.id)
        .outerjoin(Watch, latest)
    )
    row = (await work.db.execute(found.where(Asset.id == asset_id))).one_or_none()
    return Place(*row) if row else Place(None, None, None, None, None, None, None)


async def go_on(work: Work, watch_id: uuid.UUID, values: Mapping[str, Any]) -> bool:
    """The actor is still watching; whether that watch is the latest still, and there at all."""
    # Devices speak at the same moment, and to servers whose clocks differ: the later time stands.
    at = func.greatest(Watch.watched_at, work.now)
    going = update(Watch).where(Watch.id == watch_id, Watch.latest).values(watched_at=at, **values)
    return (await work.db.execute(going.returning(Watch.id))).first() is not None


async def begin(work: Work, video_id: uuid.UUID, values: Mapping[str, Any]) -> None:
    """The actor begins to watch; where another device of theirs has just done so, it is that watch."""
    made = insert(Watch).values(
        account_id=work.actor.id, video_id=video_id, began_at=work.now, watched_at=work.now, **values
    )
    going = {**values, "watched_at": func.greatest(Watch.watched_at, work.now)}
    await work.db.execute(
        made.on_conflict_do_update(index_elements=["account_id", "video_id"], index_where=text("latest"), set_=going)
    )


async def settle(work: Work, watch_id: uuid.UUID) -> None:
    """A watch is the latest no more, and has no place to go on from; what was kept for its place alone is gone.

    That one and no other: another device may have begun the next one meanwhile.
    """
    mine = (Watch.id == watch_id, Watch.latest)
    await work.db.execute(delete(Watch).where(*mine, ~Watch.in_history))
    await work.db.execute(update(Watch).where(*mine).values(latest=False, position_ms=None))


async def forget_place(work: Work, video_id: uuid.UUID | None) -> None:
    """Forget where the actor stopped, in a video or in all; what they have watched stays."""
    mine = [Watch.account_id == work.actor.id, Watch.position_ms.is_not(None)]
    if video_id is not None:
        mine.append(Watch.video_id == video_id)
    await work.db.execute(delete(Watch).where(*mine, ~Watch.in_history))
    await work.db.execute(update(Watch).where(*mine).values(position_ms=None))


async def erase_one(work: Work, watch_id: uuid.UUID) -> None:
    """Forget one watch of the actor's."""
    await work.db.execute(delete(Watch).where(Watch.id == watch_id, Watch.account_id == work.actor.id))


async def erase(work: Work, since: datetime | None, until: datetime | None) -> None:
    """Forget all that the actor has watched, or what they watched at some moment of a time."""
    mine = [Watch.account_id == work.actor.id]
    if since is not None:
        mine.append(Watch.watched_at >= since)
    if until is not None:
        mine.append(Watch.began_at < until)
    await work.db.execute(delete(Watch).where(*mine))


_OLD = text("""
    DELETE FROM watches WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM watches WHERE watched_at < now() - make_interval(secs => :keep) LIMIT :most
    ))
""")
_CHOSEN = text("""
    DELETE FROM watches WHERE ctid = ANY(ARRAY(
        SELECT old.ctid FROM player_settings AS wish JOIN watches AS old ON old.account_id = wish.account_id
        WHERE wish.history_days IS NOT NULL AND old.watched_at < now() - make_interval(days => wish.history_days)
        LIMIT :most
    ))
""")
_OF_VIDEO = text("""
    DELETE FROM watches WHERE ctid = ANY(ARRAY(SELECT ctid FROM watches WHERE video_id = :video_id LIMIT :most))
""")


async def drop_old(db: AsyncSession, keep_seconds: int, most: int) -> int:
    """Forget some of what nobody has gone on with for so long, or for as long as they chose; returns how much."""
    gone = _count(await db.execute(_OLD, {"keep": keep_seconds, "most": most}))
    return gone or _count(await db.execute(_CHOSEN, {"most": most}))


async def forget_video(db: AsyncSession, video_id: uuid.UUID, most: int) -> int:
    """Forget some of who has watched a video that is gone; returns how many."""
    return _count(await db.execute(_OF_VIDEO, {"video_id": video_id, "most": most}))


def _count(result: Any) -> int:
    changed: CursorResult[Any] = result
    return changed.rowcount


async def put_settings(work: Work, changes: dict[str, Any]) -> None:
    """Change how the actor's player begins, and what is kept of what they watch."""
    values = {**changes, "updated_at": work.now}
    kept = insert(PlayerSettings).values(account_id=work.actor.id, **values)
    await work.db.execute(kept.on_conflict_do_update(index_elements=["account_id"], set_=values))


SETTINGS = Read("SELECT * FROM player_settings WHERE account_id = :viewer")
POSITIONS = Read(f"""
    SELECT watches.video_id, watches.position_ms, watches.duration_ms, watches.watched_at AS updated_at
    FROM watches JOIN videos ON videos.id = watches.video_id
    WHERE watches.account_id = :viewer AND watches.latest AND watches.position_ms IS NOT NULL
        AND watches.video_id = ANY(CAST(:ids AS uuid[])) AND {VISIBLE}
""")  # noqa: S608  # constants, joined at import
# What is older than its owner wants it is gone for them at once, though the sweep may not have come by. Said of an age
# rather than of a time: of a range that it cannot know the planner thinks that it is narrow, and would look through
# everybody's.
_WANTED = """now() - watches.watched_at < make_interval(days => coalesce(
    (SELECT history_days FROM player_settings WHERE account_id = :viewer), 36500
))"""
_COLUMNS = """, watches.id AS watch_id, watches.position_ms, watches.finished, watches.began_at, watches.watched_at"""
_FROM = ["SELECT", CARD_COLUMNS, _COLUMNS, "FROM watches JOIN videos ON videos.id = watches.video_id", CARD_TABLES]
_PLAYABLE = "videos.state IN ('partially_playable', 'ready')"
# What has become invisible meanwhile is left out, and is there again when it can be seen again.
WATCHING = Read(
    " ".join(
        [
            *_FROM,
            f"WHERE watches.account_id = :viewer AND watches.position_ms IS NOT NULL AND {_PLAYABLE} AND",
            VISIBLE,
            f"AND {_WANTED} AND (watches.watched_at, watches.video_id) < (:at, :id)",
            "ORDER BY watches.watched_at DESC, watches.video_id DESC LIMIT CAST(:limit AS int)",
        ]
    )
)
HISTORY = Read(
    " ".join(
        [
            *_FROM,
            f"WHERE watches.account_id = :viewer AND watches.in_history AND {_PLAYABLE} AND",
            VISIBLE,
            f"AND {_WANTED} AND (watches.watched_at, watches.id) < (:at, :id)",
            "ORDER BY watches.watched_at DESC, watches.id DESC LIMIT CAST(:limit AS int)",
        ]
    )
)
