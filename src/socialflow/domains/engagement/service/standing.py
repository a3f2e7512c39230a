"""What stands in a thread: comments that are shown, and the places of others below which something is shown."""

from sqlalchemy import delete

from socialflow.domains.engagement.events import CommentDeleted
from socialflow.domains.engagement.models import Comment, CommentState
from socialflow.domains.engagement.queries import comments as queries
from socialflow.domains.engagement.service import photos
from socialflow.kernel import counters
from socialflow.kernel.work import Work


def speaks(comment: Comment) -> bool:
    """Whether its words are shown."""
    return comment.state == CommentState.SHOWN and comment.deleted_at is None


async def stands(work: Work, comment: Comment) -> bool:
    """Whether a comment has a place; the caller holds its lock."""
    return speaks(comment) or await queries.is_held_up(work.db, comment.id)


async def changed(work: Work, comment: Comment, *, stood: bool, stands: bool) -> None:
    """Count above a comment that it has begun to stand, or stands no more; empty places come and go with it.

    Everybody goes upwards with what is below in hand, so that two do not wait for each other. Only a deletion that
    takes unseen answers along goes downwards: should it meet one who comes up, the database ends one, who is told to
    try again.
    """
    by = int(stands) - int(stood)
    parent_id = comment.parent_id
    while by and parent_id is not None:
        parent = await queries.kept(work.db, parent_id)
        if parent is not None and not speaks(parent):
            parent = await queries.locked(work.db, parent_id)
        if parent is None:
            return
        await counters.adjust(work.db, Comment.reply_count, parent_id, by)
        if speaks(parent) or await _has_another(work, parent, comment, by):
            return
        comment, parent_id = parent, parent.parent_id
        if by < 0 and parent.deleted_at is not None:
            await drop(work, parent)


async def drop(work: Work, comment: Comment) -> None:
    """Delete a comment's row, and what hangs on it unseen: answers that were held or hidden."""
    for comment_id in await queries.ids_below(work.db, comment.id):
        below = await queries.locked(work.db, comment_id)
        if below is None:
            continue
        await photos.drop_all(work, below.id)
        if below.deleted_at is None:
            work.emit(
                CommentDeleted(
                    comment_id=below.id,
                    subject_id=below.subject_id,
                    account_id=below.account_id,
                    by_id=work.actor.id,
                    channel_id=below.channel_id,
                )
            )
    await work.db.execute(delete(Comment).where(Comment.id == comment.id))
    work.db.expunge(comment)


async def _has_another(work: Work, parent: Comment, child: Comment, by: int) -> bool:
    """Whether an empty place stands because of something else than the one that has just changed."""
    if by < 0:
        return await queries.is_held_up(work.db, parent.id)
    return await queries.is_held_up(work.db, parent.id, but=child.id)
