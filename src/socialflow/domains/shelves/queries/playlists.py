"""Playlists by the page, and one at a time: one statement each, built once."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ScalarSelect, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.shelves.models import (
    LISTED_TO,
    SHOWN_ON,
    VISIBLE,
    Playlist,
    PlaylistCollaborator,
    PlaylistItem,
    PlaylistKind,
)
from socialflow.domains.shelves.queries import seen_by
from socialflow.domains.videos.models import CARD_COLUMNS, CARD_TABLES
from socialflow.domains.videos.models import VISIBLE as VIDEO_VISIBLE
from socialflow.kernel import ids
from socialflow.kernel.reads import Read
from socialflow.kernel.visibility import VIEWER
from socialflow.kernel.work import Work

# How far down a list its cover is looked for.
COVER_DEPTH = 12
_ROLE = f"""(
    SELECT mine.role FROM playlist_collaborators AS mine
    WHERE mine.playlist_id = playlists.id AND mine.account_id = {VIEWER}
) AS role"""  # noqa: S608  # constants, joined at import
_CONTAINS = """CASE WHEN CAST(:video_id AS uuid) IS NULL THEN NULL ELSE EXISTS (
    SELECT FROM playlist_items AS held WHERE held.playlist_id = playlists.id AND held.video_id = CAST(:video_id AS uuid)
) END AS contains"""
_COLUMNS = f"""
    playlists.id, playlists.account_id, playlists.kind, playlists.title, playlists.description, playlists.visibility,
    playlists.restriction, playlists.allow_duplicates, playlists.item_count, playlists.edition, playlists.created_at,
    playlists.updated_at, channels.id AS channel_id, channels.handle, channels.display_name, channels.avatar_asset_id,
    channels.verified_at, {_ROLE}, {_CONTAINS}, cover.id AS cover_id
"""
_COVER = f"""
    JOIN channels ON channels.id = playlists.channel_id
    LEFT JOIN LATERAL (
        SELECT videos.id FROM (
            SELECT first.id, first.rank, first.video_id, first.added_by FROM playlist_items AS first
            WHERE first.playlist_id = playlists.id ORDER BY first.rank, first.id LIMIT {COVER_DEPTH}
        ) AS item JOIN videos ON videos.id = item.video_id
        WHERE videos.state IN ('partially_playable', 'ready') AND {VIDEO_VISIBLE} AND {SHOWN_ON}
        ORDER BY item.rank, item.id LIMIT 1
    ) AS cover ON TRUE
"""  # noqa: S608  # constants, joined at import


def _list(source: str, where: str, place: str) -> Read:
    lines = [
        "SELECT",
        _COLUMNS,
        f", {place} AS place FROM",
        source,
        _COVER,
        "WHERE",
        where,
        f"AND {place} < :before ORDER BY {place} DESC LIMIT CAST(:limit AS int)",
    ]
    return Read(" ".join(lines))


OF_CHANNEL = _list("playlists", f"playlists.channel_id = :channel_id AND {LISTED_TO}", "playlists.id")
MINE = _list("playlists", "playlists.account_id = :viewer", "playlists.id")
SHARED = _list(
    "playlist_collaborators AS work_on JOIN playlists ON playlists.id = work_on.playlist_id",
    f"work_on.account_id = :viewer AND work_on.role = :role AND {VISIBLE}",
    "work_on.id",
)
ONE = Read(f"""
    SELECT {_COLUMNS} FROM playlists {_COVER} WHERE playlists.id = :id AND {VISIBLE}
""")  # noqa: S608  # constants, joined at import
# Enough to show what is on it.
STANDING = Read(f"""
    SELECT playlists.id, playlists.account_id, playlists.kind, playlists.order_epoch, {_ROLE}
    FROM playlists WHERE playlists.id = :id AND {VISIBLE}
""")  # noqa: S608  # constants, joined at import
LATER = Read(f"""
    SELECT playlists.id, playlists.account_id, playlists.kind, playlists.order_epoch, {_ROLE}
    FROM playlists WHERE playlists.account_id = :viewer AND playlists.kind = 'watch_later'
""")  # noqa: S608  # constants of this module
COVERS = Read(f"""
    SELECT {CARD_COLUMNS} FROM videos {CARD_TABLES}
    WHERE videos.id = ANY(CAST(:ids AS uuid[])) AND {VIDEO_VISIBLE}
""")  # noqa: S608  # constants, joined at import


async def held(work: Work, playlist_id: uuid.UUID) -> tuple[Playlist, str | None] | None:
    """A list that the actor may see, held until the transaction ends, and how they stand to it."""
    named = {name: value for name, value in seen_by(work.actor).items() if f":{name}" in VISIBLE}
    found = select(Playlist).where(Playlist.id == playlist_id, text(VISIBLE).bindparams(**named))
    found = found.with_for_update(of=Playlist, key_share=True).execution_options(populate_existing=True)
    playlist = (await work.db.scalars(found)).one_or_none()
    if playlist is None:
        return None
    role = await work.db.scalar(
        select(PlaylistCollaborator.role).where(
            PlaylistCollaborator.playlist_id == playlist_id, PlaylistCollaborator.account_id == work.actor.id
        )
    )
    return playlist, role


async def count(work: Work) -> int:
    """How many lists the actor has made."""
    mine = select(func.count()).select_from(Playlist)
    mine = mine.where(Playlist.account_id == work.actor.id, Playlist.kind == PlaylistKind.PLAYLIST)
    return await work.db.scalar(mine) or 0


async def later(work: Work, channel_id: uuid.UUID) -> uuid.UUID:
    """The actor's list of what they want to watch later, made where there is none."""
    known = {"account_id": work.actor.id, "kind": PlaylistKind.WATCH_LATER}
    times = {"created_at": work.now, "updated_at": work.now}
    made = insert(Playlist).values(
        id=ids.new(), channel_id=channel_id, title="", visibility="private", **known, **times
    )
    await work.db.execute(
        made.on_conflict_do_nothing(index_elements=["account_id"], index_where=text("kind = 'watch_later'"))
    )
    found = await later_id(work)
    if found is None:
        raise LookupError("the list was made above, or was there")
    return found


async def later_id(work: Work) -> uuid.UUID | None:
    """The actor's list of what they want to watch later; None while there is none."""
    mine = select(Playlist.id).where(Playlist.account_id == work.actor.id, Playlist.kind == PlaylistKind.WATCH_LATER)
    found: uuid.UUID | None = await work.db.scalar(mine)
    return found


async def ids_after(db: AsyncSession, after: uuid.UUID, most: int) -> Sequence[uuid.UUID]:
    """Some lists' ids, in order."""
    return list(await db.scalars(select(Playlist.id).where(Playlist.id > after).order_by(Playlist.id).limit(most)))


def items_of_playlist() -> ScalarSelect[int]:
    """How many places a list has, counted."""
    found = select(func.count()).select_from(PlaylistItem).where(PlaylistItem.playlist_id == Playlist.id)
    return found.correlate(Playlist).scalar_subquery()


async def twice(db: AsyncSession, playlist_id: uuid.UUID) -> bool:
    """Whether a video stands on a list more than once."""
    found = select(PlaylistItem.video_id).where(PlaylistItem.playlist_id == playlist_id)
    found = found.group_by(PlaylistItem.video_id).having(func.count() > 1).limit(1)
    return (await db.execute(found)).first() is not None


async def mark_once(db: AsyncSession, playlist_id: uuid.UUID, *, once: bool) -> None:
    """Whether each of a list's videos may stand there only once."""
    await db.execute(update(PlaylistItem).where(PlaylistItem.playlist_id == playlist_id).values(once=once))


_ERASE = text("""
    DELETE FROM playlist_items WHERE ctid = ANY(ARRAY(
        SELECT item.ctid FROM playlists JOIN playlist_items AS item ON item.playlist_id = playlists.id
        WHERE playlists.account_id = :account_id
            AND (CAST(:channel_id AS uuid) IS NULL OR playlists.channel_id = CAST(:channel_id AS uuid)) LIMIT :most
    ))
""")


async def erase_items_of(
    db: AsyncSession, account_id: uuid.UUID, most: int, channel_id: uuid.UUID | None = None
) -> int:
    """Take some of what is on somebody's lists, or on those of one of their channels, off them; returns how much."""
    gone: Any = await db.execute(_ERASE, {"account_id": account_id, "channel_id": channel_id, "most": most})
    return int(gone.rowcount)


async def some_of_channel(
    db: AsyncSession, channel_id: uuid.UUID, account_id: uuid.UUID, most: int
) -> Sequence[Playlist]:
    """Some lists of a channel of an account, held until the transaction ends."""
    found = select(Playlist).where(Playlist.account_id == account_id, Playlist.channel_id == channel_id)
    return (await db.scalars(found.order_by(Playlist.id).limit(most).with_for_update())).all()
