"""What somebody said and liked goes with them; what others said in answer stays."""

import uuid

from sqlalchemy import delete, select

from socialflow.domains.engagement import queries
from socialflow.domains.engagement.models import Comment, Like, Subject
from socialflow.domains.engagement.service.comments import remove
from socialflow.domains.engagement.service.likes import count
from socialflow.kernel.work import Work

AT_ONCE = 50


async def erase_comments_of(work: Work, account_id: uuid.UUID) -> int:
    """Delete some of somebody's comments as they would themselves; returns how many, 0 when none is left."""
    found = select(Comment.id).where(Comment.account_id == account_id, Comment.deleted_at.is_(None)).limit(AT_ONCE)
    wanted = list(await work.db.scalars(found))
    for comment_id in wanted:
        comment = await queries.any_comment(work.db, comment_id)
        if comment is not None:
            await remove(work, comment)
    return len(wanted)


async def erase_likes_of(work: Work, account_id: uuid.UUID) -> int:
    """Take some of somebody's likes back; returns how many, 0 when none is left."""
    found = select(Like.subject_id).where(Like.account_id == account_id).limit(AT_ONCE).scalar_subquery()
    gone = delete(Like).where(Like.account_id == account_id, Like.subject_id.in_(found))
    rows = (await work.db.execute(gone.returning(Like.subject_id, Like.kind))).all()
    for row in rows:
        await count(work, Subject(row.kind), row.subject_id, -1)
    return len(rows)
