"""Liking, disliking, and neither."""

from socialflow.domains.engagement.events import Disliked, DislikeWithdrawn, Liked, Unliked
from socialflow.domains.engagement.models import DISLIKE
from socialflow.domains.engagement.queries import reactions as queries
from socialflow.domains.engagement.schemas import DislikeRead, LikeRead
from socialflow.domains.engagement.service import liking, reacting
from socialflow.kernel.work import Work


async def like(work: Work, subject: str) -> LikeRead:
    """Make the actor like something, and dislike it no more; liking twice is liking once."""
    found = await liking.find(work, subject)
    if await queries.add_like(work, found.kind, found.id):
        await liking.count(work, found.kind, found.id, 1)
        work.emit(Liked(account_id=found.account_id, subject_id=found.id, subject_kind=found.kind))
        await _take_dislike_back(work, found)
    return LikeRead(subject_id=subject, liked=True, like_count=await liking.counted(work, found.kind, found.id))


async def unlike(work: Work, subject: str) -> LikeRead:
    """Make the actor like it no more; they need not have liked it."""
    found = await liking.find(work, subject)
    await _take_like_back(work, found)
    return LikeRead(subject_id=subject, liked=False, like_count=await liking.counted(work, found.kind, found.id))


async def dislike(work: Work, subject: str) -> DislikeRead:
    """Make the actor dislike something, and like it no more; twice is once."""
    found = await liking.find(work, subject)
    if await queries.add_dislike(work, found.kind, found.id):
        await reacting.count(work, found.id, DISLIKE, 1)
        work.emit(Disliked(account_id=found.account_id, subject_id=found.id, subject_kind=found.kind))
        await _take_like_back(work, found)
    return DislikeRead(subject_id=subject, disliked=True, like_count=await liking.counted(work, found.kind, found.id))


async def undislike(work: Work, subject: str) -> DislikeRead:
    """Make the actor dislike it no more; they need not have disliked it."""
    found = await liking.find(work, subject)
    await _take_dislike_back(work, found)
    return DislikeRead(subject_id=subject, disliked=False, like_count=await liking.counted(work, found.kind, found.id))


async def _take_like_back(work: Work, found: liking.Liked) -> None:
    if await queries.remove_like(work, found.id):
        await liking.count(work, found.kind, found.id, -1)
        work.emit(Unliked(account_id=found.account_id, subject_id=found.id, subject_kind=found.kind))


async def _take_dislike_back(work: Work, found: liking.Liked) -> None:
    if await queries.remove_dislike(work, found.id):
        await reacting.count(work, found.id, DISLIKE, -1)
        work.emit(DislikeWithdrawn(account_id=found.account_id, subject_id=found.id, subject_kind=found.kind))
