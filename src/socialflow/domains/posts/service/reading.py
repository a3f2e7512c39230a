"""Posts as clients get them: rows to bytes.

What looks the same to everybody is read once a second at most and shared; whoever is logged in gets their own, since
they may see more, or less, and their votes and reposts are in it.
"""

import uuid
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from socialflow.domains.channels import service as channels
from socialflow.domains.posts.errors import NotYourThread
from socialflow.domains.posts.models import PostState
from socialflow.domains.posts.queries import pages as queries
from socialflow.domains.posts.queries import seen_by
from socialflow.domains.posts.queries.pages import DEEPEST, ReplySort, Scope
from socialflow.domains.posts.service.cards import card, facet
from socialflow.domains.posts.service.publishing import LISTS, name_of
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids, pages
from socialflow.kernel.cache import Shared
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.etags import edition_etag, etag_of
from socialflow.kernel.work import ANONYMOUS, Actor, App, Work

LAST_TIME, FIRST_TIME = datetime(9999, 12, 31, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)
LAST_ID, FIRST_ID = uuid.UUID(int=2**128 - 1), uuid.UUID(int=0)
MOST_VERSIONS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Listed:
    """Which posts are asked for."""

    channel_id: uuid.UUID | None = None
    tag: str | None = None
    quoted_id: uuid.UUID | None = None
    state: PostState | None = None
    replies: bool = False

    def scope(self, *, to_somebody: bool) -> Scope:
        """The kind of list that it is."""
        if self.state is not None:
            return Scope.TEAM if self.channel_id is not None else Scope.MINE
        plain = Scope.ALL
        if self.channel_id is not None:
            plain = Scope.CHANNEL
        elif self.tag is not None:
            plain = Scope.TAG
        elif self.quoted_id is not None:
            plain = Scope.QUOTES
        return Scope(f"{plain}_to") if to_somebody else plain

    def filters(self, viewer: uuid.UUID | None) -> dict[str, Any]:
        """What a cursor of this list is bound to."""
        return {**asdict(self), "of": viewer if self.state is not None else None}


@dataclass(frozen=True, slots=True)
class Thread:
    """Which replies are asked for, how far down, and how many to each."""

    parent_id: uuid.UUID
    sort: ReplySort = ReplySort.OLDEST
    depth: int = DEEPEST
    breadth: int = 3


async def detail(app: App, viewer: Actor, post_id: uuid.UUID) -> Shared:
    """One post as the viewer may see it; raises NotFound."""
    return await _own_or_shared(app, viewer, ("post", post_id), lambda actor: _detail(app, actor, post_id))


async def present(app: App, work: Work, post_id: uuid.UUID) -> Shared:
    """One post as the actor sees it after what this work has done."""
    rows = await queries.ONE.rows_in(work, id=post_id, **_seen(work.actor))
    return _one(app, work.actor, rows)


async def cards_of(app: App, viewer: Actor, post_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Of these posts, what the viewer gets of those that they may see: for lists of another domain."""
    rows = await queries.SOME.rows(app, ids=list(post_ids), **_seen(viewer))
    now = app.clock()
    return {row["id"]: card(app, row, viewer, now) for row in rows}


async def page(app: App, viewer: Actor, wanted: Listed, *, limit: int, cursor: str | None) -> Shared:
    """A page of posts, the latest first."""
    if wanted.state is not None and not viewer.known:
        raise Unauthorized
    key = ("posts", wanted, limit, cursor)
    return await _own_or_shared(app, viewer, key, lambda actor: _page(app, actor, wanted, limit, cursor))


async def thread(app: App, viewer: Actor, wanted: Thread, *, limit: int, cursor: str | None) -> Shared:
    """A page of the replies to a post that the viewer may see, or whose place in a thread they see."""
    key = ("thread", wanted, limit, cursor)
    return await _own_or_shared(app, viewer, key, lambda actor: _thread(app, actor, wanted, limit, cursor))


async def ancestors(app: App, viewer: Actor, post_id: uuid.UUID) -> Shared:
    """What stands above a reply, the first post of the thread first."""
    return await _own_or_shared(app, viewer, ("above", post_id), lambda actor: _ancestors(app, actor, post_id))


async def versions(app: App, viewer: Actor, post_id: uuid.UUID, *, limit: int, cursor: str | None) -> bytes:
    """What a post that the viewer may see said before, the latest first."""
    if await queries.ONE.row(app, id=post_id, **_seen(viewer)) is None:
        raise NotFound
    filters = {"post": str(post_id)}
    before = pages.unseal(app.keys, "versions", filters, cursor)[0] if cursor else MOST_VERSIONS
    rows = await queries.VERSIONS.rows(app, post_id=post_id, before=before, limit=limit + 1)
    shown, last = pages.cut(rows, limit)
    next_cursor = pages.seal(app.keys, "versions", filters, [last["number"]]) if last else None
    items = [
        {
            "number": row["number"],
            "text": row["text"],
            "facets": [facet(each) for each in row["facets"]],
            "language": row["language"],
            "mark": row["mark"],
            "alts": [photo["alt"] for photo in row["photos"]],
            "said_at": row["said_at"],
        }
        for row in shown
    ]
    return videos.dump({"items": items, "next_cursor": next_cursor})


@dataclass(frozen=True, slots=True)
class Unshown:
    """Which replies that others do not see are asked for: in threads of a channel or of the viewer, or their own."""

    state: PostState
    mine: bool
    channel_id: uuid.UUID | None


async def unshown(app: App, viewer: Actor, wanted: Unshown, *, limit: int, cursor: str | None) -> bytes:
    """Replies that others do not see, the latest first; raises Unauthorized, NotFound, NotYourThread."""
    if not viewer.known:
        raise Unauthorized
    channel = str(wanted.channel_id) if wanted.channel_id else None
    filters = {"state": wanted.state, "mine": wanted.mine, "channel": channel, "of": str(viewer.id)}
    before = uuid.UUID(pages.unseal(app.keys, "unshown", filters, cursor)[0]) if cursor else LAST_ID
    rows = await queries.QUEUES[wanted.state, wanted.mine].rows(
        app,
        id=before,
        owner_id=await _keeps_for(app, viewer, wanted.channel_id),
        channel_id=wanted.channel_id,
        limit=limit + 1,
        **_seen(viewer),
    )
    shown, last = pages.cut(rows, limit)
    now = app.clock()
    next_cursor = pages.seal(app.keys, "unshown", filters, [str(last["id"])]) if last else None
    return videos.dump({"items": [card(app, row, viewer, now) for row in shown], "next_cursor": next_cursor})


async def _keeps_for(app: App, viewer: Actor, channel_id: uuid.UUID | None) -> uuid.UUID | None:
    """For whom the viewer looks after threads: for themselves, or whoever owns a channel."""
    if channel_id is None:
        return viewer.id
    async with app.work(viewer) as work:
        channel = await channels.visible(work, channel_id)
        await channels.demand(work, channel.id, channel.account_id, channels.Right.MODERATE, NotYourThread)
        return channel.account_id


async def reposts(app: App, viewer: Actor, channel_id: uuid.UUID, *, limit: int, cursor: str | None) -> bytes:
    """What a channel reposts, of that what the viewer may see; the latest first."""
    filters = {"channel": str(channel_id)}
    before = uuid.UUID(pages.unseal(app.keys, "reposts", filters, cursor)[0]) if cursor else LAST_ID
    rows = await queries.REPOSTS.rows(app, channel_id=channel_id, before=before, limit=limit + 1, **_seen(viewer))
    shown, last = pages.cut(rows, limit)
    next_cursor = pages.seal(app.keys, "reposts", filters, [str(last["place"])]) if last else None
    items = [
        {
            "subject_id": ids.show("pst" if row["kind"] == "post" else "vid", row["subject_id"]),
            "reposted_at": row["created_at"],
        }
        for row in shown
    ]
    return videos.dump({"items": items, "next_cursor": next_cursor})


async def some_shown(app: App, work: Work, post_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Of these posts those that stand on their channels' shelves for the actor: members of `PostRead`s, by id."""
    rows = await queries.ON_SHELF.rows_in(work, ids=list(post_ids), **_seen(work.actor)) if post_ids else ()
    return {row["id"]: card(app, row, work.actor, work.now) for row in rows}


async def _own_or_shared(app: App, viewer: Actor, key: Hashable, make: Callable[[Actor], Awaitable[Shared]]) -> Shared:
    if viewer.known or viewer.grants:
        return await make(viewer)
    return await app.cache.get(key, lambda: make(ANONYMOUS))


def _seen(viewer: Actor) -> dict[str, Any]:
    """Whom the rules of posts and of videos ask about; who judges posts does not see every video."""
    return {**seen_by(viewer), "sees_videos": videos.seen_by(viewer)["sees_any"]}


async def _detail(app: App, viewer: Actor, post_id: uuid.UUID) -> Shared:
    row = await queries.ONE.row(app, id=post_id, **_seen(viewer))
    return _one(app, viewer, [] if row is None else [row])


def _one(app: App, viewer: Actor, rows: Sequence[Any]) -> Shared:
    if not rows:
        raise NotFound
    body = videos.dump(card(app, rows[0], viewer, app.clock()))
    return Shared(body, edition_etag(rows[0]["edition"], body), frozenset({name_of(rows[0]["id"]), LISTS}))


async def _page(app: App, viewer: Actor, wanted: Listed, limit: int, cursor: str | None) -> Shared:
    filters = wanted.filters(viewer.id)
    place = pages.unseal(app.keys, LISTS, filters, cursor) if cursor else None
    scope = wanted.scope(to_somebody=viewer.known)
    narrow = scope in {Scope.ALL, Scope.ALL_TO, Scope.CHANNEL, Scope.CHANNEL_TO} and not wanted.replies
    rows = await queries.LISTS[scope, not narrow].rows(
        app,
        channel_id=wanted.channel_id,
        tag=wanted.tag,
        quoted_id=wanted.quoted_id,
        state=wanted.state,
        at=datetime.fromisoformat(place[0]) if place and place[0] else LAST_TIME,
        id=uuid.UUID(place[1]) if place else LAST_ID,
        limit=limit + 1,
        **_seen(viewer),
    )
    shown, last = pages.cut(rows, limit)
    now = app.clock()
    next_cursor = pages.seal(app.keys, LISTS, filters, [last["published_at"], str(last["id"])]) if last else None
    body = videos.dump({"items": [card(app, row, viewer, now) for row in shown], "next_cursor": next_cursor})
    return Shared(body, etag_of(body), frozenset({LISTS}))


async def _thread(app: App, viewer: Actor, wanted: Thread, limit: int, cursor: str | None) -> Shared:
    filters = asdict(wanted)
    place = pages.unseal(app.keys, "thread", filters, cursor) if cursor else None
    if await queries.PLACE.row(app, id=wanted.parent_id, **_seen(viewer)) is None:
        raise NotFound
    rows = await queries.THREADS[wanted.sort].rows(
        app,
        parent_id=wanted.parent_id,
        is_first=place is None,
        **_place_of(wanted.sort, place),
        limit=limit + 1,
        breadth=wanted.breadth,
        depth=wanted.depth,
        **_seen(viewer),
    )
    pinned = [row for row in rows if row["level"] == 1 and row["pinned_at"] is not None]
    first = [row for row in rows if row["level"] == 1 and row["pinned_at"] is None]
    first.sort(key=_ORDERS[wanted.sort], reverse=wanted.sort is not ReplySort.OLDEST)
    shown, last = pages.cut(first, max(limit - len(pinned), 1))
    below: dict[uuid.UUID, list[Any]] = {}
    for row in sorted((row for row in rows if row["level"] > 1), key=_time_of):
        below.setdefault(row["parent_id"], []).append(row)
    now = app.clock()
    items = [
        {"level": row["level"], "post": card(app, row, viewer, now)} for row in _in_order([*pinned, *shown], below)
    ]
    next_cursor = pages.seal(app.keys, "thread", filters, _key_of(last)) if last else None
    body = videos.dump({"items": items, "next_cursor": next_cursor})
    return Shared(body, etag_of(body), frozenset({LISTS, name_of(wanted.parent_id)}))


async def _ancestors(app: App, viewer: Actor, post_id: uuid.UUID) -> Shared:
    if await queries.PLACE.row(app, id=post_id, **_seen(viewer)) is None:
        raise NotFound
    rows = await queries.ANCESTORS.rows(app, id=post_id, **_seen(viewer))
    now = app.clock()
    body = videos.dump({"items": [card(app, row, viewer, now) for row in rows], "next_cursor": None})
    return Shared(body, etag_of(body), frozenset({LISTS, name_of(post_id)}))


def _in_order(first: Sequence[Any], below: dict[uuid.UUID, list[Any]]) -> list[Any]:
    """Each reply before those to it, without going down by the stack."""
    found, waiting = [], list(reversed(first))
    while waiting:
        row = waiting.pop()
        found.append(row)
        waiting += reversed(below.get(row["id"], []))
    return found


def _time_of(row: Any) -> tuple[datetime, str]:
    return row["published_at"], str(row["id"])


_ORDERS: dict[ReplySort, Callable[[Any], tuple[Any, ...]]] = {
    ReplySort.OLDEST: _time_of,
    ReplySort.NEWEST: _time_of,
    ReplySort.TOP: lambda row: (row["like_count"], row["id"]),
    ReplySort.CHOICE: lambda row: (row["choice"], row["like_count"], row["id"]),
}


def _key_of(row: Any) -> list[Any]:
    return [row["published_at"], str(row["id"]), row["like_count"], row["choice"]]


def _place_of(sort: ReplySort, place: list[Any] | None) -> dict[str, Any]:
    """Where a page of replies begins; without a cursor at a place before every one."""
    if place is None:
        first = sort is ReplySort.OLDEST
        return {
            "at": FIRST_TIME if first else LAST_TIME,
            "id": FIRST_ID if first else LAST_ID,
            "count": MOST_VERSIONS,
            "choice": MOST_VERSIONS,
        }
    return {
        "at": datetime.fromisoformat(place[0]),
        "id": uuid.UUID(place[1]),
        "count": place[2],
        "choice": place[3],
    }
