"""Settings: who works for the channel that one uses."""

import re

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem
from socialflow.web.context import InWeb, ItemId, Web

router = APIRouter()
HERE = "/settings/team"
PAGE_SIZE = 100
REFUSED = {403, 404, 409, 422}
ROLES = {
    "owner": "Everything but deleting the channel.",
    "editor": "Uploads, posts, edits, comments and numbers; how the channel presents itself.",
    "moderator": "Keeps the comments in order.",
    "analyst": "Sees the numbers.",
}
SAID = {"asked": "They are asked, and on the team once they say yes.", "changed": "Saved.", "removed": "They are gone."}
_HANDLE = re.compile(r"@?([a-z0-9_]{3,30})", re.IGNORECASE)


@router.get(HERE)
async def team(web: InWeb, done: str = "", cursor: str | None = None) -> Response:
    """Everybody on it, and who was asked."""
    return await _page(web, said=SAID.get(done, ""), cursor=cursor)


@router.post(HERE)
async def invite(web: InWeb) -> Response:
    """Ask somebody by their handle."""
    form = await web.form()
    viewer = web.known()
    handle, role = form.get("handle", "").strip(), form.get("role", "")
    named = _HANDLE.fullmatch(handle)
    if named is None or role not in ROLES:
        return await _page(web, handle=handle, role=role, fault="Give a handle, such as @ada.", status=422)
    try:
        person = await web.api.get(f"/channels/@{named[1].lower()}")
        where = f"/channels/{viewer.acting['id']}/collaborators/{person['id']}"
        await web.send("PUT", where, form, {"role": role})
    except ApiProblem as problem:
        if problem.status not in REFUSED:
            raise
        fault = "Nobody here is called so." if problem.status == 404 else problem.detail
        return await _page(web, handle=handle, role=role, fault=fault, status=problem.status)
    return web.go(f"{HERE}?done=asked")


@router.post("/settings/team/{person_id}/role")
async def change(web: InWeb, person_id: ItemId) -> Response:
    """Give somebody another role."""
    form = await web.form()
    viewer = web.known()
    where = f"/channels/{viewer.acting['id']}/collaborators/{person_id}"
    await web.send("PUT", where, form, {"role": form.get("role", "")})
    return web.go(f"{HERE}?done=changed")


@router.post("/settings/team/{person_id}/remove")
async def remove(web: InWeb, person_id: ItemId) -> Response:
    """Let somebody go, or take an invitation back."""
    form = await web.form()
    viewer = web.known()
    await web.send("DELETE", f"/channels/{viewer.acting['id']}/collaborators/{person_id}", form)
    return web.go(f"{HERE}?done=removed")


async def _page(
    web: Web,
    *,
    handle: str = "",
    role: str = "editor",
    fault: str = "",
    status: int = 200,
    said: str = "",
    cursor: str | None = None,
) -> Response:
    viewer = web.known()
    body = await web.api.get(f"/channels/{viewer.acting['id']}/collaborators", limit=PAGE_SIZE, cursor=cursor)
    return web.html(
        "settings_team.html",
        status=status,
        team=body["items"],
        next_cursor=body["next_cursor"],
        manages=viewer.acting["role"] == "owner",
        roles=ROLES,
        handle=handle,
        role=role,
        fault=fault,
        said=said,
    )
