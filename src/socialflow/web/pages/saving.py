"""Saving: the choice of where a video goes, what one has saved, and what one has watched."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web, together
from socialflow.web.pages.playlists import next_url
from socialflow.web.security import safe_next

router = APIRouter()
PAGE_SIZE = 24
# A form has so many fields at most, each ticked box being one: see `Web.form`.
MOST_LISTS = 40
RANGES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
DAYS = (7, 30, 90, 180)
SAID = {"erased": "Erased.", "saved": "Saved."}
_LIST = re.compile(r"ply_[0-9a-z]{26}")
KINDS = {"videos": "video", "posts": "post"}


async def _choice(web: Web, video_id: str, *, status: int = 200, fault: str = "", title: str = "") -> Response:
    """Where a video is saved, and where it could be; alone for a dialog, else within a page."""
    web.known()
    video, own, shared, marks = await together(
        web.api.get(f"/videos/{video_id}"),
        web.api.get("/me/playlists", video_id=video_id, limit=MOST_LISTS),
        web.api.get("/me/playlists", video_id=video_id, limit=MOST_LISTS, role="collaborator"),
        web.api.marks([video_id]),
    )
    later = next((each for each in own["items"] if each["kind"] == "watch_later"), None)
    return web.html(
        "parts/save_form.html" if web.is_htmx else "save.html",
        status=status,
        video=video,
        lists=[each for each in (*own["items"], *shared["items"]) if each["kind"] == "playlist"][:MOST_LISTS],
        later=bool(later and later["contains"]),
        saved=video_id in marks["saved"],
        back=safe_next(web.request.query_params.get("next")),
        fault=fault,
        title=title,
    )


@router.get("/save/{video_id}")
async def choose(web: InWeb, video_id: ItemId) -> Response:
    """Where a video is to be saved."""
    return await _choice(web, video_id)


@router.post("/save/{video_id}")
async def save(web: InWeb, video_id: ItemId) -> Response:
    """Save it where a box is ticked, take it off where none is, and make a list where one is named."""
    form = await web.form()
    web.known()
    title = form.get("title", "").strip()
    try:
        for path, before, now in _changes(form, video_id):
            if before != now:
                await web.send("PUT" if now else "DELETE", path, form)
        if title:
            made = await web.send("POST", "/playlists", form, {"title": title})
            await web.send("PUT", f"/playlists/{made['id']}/videos/{video_id}", form)
    except ApiProblem as problem:
        if problem.status not in {403, 404, 409, 422}:
            raise
        fault = problem.by_field().get("title", problem.detail)
        return await _choice(web, video_id, status=problem.status, fault=fault, title=title)
    return web.go(safe_next(form.get("next")))


def _changes(form: dict[str, str], video_id: str) -> list[tuple[str, bool, bool]]:
    """Where something may change: path, whether it was there when the page was made, and whether it is to be."""
    places = {"later": f"/me/watch-later/{video_id}", "saved": f"/saves/{video_id}"}
    shown = form.get("shown", "").split(",")
    places |= {each: f"/playlists/{each}/videos/{video_id}" for each in shown if _LIST.fullmatch(each)}
    before = set(form.get("was", "").split(","))
    return [(path, name in before, form.get(name) == "1") for name, path in places.items()]


@router.post("/saves/{subject_id}")
async def toggle(web: InWeb, subject_id: ItemId) -> Response:
    """Save something, or take that back."""
    form = await web.form()
    web.known()
    turn_on = form.get("on") == "1"
    await web.send("PUT" if turn_on else "DELETE", f"/saves/{subject_id}", form)
    if not web.is_htmx:
        return web.go(safe_next(form.get("next")))
    return web.html("parts/save_button.html", subject_id=subject_id, saved=turn_on)


@router.get("/saved")
async def saved(web: InWeb, kind: str = "", cursor: str | None = None) -> Response:
    """What one has saved."""
    web.known()
    body = await web.api.get("/me/saves", limit=PAGE_SIZE, kind=KINDS.get(kind), cursor=cursor)
    chosen = kind if kind in KINDS else ""
    more = next_url(web, body, **({"kind": chosen} if chosen else {}))
    return web.html("saved.html", entries=body["items"], next_url=more, kind=chosen)


async def _history(web: Web, *, cursor: str | None = None, said: str = "", **values: Any) -> Response:
    web.known()
    body, settings = await together(
        web.api.get("/me/history", limit=PAGE_SIZE, cursor=cursor), web.api.get("/me/history/settings")
    )
    return web.html(
        "history.html",
        entries=body["items"],
        next_url=next_url(web, body),
        settings=settings,
        days=DAYS,
        said=said,
        today=datetime.now(UTC).date().isoformat(),
        **values,
    )


@router.get("/history")
async def history(web: InWeb, cursor: str | None = None, done: str = "") -> Response:
    """What one has watched, on any device."""
    return await _history(web, cursor=cursor, said=SAID.get(done, ""))


@router.post("/history/erase")
async def erase(web: InWeb) -> Response:
    """Erase all of it, or what is of a time."""
    form = await web.form()
    web.known()
    span = RANGES.get(form.get("range", ""))
    since = "" if span is None else f"?since={(datetime.now(UTC) - span).strftime('%Y-%m-%dT%H:%M:%SZ')}"
    await web.send("DELETE", f"/me/history{since}", form)
    return web.go("/history?done=erased")


@router.post("/history/settings")
async def keep(web: InWeb) -> Response:
    """Pause it or go on, and say for how long it is kept."""
    form = await web.form()
    web.known()
    days = form.get("keep_days", "")
    sent: Json = {"enabled": form.get("enabled") == "1", "keep_days": int(days) if days.isdecimal() else None}
    await web.send("PATCH", "/me/history/settings", form, sent)
    return web.go("/history?done=saved")


@router.post("/history/{watch_id}/erase")
async def erase_one(web: InWeb, watch_id: ItemId) -> Response:
    """Erase one entry."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/me/history/{watch_id}", form)
    return web.go("/history?done=erased")
