"""Feeds of channels and of tags: what everybody may see of them, by the page.

What is told is read as nobody in particular reads it. Who asks can only make it less: whoever is apart from an owner
gets nothing of theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from socialflow.domains.channels.schemas import avatar_url
from socialflow.domains.posts import service as posts
from socialflow.domains.syndication import queries
from socialflow.domains.syndication.schemas import FeedForm, FeedKind
from socialflow.domains.syndication.service import atom, entries, jsonfeed, markup, rss
from socialflow.domains.syndication.service.entries import Author, Entry, Feed
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids
from socialflow.kernel.cache import Shared
from socialflow.kernel.errors import NotFound
from socialflow.kernel.etags import etag_of
from socialflow.kernel.work import ANONYMOUS, Actor, App

WRITERS = {FeedForm.RSS: rss, FeedForm.ATOM: atom, FeedForm.JSON: jsonfeed}
SHOWN = 30
THE_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which feed: of a channel, or of a tag."""

    kind: FeedKind
    form: FeedForm
    cursor: str | None
    channel: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A document, and since when it is so."""

    body: bytes
    etag: str
    media_type: str
    updated: datetime


async def feed(app: App, viewer: Actor, wanted: Wanted) -> Answer:
    """A page of a feed; raises NotFound, NotAHashtag or InvalidCursor."""
    if viewer.known:
        # Rarely anybody but a person who looks at it in a browser: not worth a place among what is shared.
        return _answer(wanted, await _read(app, viewer, wanted))
    key = ("syndication", wanted)
    shared = await app.cache.get(key, lambda: _shared(app, wanted))
    when, _, body = shared.body.partition(b"\n")
    media_type = WRITERS[wanted.form].MEDIA_TYPE
    return Answer(body, shared.etag, media_type, datetime.fromisoformat(when.decode()))


async def _shared(app: App, wanted: Wanted) -> Shared:
    answer = _answer(wanted, await _read(app, ANONYMOUS, wanted))
    kept = answer.updated.isoformat().encode() + b"\n" + answer.body
    # What is about any video or post goes when one of them is hidden or deleted.
    return Shared(kept, answer.etag, frozenset({videos.LISTS, posts.LISTS}))


def _answer(wanted: Wanted, found: Feed) -> Answer:
    writer = WRITERS[wanted.form]
    body = writer.write(found)
    return Answer(body, etag_of(body), writer.MEDIA_TYPE, found.updated)


async def _read(app: App, viewer: Actor, wanted: Wanted) -> Feed:
    if wanted.channel is not None:
        return await _of_channel(app, viewer, wanted, wanted.channel)
    return await _of_tag(app, viewer, wanted, wanted.tag or "")


async def _of_channel(app: App, viewer: Actor, wanted: Wanted, reference: str) -> Feed:
    channel = await listed_channel(app, viewer, reference)
    site, handle = app.settings.public_url, channel["handle"]
    found = await _page(app, wanted, channel_id=channel["id"])
    home = f"{site}/@{handle}" if wanted.kind is FeedKind.VIDEOS else f"{site}/@{handle}/posts"
    own = f"{site}/feeds/channels/@{handle}/{wanted.kind}.{wanted.form}"
    icon = avatar_url(channel["avatar_asset_id"])
    return _feed(
        wanted,
        await _entries(app, viewer, wanted.kind, found["items"]),
        title=f"{channel['display_name']} (@{handle})",
        about=channel["bio"],
        home=home,
        own=own,
        following=found["next_cursor"],
        author=Author(channel["display_name"], f"{site}/@{handle}"),
        icon=markup.whole(site, icon) if icon else None,
        since=channel["updated_at"],
    )


async def _of_tag(app: App, viewer: Actor, wanted: Wanted, tag: str) -> Feed:
    site = app.settings.public_url
    name = posts.named_tag(tag) if wanted.kind is FeedKind.POSTS else tag.removeprefix("#").strip().lower()
    found = await _page(app, wanted, tag=name)
    return _feed(
        wanted,
        await _entries(app, viewer, wanted.kind, found["items"]),
        title=f"#{name} on {app.settings.instance_name}",
        about="",
        home=entries.tag_page(site, wanted.kind, name),
        own=f"{site}/feeds/tags/{quote(name, safe='')}/{wanted.kind}.{wanted.form}",
        following=found["next_cursor"],
        author=None,
        icon=None,
        since=THE_BEGINNING,
    )


async def listed_channel(app: App, viewer: Actor, reference: str) -> Mapping[str, Any]:
    """A channel that has something to tell everybody, by `@handle` or id; raises NotFound."""
    if reference.startswith("@"):
        row = await queries.BY_HANDLE.row(app, handle=reference.removeprefix("@").lower())
    else:
        try:
            row = await queries.BY_ID.row(app, id=ids.parse("chn", reference))
        except ids.MalformedId:
            raise NotFound from None
    if row is None or await apart_from(app, viewer, [row["id"]]):
        raise NotFound
    found: Mapping[str, Any] = row
    return found


async def apart_from(app: App, viewer: Actor, channel_ids: Sequence[Any]) -> set[Any]:
    """Which of these channels are of somebody whom the viewer is apart from."""
    if not viewer.known or not channel_ids:
        return set()
    rows = await queries.APART.rows(app, ids=list(channel_ids), viewer=viewer.id)
    return {row["id"] for row in rows}


async def _page(app: App, wanted: Wanted, **which: Any) -> dict[str, Any]:
    """A page of what everybody may see, as the API tells it to nobody in particular."""
    if wanted.kind is FeedKind.VIDEOS:
        shared = await videos.page(app, ANONYMOUS, videos.Listed(**which), limit=SHOWN, cursor=wanted.cursor)
    else:
        shared = await posts.page(app, ANONYMOUS, posts.Listed(**which), limit=SHOWN, cursor=wanted.cursor)
    found: dict[str, Any] = orjson.loads(shared.body)
    return found


async def _entries(app: App, viewer: Actor, kind: FeedKind, items: Sequence[Mapping[str, Any]]) -> list[Entry]:
    site, author = app.settings.public_url, "channel" if kind is FeedKind.VIDEOS else "author"
    by = {item[author]["id"]: ids.parse("chn", item[author]["id"]) for item in items}
    unwanted = await apart_from(app, viewer, list(by.values()))
    shown = [item for item in items if by[item[author]["id"]] not in unwanted]
    if kind is FeedKind.POSTS:
        return [entries.post_entry(site, item) for item in shown]
    known = [ids.parse("vid", item["id"]) for item in shown]
    facts = {ids.show("vid", row["id"]): row for row in await queries.FACTS.rows(app, ids=known)} if known else {}
    offered = app.settings.media.downloads
    # What was deleted between the two reads is not told.
    return [
        entries.video_entry(site, item, facts[item["id"]], offered=offered) for item in shown if item["id"] in facts
    ]


def _feed(
    wanted: Wanted, made: Sequence[Entry], *, own: str, following: str | None, since: datetime, **about: Any
) -> Feed:
    here = f"{own}?{urlencode({'cursor': wanted.cursor})}" if wanted.cursor else own
    updated = max((entry.updated for entry in made), default=since)
    return Feed(
        id=own,
        own=here,
        first=own,
        following=f"{own}?{urlencode({'cursor': following})}" if following else None,
        updated=updated if wanted.tag else max(updated, since),
        entries=made,
        **about,
    )
