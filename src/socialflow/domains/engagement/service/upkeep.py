"""What keeps likes and comments true over time."""

import uuid

from socialflow.domains.engagement import queries
from socialflow.domains.engagement.models import Comment, ReactionCount
from socialflow.domains.engagement.queries import reactions
from socialflow.domains.media import service as media
from socialflow.domains.posts import service as posts
from socialflow.domains.videos import service as videos
from socialflow.kernel import counters
from socialflow.kernel.work import Work

ERASED_AT_ONCE = 5_000
PHOTOS_AT_ONCE = 100
COUNTED_AT_ONCE = 500


async def erase_some(work: Work, subject_id: uuid.UUID) -> int:
    """Forget some of what hung on something that is gone; returns how much, 0 when nothing is left."""
    photos = await queries.photos_of_subject(work.db, subject_id, PHOTOS_AT_ONCE)
    for asset_id, upload_id in photos:
        await media.abandon(work, upload_id)
        await media.delete_asset(work, asset_id)
    if photos:
        return await queries.forget_photos(work.db, [asset_id for asset_id, _ in photos])
    return await queries.erase(work.db, subject_id, ERASED_AT_ONCE)


async def recount_videos(work: Work, after: uuid.UUID) -> tuple[uuid.UUID | None, int]:
    """Count anew for some videos: where to go on, if anywhere, and how many numbers were wrong."""
    found = await queries.videos_after(work.db, after, COUNTED_AT_ONCE)
    if not found:
        return None, 0
    wrong = await videos.recount_likes(work, found, queries.likes_of_video())
    wrong += await videos.recount_comments(work, found, queries.comments_of_video())
    return found[-1], wrong


async def recount_posts(work: Work, after: uuid.UUID) -> tuple[uuid.UUID | None, int]:
    """The same for likes of some posts."""
    found = await queries.posts_after(work.db, after, COUNTED_AT_ONCE)
    if not found:
        return None, 0
    return found[-1], await posts.recount_likes(work, found, queries.likes_of_post())


async def recount_comments(work: Work, after: uuid.UUID) -> tuple[uuid.UUID | None, int]:
    """The same for some comments."""
    found = await queries.comments_after(work.db, after, COUNTED_AT_ONCE)
    if not found:
        return None, 0
    wrong = await counters.recount(work.db, Comment.like_count, found, queries.likes_of_comment())
    wrong += await counters.recount(work.db, Comment.reply_count, found, queries.answers_to_comment())
    return found[-1], wrong


async def recount_reactions(work: Work, after: uuid.UUID) -> tuple[uuid.UUID | None, int]:
    """The same for some counts of reactions and dislikes."""
    found = await reactions.tallies_after(work.db, after, COUNTED_AT_ONCE)
    if not found:
        return None, 0
    return found[-1], await counters.recount(work.db, ReactionCount.number, found, reactions.reactions_of_tally())
