"""Settings: how a channel presents itself."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, Web

router = APIRouter()
UNPROCESSABLE = 422


@router.get("/settings")
async def settings(web: InWeb, saved: str = "") -> Response:
    """The profile form; `saved` tells what has just been: `1`, or `picture` when one is on its way."""
    return await _page(web, None, None, saved=saved)


async def _page(web: Web, form: dict[str, str] | None, problem: ApiProblem | None, *, saved: str = "") -> Response:
    viewer = web.known()
    channel = await web.api.get(f"/channels/{viewer.channel_id}")
    shown = {"display_name": channel["display_name"], "bio": channel["bio"]} | (form or {})
    faults = problem.by_field() if problem else {}
    return web.html(
        "settings.html",
        status=problem.status if problem else 200,
        channel=channel,
        form=shown,
        faults=faults,
        fault=problem.detail if problem and not faults else "",
        saved=saved,
    )


@router.post("/settings")
async def save(web: InWeb) -> Response:
    """Save display name, bio and, where one was uploaded, the picture."""
    form = await web.form()
    viewer = web.known()
    sent: Json = {
        "display_name": form.get("display_name", "").strip(),
        "bio": form.get("bio", "").replace("\r\n", "\n").strip(),
    }
    if form.get("avatar_upload_id"):
        sent["avatar_upload_id"] = form["avatar_upload_id"]
    try:
        await web.send("PATCH", f"/channels/{viewer.channel_id}", form, sent)
    except ApiProblem as problem:
        if problem.status != UNPROCESSABLE:
            raise
        return await _page(web, form, problem)
    return web.go("/settings?saved=" + ("picture" if form.get("avatar_upload_id") else "1"))
