"""Questions about likes and comments that are asked of many rows at a time, and what is forgotten with a subject."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ScalarSelect, delete, func, select
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.engagement.models import Comment, CommentPhoto, CommentState, Like
from socialflow.domains.posts.models import Post
from socialflow.domains.videos.models import Video

_OF_COMMENTS = "comments JOIN {0} ON {0}.subject_id = comments.id WHERE comments.subject_id = :subject_id"


def _erase(table: str) -> str:
    return f"""
        DELETE FROM {table} WHERE ctid IN (
            SELECT {table}.ctid FROM {table} WHERE {table}.subject_id = :subject_id
            UNION ALL
            SELECT {table}.ctid FROM {_OF_COMMENTS.format(table)}
            LIMIT :most
        )
    """  # noqa: S608  # `table` is one of four names below


_ERASE = tuple(
    sql(each)
    for each in (
        *map(_erase, ("likes", "dislikes", "reactions", "reaction_counts")),
        "DELETE FROM comments WHERE id IN (SELECT id FROM comments WHERE subject_id = :subject_id LIMIT :most)",
        "DELETE FROM comment_rules WHERE subject_id = :subject_id",
    )
)
_PHOTOS = sql("""
    SELECT photos.asset_id, photos.upload_id FROM comments
    JOIN comment_photos AS photos ON photos.comment_id = comments.id
    WHERE comments.subject_id = :subject_id LIMIT :most
""")


async def erase(db: AsyncSession, subject_id: uuid.UUID, most: int) -> int:
    """Forget some of what was said and liked of something that is gone; returns how much."""
    for statement in _ERASE:
        gone = await db.execute(statement, {"subject_id": subject_id, "most": most})
        count: int = gone.rowcount  # type: ignore[attr-defined]  # a DELETE's result has one
        if count:
            return count
    return 0


async def photos_of_subject(
    db: AsyncSession, subject_id: uuid.UUID, most: int
) -> Sequence[tuple[uuid.UUID, uuid.UUID]]:
    """Some photos in comments on something: their assets and uploads."""
    found = await db.execute(_PHOTOS, {"subject_id": subject_id, "most": most})
    return [(row.asset_id, row.upload_id) for row in found]


async def forget_photos(db: AsyncSession, assets: Sequence[uuid.UUID]) -> int:
    """Forget these photos; returns how many there were."""
    gone = await db.execute(delete(CommentPhoto).where(CommentPhoto.asset_id.in_(assets)))
    count: int = gone.rowcount  # type: ignore[attr-defined]  # a DELETE's result has one
    return count


async def videos_after(db: AsyncSession, after: uuid.UUID, most: int) -> Sequence[uuid.UUID]:
    """Some videos' ids, in order."""
    return list(await db.scalars(select(Video.id).where(Video.id > after).order_by(Video.id).limit(most)))


async def posts_after(db: AsyncSession, after: uuid.UUID, most: int) -> Sequence[uuid.UUID]:
    """Some posts' ids, in order."""
    return list(await db.scalars(select(Post.id).where(Post.id > after).order_by(Post.id).limit(most)))


async def comments_after(db: AsyncSession, after: uuid.UUID, most: int) -> Sequence[uuid.UUID]:
    """Some comments' ids, in order."""
    return list(await db.scalars(select(Comment.id).where(Comment.id > after).order_by(Comment.id).limit(most)))


def likes_of_video() -> ScalarSelect[int]:
    """How many like a video, counted."""
    return select(func.count()).select_from(Like).where(Like.subject_id == Video.id).correlate(Video).scalar_subquery()


def likes_of_post() -> ScalarSelect[int]:
    """How many like a post, counted."""
    return select(func.count()).select_from(Like).where(Like.subject_id == Post.id).correlate(Post).scalar_subquery()


def comments_of_video() -> ScalarSelect[int]:
    """How many comments a video has that are shown, counted."""
    found = select(func.count()).select_from(Comment)
    found = found.where(Comment.subject_id == Video.id, Comment.deleted_at.is_(None))
    return found.where(Comment.state == CommentState.SHOWN).correlate(Video).scalar_subquery()


def likes_of_comment() -> ScalarSelect[int]:
    """How many like a comment, counted."""
    found = select(func.count()).select_from(Like).where(Like.subject_id == Comment.id)
    return found.correlate(Comment).scalar_subquery()


def answers_to_comment() -> ScalarSelect[int]:
    """How many answers stand directly below a comment, counted: those that are shown, and places of others.

    A place counts what stands below it by its own counter, which is set before that of what is above it.
    """
    answer = Comment.__table__.alias("answers")
    shown = (answer.c.state == CommentState.SHOWN) & answer.c.deleted_at.is_(None)
    found = select(func.count()).select_from(answer)
    found = found.where(answer.c.parent_id == Comment.id, shown | (answer.c.reply_count > 0))
    return found.correlate(Comment).scalar_subquery()
