"""Posting, changing and deleting comments."""

import uuid
from typing import Any

from socialflow.domains.channels import service as channels
from socialflow.domains.engagement import policy, queries
from socialflow.domains.engagement.events import CommentDeleted, CommentEdited, CommentPosted
from socialflow.domains.engagement.models import Comment
from socialflow.domains.engagement.schemas import CommentCreate, CommentUpdate
from socialflow.domains.engagement.service.reading import name_of
from socialflow.domains.videos import service as videos
from socialflow.kernel import counters, ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work


async def post(work: Work, body: CommentCreate) -> Comment:
    """Say something below a video that the actor may see, or answer somebody there."""
    channel = await channels.of_actor(work)
    video = await videos.visible(work, body.subject_id, hold=videos.Hold.KEEP)
    thread_id = await _thread_of(work, video.id, body.parent_id)

    comment = Comment(
        id=ids.new(),
        subject_id=video.id,
        parent_id=thread_id,
        account_id=channel.account_id,
        channel_id=channel.id,
        text=body.text,
        created_at=work.now,
    )
    work.db.add(comment)
    await work.db.flush()
    await videos.adjust_comments(work, video.id, 1)
    if thread_id is not None:
        await counters.adjust(work.db, Comment.reply_count, thread_id, 1)
    work.emit(
        CommentPosted(comment_id=comment.id, subject_id=video.id, parent_id=thread_id, account_id=comment.account_id)
    )
    return comment


async def edit(work: Work, comment_id: uuid.UUID, body: CommentUpdate) -> Comment:
    """Change one's own words."""
    comment, _ = await _visible(work, comment_id)
    policy.may_edit(work.actor, comment)
    if comment.text != body.text:
        comment.text = body.text
        comment.edited_at = work.now
        work.emit(CommentEdited(comment_id=comment.id, subject_id=comment.subject_id))
        work.forget(name_of(comment.subject_id))
    return comment


async def delete(work: Work, comment_id: uuid.UUID) -> None:
    """Take words away; where somebody has answered, their place stays."""
    comment, video = await _visible(work, comment_id)
    role = await channels.role_in(work, video.channel_id, video.account_id)
    policy.may_delete(work.actor, comment, role=role)
    await remove(work, comment)


async def remove(work: Work, comment: Comment) -> None:
    """The same once it is clear that it may be; the caller holds the comment's lock."""
    await queries.forget_likes(work.db, comment.id)
    if await queries.has_answers(work.db, comment.id):
        comment.text = ""
        comment.deleted_at = work.now
    else:
        await work.db.delete(comment)
        await work.db.flush()
        await _leave_thread(work, comment.parent_id)
    await videos.adjust_comments(work, comment.subject_id, -1)
    work.emit(
        CommentDeleted(
            comment_id=comment.id,
            subject_id=comment.subject_id,
            account_id=comment.account_id,
            by_id=work.actor.id,
        )
    )
    work.forget(name_of(comment.subject_id))


async def _thread_of(work: Work, subject_id: uuid.UUID, parent_id: uuid.UUID | None) -> uuid.UUID | None:
    """The thread in which an answer stands: that of the comment it answers, which must be on the same video."""
    if parent_id is None:
        return None
    parent = await queries.comment(work, parent_id)
    if parent is None or parent.subject_id != subject_id:
        raise NotFound
    return parent.parent_id or parent.id


async def _leave_thread(work: Work, thread_id: uuid.UUID | None) -> None:
    """One answer less; a deleted comment whose last answer goes, goes too."""
    if thread_id is None:
        return
    emptied = await queries.tombstone(work.db, thread_id)
    if emptied is not None and not await queries.has_answers(work.db, thread_id):
        await work.db.delete(emptied)
        return
    await counters.adjust(work.db, Comment.reply_count, thread_id, -1)


async def _visible(work: Work, comment_id: uuid.UUID) -> tuple[Comment, Any]:
    """A comment that the actor may see, held against other changes, and the video below which it stands."""
    comment = await queries.comment(work, comment_id, change=True)
    if comment is None:
        raise NotFound
    return comment, await videos.visible(work, comment.subject_id)
