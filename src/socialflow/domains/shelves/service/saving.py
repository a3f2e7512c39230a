"""Saving videos and posts, to come back to them."""

import uuid
from typing import Any

from socialflow.domains.accounts import service as accounts
from socialflow.domains.posts import service as posts
from socialflow.domains.shelves.errors import TooManySaves
from socialflow.domains.shelves.models import SaveKind
from socialflow.domains.shelves.queries import LAST_ID, seen_by
from socialflow.domains.shelves.queries import saves as queries
from socialflow.domains.shelves.schemas import SaveRead
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids, pages
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Actor, App, Work

_KINDS = {"vid": SaveKind.VIDEO, "pst": SaveKind.POST}
FORGOTTEN_AT_ONCE = 5_000


async def save(work: Work, subject: str, *, most: int) -> SaveRead:
    """Save a video or a post that the actor may see; twice is once."""
    kind, subject_id = _parse(subject)
    await accounts.hold_own(work)
    if kind is SaveKind.VIDEO:
        await videos.visible(work, subject_id, hold=videos.Hold.KEEP)
    else:
        await posts.visible(work, subject_id, hold=posts.Hold.KEEP)
    if await queries.add(work, kind, subject_id) and await queries.count(work) > most:
        raise TooManySaves
    return SaveRead(subject_id=subject, saved=True)


async def unsave(work: Work, subject: str) -> SaveRead:
    """Take it back; one need not have saved it, and it need not be there any more."""
    _, subject_id = _parse(subject)
    await queries.remove(work, subject_id)
    return SaveRead(subject_id=subject, saved=False)


async def page(app: App, viewer: Actor, kind: SaveKind | None, *, limit: int, cursor: str | None) -> bytes:
    """What the viewer has saved and may still see, the latest first."""
    filters = {"of": str(viewer.id), "kind": kind}
    before = uuid.UUID(pages.unseal(app.keys, "saves", filters, cursor)[0]) if cursor else LAST_ID
    seen = dict(seen_by(viewer))
    # Who judges videos does not judge posts, or the other way round: here everybody sees what they see anyway.
    seen["sees_any"] = seen["sees_any"] and posts.seen_by(viewer)["sees_any"]
    statement = queries.ALL if kind is None else queries.OF_KIND
    rows = await statement.rows(app, before=before, kind=kind, limit=limit + 1, **seen)
    shown, last = pages.cut(rows, limit)
    next_cursor = pages.seal(app.keys, "saves", filters, [str(last["place"])]) if last else None
    cards = await _films(app, viewer, shown) | await _posts(app, viewer, shown)
    items = [
        {
            "kind": row["kind"],
            "video": cards[row["subject_id"]] if row["kind"] == SaveKind.VIDEO else None,
            "post": cards[row["subject_id"]] if row["kind"] == SaveKind.POST else None,
            "saved_at": row["saved_at"],
        }
        for row in shown
        # What vanished between two statements is no more on the page than what vanished before.
        if row["subject_id"] in cards
    ]
    return videos.dump({"items": items, "next_cursor": next_cursor})


async def forget(work: Work, subject_id: uuid.UUID) -> int:
    """Forget some of who has saved something that is gone; returns how many, 0 when nothing is left."""
    return await queries.forget(work.db, subject_id, FORGOTTEN_AT_ONCE)


async def _films(app: App, viewer: Actor, rows: Any) -> dict[uuid.UUID, dict[str, Any]]:
    wanted = [row["subject_id"] for row in rows if row["kind"] == SaveKind.VIDEO]
    if not wanted:
        return {}
    found = await queries.VIDEOS.rows(app, ids=wanted, **seen_by(viewer))
    now = app.clock()
    return {row["id"]: videos.card(app, row, now, holder=videos.holder_for(viewer, row)) for row in found}


async def _posts(app: App, viewer: Actor, rows: Any) -> dict[uuid.UUID, dict[str, Any]]:
    wanted = [row["subject_id"] for row in rows if row["kind"] == SaveKind.POST]
    return await posts.cards_of(app, viewer, wanted) if wanted else {}


def _parse(subject: str) -> tuple[SaveKind, uuid.UUID]:
    prefix = subject.partition("_")[0]
    try:
        return _KINDS[prefix], ids.parse(prefix, subject)
    except (KeyError, ids.MalformedId):
        raise NotFound from None
