"""My videos: every state of what the viewer has uploaded, and its details."""

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web
from socialflow.web.pages import sources
from socialflow.web.pages.watch import PLAYABLE, may_edit

router = APIRouter()
PAGE_SIZE = 30
# What is said beside the fields of a form rather than on a page of its own.
CONFLICT, UNPROCESSABLE = 409, 422


def split_tags(text: str) -> list[str]:
    """Tags of a text field: by comma, without # and doubles."""
    tags = (part.strip().lstrip("#").strip() for part in text.split(","))
    return list(dict.fromkeys(tag for tag in tags if tag))


@router.get("/my/videos")
async def mine(web: InWeb, cursor: str | None = None) -> Response:
    """The videos of the channel as which the viewer uses the site, newest first, in every state."""
    viewer = web.known()
    channel_id = str(viewer.acting["id"])
    body = await web.api.get("/videos", mine="true", channel_id=channel_id, limit=PAGE_SIZE, cursor=cursor)
    next_cursor = body.get("next_cursor")
    next_url = f"/my/videos?{urlencode({'cursor': next_cursor})}" if next_cursor else None
    template = "parts/studio_page.html" if web.is_htmx else "studio.html"
    return web.html(template, videos=body["items"], next_url=next_url)


@router.get("/my/videos/{video_id}")
async def details(web: InWeb, video_id: ItemId) -> Response:
    """The details form of one video."""
    return await _details(web, video_id, None, None)


async def _details(web: Web, video_id: str, form: dict[str, str] | None, problem: ApiProblem | None) -> Response:
    web.known()
    video = await web.api.get(f"/videos/{video_id}")
    if form is not None:
        # A box that is not ticked is not sent.
        form = {"allow_download": "", **form}
    if not may_edit(video):
        raise ApiProblem(403, {"code": "forbidden", "detail": "Only the channel that published a video can edit it."})
    shown = {
        "title": video["title"],
        "description": video["description"],
        "tags": ", ".join(video["tags"]),
        "visibility": video["visibility"],
        "mark": video["mark"],
        "publish_at": video["publish_at"] or "",
        "embed_domains": " ".join(video["embed_domains"] or ()),
        "embedding": "channel" if video["embed_domains"] is None else "listed" if video["embed_domains"] else "nobody",
        "allow_download": "1" if video["allow_download"] else "",
    } | (form or {})
    faults = problem.by_field() if problem else {}
    # Of a list each part is told of by its number.
    domains = [each.detail for each in (problem.faults if problem else ()) if each.pointer.startswith("/embed_domains")]
    if domains:
        faults["embed_domains"] = domains[0]
    return web.html(
        "video_edit.html",
        status=problem.status if problem else 200,
        video=video,
        form=shown,
        faults=faults,
        fault=problem.detail if problem and not faults else "",
        playable=video["state"] in PLAYABLE,
        file=await sources.facts(web, video),
    )


@router.post("/my/videos/{video_id}")
async def save(web: InWeb, video_id: ItemId) -> Response:
    """Change title, description, tags, visibility and time of publishing."""
    form = await web.form()
    sent: Json = {
        "title": form.get("title", "").strip(),
        "description": form.get("description", "").replace("\r\n", "\n"),
        "tags": split_tags(form.get("tags", "")),
        # Of a form that says nothing of these they stay.
        **{name: form[name] for name in ("visibility", "mark") if form.get(name)},
    }
    if form.get("visibility") == "password" and form.get("password"):
        sent["password"] = form["password"]
    sent["embed_domains"] = _embed_domains(form)
    sent["allow_download"] = form.get("allow_download") == "1"
    # What nobody has touched is not sent: meanwhile its time may have come.
    if form.get("publish_at", "") != form.get("publish_was", ""):
        sent["publish_at"] = form.get("publish_at") or None
    try:
        await web.send("PATCH", f"/videos/{video_id}", form, sent)
    except ApiProblem as problem:
        if problem.status not in {CONFLICT, UNPROCESSABLE}:
            raise
        return await _details(web, video_id, form, problem)
    return web.go("/my/videos")


def _embed_domains(form: dict[str, str]) -> list[str] | None:
    """Whose pages may show the video: what the channel says, nobody's, or those that are listed."""
    chosen = form.get("embedding", "channel")
    if chosen == "channel":
        return None
    return form.get("embed_domains", "").replace(",", " ").split() if chosen == "listed" else []


@router.post("/my/videos/{video_id}/delete")
async def delete(web: InWeb, video_id: ItemId) -> Response:
    """Delete a video and all that was made from it."""
    form = await web.form()
    await web.send("DELETE", f"/videos/{video_id}", form)
    if web.is_htmx and form.get("stay") == "1":
        # Nothing takes the place of the row.
        return web.html("parts/nothing.html")
    return web.go("/my/videos")
