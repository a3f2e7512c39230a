"""Rows of comments, and the statements by which they change."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.service import apart, hidden
from socialflow.domains.engagement.models import (
    Comment,
    CommentMention,
    CommentMode,
    CommentPhoto,
    CommentRule,
    CommentVersion,
    Dislike,
    Like,
    Reaction,
    ReactionCount,
)
from socialflow.domains.engagement.queries.pages import THEIRS
from socialflow.domains.engagement.queries.subjects import judges
from socialflow.domains.media.models import Asset, Purpose
from socialflow.kernel.visibility import VIEWER
from socialflow.kernel.work import Work

_MET = sql(f"NOT {hidden('comments.account_id')} AND NOT {apart('comments.account_id', VIEWER)} AND {THEIRS}")


async def named(work: Work, comment_id: uuid.UUID, *, change: bool = False) -> Comment | None:
    """A comment that the actor may see below its subject, held against deletion, or against every change."""
    met = _MET.bindparams(viewer=work.actor.id, judges=judges(work.actor))
    found = select(Comment).where(Comment.id == comment_id, Comment.deleted_at.is_(None), met)
    found = found.with_for_update(of=Comment, read=not change, key_share=not change)
    return (await work.db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def locked(db: AsyncSession, comment_id: uuid.UUID) -> Comment | None:
    """A comment or its place, whoever is hidden, held against everything."""
    found = select(Comment).where(Comment.id == comment_id).with_for_update()
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def kept(db: AsyncSession, comment_id: uuid.UUID) -> Comment | None:
    """A comment or its place, held against being hidden or deleted."""
    found = select(Comment).where(Comment.id == comment_id).with_for_update(read=True, key_share=True)
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()


_HELD_UP = sql("""
    WITH RECURSIVE below AS (
        SELECT id, state = 'shown' AND deleted_at IS NULL AS speaks FROM comments
        WHERE parent_id = :id AND id IS DISTINCT FROM CAST(:but AS uuid)
        UNION ALL
        SELECT deeper.id, deeper.state = 'shown' AND deeper.deleted_at IS NULL
        FROM below JOIN comments AS deeper ON deeper.parent_id = below.id WHERE NOT below.speaks
    ) SELECT EXISTS (SELECT FROM below WHERE speaks)
""")


async def is_held_up(db: AsyncSession, comment_id: uuid.UUID, *, but: uuid.UUID | None = None) -> bool:
    """Whether something that is shown stands below a comment: the rows, not the counter, which may be busy.

    `but` names an answer that is not looked at, with all below it.
    """
    return bool(await db.scalar(_HELD_UP, {"id": comment_id, "but": but}))


_BELOW = sql("""
    WITH RECURSIVE below AS (
        SELECT id FROM comments WHERE parent_id = :id
        UNION ALL
        SELECT deeper.id FROM below JOIN comments AS deeper ON deeper.parent_id = below.id
    ) SELECT id FROM below
""")


async def ids_below(db: AsyncSession, comment_id: uuid.UUID) -> list[uuid.UUID]:
    """All that hangs on a comment, at any depth."""
    return list(await db.scalars(_BELOW, {"id": comment_id}))


async def pinned(db: AsyncSession, subject_id: uuid.UUID) -> Comment | None:
    """What is pinned on a subject, held against every change."""
    found = select(Comment).where(Comment.subject_id == subject_id, Comment.pinned_at.is_not(None))
    return (await db.scalars(found.with_for_update())).one_or_none()


async def hold_subject(db: AsyncSession, subject_id: uuid.UUID) -> None:
    """Let one at a time pin something on a subject."""
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"pin:{subject_id}", 0))))


async def forget_reactions(db: AsyncSession, subject_id: uuid.UUID) -> None:
    """Forget who liked, disliked or reacted to something, and how many."""
    for table in (Like, Dislike, Reaction, ReactionCount):
        await db.execute(delete(table).where(table.subject_id == subject_id))


async def last_version(db: AsyncSession, comment_id: uuid.UUID) -> int:
    """The number of the latest version that is kept; 0 when it was never edited."""
    found = select(func.max(CommentVersion.number)).where(CommentVersion.comment_id == comment_id)
    return await db.scalar(found) or 0


async def forget_words(db: AsyncSession, comment_id: uuid.UUID) -> None:
    """Forget what a comment said before, and whom it names."""
    for table in (CommentVersion, CommentMention):
        await db.execute(delete(table).where(table.comment_id == comment_id))


async def mention(db: AsyncSession, comment_id: uuid.UUID, accounts: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Write down whom a comment names; who of them was not named before."""
    if not accounts:
        return []
    rows = [{"comment_id": comment_id, "account_id": each} for each in sorted(accounts)]
    made = insert(CommentMention).values(rows).on_conflict_do_nothing().returning(CommentMention.account_id)
    return list(await db.scalars(made))


async def photos(db: AsyncSession, comment_id: uuid.UUID) -> Sequence[CommentPhoto]:
    """The photos of a comment, in order."""
    found = select(CommentPhoto).where(CommentPhoto.comment_id == comment_id).order_by(CommentPhoto.position)
    return (await db.scalars(found)).all()


async def comment_of_photo(db: AsyncSession, asset_id: uuid.UUID) -> Comment | None:
    """The comment that a photo belongs to, held until the transaction ends."""
    found = select(Comment).join(CommentPhoto, CommentPhoto.comment_id == Comment.id)
    held = found.where(CommentPhoto.asset_id == asset_id).with_for_update(of=Comment, key_share=True)
    return (await db.scalars(held.execution_options(populate_existing=True))).one_or_none()


async def spare_photos(db: AsyncSession, before: datetime, most: int) -> list[uuid.UUID]:
    """Photos that no comment has taken for a while."""
    taken = select(CommentPhoto.asset_id).where(CommentPhoto.asset_id == Asset.id).exists()
    found = select(Asset.id).where(Asset.purpose == Purpose.COMMENT_PHOTO, Asset.updated_at < before, ~taken)
    return list(await db.scalars(found.order_by(Asset.id).limit(most)))


async def mode_of(db: AsyncSession, subject_id: uuid.UUID, channel_id: uuid.UUID) -> CommentMode:
    """How a subject may be commented on."""
    found = select(CommentRule.subject_id, CommentRule.mode).where(CommentRule.subject_id.in_([subject_id, channel_id]))
    said = {row.subject_id: row.mode for row in await db.execute(found)}
    return CommentMode(said.get(subject_id) or said.get(channel_id) or CommentMode.OPEN)


async def put_rule(db: AsyncSession, values: dict[str, Any]) -> None:
    """Say how a subject may be commented on from now on."""
    made = insert(CommentRule).values(**values)
    changed = {name: made.excluded[name] for name in ("mode", "updated_at")}
    await db.execute(made.on_conflict_do_update(index_elements=["subject_id"], set_=changed))


async def drop_rule(db: AsyncSession, subject_id: uuid.UUID) -> None:
    """Say nothing of it by itself any more."""
    await db.execute(delete(CommentRule).where(CommentRule.subject_id == subject_id))
