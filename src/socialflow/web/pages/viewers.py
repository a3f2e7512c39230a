"""Of one's own video: with whom it is shared by name."""

import re

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem
from socialflow.web.context import InWeb, ItemId, Web, together

router = APIRouter()
PAGE_SIZE = 50
SAID = {"added": "They can see it now.", "removed": "They cannot see it any more."}
REFUSED = {404, 409, 422}
_HANDLE = re.compile(r"@?([a-z0-9_]{3,30})", re.IGNORECASE)


async def _all(
    web: Web,
    video_id: str,
    *,
    cursor: str | None = None,
    done: str = "",
    handle: str = "",
    fault: str = "",
    status: int = 200,
) -> Response:
    web.known()
    video, found = await together(
        web.api.get(f"/videos/{video_id}"),
        web.api.get(f"/videos/{video_id}/viewers", limit=PAGE_SIZE, cursor=cursor),
    )
    return web.html(
        "video_viewers.html",
        status=status,
        video=video,
        people=found["items"],
        more=found["next_cursor"],
        said=SAID.get(done, ""),
        handle=handle,
        fault=fault,
    )


@router.get("/my/videos/{video_id}/viewers")
async def viewers(web: InWeb, video_id: ItemId, cursor: str | None = None, done: str = "") -> Response:
    """Who they are, the latest first."""
    return await _all(web, video_id, cursor=cursor, done=done)


@router.post("/my/videos/{video_id}/viewers")
async def share(web: InWeb, video_id: ItemId) -> Response:
    """Share it with somebody by their handle."""
    form = await web.form()
    web.known()
    handle = form.get("handle", "").strip()
    named = _HANDLE.fullmatch(handle)
    if named is None:
        return await _all(web, video_id, handle=handle, fault="Give a handle, such as @ada.", status=422)
    try:
        person = await web.api.get(f"/channels/@{named[1].lower()}")
        await web.send("PUT", f"/videos/{video_id}/viewers/{person['id']}", form)
    except ApiProblem as problem:
        if problem.status not in REFUSED:
            raise
        fault = "Nobody here is called so." if problem.status == 404 else problem.detail
        return await _all(web, video_id, handle=handle, fault=fault, status=problem.status)
    return web.go(f"/my/videos/{video_id}/viewers?done=added")


@router.post("/my/videos/{video_id}/viewers/{channel_id}/remove")
async def unshare(web: InWeb, video_id: ItemId, channel_id: ItemId) -> Response:
    """Share it with somebody no more."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/videos/{video_id}/viewers/{channel_id}", form)
    return web.go(f"/my/videos/{video_id}/viewers?done=removed")
