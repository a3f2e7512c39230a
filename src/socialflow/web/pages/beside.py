"""What stands beside a video, for its owner: captions, chapters and the poster."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web, together
from socialflow.web.pages.watch import PLAYABLE, may_edit

router = APIRouter()
# What is said on the form rather than on a page of its own.
SAID = {409, 413, 422}
NOT_FOUND = 404
# As the API has it: what is closer is refused when it is saved.
SHORTEST_CHAPTER_MS = 10_000
NOT_LINES = "Each line is a time and a title, such as 1:30 The way back."
LANGUAGES: tuple[str, ...] = (
    "ar",
    "de",
    "en",
    "es",
    "fr",
    "hi",
    "id",
    "it",
    "ja",
    "ko",
    "nl",
    "pl",
    "pt",
    "pt-BR",
    "ru",
    "sv",
    "tr",
)
LANGUAGES += ("uk", "vi", "zh-Hans", "zh-Hant")
Language = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{2,35}$")]
_LINE = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})\s+(\S.*)")


@router.get("/my/videos/{video_id}/captions")
async def captions(web: InWeb, video_id: ItemId) -> Response:
    """The text tracks of one's video, and a place for another."""
    return await _captions(web, video_id, {}, None)


@router.post("/my/videos/{video_id}/captions")
async def add_captions(web: InWeb, video_id: ItemId) -> Response:
    """Captions that were pasted; files are sent to the API by the page's script."""
    form = await web.form()
    language = form.get("language", "").strip()
    if not re.fullmatch(r"[A-Za-z0-9-]{2,35}", language):
        problem = ApiProblem(
            422, {"code": "invalid_request", "detail": "Say which language it is, such as en or pt-BR."}
        )
        return await _captions(web, video_id, form, problem)
    query = {"label": form.get("label", "").strip() or None, "kind": form.get("kind") or None}
    try:
        await web.send_text(f"/videos/{video_id}/captions/{language}", form, form.get("text", ""), query)
    except ApiProblem as problem:
        return await _captions(web, video_id, form, _said(problem))
    return web.go(f"/my/videos/{video_id}/captions")


@router.post("/my/videos/{video_id}/captions/automatic")
async def ask_for_captions(web: InWeb, video_id: ItemId) -> Response:
    """Have captions written by a program."""
    form = await web.form()
    try:
        await web.send("POST", f"/videos/{video_id}/captions/automatic", form, {})
    except ApiProblem as problem:
        return await _captions(web, video_id, {}, _said(problem))
    return web.go(f"/my/videos/{video_id}/captions")


@router.get("/my/videos/{video_id}/captions/{language}")
async def one_caption(web: InWeb, video_id: ItemId, language: Language) -> Response:
    """The words of one track, to be corrected."""
    return await _one_caption(web, video_id, language, None, None)


@router.post("/my/videos/{video_id}/captions/{language}")
async def save_caption(web: InWeb, video_id: ItemId, language: Language) -> Response:
    """Write the words of one track anew, and what is said about it."""
    form = await web.form()
    path = f"/videos/{video_id}/captions/{language}"
    query = {
        "label": form.get("label", "").strip() or None,
        "kind": form.get("kind") or None,
        "is_default": "true" if form.get("is_default") else "false",
    }
    try:
        await web.send_text(path, form, form.get("text", ""), query)
    except ApiProblem as problem:
        return await _one_caption(web, video_id, language, form, _said(problem))
    return web.go(f"/my/videos/{video_id}/captions")


@router.post("/my/videos/{video_id}/captions/{language}/delete")
async def delete_caption(web: InWeb, video_id: ItemId, language: Language) -> Response:
    """Take one track away."""
    await web.send("DELETE", f"/videos/{video_id}/captions/{language}", await web.form())
    return web.go(f"/my/videos/{video_id}/captions")


@router.get("/my/videos/{video_id}/chapters")
async def chapters(web: InWeb, video_id: ItemId, saved: str = "") -> Response:
    """The chapters of one's video, a line each."""
    return await _chapters(web, video_id, None, None, saved=bool(saved))


@router.post("/my/videos/{video_id}/chapters")
async def save_chapters(web: InWeb, video_id: ItemId) -> Response:
    """Write the chapters anew."""
    form = await web.form()
    if form.get("take"):
        return await _chapters(web, video_id, form, None, take=True)
    found = chapters_of(form.get("chapters", ""))
    if found is None:
        problem = ApiProblem(422, {"code": "invalid_request", "detail": NOT_LINES})
        return await _chapters(web, video_id, form, problem)
    try:
        await web.send("PUT", f"/videos/{video_id}/chapters", form, {"chapters": found})
    except ApiProblem as problem:
        return await _chapters(web, video_id, form, _said(problem))
    return web.go(f"/my/videos/{video_id}/chapters?saved=1")


@router.post("/my/videos/{video_id}/chapters/ideas")
async def ask_for_chapters(web: InWeb, video_id: ItemId) -> Response:
    """Have a look taken for where chapters may begin."""
    form = await web.form()
    try:
        await web.send("POST", f"/videos/{video_id}/chapters/ideas", form)
    except ApiProblem as problem:
        return await _chapters(web, video_id, None, _said(problem))
    return web.go(f"/my/videos/{video_id}/chapters")


@router.get("/my/videos/{video_id}/poster")
async def poster(web: InWeb, video_id: ItemId, saved: str = "") -> Response:
    """Pictures of one's video, of which one may stand for it."""
    return await _poster(web, video_id, None, saved=bool(saved))


@router.post("/my/videos/{video_id}/poster")
async def choose_poster(web: InWeb, video_id: ItemId) -> Response:
    """Choose one of them."""
    form = await web.form()
    number = form.get("number", "")
    try:
        await web.send("PUT", f"/videos/{video_id}/poster", form, {"number": int(number) if number.isdecimal() else 0})
    except ApiProblem as problem:
        return await _poster(web, video_id, _said(problem))
    return web.go(f"/my/videos/{video_id}/poster?saved=1")


def chapters_of(text: str) -> list[Json] | None:
    """Chapters of a text field, a line each; None for what is no time and title."""
    found: list[Json] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        match = _LINE.fullmatch(line)
        if match is None:
            return None
        hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
        found.append({"start_ms": (hours * 3_600 + minutes * 60 + seconds) * 1_000, "title": match[4]})
    return found


def lines_of(chapters: Sequence[Json]) -> str:
    """The same the other way round."""
    return "\n".join(f"{_clock(row['start_ms'])} {row['title']}" for row in chapters)


def with_parts(text: str, parts: Sequence[Json]) -> str:
    """What is written, with suggestions where they are far enough from it; behind what cannot be read."""
    own = chapters_of(text)
    if own is None:
        return f"{text.rstrip()}\n{lines_of(parts)}"
    far = [
        part for part in parts if all(abs(part["start_ms"] - each["start_ms"]) >= SHORTEST_CHAPTER_MS for each in own)
    ]
    return lines_of(sorted([*own, *far], key=lambda each: int(each["start_ms"])))


def _clock(milliseconds: int) -> str:
    minutes, seconds = divmod(milliseconds // 1_000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


async def _captions(web: Web, video_id: str, form: dict[str, str], problem: ApiProblem | None) -> Response:
    video = await _own(web, video_id)
    tracks, automatic = await together(
        web.api.get(f"/videos/{video_id}/captions"), web.api.get(f"/videos/{video_id}/captions/automatic")
    )
    told = {"tracks": tracks["items"], "automatic": automatic, "languages": LANGUAGES}
    return _page(web, "video_captions.html", video, problem, form=form, **told)


async def _one_caption(
    web: Web, video_id: str, language: str, form: dict[str, str] | None, problem: ApiProblem | None
) -> Response:
    video = await _own(web, video_id)
    tracks, text = await together(
        web.api.get(f"/videos/{video_id}/captions"), web.api.text(f"/videos/{video_id}/captions/{language}/file")
    )
    found = [track for track in tracks["items"] if track["language"].lower() == language.lower()]
    if not found:
        raise ApiProblem(NOT_FOUND, {"code": "not_found"})
    shown = {"label": found[0]["label"], "kind": found[0]["kind"], "text": text} | (form or {})
    chosen = bool(form.get("is_default")) if form else found[0]["is_default"]
    return _page(web, "video_caption.html", video, problem, track=found[0], form=shown, is_default=chosen)


async def _chapters(
    web: Web,
    video_id: str,
    form: dict[str, str] | None,
    problem: ApiProblem | None,
    *,
    saved: bool = False,
    take: bool = False,
) -> Response:
    video = await _own(web, video_id)
    told, ideas = await together(
        web.api.get(f"/videos/{video_id}/chapters"), web.api.get(f"/videos/{video_id}/chapters/ideas")
    )
    written = lines_of(told["chapters"]) if told["source"] == "owner" else ""
    parts = [{"start_ms": at, "title": f"Part {number}"} for number, at in enumerate(ideas["starts_ms"], 1)]
    text = form["chapters"] if form and "chapters" in form else written
    return _page(
        web,
        "video_chapters.html",
        video,
        problem,
        text=with_parts(text, parts) if take else text,
        told=told,
        ideas=ideas,
        suggested=lines_of(parts),
        saved=saved,
        taken=take,
    )


async def _poster(web: Web, video_id: str, problem: ApiProblem | None, *, saved: bool = False) -> Response:
    video = await _own(web, video_id)
    found = await web.api.get(f"/videos/{video_id}/posters")
    return _page(web, "video_poster.html", video, problem, posters=found["items"], saved=saved)


async def _own(web: Web, video_id: str) -> Json:
    web.known()
    video = await web.api.get(f"/videos/{video_id}")
    if not may_edit(video):
        raise ApiProblem(403, {"code": "forbidden", "detail": "Only the channel that published a video can edit it."})
    return video


def _page(web: Web, template: str, video: Json, problem: ApiProblem | None, **values: Any) -> Response:
    fault = "" if problem is None else " ".join(dict.fromkeys([*problem.by_field().values()] or [problem.detail]))
    status = problem.status if problem else 200
    return web.html(template, status=status, video=video, fault=fault, playable=video["state"] in PLAYABLE, **values)


def _said(problem: ApiProblem) -> ApiProblem:
    if problem.status not in SAID:
        raise problem
    return problem
