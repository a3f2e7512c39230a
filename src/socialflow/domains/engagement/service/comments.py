"""Posting and changing comments."""

import uuid
from typing import Any

from socialflow.domains.channels import service as channels
from socialflow.domains.engagement import policy
from socialflow.domains.engagement.errors import EmptyComment, TooDeep
from socialflow.domains.engagement.events import CommentEdited, CommentHeld, CommentPosted, MentionedInComment
from socialflow.domains.engagement.models import Comment, CommentState, CommentVersion
from socialflow.domains.engagement.queries import comments as queries
from socialflow.domains.engagement.schemas import CommentCreate, CommentUpdate
from socialflow.domains.engagement.service import photos, standing, subjects, voices, words
from socialflow.domains.engagement.service.reading import name_of
from socialflow.domains.engagement.service.subjects import Card
from socialflow.domains.posts.service import FacetKind, Parsed, channels_in
from socialflow.kernel import ids
from socialflow.kernel.errors import FieldError, NotFound
from socialflow.kernel.work import App, Work

DEEPEST = 50


async def post(app: App, by: Work, body: CommentCreate) -> Comment:
    """Say something about what the actor may see, or answer somebody there, as a channel that they publish for.

    It may have to wait for approval.
    """
    channel = await channels.speaking(by, body.channel_id)
    work = await channels.for_owner(app, by, channel.account_id, *(photo.upload_id for photo in body.photos))
    if work is not by:
        await voices.sees(by, body.subject_id, body.parent_id)
    subject = await subjects.visible(work, *subjects.parse(body.subject_id), keep=True)
    mode = await queries.mode_of(work.db, subject.id, subject.channel_id)
    policy.may_comment(mode)
    parent = await _parent(work, subject, body.parent_id)
    parsed = words.read(body.text)
    if not body.text and not body.photos:
        raise _empty()
    held = policy.is_held(mode, await voices.approves(by, subject, channel.id, named=body.channel_id is not None))
    meaning, named = await _meaning(work, parsed)

    comment = Comment(
        id=ids.new(),
        subject_id=subject.id,
        subject_kind=subject.kind,
        owner_id=subject.owner_id,
        parent_id=parent.id if parent else None,
        thread_id=(parent.thread_id or parent.id) if parent else None,
        depth=parent.depth + 1 if parent else 0,
        account_id=channel.account_id,
        channel_id=channel.id,
        text=body.text,
        facets=meaning,
        state=CommentState.HELD if held else CommentState.SHOWN,
        created_at=work.now,
    )
    work.db.add(comment)
    await work.db.flush()
    if body.photos:
        await photos.put(work, comment, body.photos)
    if held:
        work.emit(_waits(comment))
        return comment
    await come_out(work, comment, named)
    return comment


def _waits(comment: Comment) -> CommentHeld:
    return CommentHeld(
        comment_id=comment.id,
        subject_id=comment.subject_id,
        account_id=comment.account_id,
        owner_id=comment.owner_id,
        channel_id=comment.channel_id,
    )


async def come_out(work: Work, comment: Comment, named: list[uuid.UUID]) -> None:
    """Others can read a comment from now on: count it, and tell of it; `named` are accounts that it mentions."""
    await subjects.count(work, comment.subject_kind, comment.subject_id, 1)
    await standing.changed(work, comment, stood=False, stands=True)
    work.emit(
        CommentPosted(
            comment_id=comment.id,
            subject_id=comment.subject_id,
            parent_id=comment.parent_id,
            account_id=comment.account_id,
            channel_id=comment.channel_id,
        )
    )
    await tell_mentioned(work, comment, named)
    work.forget(name_of(comment.subject_kind, comment.subject_id))


async def edit(app: App, by: Work, comment_id: uuid.UUID, body: CommentUpdate) -> Comment:
    """Change one's own words, or photos, or those of a channel that one publishes for; what was said can be read."""
    comment, _ = await of_visible(by, comment_id)
    work = await voices.for_author(app, by, comment, body.photos)
    if work is not by:
        # An account that may not see it says nothing more there, whoever speaks for it.
        await subjects.visible(work, comment.subject_kind, comment.subject_id)
    parsed = words.read(body.text if body.text is not None else comment.text)
    before = (comment.text, comment.facets)
    changed = body.text is not None and body.text != comment.text
    if body.text is not None:
        comment.text = body.text
    if body.photos is not None:
        changed = await photos.put(work, comment, body.photos) or changed
    if not comment.text and not await queries.photos(work.db, comment.id):
        raise _empty()
    if not changed:
        return comment

    if comment.text != before[0]:
        number = await queries.last_version(work.db, comment.id) + 1
        said_at = comment.edited_at or comment.created_at
        work.db.add(
            CommentVersion(comment_id=comment.id, number=number, text=before[0], facets=before[1], said_at=said_at)
        )
    comment.facets, named = await _meaning(work, parsed)
    comment.edited_at = work.now
    work.emit(CommentEdited(comment_id=comment.id, subject_id=comment.subject_id))
    if comment.state == CommentState.SHOWN:
        await tell_mentioned(work, comment, named)
    work.forget(name_of(comment.subject_kind, comment.subject_id))
    return comment


async def of_visible(work: Work, comment_id: uuid.UUID) -> tuple[Comment, Card]:
    """A comment that the actor may see, held against other changes, on a subject that they may see; or NotFound."""
    comment = await queries.named(work, comment_id, change=True)
    if comment is None:
        raise NotFound
    return comment, await subjects.visible(work, comment.subject_kind, comment.subject_id)


async def tell_mentioned(work: Work, comment: Comment, accounts: list[uuid.UUID]) -> None:
    """Tell those whom a comment names, each once; nobody is told of naming themselves."""
    others = [each for each in dict.fromkeys(accounts) if each != comment.account_id]
    for account_id in await queries.mention(work.db, comment.id, others):
        work.emit(
            MentionedInComment(
                comment_id=comment.id,
                subject_id=comment.subject_id,
                account_id=account_id,
                by_id=comment.account_id,
                channel_id=comment.channel_id,
            )
        )


async def named_in(work: Work, comment: Comment) -> list[uuid.UUID]:
    """The accounts that a comment named when it was written, whatever they are called now, as far as they are met."""
    return [channel.account_id for channel in await channels.met(work, channels_in(comment.facets))]


async def _meaning(work: Work, parsed: Parsed) -> tuple[list[dict[str, Any]], list[uuid.UUID]]:
    """What is kept of what was found in a text, and the accounts that it mentions."""
    named = await channels.named(work, parsed.values(FacetKind.MENTION))
    found = words.facets(parsed, {handle: channel.id for handle, channel in named.items()})
    return found, [channel.account_id for channel in named.values()]


async def _parent(work: Work, subject: Card, parent_id: uuid.UUID | None) -> Comment | None:
    """What is answered, kept from being hidden or deleted meanwhile; it must be on the same subject, and be shown."""
    if parent_id is None:
        return None
    parent = await queries.named(work, parent_id)
    if parent is None or parent.subject_id != subject.id:
        raise NotFound
    policy.may_answer(parent)
    if parent.depth >= DEEPEST:
        raise TooDeep
    return parent


def _empty() -> EmptyComment:
    plain = EmptyComment()
    return EmptyComment(errors=[FieldError("/text", plain.code(), plain.detail)])
