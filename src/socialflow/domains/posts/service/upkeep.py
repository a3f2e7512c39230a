"""What keeps the numbers of posts and hashtags true over time."""

import uuid

from socialflow.domains.posts import queries
from socialflow.domains.posts.models import Hashtag, Post
from socialflow.domains.posts.queries import tags
from socialflow.kernel import counters
from socialflow.kernel.work import Work

COUNTED_AT_ONCE = 500


async def recount_posts(work: Work, after: uuid.UUID) -> tuple[uuid.UUID | None, int]:
    """Count anew for some posts: where to go on, if anywhere, and how many numbers were wrong."""
    found = await queries.ids_after(work.db, after, COUNTED_AT_ONCE)
    if not found:
        return None, 0
    wrong = await counters.recount(work.db, Post.reply_count, found, queries.replies_to_post())
    wrong += await counters.recount(work.db, Post.quote_count, found, queries.quotes_of_post())
    wrong += await counters.recount(work.db, Post.repost_count, found, queries.reposts_of_post())
    return found[-1], wrong


async def recount_tags(work: Work, after: uuid.UUID) -> tuple[uuid.UUID | None, int]:
    """The same for some hashtags."""
    found = await tags.ids_after(work.db, after, COUNTED_AT_ONCE)
    if not found:
        return None, 0
    wrong = await counters.recount(work.db, Hashtag.post_count, found, tags.posts_of_tag())
    wrong += await counters.recount(work.db, Hashtag.follower_count, found, tags.followers_of_tag())
    return found[-1], wrong
