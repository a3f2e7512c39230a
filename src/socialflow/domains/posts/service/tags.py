"""Hashtags: their pages, and following them."""

import uuid
from typing import Any

from socialflow.domains.accounts import service as accounts
from socialflow.domains.posts.errors import NotAHashtag, TooManyHashtags
from socialflow.domains.posts.events import HashtagFollowed, HashtagUnfollowed
from socialflow.domains.posts.models import Hashtag
from socialflow.domains.posts.queries import tags as queries
from socialflow.domains.posts.queries.interests import BY_TAGS
from socialflow.domains.posts.schemas import HashtagPage, HashtagRead
from socialflow.domains.posts.service.facets import fold, tag_of
from socialflow.domains.social import service as social
from socialflow.kernel import counters, pages
from socialflow.kernel.errors import Unauthorized
from socialflow.kernel.work import Actor, App, Work

LIST = "hashtags"
LAST_ID = uuid.UUID(int=2**128 - 1)
MOST_FOLLOWED = 1_000
SUGGESTED = 10
social.suggesting.suggest_by(BY_TAGS)


async def one_tag(app: App, viewer: Actor, tag: str) -> HashtagRead:
    """A hashtag; one under which nobody has said anything is there as well, with nothing under it."""
    name = named_tag(tag)
    row = await queries.ONE.row(app, tag=name, viewer=viewer.id)
    if row is None:
        return HashtagRead(tag=name, shown=tag.removeprefix("#"), post_count=0, follower_count=0, followed=False)
    return _read(row)


async def follow_tag(work: Work, tag: str) -> HashtagRead:
    """Make the actor follow a hashtag; following twice is following once."""
    account_id, name = _known(work), named_tag(tag)
    await accounts.hold_own(work)
    hashtag_id = (await queries.known(work, {name: tag.removeprefix("#")}))[name]
    if await queries.follow(work, hashtag_id):
        if await queries.count_follows(work) > MOST_FOLLOWED:
            raise TooManyHashtags
        await counters.adjust(work.db, Hashtag.follower_count, hashtag_id, 1)
        work.emit(HashtagFollowed(account_id=account_id, hashtag=name))
    return await _in(work, name)


async def unfollow_tag(work: Work, tag: str) -> None:
    """Make the actor follow it no more; they need not have followed it."""
    account_id, name = _known(work), named_tag(tag)
    rows = await queries.ONE.rows_in(work, tag=name, viewer=account_id)
    if rows and await queries.unfollow(work, rows[0]["id"]):
        await counters.adjust(work.db, Hashtag.follower_count, rows[0]["id"], -1)
        work.emit(HashtagUnfollowed(account_id=account_id, hashtag=name))


async def followed_tags(app: App, viewer: Actor, *, limit: int, cursor: str | None) -> HashtagPage:
    """The hashtags that the viewer follows, the latest first."""
    filters = {"of": str(viewer.id)}
    before = uuid.UUID(pages.unseal(app.keys, LIST, filters, cursor)[0]) if cursor else LAST_ID
    rows, last = pages.cut(await queries.MINE.rows(app, viewer=viewer.id, before=before, limit=limit + 1), limit)
    next_cursor = pages.seal(app.keys, LIST, filters, [str(last["place"])]) if last else None
    return HashtagPage(items=[_read(row) for row in rows], next_cursor=next_cursor)


async def suggest_tags(app: App, viewer: Actor, beginning: str) -> HashtagPage:
    """Hashtags that begin so, the most used first."""
    prefix = fold(beginning.removeprefix("#"))
    if not prefix:
        return HashtagPage(items=[], next_cursor=None)
    rows = await queries.SUGGESTED.rows(app, beginning=prefix, viewer=viewer.id, limit=SUGGESTED)
    return HashtagPage(items=[_read(row) for row in rows], next_cursor=None)


async def _in(work: Work, name: str) -> HashtagRead:
    (row,) = await queries.ONE.rows_in(work, tag=name, viewer=work.actor.id)
    return _read(row)


def _read(row: Any) -> HashtagRead:
    return HashtagRead(
        tag=row["name"],
        # How it was written first is somebody's own affair where nothing is found.
        shown=row["shown"] if row["post_count"] else row["name"],
        post_count=row["post_count"],
        follower_count=row["follower_count"],
        followed=row["followed"],
    )


def named_tag(tag: str) -> str:
    """A hashtag as it is compared; raises NotAHashtag."""
    name = tag_of(tag)
    if name is None:
        raise NotAHashtag
    return name


def _known(work: Work) -> uuid.UUID:
    if work.actor.id is None:
        raise Unauthorized
    return work.actor.id
