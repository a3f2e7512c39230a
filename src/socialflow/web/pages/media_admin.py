"""Admin: what is made of uploads, what failed and why, queues, workers, and what is kept."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem
from socialflow.web.context import InWeb, Web, together
from socialflow.web.pages.admin import is_ours

router = APIRouter()
PAGE_SIZE = 30
STATES = {"running": "Under way", "done": "Done", "failed": "Failed", "cancelled": "Stopped"}
DEEDS = {"retry": "begun", "cancel": "stopped"}
DONE = {"begun": "It is processed again.", "stopped": "Stopped. Encoders that are at it end within seconds."}
AssetRef = Annotated[str, Path(pattern=r"^ast_[0-9a-z]{26}$")]


@router.get("/admin/media")
async def media(web: InWeb, state: str | None = None, cursor: str | None = None) -> Response:
    """Jobs, the newest first, under what the machines are busy with."""
    web.known()
    chosen = state if state in STATES else None
    found, overview = await together(
        web.api.get("/admin/media/jobs", limit=PAGE_SIZE, cursor=cursor, state=chosen), web.api.get("/admin/media")
    )
    filters = {"state": chosen} if chosen else {}
    further = {**filters, "cursor": found["next_cursor"]}
    next_url = f"/admin/media?{urlencode(further)}" if found["next_cursor"] else None
    if web.is_htmx:
        return web.html("parts/admin_media_page.html", jobs=found["items"], next_url=next_url, states=STATES)
    return web.html(
        "admin_media.html", jobs=found["items"], next_url=next_url, chosen=chosen, states=STATES, overview=overview
    )


@router.get("/admin/media/{asset_id}")
async def job(web: InWeb, asset_id: AssetRef, done: str = "") -> Response:
    """One job and its tasks."""
    return await _job(web, asset_id, None, done=DONE.get(done, ""))


@router.post("/admin/media/{asset_id}")
async def act(web: InWeb, asset_id: AssetRef) -> Response:
    """Stop a job, or begin it anew."""
    form = await web.form()
    web.known()
    deed = form.get("deed", "")
    if deed in DEEDS:
        try:
            await web.send(
                "POST", f"/admin/media/jobs/{asset_id}/{deed}", form, {"reason": form.get("reason", "").strip()}
            )
        except ApiProblem as problem:
            if not is_ours(problem):
                raise
            return await _job(web, asset_id, problem)
    return web.go(f"/admin/media/{asset_id}?done={DEEDS.get(deed, '')}")


async def _job(web: Web, asset_id: str, problem: ApiProblem | None, *, done: str = "") -> Response:
    web.known()
    found = await web.api.get(f"/admin/media/jobs/{asset_id}")
    return web.html(
        "admin_media_job.html",
        status=problem.status if problem else 200,
        job=found,
        states=STATES,
        fault=problem.detail if problem else "",
        done=done,
    )
