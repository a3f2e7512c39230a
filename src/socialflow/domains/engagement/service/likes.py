"""Liking, and no more liking."""

import uuid

from sqlalchemy import select

from socialflow.domains.engagement import queries
from socialflow.domains.engagement.events import Liked, Unliked
from socialflow.domains.engagement.models import Comment, Subject
from socialflow.domains.engagement.schemas import LikeRead
from socialflow.domains.videos import service as videos
from socialflow.kernel import counters, ids
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Work

_KINDS = {"vid": Subject.VIDEO, "cmt": Subject.COMMENT}


async def like(work: Work, subject: str) -> LikeRead:
    """Make the actor like a video or a comment; liking twice is liking once."""
    kind, subject_id = _parse(subject)
    account_id = _known(work)
    await _visible(work, kind, subject_id)
    if await queries.add_like(work, kind, subject_id):
        await count(work, kind, subject_id, 1)
        work.emit(Liked(account_id=account_id, subject_id=subject_id, subject_kind=kind))
    return LikeRead(subject_id=subject, liked=True, like_count=await _counted(work, kind, subject_id))


async def unlike(work: Work, subject: str) -> LikeRead:
    """Make the actor like it no more; they need not have liked it."""
    kind, subject_id = _parse(subject)
    account_id = _known(work)
    await _visible(work, kind, subject_id)
    if await queries.remove_like(work, subject_id):
        await count(work, kind, subject_id, -1)
        work.emit(Unliked(account_id=account_id, subject_id=subject_id, subject_kind=kind))
    return LikeRead(subject_id=subject, liked=False, like_count=await _counted(work, kind, subject_id))


def _parse(subject: str) -> tuple[Subject, uuid.UUID]:
    prefix = subject.partition("_")[0]
    try:
        return _KINDS[prefix], ids.parse(prefix, subject)
    except (KeyError, ids.MalformedId):
        raise NotFound from None


def _known(work: Work) -> uuid.UUID:
    if work.actor.id is None:
        raise Unauthorized
    return work.actor.id


async def _visible(work: Work, kind: Subject, subject_id: uuid.UUID) -> None:
    """Raise NotFound unless the actor may see it; it stays until this work ends."""
    if kind is Subject.VIDEO:
        await videos.visible(work, subject_id, hold=videos.Hold.KEEP)
        return
    comment = await queries.comment(work, subject_id)
    if comment is None:
        raise NotFound
    await videos.visible(work, comment.subject_id)


async def count(work: Work, kind: Subject, subject_id: uuid.UUID, by: int) -> None:
    """Count likes that came or went."""
    if kind is Subject.VIDEO:
        await videos.adjust_likes(work, subject_id, by)
    else:
        await counters.adjust(work.db, Comment.like_count, subject_id, by)


async def _counted(work: Work, kind: Subject, subject_id: uuid.UUID) -> int:
    if kind is Subject.VIDEO:
        return await videos.like_count(work, subject_id)
    known = await work.db.scalar(select(Comment.like_count).where(Comment.id == subject_id))
    return (known or 0) + await counters.waiting_for(work.db, Comment.like_count, subject_id)
