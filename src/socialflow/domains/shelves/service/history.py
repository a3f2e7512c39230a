"""What somebody has watched: shown to them, erased by them, paused, and forgotten in time."""

import uuid
from datetime import datetime

from socialflow.domains.shelves.queries import watching as queries
from socialflow.domains.shelves.schemas import HistorySettingsRead, HistorySettingsUpdate
from socialflow.domains.shelves.service.watching import LAST_ID, LAST_TIME
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids, pages
from socialflow.kernel.errors import FieldError, InvalidRequest
from socialflow.kernel.work import Actor, App, Work

LIST = "history"
FORGOTTEN_AT_ONCE = 5_000


async def page(app: App, viewer: Actor, *, limit: int, cursor: str | None) -> bytes:
    """What the viewer has watched and may still see, the latest first."""
    filters = {"of": str(viewer.id)}
    place = pages.unseal(app.keys, LIST, filters, cursor) if cursor else None
    at, last_id = (datetime.fromisoformat(place[0]), uuid.UUID(place[1])) if place else (LAST_TIME, LAST_ID)
    rows = await queries.HISTORY.rows(app, at=at, id=last_id, limit=limit + 1, **videos.seen_by(viewer))
    shown, last = pages.cut(rows, limit)
    after = [last["watched_at"], str(last["watch_id"])] if last else None
    next_cursor = pages.seal(app.keys, LIST, filters, after) if after else None
    now = app.clock()
    items = [
        {
            "id": ids.show("wch", row["watch_id"]),
            "video": videos.card(app, row, now, holder=videos.holder_for(viewer, row)),
            "position_ms": row["position_ms"],
            "finished": row["finished"],
            "began_at": row["began_at"],
            "watched_at": row["watched_at"],
        }
        for row in shown
    ]
    return videos.dump({"items": items, "next_cursor": next_cursor})


async def erase_one(work: Work, watch_id: uuid.UUID) -> None:
    """Forget that the actor watched something, that time; there need not be anything to forget."""
    await queries.erase_one(work, watch_id)


async def erase(work: Work, since: datetime | None, until: datetime | None) -> None:
    """Forget all that the actor has watched, or what they watched at some moment of a time; where they stopped, too."""
    if since is not None and until is not None and since >= until:
        raise InvalidRequest(errors=[FieldError("/query/until", "empty_range", "the end is not behind the beginning")])
    await queries.erase(work, since, until)


async def settings(app: App, viewer: Actor) -> HistorySettingsRead:
    """What is kept of what the viewer watches."""
    row = await queries.SETTINGS.row(app, viewer=viewer.id)
    if row is None:
        return HistorySettingsRead(enabled=True, keep_days=None)
    return HistorySettingsRead(enabled=row["keep_history"], keep_days=row["history_days"])


async def change_settings(work: Work, body: HistorySettingsUpdate) -> HistorySettingsRead:
    """Change that: a pause keeps what there is, and fewer days forget what is older."""
    sent: dict[str, bool | int | None] = {}
    if body.enabled is not None:
        sent["keep_history"] = body.enabled
    if "keep_days" in body.model_fields_set:
        sent["history_days"] = body.keep_days
    if sent:
        await queries.put_settings(work, sent)
    rows = await queries.SETTINGS.rows_in(work, viewer=work.actor.id)
    if not rows:
        return HistorySettingsRead(enabled=True, keep_days=None)
    return HistorySettingsRead(enabled=rows[0]["keep_history"], keep_days=rows[0]["history_days"])


async def forget_old(work: Work, keep_seconds: int) -> int:
    """Forget some of what was watched long enough ago; returns how much, 0 when nothing is left."""
    return await queries.drop_old(work.db, keep_seconds, FORGOTTEN_AT_ONCE)
