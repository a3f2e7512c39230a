"""The file behind a video: fetched from a link, tried again, replaced, and downloaded as it was uploaded."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web

router = APIRouter()
NOT_FOUND = 404
# What the form can say beside its field.
SAID = frozenset({403, 413, 422, 429})


@router.post("/upload/import")
async def import_link(web: InWeb) -> Response:
    """Have a video fetched from a link; it is private until its owner says what it is."""
    web.known()
    form = await web.form()
    url = form.get("url", "").strip()
    try:
        upload = await web.send("POST", "/uploads/imports", form, {"url": url})
    except ApiProblem as problem:
        if problem.status not in SAID:
            raise
        limits = await web.api.get("/uploads/limits")
        return web.html("upload.html", status=problem.status, limits=limits, url=url, fault=problem.detail)
    title = upload["filename"].rpartition(".")[0] or upload["filename"]
    made = {"upload_id": upload["id"], "title": title[:120].strip() or "Untitled", "visibility": "private"}
    video = await web.send("POST", "/videos", form, made)
    return web.go(f"/my/videos/{video['id']}")


@router.post("/my/videos/{video_id}/retry")
async def retry(web: InWeb, video_id: ItemId) -> Response:
    """Fetch a video's file from its link again."""
    form = await web.form()
    files = await web.api.get(f"/videos/{video_id}/source")
    await web.send("POST", f"/uploads/imports/{files['files'][0]['upload_id']}/retry", form)
    return web.go(f"/my/videos/{video_id}")


async def facts(web: Web, video: Json) -> Json:
    """What the details form says of a video's files: their history, where the original is, and what is on its way."""
    files = await web.api.get(f"/videos/{video['id']}/source")
    waiting = files["pending"] or (files["files"][0] if video["state"] in {"draft", "failed"} else None)
    return {
        "files": files["files"],
        "original": await _perhaps(web, f"/videos/{video['id']}/original"),
        "upload": await _perhaps(web, f"/uploads/{waiting['upload_id']}") if waiting else None,
    }


async def _perhaps(web: Web, path: str) -> Json | None:
    try:
        return await web.api.get(path)
    except ApiProblem as problem:
        if problem.status != NOT_FOUND:
            raise
        return None
