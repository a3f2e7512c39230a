"""The editor of one's video: cut, joined with others, marked, with another sound; and back."""

import re
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web, together
from socialflow.web.pages.watch import may_edit

router = APIRouter()
# What is said on the form rather than on a page of its own.
SAID = {403, 409, 413, 422, 429}
OPEN = {"queued", "making", "processing"}
SHOWN, OTHERS = 20, 100
NOT_TIMES = "Say from when to when, in seconds, such as 12.5, or in minutes and seconds, such as 1:30."
_TIME = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,2}):)?(\d{1,5})(?:[.,](\d{1,3}))?", re.ASCII)
_CUTS = re.compile(r"(\d{1,9}-\d{1,9}(,\d{1,9}-\d{1,9}){0,98})?", re.ASCII)


@router.get("/my/videos/{video_id}/edit")
async def editor(web: InWeb, video_id: ItemId) -> Response:
    """The time line of one's video, and what has been made of it."""
    return await _editor(web, video_id, {}, None)


@router.post("/my/videos/{video_id}/edit")
async def apply(web: InWeb, video_id: ItemId) -> Response:
    """Have something made of a video."""
    form = await web.form()
    operation = operation_of(form)
    if operation is None:
        return await _editor(web, video_id, form, ApiProblem(422, {"code": "invalid_request", "detail": NOT_TIMES}))
    try:
        await web.send("POST", f"/videos/{video_id}/edits", form, {"operations": [operation]})
    except ApiProblem as problem:
        return await _editor(web, video_id, form, _said(problem))
    return web.go(f"/my/videos/{video_id}/edit")


@router.post("/my/videos/{video_id}/edit/{edit_id}/cancel")
async def cancel(web: InWeb, video_id: ItemId, edit_id: ItemId) -> Response:
    """Give up an edit that is not shown yet."""
    return await _do(web, video_id, edit_id, "cancel")


@router.post("/my/videos/{video_id}/edit/{edit_id}/revert")
async def revert(web: InWeb, video_id: ItemId, edit_id: ItemId) -> Response:
    """Undo an edit."""
    return await _do(web, video_id, edit_id, "revert")


def operation_of(form: dict[str, str]) -> Json | None:
    """What a form asks for; None where its times cannot be read."""
    kind = form.get("kind", "")
    if kind == "mute":
        return {"kind": "mute"}
    if kind == "concat":
        return {"kind": "concat", "video_ids": [form.get("other", "")], "before": form.get("where") == "before"}
    start, end = (milliseconds_of(form.get(name, "")) for name in ("start", "end"))
    if start is None or end is None or start >= end:
        return None
    if kind != "cut":
        return {"kind": "trim", "start_ms": start, "end_ms": end}
    if not _CUTS.fullmatch(form.get("cuts", "")):
        return None
    pairs = [pair.split("-") for pair in filter(None, form.get("cuts", "").split(","))]
    ranges = [{"start_ms": int(first), "end_ms": int(last)} for first, last in pairs]
    return {"kind": "cut", "ranges": [*ranges, {"start_ms": start, "end_ms": end}]}


def milliseconds_of(text: str) -> int | None:
    """A time as people write it: 12.5, 1:30 or 1:02:03.250; None for what is none."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    return (hours * 3_600 + minutes * 60 + seconds) * 1_000 + int((match[4] or "0").ljust(3, "0"))


async def _do(web: Web, video_id: str, edit_id: str, verb: str) -> Response:
    form = await web.form()
    try:
        await web.send("POST", f"/videos/{video_id}/edits/{edit_id}/{verb}", form)
    except ApiProblem as problem:
        return await _editor(web, video_id, {}, _said(problem))
    return web.go(f"/my/videos/{video_id}/edit")


async def _editor(web: Web, video_id: str, form: dict[str, str], problem: ApiProblem | None) -> Response:
    web.known()
    video = await web.api.get(f"/videos/{video_id}")
    if not may_edit(video):
        raise ApiProblem(403, {"code": "forbidden", "detail": "Only the channel that published a video can edit it."})
    found, mine, posters = await together(
        web.api.get(f"/videos/{video_id}/edits", limit=SHOWN),
        web.api.get("/videos", mine="true", limit=OTHERS),
        web.api.get(f"/videos/{video_id}/posters"),
    )
    going = next((each for each in found["items"] if each["state"] in OPEN), None)
    told: dict[str, Any] = {
        "edits": found["items"],
        "going": going,
        "others": [each for each in mine["items"] if each["state"] == "ready" and each["id"] != video_id],
        # A picture of one's own stays; those of the film are made anew.
        "loses_poster": any(each["is_chosen"] and each["at_ms"] is not None for each in posters["items"]),
        "form": form,
    }
    fault = "" if problem is None else " ".join(dict.fromkeys([*problem.by_field().values()] or [problem.detail]))
    return web.html("video_editor.html", status=problem.status if problem else 200, video=video, fault=fault, **told)


def _said(problem: ApiProblem) -> ApiProblem:
    if problem.status not in SAID:
        raise problem
    return problem
