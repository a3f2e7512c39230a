"""Questions about likes and comments, and the statements by which these change."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ScalarSelect, delete, func, select
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.service import apart, hidden
from socialflow.domains.engagement.models import Comment, Like, Subject
from socialflow.domains.videos.models import Video
from socialflow.kernel.visibility import VIEWER
from socialflow.kernel.work import Work

_SHOWN = sql(f"NOT {hidden('comments.account_id')}")


async def add_like(work: Work, kind: Subject, subject_id: uuid.UUID) -> bool:
    """Make the actor like something; whether that is new."""
    like = insert(Like).values(account_id=work.actor.id, subject_id=subject_id, kind=kind, created_at=work.now)
    made = await work.db.execute(like.on_conflict_do_nothing().returning(Like.subject_id))
    return made.first() is not None


async def remove_like(work: Work, subject_id: uuid.UUID) -> bool:
    """Make the actor like it no more; whether they did."""
    like = delete(Like).where(Like.account_id == work.actor.id, Like.subject_id == subject_id)
    return (await work.db.execute(like.returning(Like.subject_id))).first() is not None


async def comment(work: Work, comment_id: uuid.UUID, *, change: bool = False) -> Comment | None:
    """A comment that the actor may see below its video, held against deletion, or against every change."""
    met = sql(f"NOT {apart('comments.account_id', VIEWER)}").bindparams(viewer=work.actor.id)
    found = select(Comment).where(Comment.id == comment_id, Comment.deleted_at.is_(None), _SHOWN, met)
    found = found.with_for_update(read=not change, key_share=not change)
    return (await work.db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def any_comment(db: AsyncSession, comment_id: uuid.UUID) -> Comment | None:
    """A comment that was not deleted, whoever is hidden, held against every change."""
    found = select(Comment).where(Comment.id == comment_id, Comment.deleted_at.is_(None)).with_for_update()
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def tombstone(db: AsyncSession, comment_id: uuid.UUID) -> Comment | None:
    """A deleted comment whose place was kept, held against everything."""
    found = select(Comment).where(Comment.id == comment_id, Comment.deleted_at.is_not(None)).with_for_update()
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def has_answers(db: AsyncSession, comment_id: uuid.UUID) -> bool:
    """Whether somebody has answered: the rows, not the counter, which may be busy."""
    return bool(await db.scalar(select(select(Comment.id).where(Comment.parent_id == comment_id).exists())))


async def forget_likes(db: AsyncSession, subject_id: uuid.UUID) -> None:
    """Forget who liked something."""
    await db.execute(delete(Like).where(Like.subject_id == subject_id))


_ERASE_LIKES = sql("""
    DELETE FROM likes WHERE ctid IN (
        SELECT likes.ctid FROM likes WHERE likes.subject_id = :subject_id
        UNION ALL
        SELECT likes.ctid FROM comments JOIN likes ON likes.subject_id = comments.id
        WHERE comments.subject_id = :subject_id
        LIMIT :most
    )
""")
_ERASE_COMMENTS = sql("""
    DELETE FROM comments WHERE id IN (
        SELECT id FROM comments WHERE subject_id = :subject_id LIMIT :most
    )
""")

_ERASE_POSITIONS = sql("""
    DELETE FROM watch_positions WHERE ctid IN (
        SELECT ctid FROM watch_positions WHERE video_id = :subject_id LIMIT :most
    )
""")


async def erase(db: AsyncSession, subject_id: uuid.UUID, most: int) -> int:
    """Forget some of what was said, liked and watched of a video that is gone; returns how much."""
    for statement in (_ERASE_LIKES, _ERASE_COMMENTS, _ERASE_POSITIONS):
        gone = await db.execute(statement, {"subject_id": subject_id, "most": most})
        count: int = gone.rowcount  # type: ignore[attr-defined]  # a DELETE's result has one
        if count:
            return count
    return 0


async def videos_after(db: AsyncSession, after: uuid.UUID, most: int) -> Sequence[uuid.UUID]:
    """Some videos' ids, in order."""
    return list(await db.scalars(select(Video.id).where(Video.id > after).order_by(Video.id).limit(most)))


async def comments_after(db: AsyncSession, after: uuid.UUID, most: int) -> Sequence[uuid.UUID]:
    """Some comments' ids, in order."""
    return list(await db.scalars(select(Comment.id).where(Comment.id > after).order_by(Comment.id).limit(most)))


def likes_of_video() -> ScalarSelect[int]:
    """How many like a video, counted."""
    return select(func.count()).select_from(Like).where(Like.subject_id == Video.id).correlate(Video).scalar_subquery()


def comments_of_video() -> ScalarSelect[int]:
    """How many comments a video has, counted."""
    found = select(func.count()).select_from(Comment)
    return found.where(Comment.subject_id == Video.id, Comment.deleted_at.is_(None)).correlate(Video).scalar_subquery()


def likes_of_comment() -> ScalarSelect[int]:
    """How many like a comment, counted."""
    found = select(func.count()).select_from(Like).where(Like.subject_id == Comment.id)
    return found.correlate(Comment).scalar_subquery()


def answers_to_comment() -> ScalarSelect[int]:
    """How many answers a comment has, counted."""
    answer = Comment.__table__.alias("answers")
    found = select(func.count()).select_from(answer).where(answer.c.parent_id == Comment.id)
    return found.correlate(Comment).scalar_subquery()
