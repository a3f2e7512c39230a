"""Settings: one's lists of people."""

import re

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem
from socialflow.web.context import InWeb, ItemId, Web, together

router = APIRouter()
PAGE_SIZE = 50
SAID = {"renamed": "The list has another title.", "added": "They are on the list.", "removed": "They are off the list."}
REFUSED = {404, 409, 422}
_HANDLE = re.compile(r"@?([a-z0-9_]{3,30})", re.IGNORECASE)


async def _all(web: Web, *, cursor: str | None = None, title: str = "", fault: str = "", status: int = 200) -> Response:
    web.known()
    found = await web.api.get("/lists", limit=PAGE_SIZE, cursor=cursor)
    return web.html(
        "lists.html", status=status, lists=found["items"], more=found["next_cursor"], title=title, fault=fault
    )


async def _one(
    web: Web,
    list_id: str,
    *,
    cursor: str | None = None,
    done: str = "",
    handle: str = "",
    fault: str = "",
    status: int = 200,
) -> Response:
    web.known()
    found, members = await together(
        web.api.get(f"/lists/{list_id}"), web.api.get(f"/lists/{list_id}/members", limit=PAGE_SIZE, cursor=cursor)
    )
    return web.html(
        "list.html",
        status=status,
        found=found,
        members=members["items"],
        more=members["next_cursor"],
        said=SAID.get(done, ""),
        handle=handle,
        fault=fault,
    )


@router.get("/settings/lists")
async def lists(web: InWeb, cursor: str | None = None) -> Response:
    """All of them."""
    return await _all(web, cursor=cursor)


@router.post("/settings/lists")
async def create(web: InWeb) -> Response:
    """Make one."""
    form = await web.form()
    web.known()
    title = form.get("title", "").strip()
    try:
        made = await web.send("POST", "/lists", form, {"title": title})
    except ApiProblem as problem:
        if problem.status not in REFUSED:
            raise
        return await _all(
            web, title=title, fault=problem.by_field().get("title", problem.detail), status=problem.status
        )
    return web.go(f"/settings/lists/{made['id']}")


@router.get("/settings/lists/{list_id}")
async def one(web: InWeb, list_id: ItemId, cursor: str | None = None, done: str = "") -> Response:
    """One, and who is on it."""
    return await _one(web, list_id, cursor=cursor, done=done)


@router.post("/settings/lists/{list_id}/rename")
async def rename(web: InWeb, list_id: ItemId) -> Response:
    """Give it another title."""
    form = await web.form()
    web.known()
    try:
        await web.send("PATCH", f"/lists/{list_id}", form, {"title": form.get("title", "").strip()})
    except ApiProblem as problem:
        if problem.status not in REFUSED:
            raise
        return await _one(web, list_id, fault=problem.by_field().get("title", problem.detail), status=problem.status)
    return web.go(f"/settings/lists/{list_id}?done=renamed")


@router.post("/settings/lists/{list_id}/delete")
async def delete(web: InWeb, list_id: ItemId) -> Response:
    """Delete it."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/lists/{list_id}", form)
    return web.go("/settings/lists")


@router.post("/settings/lists/{list_id}/members")
async def add(web: InWeb, list_id: ItemId) -> Response:
    """Put somebody on it by their handle."""
    form = await web.form()
    web.known()
    handle = form.get("handle", "").strip()
    named = _HANDLE.fullmatch(handle)
    if named is None:
        return await _one(web, list_id, handle=handle, fault="Give a handle, such as @ada.", status=422)
    try:
        channel = await web.api.get(f"/channels/@{named[1].lower()}")
        await web.send("PUT", f"/lists/{list_id}/members/{channel['id']}", form)
    except ApiProblem as problem:
        if problem.status not in REFUSED:
            raise
        fault = "Nobody here is called so." if problem.status == 404 else problem.detail
        return await _one(web, list_id, handle=handle, fault=fault, status=problem.status)
    return web.go(f"/settings/lists/{list_id}?done=added")


@router.post("/settings/lists/{list_id}/members/{channel_id}/remove")
async def remove(web: InWeb, list_id: ItemId, channel_id: ItemId) -> Response:
    """Take somebody off it."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/lists/{list_id}/members/{channel_id}", form)
    return web.go(f"/settings/lists/{list_id}?done=removed")
