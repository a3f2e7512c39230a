"""What can be liked and reacted to, whatever it is: seen, held and counted by its own domain."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from socialflow.domains.engagement import policy
from socialflow.domains.engagement.models import Comment, Subject
from socialflow.domains.engagement.queries import comments, reactions
from socialflow.domains.engagement.service import subjects
from socialflow.domains.posts import service as posts
from socialflow.domains.videos import service as videos
from socialflow.kernel import counters, ids
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Work

KINDS = {"vid": Subject.VIDEO, "pst": Subject.POST, "cmt": Subject.COMMENT}
PREFIXES = {kind: prefix for prefix, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Liked:
    """Something that can be liked, and who asks."""

    kind: Subject
    id: uuid.UUID
    account_id: uuid.UUID


def parse(subject: str) -> tuple[Subject, uuid.UUID]:
    """Of which kind something is, and its id; raises NotFound for what cannot be liked."""
    prefix = subject.partition("_")[0]
    try:
        return KINDS[prefix], ids.parse(prefix, subject)
    except (KeyError, ids.MalformedId):
        raise NotFound from None


async def find(work: Work, subject: str) -> Liked:
    """Something that the actor may see, kept until this work ends; raises NotFound, Unauthorized, CommentNotShown.

    What one does with it oneself comes one after the other: nobody likes and dislikes something at once.
    """
    kind, subject_id = parse(subject)
    if work.actor.id is None:
        raise Unauthorized
    await _visible(work, kind, subject_id)
    await reactions.hold_own(work, subject_id)
    return Liked(kind, subject_id, work.actor.id)


async def count(work: Work, kind: Subject, subject_id: uuid.UUID, by: int) -> None:
    """Count likes that came or went."""
    if kind is Subject.VIDEO:
        await videos.adjust_likes(work, subject_id, by)
    elif kind is Subject.POST:
        await posts.adjust_likes(work, subject_id, by)
    else:
        await counters.adjust(work.db, Comment.like_count, subject_id, by)


async def counted(work: Work, kind: Subject, subject_id: uuid.UUID) -> int:
    """How many like it, also while its counter is busy."""
    if kind is Subject.VIDEO:
        return await videos.like_count(work, subject_id)
    if kind is Subject.POST:
        return await posts.like_count(work, subject_id)
    known = await work.db.scalar(select(Comment.like_count).where(Comment.id == subject_id))
    return (known or 0) + await counters.waiting_for(work.db, Comment.like_count, subject_id)


async def _visible(work: Work, kind: Subject, subject_id: uuid.UUID) -> None:
    if kind is Subject.VIDEO:
        await videos.visible(work, subject_id, hold=videos.Hold.KEEP)
        return
    if kind is Subject.POST:
        await posts.visible(work, subject_id, hold=posts.Hold.KEEP)
        return
    comment = await comments.named(work, subject_id)
    if comment is None:
        raise NotFound
    await subjects.visible(work, comment.subject_kind, comment.subject_id)
    policy.may_answer(comment)
