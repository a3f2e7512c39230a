"""What keeps likes and comments true over time."""

import uuid

from socialflow.domains.engagement import queries
from socialflow.domains.engagement.models import Comment
from socialflow.domains.videos import service as videos
from socialflow.kernel import counters
from socialflow.kernel.work import Work

ERASED_AT_ONCE = 5_000
COUNTED_AT_ONCE = 500


async def erase_some(work: Work, video_id: uuid.UUID) -> int:
    """Forget some of what hung on a video that is gone; returns how much, 0 when nothing is left."""
    return await queries.erase(work.db, video_id, ERASED_AT_ONCE)


async def recount_videos(work: Work, after: uuid.UUID) -> tuple[uuid.UUID | None, int]:
    """Count anew for some videos: where to go on, if anywhere, and how many numbers were wrong."""
    found = await queries.videos_after(work.db, after, COUNTED_AT_ONCE)
    if not found:
        return None, 0
    wrong = await videos.recount_likes(work, found, queries.likes_of_video())
    wrong += await videos.recount_comments(work, found, queries.comments_of_video())
    return found[-1], wrong


async def recount_comments(work: Work, after: uuid.UUID) -> tuple[uuid.UUID | None, int]:
    """The same for some comments."""
    found = await queries.comments_after(work.db, after, COUNTED_AT_ONCE)
    if not found:
        return None, 0
    wrong = await counters.recount(work.db, Comment.like_count, found, queries.likes_of_comment())
    wrong += await counters.recount(work.db, Comment.reply_count, found, queries.answers_to_comment())
    return found[-1], wrong
