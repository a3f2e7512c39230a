"""What stands on playlists: by the page, and the statements by which their order changes."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.service import hidden
from socialflow.domains.shelves.models import SHOWN_ON, PlaylistItem
from socialflow.domains.videos.models import CARD_COLUMNS, CARD_TABLES
from socialflow.domains.videos.models import VISIBLE as VIDEO_VISIBLE
from socialflow.kernel.reads import Read

# The owner puts something on it as the channel whose list it is: that others are theirs, too, is nobody's business.
_ADDER = f"""
    LEFT JOIN LATERAL (
        SELECT channels.id, channels.handle, channels.display_name, channels.avatar_asset_id, channels.verified_at
        FROM channels
        WHERE channels.account_id = item.added_by AND channels.deleted_at IS NULL
            AND NOT {hidden("channels.account_id")}
        ORDER BY channels.id = playlists.channel_id DESC, channels.id LIMIT 1
    ) AS adder ON TRUE
"""  # noqa: S608  # constants, joined at import


def _page(after: str) -> Read:
    """The page first, then what may be seen of each: of a video that may not, the row says nothing."""
    lines = [
        "SELECT item.id AS item_id, item.playlist_id, item.rank, item.note, item.added_by,",
        "item.created_at AS added_at,",
        "adder.id AS adder_id, adder.handle AS adder_handle, adder.display_name AS adder_name,",
        "adder.avatar_asset_id AS adder_avatar, adder.verified_at AS adder_verified, shown.* FROM (",
        "SELECT held.id, held.playlist_id, held.video_id, held.rank, held.note, held.added_by, held.created_at",
        "FROM playlist_items AS held WHERE held.playlist_id = :playlist_id",
        f"AND (held.rank, held.id) {after} (CAST(:rank AS text), CAST(:id AS uuid))",
        "ORDER BY held.rank, held.id LIMIT CAST(:limit AS int)",
        ") AS item JOIN playlists ON playlists.id = item.playlist_id",
        _ADDER,
        "LEFT JOIN LATERAL (SELECT",
        CARD_COLUMNS,
        "FROM videos",
        CARD_TABLES,
        "WHERE videos.id = item.video_id AND",
        VIDEO_VISIBLE,
        "AND",
        SHOWN_ON,
        ") AS shown ON TRUE ORDER BY item.rank, item.id",
    ]
    return Read(" ".join(lines))


AFTER, FROM = _page(">"), _page(">=")
PLACE = Read("SELECT rank FROM playlist_items WHERE playlist_id = :playlist_id AND id = :id")


async def one(db: AsyncSession, playlist_id: uuid.UUID, item_id: uuid.UUID) -> PlaylistItem | None:
    """An item of a list; the list is held."""
    found = select(PlaylistItem).where(PlaylistItem.id == item_id, PlaylistItem.playlist_id == playlist_id)
    # All places of a list may have been given anew meanwhile.
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def of_video(db: AsyncSession, playlist_id: uuid.UUID, video_id: uuid.UUID) -> Sequence[PlaylistItem]:
    """Where a video stands on a list, from its beginning."""
    found = select(PlaylistItem).where(PlaylistItem.playlist_id == playlist_id, PlaylistItem.video_id == video_id)
    return (await db.scalars(found.order_by(PlaylistItem.rank, PlaylistItem.id))).all()


async def rank_after(db: AsyncSession, playlist_id: uuid.UUID, rank: str | None, but: uuid.UUID | None) -> str | None:
    """The first place behind a place, or of all, that is not that of `but`; None where there is none."""
    found = select(PlaylistItem.rank).where(PlaylistItem.playlist_id == playlist_id)
    if rank is not None:
        found = found.where(PlaylistItem.rank > rank)
    if but is not None:
        found = found.where(PlaylistItem.id != but)
    first: str | None = await db.scalar(found.order_by(PlaylistItem.rank, PlaylistItem.id).limit(1))
    return first


async def rank_before(db: AsyncSession, playlist_id: uuid.UUID, rank: str | None, but: uuid.UUID | None) -> str | None:
    """The last place before a place, or of all, that is not that of `but`; None where there is none."""
    found = select(PlaylistItem.rank).where(PlaylistItem.playlist_id == playlist_id)
    if rank is not None:
        found = found.where(PlaylistItem.rank < rank)
    if but is not None:
        found = found.where(PlaylistItem.id != but)
    last: str | None = await db.scalar(found.order_by(PlaylistItem.rank.desc(), PlaylistItem.id.desc()).limit(1))
    return last


async def in_order(db: AsyncSession, playlist_id: uuid.UUID) -> list[uuid.UUID]:
    """All items of a list, as they stand."""
    found = select(PlaylistItem.id).where(PlaylistItem.playlist_id == playlist_id)
    return list(await db.scalars(found.order_by(PlaylistItem.rank, PlaylistItem.id)))


_RENUMBER = text("""
    UPDATE playlist_items SET rank = given.rank
    FROM unnest(CAST(:ids AS uuid[]), CAST(:ranks AS text[])) AS given (id, rank) WHERE playlist_items.id = given.id
""")


async def renumber(db: AsyncSession, items: Sequence[uuid.UUID], ranks: Sequence[str]) -> None:
    """Give items other places."""
    await db.execute(_RENUMBER, {"ids": list(items), "ranks": list(ranks)})


async def remove(db: AsyncSession, item_ids: Sequence[uuid.UUID]) -> list[Any]:
    """Take items off; ids and videos of those that were there."""
    gone = delete(PlaylistItem).where(PlaylistItem.id.in_(item_ids))
    return list((await db.execute(gone.returning(PlaylistItem.id, PlaylistItem.video_id))).all())
