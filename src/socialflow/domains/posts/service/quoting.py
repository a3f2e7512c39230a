"""What one may quote: an author's consent is asked when it is said, and can be taken back afterwards."""

import uuid

from socialflow.domains.accounts import service as accounts
from socialflow.domains.posts import policy, queries
from socialflow.domains.posts.errors import QuotesNotAllowed
from socialflow.domains.posts.events import Quoted, QuoteRevoked
from socialflow.domains.posts.models import Allowed, Post, PostState
from socialflow.domains.posts.queries import Hold
from socialflow.domains.posts.service import rights
from socialflow.domains.videos import service as videos
from socialflow.kernel import counters, ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.visibility import Reach
from socialflow.kernel.work import Work

# What only some may see is quoted by nobody but its author.
QUOTABLE = frozenset({Reach.EVERYONE, Reach.KNOWN, Reach.LINK})


def choose(post: Post, quote_id: str | None) -> None:
    """Let a post that is being written quote something, or nothing."""
    post.quoted_post_id, post.quoted_video_id = named(quote_id)


def named(quote_id: str | None) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """The post, or the video, that an id names; raises NotFound for what is none."""
    if quote_id is None:
        return None, None
    kind = quote_id.partition("_")[0]
    try:
        found = ids.parse(kind, quote_id)
    except ids.MalformedId:
        raise NotFound from None
    return (found, None) if kind == "pst" else (None, found)


async def check(work: Work, post: Post) -> None:
    """That the actor may quote what a post quotes; raises NotFound, QuotesNotAllowed."""
    if post.quoted_post_id is not None:
        quoted = await queries.by_id(work.db, work.actor, post.quoted_post_id, Hold.KEEP)
        if quoted is None or quoted.state != PostState.PUBLISHED or quoted.id == post.id:
            raise NotFound
        await _may(work, quoted.quote_policy, quoted.account_id, quoted.channel_id, Reach(quoted.reach))
    if post.quoted_video_id is not None:
        video = await videos.visible(work, post.quoted_video_id, hold=videos.Hold.KEEP)
        wish = await queries.settings_of(work.db, video.account_id)
        consent = wish.video_quote_policy if wish is not None else Allowed.EVERYBODY
        await _may(work, consent, video.account_id, video.channel_id, Reach(video.reach))


async def count(work: Work, post: Post, by: int) -> None:
    """Count a quote that came or went, and tell who is quoted."""
    await recount(work, post, by)
    if by > 0:
        await _tell(work, post)


async def recount(work: Work, post: Post, by: int) -> None:
    """The same without telling anybody: of a quote that goes out of sight, or comes back."""
    if post.quoted_post_id is not None and post.quote_revoked_at is None:
        await counters.adjust(work.db, Post.quote_count, post.quoted_post_id, by)


async def revoke(work: Work, quoted_id: uuid.UUID, quoting_id: uuid.UUID) -> None:
    """Take the actor's consent to a quote of their post back: it shows nothing of theirs any more. Twice is once."""
    quoted = await queries.by_id(work.db, work.actor, quoted_id, Hold.NOT)
    if quoted is None:
        raise NotFound
    await rights.demand(work, quoted)
    post = await queries.locked(work.db, quoting_id)
    if post is None or post.quoted_post_id != quoted_id or post.state != PostState.PUBLISHED:
        raise NotFound
    if post.quote_revoked_at is None:
        await count(work, post, -1)
        post.quote_revoked_at = work.now
        work.emit(QuoteRevoked(post_id=post.id, account_id=quoted.account_id))
        work.forget("posts", *(f"post:{ids.show('pst', each)}" for each in (post.id, quoted_id)))


async def _may(work: Work, consent: str, owner: uuid.UUID, channel_id: uuid.UUID, reach: Reach) -> None:
    if work.actor.id is None or owner == work.actor.id:
        return
    if reach not in QUOTABLE or await accounts.is_private(work, owner):
        raise QuotesNotAllowed
    follows = await queries.followers_among(work.db, channel_id, [work.actor.id])
    policy.may_quote(consent, own=False, follows=bool(follows))


async def _tell(work: Work, post: Post) -> None:
    author: uuid.UUID | None = None
    kind, subject = ("post", post.quoted_post_id) if post.quoted_post_id else ("video", post.quoted_video_id)
    if post.quoted_post_id is not None:
        quoted = await work.db.get(Post, post.quoted_post_id)
        author = quoted.account_id if quoted is not None else None
    elif post.quoted_video_id is not None:
        author = (await videos.visible(work, post.quoted_video_id)).account_id
    if subject is None or author is None or author == post.account_id:
        return
    # What is said to few is told to no others.
    if author in await queries.seers_among(work.db, post.id, [author]):
        work.emit(
            Quoted(
                post_id=post.id,
                by_id=post.account_id,
                subject_id=subject,
                subject_kind=kind,
                account_id=author,
                channel_id=post.channel_id,
            )
        )
