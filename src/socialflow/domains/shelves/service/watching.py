"""Where somebody stopped in a video, on whatever device, and how they like their player."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from socialflow.domains.shelves import policy
from socialflow.domains.shelves.queries import watching as queries
from socialflow.domains.shelves.queries.watching import Place
from socialflow.domains.shelves.schemas import PlayerSettingsRead, PlayerSettingsUpdate, WatchPositionRead
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids, metrics, pages
from socialflow.kernel.work import Actor, App, Work

LIST = "watching"
LAST_TIME = datetime(9999, 12, 31, tzinfo=UTC)
LAST_ID = uuid.UUID(int=2**128 - 1)
# Who comes back after so long watches it once more.
PAUSE = timedelta(hours=6)
USUAL = PlayerSettingsRead(
    quality=None, speed_percent=100, captions="default", autoplay=True, autoplay_next=True, keep_positions=True
)


async def keep_position(work: Work, video_id: uuid.UUID, position_ms: int) -> WatchPositionRead:
    """Keep where the actor is in a video that they may see, and that they watch it: as far as they want that."""
    video = await videos.visible(work, video_id, hold=videos.Hold.KEEP)
    place = await queries.place(work, video.asset_id, video_id)
    length = place.duration_ms
    over = length is not None and policy.is_over(position_ms, length)
    keeps = length is not None and place.keeps_positions is not False and policy.is_worth_keeping(position_ms, length)
    kept = position_ms if keeps else None
    in_history = place.keeps_history is not False
    told = {"position_ms": kept, "duration_ms": length, "finished": over}
    going = place.id if _goes_on(place, work.now, over=over, in_history=in_history) else None
    if kept is None and not in_history:
        if place.id is not None:
            await queries.forget_place(work, video_id)
    elif going is None or not await queries.go_on(work, going, told):
        if place.id is not None:
            await queries.settle(work, place.id)
        await queries.begin(work, video_id, {**told, "in_history": in_history})
        metrics.WATCHES_BEGUN.labels("history" if in_history else "place").inc()
    return WatchPositionRead(
        video_id=video_id, position_ms=kept, duration_ms=length, updated_at=work.now if kept is not None else None
    )


def _goes_on(place: Place, now: datetime, *, over: bool, in_history: bool) -> bool:
    """Whether somebody is watching still, or once more: after a long pause, or since they had seen the end."""
    if place.id is None or place.watched_at is None or place.in_history is not in_history:
        return False
    return now - place.watched_at <= PAUSE and (over or not place.finished)


async def forget_position(work: Work, video_id: uuid.UUID) -> None:
    """Forget where the actor stopped in a video; there need not be anything to forget, nor the video."""
    await queries.forget_place(work, video_id)


async def forget_positions(work: Work) -> None:
    """Forget where the actor stopped in every video; that they watched them stays."""
    await queries.forget_place(work, None)


async def positions(app: App, viewer: Actor, video_ids: Sequence[uuid.UUID]) -> bytes:
    """Where the viewer stopped in these videos, in the order asked for."""
    rows = await queries.POSITIONS.rows(app, ids=list(video_ids), **videos.seen_by(viewer))
    found = {row["video_id"]: row for row in rows}
    return videos.dump({"positions": [_position(found[each]) for each in video_ids if each in found]})


async def watching(app: App, viewer: Actor, *, limit: int, cursor: str | None) -> bytes:
    """What the viewer has begun and not finished, the latest first."""
    filters = {"of": str(viewer.id)}
    place = pages.unseal(app.keys, LIST, filters, cursor) if cursor else None
    at, last_id = (datetime.fromisoformat(place[0]), uuid.UUID(place[1])) if place else (LAST_TIME, LAST_ID)
    seen = dict(videos.seen_by(viewer))
    rows = await queries.WATCHING.rows(app, at=at, id=last_id, limit=limit + 1, **seen)
    shown, last = pages.cut(rows, limit)
    next_cursor = pages.seal(app.keys, LIST, filters, [last["watched_at"], str(last["id"])]) if last else None
    now = app.clock()
    items = [
        {
            "video": videos.card(app, row, now, holder=videos.holder_for(viewer, row)),
            "position_ms": row["position_ms"],
            "watched_at": row["watched_at"],
        }
        for row in shown
    ]
    return videos.dump({"items": items, "next_cursor": next_cursor})


async def player_settings(app: App, viewer: Actor) -> PlayerSettingsRead:
    """How the viewer's player begins."""
    row = await queries.SETTINGS.row(app, viewer=viewer.id)
    return _settings(row)


async def change_player_settings(work: Work, body: PlayerSettingsUpdate) -> PlayerSettingsRead:
    """Change how the actor's player begins; who wants no positions kept has none any more."""
    sent = body.model_dump(exclude_none=True)
    if "quality" in body.model_fields_set:
        sent["quality"] = body.quality
    if sent:
        await queries.put_settings(work, sent)
    if body.keep_positions is False:
        await queries.forget_place(work, None)
    rows = await queries.SETTINGS.rows_in(work, viewer=work.actor.id)
    return _settings(rows[0] if rows else None)


def _settings(row: Any) -> PlayerSettingsRead:
    if row is None:
        return USUAL
    return PlayerSettingsRead.model_validate({name: row[name] for name in PlayerSettingsRead.model_fields})


def _position(row: Any) -> dict[str, Any]:
    return {
        "video_id": ids.show("vid", row["video_id"]),
        "position_ms": row["position_ms"],
        "duration_ms": row["duration_ms"],
        "updated_at": row["updated_at"],
    }
