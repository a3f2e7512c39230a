"""When a post is said, and to whom: the one place where it is published, and where its words get their meaning."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from socialflow.domains.channels import service as channels
from socialflow.domains.posts import queries
from socialflow.domains.posts.errors import QuotesNotAllowed, RepliesNotAllowed, TooManyFacets
from socialflow.domains.posts.events import Mentioned, PostPublished, ReplyHeld
from socialflow.domains.posts.models import Hashtag, Poll, Post, PostState
from socialflow.domains.posts.queries import tags
from socialflow.domains.posts.service import photos, previews, quoting, replying
from socialflow.domains.posts.service.facets import (
    MOST_LINKS,
    MOST_MENTIONS,
    MOST_TAGS,
    FacetKind,
    Parsed,
    channels_in,
    parse,
)
from socialflow.kernel import counters, ids, logs
from socialflow.kernel.errors import NotFound
from socialflow.kernel.visibility import SHELVED
from socialflow.kernel.work import Work

LISTS = "posts"
# In pages of hashtags stands what may be told in lists, to everybody or to some.
TAGGED = frozenset(SHELVED)
# Replies that were written, and have waited for approval or were refused it.
HELD = frozenset({PostState.HELD, PostState.HIDDEN})
_BOUNDS = ((FacetKind.MENTION, MOST_MENTIONS), (FacetKind.HASHTAG, MOST_TAGS), (FacetKind.LINK, MOST_LINKS))

log = logs.named(__name__)


def name_of(post_id: uuid.UUID) -> str:
    """Under which name shared answers about a post are kept."""
    return f"post:{ids.show('pst', post_id)}"


def read_words(text: str) -> Parsed:
    """What a text mentions, tags and links to; raises TooManyFacets."""
    parsed = parse(text)
    if any(len(parsed.values(kind)) > most for kind, most in _BOUNDS):
        raise TooManyFacets
    return parsed


async def give_meaning(work: Work, post: Post, parsed: Parsed) -> Mapping[str, Any]:
    """Keep what was found in a post's words; returns the channels that it mentions, by handle."""
    named = await channels.named(work, parsed.values(FacetKind.MENTION))
    post.facets = parsed.facets({handle: channel.id for handle, channel in named.items()})
    return named


async def say(work: Work, post: Post) -> None:
    """Publish a post of the actor: once, whoever asks for it how often; the caller holds its lock."""
    parsed = read_words(post.text)
    # Whom it names was settled when it was written: a handle may be another's by now.
    was_held = post.state in HELD
    post.state, post.publish_at, post.published_at = PostState.PUBLISHED, None, work.now
    await work.db.flush()
    await _start_poll(work, post)
    await replying.count(work, post, 1)
    await quoting.count(work, post, 1)
    await photos.open_to(work, post)
    await settle(work, post, parsed, meant=was_held)
    work.emit(
        PostPublished(
            post_id=post.id,
            channel_id=post.channel_id,
            account_id=post.account_id,
            parent_id=post.parent_id,
            root_id=post.root_id,
            quoted_post_id=post.quoted_post_id,
            quoted_video_id=post.quoted_video_id,
            reach=post.reach,
            language=post.language,
            hashtags=parsed.values(FacetKind.HASHTAG) if post.reach in TAGGED else [],
        )
    )
    forget(work, post)


async def say_or_hold(work: Work, post: Post) -> None:
    """The same, unless it is a reply that has to wait for who began the thread; the caller holds the post's lock."""
    if not await replying.has_to_wait(work, post):
        await say(work, post)
        return
    if post.state != PostState.HELD and post.curator_id is not None:
        waits = ReplyHeld(
            post_id=post.id, account_id=post.account_id, curator_id=post.curator_id, channel_id=post.channel_id
        )
        work.emit(waits)
    post.state, post.publish_at = PostState.HELD, None
    await work.db.flush()
    await photos.open_to(work, post)
    forget(work, post)


async def settle(work: Work, post: Post, parsed: Parsed, *, meant: bool = False) -> None:
    """After a post was said or changed: under which hashtags it stands, whom it names, what it links to.

    `meant` are words that were given their meaning before.
    """
    if meant:
        named = await channels.met(work, channels_in(post.facets))
    else:
        named = list((await give_meaning(work, post, parsed)).values())
    await work.db.flush()
    await _put_under_tags(work, post, parsed)
    await _tell_mentioned(work, post, [channel.account_id for channel in named])
    await previews.settle(work, post, parsed.values(FacetKind.LINK))


async def release(work: Work, post_id: uuid.UUID) -> None:
    """Publish a post of the actor that has waited for its time; where it may not be said any more it is a draft again.

    Whoever takes the time away, in the same transaction, publishes it: nobody does so twice.
    """
    post = await queries.still_due(work.db, post_id)
    if post is None:
        return
    try:
        await replying.check_kept(work, post)
        await quoting.check(work, post)
    except (NotFound, RepliesNotAllowed, QuotesNotAllowed) as refusal:
        log.info("post_kept_back", post=str(post_id), code=refusal.code())
        post.state, post.publish_at = PostState.DRAFT, None
        return
    await say_or_hold(work, post)


def forget(work: Work, post: Post) -> None:
    """Answers that tell of a post are not given any more."""
    around = [each for each in (post.parent_id, post.root_id, post.quoted_post_id) if each is not None]
    work.forget(LISTS, name_of(post.id), *map(name_of, around))


async def stand_under_tags(work: Work, post: Post) -> None:
    """Let a post stand under its hashtags while it may be told of in lists, and under none else."""
    await _put_under_tags(work, post, parse(post.text))


async def leave_tags(work: Work, post: Post) -> None:
    """Let a post stand under no hashtag any more."""
    await _change_tags(work, post, set())


async def _start_poll(work: Work, post: Post) -> None:
    poll = await work.db.get(Poll, post.id)
    if poll is not None:
        poll.ends_at = work.now + timedelta(seconds=poll.duration_s)


async def _put_under_tags(work: Work, post: Post, parsed: Parsed) -> None:
    shown = parsed.shown() if post.reach in TAGGED else {}
    await _change_tags(work, post, set((await tags.known(work, shown)).values()))


async def _change_tags(work: Work, post: Post, wanted: set[uuid.UUID]) -> None:
    had = await tags.of_post(work.db, post.id)
    if gone := sorted(had - wanted):
        await tags.take_from(work.db, post.id, gone)
    if (new := sorted(wanted - had)) and post.published_at is not None:
        await tags.put_under(work.db, post.id, new, post.published_at)
    for hashtag_id in sorted(had ^ wanted):
        await counters.adjust(work.db, Hashtag.post_count, hashtag_id, 1 if hashtag_id in wanted else -1)


async def _tell_mentioned(work: Work, post: Post, accounts: list[uuid.UUID]) -> None:
    """Those who may see it, and were not told before; nobody is told of naming themselves."""
    others = [each for each in dict.fromkeys(accounts) if each != post.account_id]
    seers = await queries.seers_among(work.db, post.id, others) if others else set[uuid.UUID]()
    others = [each for each in others if each in seers]
    for account_id in await queries.mention(work.db, post.id, others):
        named = Mentioned(post_id=post.id, account_id=account_id, by_id=post.account_id, channel_id=post.channel_id)
        work.emit(named)
