"""Playlists as clients get them: rows to bytes.

What looks the same to everybody is read once a second at most and shared; whoever is logged in gets their own, since
they may see more, or less, and what they may do is in it.
"""

import uuid
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any

from socialflow.domains.shelves.models import PlaylistRole
from socialflow.domains.shelves.queries import FIRST_ID, LAST_ID, seen_by
from socialflow.domains.shelves.queries import items as item_queries
from socialflow.domains.shelves.queries import playlists as queries
from socialflow.domains.shelves.service import cards
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids, pages
from socialflow.kernel.cache import Shared
from socialflow.kernel.errors import InvalidCursor, NotFound
from socialflow.kernel.etags import edition_etag, etag_of
from socialflow.kernel.reads import Read
from socialflow.kernel.work import ANONYMOUS, Actor, App, Work

# Before every place.
FIRST_RANK = ""


async def detail(app: App, viewer: Actor, playlist_id: uuid.UUID) -> Shared:
    """One list as the viewer may see it; raises NotFound."""
    return await _own_or_shared(app, viewer, ("playlist", playlist_id), lambda who: _detail(app, who, playlist_id))


async def present(app: App, work: Work, playlist_id: uuid.UUID) -> Shared:
    """One list as the actor sees it after what this work has done."""
    seen = seen_by(work.actor)
    rows = await queries.ONE.rows_in(work, id=playlist_id, video_id=None, **seen)
    cover_ids = [row["cover_id"] for row in rows if row["cover_id"] is not None]
    found = await queries.COVERS.rows_in(work, ids=cover_ids, **seen) if cover_ids else []
    return _one(app, work.actor, rows, found)


async def of_channel(app: App, viewer: Actor, channel_id: uuid.UUID, *, limit: int, cursor: str | None) -> Shared:
    """What a channel shows of its lists to this viewer, the newest first."""
    key = ("playlists", channel_id, limit, cursor)

    async def make(who: Actor) -> Shared:
        given = {"channel_id": channel_id, "video_id": None}
        return await _list(app, who, queries.OF_CHANNEL, "of_channel", given, limit=limit, cursor=cursor)

    return await _own_or_shared(app, viewer, key, make)


async def mine(
    app: App, viewer: Actor, role: PlaylistRole | None, video_id: uuid.UUID | None, *, limit: int, cursor: str | None
) -> Shared:
    """The viewer's own lists, or those of others that they work on or were asked to; the latest first."""
    statement = queries.MINE if role is None else queries.SHARED
    given = {"role": role, "video_id": video_id}
    return await _list(app, viewer, statement, f"mine:{viewer.id}", given, limit=limit, cursor=cursor)


async def items(
    app: App, viewer: Actor, playlist_id: uuid.UUID, *, start: uuid.UUID | None, limit: int, cursor: str | None
) -> Shared:
    """A page of what is on a list, from an item on where one is named; raises NotFound."""
    key = ("items", playlist_id, start, limit, cursor)

    async def make(who: Actor) -> Shared:
        standing = await queries.STANDING.row(app, id=playlist_id, **seen_by(who))
        if standing is None:
            raise NotFound
        return await page_of(app, who, standing, start=start, limit=limit, cursor=cursor)

    return await _own_or_shared(app, viewer, key, make)


async def page_of(
    app: App, viewer: Actor, standing: Mapping[str, Any], *, start: uuid.UUID | None, limit: int, cursor: str | None
) -> Shared:
    """A page of the items of a list that the viewer may see."""
    playlist_id = standing["id"]
    filters = {"playlist": str(playlist_id), "start": str(start)}
    statement, rank, item_id = item_queries.AFTER, FIRST_RANK, FIRST_ID
    if cursor is not None:
        rank, item_id = await _place(app, standing, pages.unseal(app.keys, "items", filters, cursor))
    elif start is not None:
        statement, item_id = item_queries.FROM, start
        rank = await _rank_of(app, playlist_id, start, missing=NotFound)
    given = {"playlist_id": playlist_id, "rank": rank, "id": item_id, "limit": limit + 1}
    rows = await statement.rows(app, **given, **seen_by(viewer))

    shown, last = pages.cut(rows, limit)
    now = app.clock()
    after = [standing["order_epoch"], last["rank"], str(last["item_id"])] if last else None
    next_cursor = pages.seal(app.keys, "items", filters, after) if after else None
    body = videos.dump(
        {"items": [cards.item(app, row, viewer, standing, now) for row in shown], "next_cursor": next_cursor}
    )
    # A film that nobody may see any more takes the answers about lists that tell of it with it.
    names = {cards.name_of(playlist_id), *(videos.name_of(row["id"]) for row in shown if row["id"] is not None)}
    return Shared(body, etag_of(body), frozenset(names))


async def _place(app: App, standing: Mapping[str, Any], kept: Sequence[Any]) -> tuple[str, uuid.UUID]:
    """Where a cursor stands; when all places were given anew since, where its item stands now."""
    epoch, rank, item_id = int(kept[0]), str(kept[1]), uuid.UUID(kept[2])
    if epoch != standing["order_epoch"]:
        rank = await _rank_of(app, standing["id"], item_id, missing=InvalidCursor)
    return rank, item_id


async def _rank_of(
    app: App, playlist_id: uuid.UUID, item_id: uuid.UUID, *, missing: type[NotFound | InvalidCursor]
) -> str:
    row = await item_queries.PLACE.row(app, playlist_id=playlist_id, id=item_id)
    if row is None:
        raise missing
    return str(row["rank"])


async def _own_or_shared(app: App, viewer: Actor, key: Hashable, make: Callable[[Actor], Awaitable[Shared]]) -> Shared:
    if viewer.known or viewer.grants:
        return await make(viewer)
    return await app.cache.get(key, lambda: make(ANONYMOUS))


async def _detail(app: App, viewer: Actor, playlist_id: uuid.UUID) -> Shared:
    row = await queries.ONE.row(app, id=playlist_id, video_id=None, **seen_by(viewer))
    rows = [] if row is None else [row]
    return _one(app, viewer, rows, await _covers(app, viewer, rows))


def _one(app: App, viewer: Actor, rows: Sequence[Any], covers: Sequence[Any]) -> Shared:
    if not rows:
        raise NotFound
    (row,) = rows
    cover = cards.cover(app, covers[0], viewer, app.clock()) if covers else None
    body = videos.dump(cards.playlist(row, viewer, cover))
    names = {cards.name_of(row["id"]), *(videos.name_of(each["id"]) for each in covers)}
    return Shared(body, edition_etag(row["edition"], body), frozenset(names))


async def _covers(app: App, viewer: Actor, rows: Sequence[Any]) -> Sequence[Any]:
    wanted = [row["cover_id"] for row in rows if row["cover_id"] is not None]
    return await queries.COVERS.rows(app, ids=wanted, **seen_by(viewer)) if wanted else []


async def _list(
    app: App, viewer: Actor, statement: Read, name: str, given: dict[str, Any], *, limit: int, cursor: str | None
) -> Shared:
    filters = {key: str(value) for key, value in given.items()}
    before = uuid.UUID(pages.unseal(app.keys, name, filters, cursor)[0]) if cursor else LAST_ID
    rows = await statement.rows(app, before=before, limit=limit + 1, **given, **seen_by(viewer))
    shown, last = pages.cut(rows, limit)
    now = app.clock()
    films = await _covers(app, viewer, shown)
    covers = {film["id"]: cards.cover(app, film, viewer, now) for film in films}
    next_cursor = pages.seal(app.keys, name, filters, [str(last["place"])]) if last else None
    items = [cards.playlist(row, viewer, covers.get(row["cover_id"])) for row in shown]
    body = videos.dump({"items": items, "next_cursor": next_cursor})
    told = {*(cards.name_of(row["id"]) for row in shown), *(videos.name_of(film["id"]) for film in films)}
    channel_id = given.get("channel_id")
    if channel_id is not None:
        told.add(shelf_of(channel_id))
    return Shared(body, etag_of(body), frozenset(told))


def shelf_of(channel_id: uuid.UUID) -> str:
    """Under which name shared answers about a channel's lists are kept."""
    return f"playlists:{ids.show('chn', channel_id)}"
