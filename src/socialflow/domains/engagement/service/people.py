"""What somebody said and liked goes with them; what others said in answer stays."""

import uuid

from sqlalchemy import ColumnElement, delete, select

from socialflow.domains.engagement.models import DISLIKE, Comment, Dislike, Like, Reaction, Subject
from socialflow.domains.engagement.queries import comments as queries
from socialflow.domains.engagement.service import liking, reacting
from socialflow.domains.engagement.service.curating import remove
from socialflow.kernel.work import Work

AT_ONCE = 50


async def erase_comments_of(work: Work, account_id: uuid.UUID) -> int:
    """Delete some of somebody's comments as they would themselves; returns how many, 0 when none is left."""
    return await _take(work, Comment.account_id == account_id)


async def delete_some_of_channel(work: Work, channel_id: uuid.UUID, account_id: uuid.UUID) -> int:
    """Delete some comments of a channel and its account; returns how many, 0 when none is left."""
    return await _take(work, (Comment.account_id == account_id) & (Comment.channel_id == channel_id))


async def erase_likes_of(work: Work, account_id: uuid.UUID) -> int:
    """Take some of somebody's likes back; returns how many, 0 when none is left."""
    found = select(Like.subject_id).where(Like.account_id == account_id).limit(AT_ONCE).scalar_subquery()
    gone = delete(Like).where(Like.account_id == account_id, Like.subject_id.in_(found))
    rows = (await work.db.execute(gone.returning(Like.subject_id, Like.kind))).all()
    for row in rows:
        await liking.count(work, Subject(row.kind), row.subject_id, -1)
    return len(rows)


async def erase_dislikes_of(work: Work, account_id: uuid.UUID) -> int:
    """The same for dislikes."""
    found = select(Dislike.subject_id).where(Dislike.account_id == account_id).limit(AT_ONCE).scalar_subquery()
    gone = delete(Dislike).where(Dislike.account_id == account_id, Dislike.subject_id.in_(found))
    rows = (await work.db.execute(gone.returning(Dislike.subject_id))).all()
    for row in rows:
        await reacting.count(work, row.subject_id, DISLIKE, -1)
    return len(rows)


async def erase_reactions_of(work: Work, account_id: uuid.UUID) -> int:
    """The same for reactions."""
    found = select(Reaction.subject_id).where(Reaction.account_id == account_id).limit(AT_ONCE).scalar_subquery()
    gone = delete(Reaction).where(Reaction.account_id == account_id, Reaction.subject_id.in_(found))
    rows = (await work.db.execute(gone.returning(Reaction.subject_id, Reaction.emoji))).all()
    for row in rows:
        await reacting.count(work, row.subject_id, row.emoji, -1)
    return len(rows)


async def _take(work: Work, whose: ColumnElement[bool]) -> int:
    found = select(Comment.id).where(whose, Comment.deleted_at.is_(None)).order_by(Comment.id).limit(AT_ONCE)
    wanted = list(await work.db.scalars(found))
    for comment_id in wanted:
        comment = await queries.locked(work.db, comment_id)
        if comment is not None and comment.deleted_at is None:
            await remove(work, comment)
    return len(wanted)
