"""Numbers on a post that other domains move."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ScalarSelect, select

from socialflow.domains.posts.models import Post
from socialflow.kernel import counters
from socialflow.kernel.work import Work


async def adjust_likes(work: Work, post_id: uuid.UUID, by: int) -> None:
    """Count likes that came or went."""
    await counters.adjust(work.db, Post.like_count, post_id, by)


async def like_count(work: Work, post_id: uuid.UUID) -> int:
    """How many like a post, also while its counter is busy."""
    known = await work.db.scalar(select(Post.like_count).where(Post.id == post_id))
    return (known or 0) + await counters.waiting_for(work.db, Post.like_count, post_id)


async def recount_likes(work: Work, post_ids: Sequence[uuid.UUID], truth: ScalarSelect[int]) -> int:
    """Set the likes of some posts to what `truth` counts for each; returns how many were wrong."""
    return await counters.recount(work.db, Post.like_count, post_ids, truth)
