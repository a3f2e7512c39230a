"""Numbers on a video's card; other domains say when they move."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ScalarSelect, select

from socialflow.domains.channels import service as channels
from socialflow.domains.videos import queries
from socialflow.domains.videos.models import Video
from socialflow.kernel import counters
from socialflow.kernel.work import Work


async def adjust_likes(work: Work, video_id: uuid.UUID, by: int) -> None:
    """Count likes that came or went."""
    await counters.adjust(work.db, Video.like_count, video_id, by)


async def adjust_comments(work: Work, video_id: uuid.UUID, by: int) -> None:
    """Count comments that came or went."""
    await counters.adjust(work.db, Video.comment_count, video_id, by)


async def like_count(work: Work, video_id: uuid.UUID) -> int:
    """How many like a video, also while its counter is busy."""
    known = await work.db.scalar(select(Video.like_count).where(Video.id == video_id))
    return (known or 0) + await counters.waiting_for(work.db, Video.like_count, video_id)


async def recount_channels(work: Work, after: uuid.UUID) -> tuple[uuid.UUID | None, int]:
    """Count public videos anew for some channels: where to go on, if anywhere, and how many numbers were wrong."""
    found = await channels.some(work, after)
    if not found:
        return None, 0
    return found[-1], await channels.recount_videos(work, found, queries.listed_of_channel())


async def recount_likes(work: Work, video_ids: Sequence[uuid.UUID], truth: ScalarSelect[int]) -> int:
    """Set the likes of some videos to what `truth` counts for each; returns how many were wrong."""
    return await counters.recount(work.db, Video.like_count, video_ids, truth)


async def recount_comments(work: Work, video_ids: Sequence[uuid.UUID], truth: ScalarSelect[int]) -> int:
    """The same for comments."""
    return await counters.recount(work.db, Video.comment_count, video_ids, truth)
