"""What the owner of a subject does with what others say about it: pin, heart, hide, show again, approve.

And what its author and moderators do: take it away.
"""

import uuid
from dataclasses import replace

from socialflow.domains.channels.service import Right, allows
from socialflow.domains.engagement import policy
from socialflow.domains.engagement.events import (
    CommentDeleted,
    CommentHearted,
    CommentHidden,
    CommentPinned,
    CommentShown,
)
from socialflow.domains.engagement.models import Comment, CommentState
from socialflow.domains.engagement.queries import comments as queries
from socialflow.domains.engagement.service import photos, standing, subjects, voices
from socialflow.domains.engagement.service.comments import come_out, named_in, of_visible
from socialflow.domains.engagement.service.reading import name_of
from socialflow.kernel.work import Actor, Work


async def pin(work: Work, comment_id: uuid.UUID) -> Comment:
    """Put a comment before all others, in place of any that was there."""
    comment = await _of_own(work, comment_id)
    policy.may_pin(comment)
    if comment.pinned_at is not None:
        return comment
    await queries.hold_subject(work.db, comment.subject_id)
    former = await queries.pinned(work.db, comment.subject_id)
    if former is not None:
        former.pinned_at = None
        await work.db.flush()
    comment.pinned_at = work.now
    work.emit(CommentPinned(comment_id=comment.id, subject_id=comment.subject_id, account_id=comment.account_id))
    return _forget(work, comment)


async def unpin(work: Work, comment_id: uuid.UUID) -> Comment:
    """Let it stand where it belongs; it need not have been pinned."""
    comment = await _of_own(work, comment_id)
    comment.pinned_at = None
    return _forget(work, comment)


async def heart(work: Work, comment_id: uuid.UUID) -> Comment:
    """Mark a comment with the owner's heart; twice is once."""
    comment = await _of_own(work, comment_id)
    policy.may_answer(comment)
    if comment.hearted_at is None:
        comment.hearted_at = work.now
        work.emit(CommentHearted(comment_id=comment.id, subject_id=comment.subject_id, account_id=comment.account_id))
    return _forget(work, comment)


async def unheart(work: Work, comment_id: uuid.UUID) -> Comment:
    """Take the heart back; there need not have been one."""
    comment = await _of_own(work, comment_id)
    comment.hearted_at = None
    return _forget(work, comment)


async def hide(work: Work, comment_id: uuid.UUID) -> Comment:
    """Show a comment to nobody but its author: one that is shown, or one that waits for approval."""
    comment = await _of_own(work, comment_id)
    if comment.state == CommentState.HIDDEN:
        return comment
    was_shown = comment.state == CommentState.SHOWN
    comment.state, comment.pinned_at, comment.hearted_at = CommentState.HIDDEN, None, None
    await work.db.flush()
    if was_shown:
        await subjects.count(work, comment.subject_kind, comment.subject_id, -1)
        await standing.changed(work, comment, stood=True, stands=await standing.stands(work, comment))
    work.emit(CommentHidden(comment_id=comment.id, subject_id=comment.subject_id, account_id=comment.account_id))
    return _forget(work, comment)


async def unhide(work: Work, comment_id: uuid.UUID) -> Comment:
    """Show a comment again; one that waits for approval goes on waiting."""
    comment = await _of_own(work, comment_id)
    if comment.state != CommentState.HIDDEN:
        return comment
    stood = await standing.stands(work, comment)
    comment.state = CommentState.SHOWN
    await work.db.flush()
    await subjects.count(work, comment.subject_kind, comment.subject_id, 1)
    await standing.changed(work, comment, stood=stood, stands=True)
    work.emit(CommentShown(comment_id=comment.id, subject_id=comment.subject_id, account_id=comment.account_id))
    return _forget(work, comment)


async def approve(work: Work, comment_id: uuid.UUID) -> Comment:
    """Show a comment that waits; one that is shown already, or was hidden, stays as it is."""
    comment = await _of_own(work, comment_id)
    if comment.state != CommentState.HELD:
        return comment
    comment.state = CommentState.SHOWN
    await work.db.flush()
    # As its author's own act: whom they name is whom they can meet.
    author = replace(work, actor=Actor(id=comment.account_id))
    await come_out(author, comment, await named_in(author, comment))
    return _forget(work, comment)


async def delete(work: Work, comment_id: uuid.UUID) -> None:
    """Take words away; where something stands below them, their place stays."""
    comment, subject = await of_visible(work, comment_id)
    voice, role = await voices.role_of(work, comment), await subjects.role_on(work, subject)
    policy.may_delete(work.actor, voice=voice, role=role)
    if work.actor.id != comment.account_id and allows(voice, Right.PUBLISH):
        work.note("channel:acted", comment.account_id)
    await remove(work, comment)


async def remove(work: Work, comment: Comment) -> None:
    """The same once it is clear that it may be; the caller holds the comment's lock."""
    was_shown = comment.state == CommentState.SHOWN
    held_up = await queries.is_held_up(work.db, comment.id)
    await queries.forget_reactions(work.db, comment.id)
    await photos.drop_all(work, comment.id)
    told = CommentDeleted(
        comment_id=comment.id,
        subject_id=comment.subject_id,
        account_id=comment.account_id,
        by_id=work.actor.id,
        channel_id=comment.channel_id,
    )
    if held_up:
        await queries.forget_words(work.db, comment.id)
        comment.text, comment.facets, comment.deleted_at = "", [], work.now
        comment.pinned_at = comment.hearted_at = None
        await work.db.flush()
    else:
        await standing.drop(work, comment)
    if was_shown:
        await subjects.count(work, comment.subject_kind, comment.subject_id, -1)
        await standing.changed(work, comment, stood=True, stands=held_up)
    work.emit(told)
    work.forget(name_of(comment.subject_kind, comment.subject_id))


async def _of_own(work: Work, comment_id: uuid.UUID) -> Comment:
    """A comment that is the actor's to keep in order, held against other changes; raises NotFound, NotYourSubject."""
    comment, subject = await of_visible(work, comment_id)
    policy.may_curate(await subjects.role_on(work, subject))
    return comment


def _forget(work: Work, comment: Comment) -> Comment:
    work.forget(name_of(comment.subject_kind, comment.subject_id))
    return comment
