"""What is in a feed."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from socialflow.domains.feed import queries
from socialflow.domains.feed.schemas import EntryKind, Reason
from socialflow.domains.media import service as media
from socialflow.domains.social import service as social
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids, pages
from socialflow.kernel.cache import Shared
from socialflow.kernel.errors import InvalidCursor, NotFound
from socialflow.kernel.etags import etag_of
from socialflow.kernel.work import ANONYMOUS, Actor, App, Work

LAST_TIME = datetime(9999, 12, 31, tzinfo=UTC)
LAST_ID = uuid.UUID(int=2**128 - 1)
TRENDING_WINDOW = timedelta(days=3)
MOST_TRENDING = 500
# As long as somebody may be leafing through one.
KEEP_SNAPSHOTS = timedelta(hours=2)


async def following(app: App, viewer: Actor, *, limit: int, cursor: str | None) -> bytes:
    """New videos of the channels that the viewer follows, the latest first."""
    filters = {"of": str(viewer.id)}
    before = _before(pages.unseal(app.keys, Reason.FOLLOWING, filters, cursor) if cursor else None)
    rows = await queries.FOLLOWING.rows(app, viewer=viewer.id, many=queries.MANY_FOLLOWS, limit=limit + 1, **before)
    shown, last = pages.cut(rows, limit)
    next_cursor = pages.seal(app.keys, Reason.FOLLOWING, filters, _place(last)) if last else None
    return _page(app, shown, Reason.FOLLOWING, next_cursor, viewer)


async def of_list(app: App, viewer: Actor, list_id: uuid.UUID, *, limit: int, cursor: str | None) -> bytes:
    """New videos of the people on one of the viewer's lists, the latest first; raises NotFound."""
    if await queries.LIST_IS_OWN.row(app, list_id=list_id, viewer=viewer.id) is None:
        raise NotFound
    filters = {"of": str(list_id)}
    before = _before(pages.unseal(app.keys, Reason.LIST, filters, cursor) if cursor else None)
    rows = await queries.OF_LIST.rows(app, viewer=viewer.id, list_id=list_id, limit=limit + 1, **before)
    shown, last = pages.cut(rows, limit)
    next_cursor = pages.seal(app.keys, Reason.LIST, filters, _place(last)) if last else None
    return _page(app, shown, Reason.LIST, next_cursor, viewer)


async def latest(app: App, viewer: Actor, *, limit: int, cursor: str | None) -> Shared:
    """Everything that is new, the latest first."""
    if await social.circle(app, viewer):
        return await _latest(app, limit, cursor, viewer)
    return await app.cache.get((Reason.LATEST, limit, cursor), lambda: _latest(app, limit, cursor), viewer=viewer.id)


async def trending(app: App, viewer: Actor, *, limit: int, cursor: str | None) -> Shared:
    """What was liked most of late; all pages of one reader come from one ranking."""
    if await social.circle(app, viewer):
        return await _trending(app, limit, cursor, viewer)
    key = (Reason.TRENDING, limit, cursor)
    return await app.cache.get(key, lambda: _trending(app, limit, cursor), viewer=viewer.id)


async def rank(work: Work) -> None:
    """Rank anew, and forget rankings that nobody can be leafing through any more."""
    values = {"id": ids.new(), "now": work.now, "since": work.now - TRENDING_WINDOW, "most": MOST_TRENDING}
    await work.db.execute(queries.RANK, values)
    await work.db.execute(queries.PRUNE, {"before": work.now - KEEP_SNAPSHOTS})


async def _latest(app: App, limit: int, cursor: str | None, viewer: Actor | None = None) -> Shared:
    before = _before(pages.unseal(app.keys, Reason.LATEST, {}, cursor) if cursor else None)
    statement = queries.LATEST_TO if viewer else queries.LATEST
    rows = await statement.rows(app, viewer=viewer and viewer.id, limit=limit + 1, **before)
    shown, last = pages.cut(rows, limit)
    next_cursor = pages.seal(app.keys, Reason.LATEST, {}, _place(last)) if last else None
    return _shared(_page(app, shown, Reason.LATEST, next_cursor))


async def _trending(app: App, limit: int, cursor: str | None, viewer: Actor | None = None) -> Shared:
    snapshot, place = None, 0
    if cursor:
        named, place = pages.unseal(app.keys, Reason.TRENDING, {}, cursor)
        snapshot = uuid.UUID(named)
    statement = queries.TRENDING_TO if viewer else queries.TRENDING
    rows = await statement.rows(app, viewer=viewer and viewer.id, snapshot=snapshot, place=place, limit=limit + 1)
    if snapshot and not rows and await queries.SNAPSHOT_EXISTS.row(app, snapshot=snapshot) is None:
        raise InvalidCursor
    shown, last = pages.cut(rows, limit)
    values = [str(last["snapshot_id"]), last["place"]] if last else []
    next_cursor = pages.seal(app.keys, Reason.TRENDING, {}, values) if last else None
    return _shared(_page(app, shown, Reason.TRENDING, next_cursor))


def _page(app: App, rows: Sequence[Any], reason: Reason, next_cursor: str | None, viewer: Actor = ANONYMOUS) -> bytes:
    now, holder = app.clock(), media.Holder.of(viewer)
    items = [
        {
            "kind": EntryKind.VIDEO,
            "reason": reason,
            "video": videos.card(app, row, now, holder=holder),
            "post": None,
            "live": None,
        }
        for row in rows
    ]
    return videos.dump({"items": items, "next_cursor": next_cursor})


def _shared(body: bytes) -> Shared:
    return Shared(body, etag_of(body), frozenset({videos.LISTS}))


def _place(row: Any) -> list[Any]:
    return [row["published_at"], str(row["id"])]


def _before(place: list[Any] | None) -> dict[str, Any]:
    if place is None:
        return {"at": LAST_TIME, "id": LAST_ID}
    return {"at": datetime.fromisoformat(place[0]), "id": uuid.UUID(place[1])}
