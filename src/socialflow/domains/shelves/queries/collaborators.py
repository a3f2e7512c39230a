"""Who works on playlists, and how that changes."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.service import apart, hidden
from socialflow.domains.shelves.models import PlaylistCollaborator, PlaylistRole
from socialflow.kernel.reads import Read
from socialflow.kernel.visibility import VIEWER
from socialflow.kernel.work import Work

PAGE = Read(f"""
    SELECT hand.id AS place, hand.role, hand.created_at AS since, shown.* FROM playlist_collaborators AS hand
    JOIN LATERAL (
        SELECT channels.id AS channel_id, channels.handle, channels.display_name, channels.avatar_asset_id,
            channels.verified_at
        FROM channels
        WHERE channels.account_id = hand.account_id AND channels.deleted_at IS NULL
        ORDER BY channels.id LIMIT 1
    ) AS shown ON TRUE
    WHERE hand.playlist_id = :playlist_id AND hand.id > :after
        AND NOT {hidden("hand.account_id")} AND NOT {apart("hand.account_id", VIEWER)}
    ORDER BY hand.id LIMIT CAST(:limit AS int)
""")  # noqa: S608  # constants, joined at import


async def invite(work: Work, playlist_id: uuid.UUID, account_id: uuid.UUID) -> bool:
    """Ask somebody to work on a list; whether they were not asked before."""
    made = insert(PlaylistCollaborator).values(playlist_id=playlist_id, account_id=account_id, created_at=work.now)
    made = made.on_conflict_do_nothing()
    return (await work.db.execute(made.returning(PlaylistCollaborator.id))).first() is not None


async def count(db: AsyncSession, playlist_id: uuid.UUID) -> int:
    """How many work on a list, or were asked to."""
    found = select(func.count()).select_from(PlaylistCollaborator)
    return await db.scalar(found.where(PlaylistCollaborator.playlist_id == playlist_id)) or 0


async def join(work: Work, playlist_id: uuid.UUID) -> bool:
    """The actor works on the list that they were asked to work on; whether that is new."""
    mine = update(PlaylistCollaborator).where(
        PlaylistCollaborator.playlist_id == playlist_id,
        PlaylistCollaborator.account_id == work.actor.id,
        PlaylistCollaborator.role == PlaylistRole.INVITED,
    )
    joined = mine.values(role=PlaylistRole.COLLABORATOR).returning(PlaylistCollaborator.id)
    return (await work.db.execute(joined)).first() is not None


async def remove(db: AsyncSession, playlist_id: uuid.UUID, account_id: uuid.UUID) -> bool:
    """Somebody works on a list no more; whether they did."""
    gone = delete(PlaylistCollaborator).where(
        PlaylistCollaborator.playlist_id == playlist_id, PlaylistCollaborator.account_id == account_id
    )
    return (await db.execute(gone.returning(PlaylistCollaborator.id))).first() is not None


_PART = text("""
    DELETE FROM playlist_collaborators AS hand USING playlists
    WHERE playlists.id = hand.playlist_id AND (
        (playlists.account_id = :one AND hand.account_id = :other)
        OR (playlists.account_id = :other AND hand.account_id = :one)
    ) RETURNING hand.playlist_id, hand.account_id
""")


async def part(db: AsyncSession, one: uuid.UUID, other: uuid.UUID) -> Sequence[Any]:
    """Two people work on nothing of each other's any more: the lists, and who left them."""
    return (await db.execute(_PART, {"one": one, "other": other})).all()
