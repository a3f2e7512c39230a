"""Playlists: one's own, one of them, what is to be watched later, and those of a channel."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import Handle, InWeb, ItemId, Web, together
from socialflow.web.pages import channel

router = APIRouter()
PAGE_SIZE = 50
REFUSED = {403, 404, 409, 412, 422}
VISIBILITIES = (
    ("private", "Private", "You, and those who work on it with you."),
    ("unlisted", "Unlisted", "Anyone with the link."),
    ("followers", "Followers", "Who follows your channel."),
    ("public", "Public", "Everyone; it stands on your channel."),
)
# What is told after something was done; nothing that an address says is shown as it stands.
SAID = {
    "saved": "Saved.",
    "moved": "Moved.",
    "removed": "It is off the list.",
    "asked": "They were asked. They see the list now, and can add to it once they have joined.",
    "parted": "They work on it no more. What they put there stays.",
    "joined": "You work on this list now.",
}


def next_url(web: Web, body: Json, **params: str) -> str | None:
    """Where the next page is, where there is one."""
    cursor = body.get("next_cursor")
    return f"{web.request.url.path}?{urlencode({**params, 'cursor': cursor})}" if cursor else None


async def _all(web: Web, *, cursor: str | None = None, fault: str = "", status: int = 200, title: str = "") -> Response:
    web.known()
    own, shared, asked = await together(
        web.api.get("/me/playlists", limit=PAGE_SIZE, cursor=cursor),
        web.api.get("/me/playlists", limit=PAGE_SIZE, role="collaborator"),
        web.api.get("/me/playlists", limit=PAGE_SIZE, role="invited"),
    )
    return web.html(
        "playlists.html",
        status=status,
        own=own["items"],
        shared=shared["items"],
        asked=asked["items"],
        next_url=next_url(web, own),
        visibilities=VISIBILITIES,
        fault=fault,
        title=title,
    )


@router.get("/playlists")
async def playlists(web: InWeb, cursor: str | None = None) -> Response:
    """One's own lists, and those of others that one works on."""
    return await _all(web, cursor=cursor)


@router.post("/playlists")
async def create(web: InWeb) -> Response:
    """Make one."""
    form = await web.form()
    web.known()
    title = form.get("title", "").strip()
    try:
        sent = {"title": title, "visibility": form.get("visibility", "private")}
        made = await web.send("POST", "/playlists", form, sent)
    except ApiProblem as problem:
        if problem.status not in REFUSED:
            raise
        fault = problem.by_field().get("title", problem.detail)
        return await _all(web, fault=fault, status=problem.status, title=title)
    return web.go(f"/playlists/{made['id']}")


async def _one(
    web: Web,
    playlist_id: str,
    *,
    cursor: str | None = None,
    status: int = 200,
    changed: Json | None = None,
    **said: Any,
) -> Response:
    found, body = await together(
        web.api.get(f"/playlists/{playlist_id}"),
        web.api.get(f"/playlists/{playlist_id}/items", limit=PAGE_SIZE, cursor=cursor),
    )
    people: list[Json] = []
    if found["permissions"]["add"] and found["kind"] == "playlist":
        people = (await web.api.get(f"/playlists/{playlist_id}/collaborators", limit=100))["items"]
    return web.html(
        "playlist.html",
        status=status,
        found=found,
        wanted=found | (changed or {}),
        entries=body["items"],
        first=next((each for each in body["items"] if each["available"]), None),
        next_url=next_url(web, body),
        collaborators=people,
        visibilities=VISIBILITIES,
        **{"said": "", "fault": "", "handle": "", **said},
    )


@router.get("/playlists/{playlist_id}")
async def playlist(web: InWeb, playlist_id: ItemId, cursor: str | None = None, done: str = "") -> Response:
    """One list, and what is on it."""
    return await _one(web, playlist_id, cursor=cursor, said=SAID.get(done, ""))


@router.post("/playlists/{playlist_id}/edit")
async def edit(web: InWeb, playlist_id: ItemId) -> Response:
    """Change what it says of itself, and who sees it."""
    form = await web.form()
    web.known()
    sent: Json = {
        "title": form.get("title", "").strip(),
        "description": form.get("description", ""),
        "visibility": form.get("visibility", "private"),
        "allow_duplicates": form.get("allow_duplicates") == "1",
    }
    try:
        await web.send("PATCH", f"/playlists/{playlist_id}", form, sent)
    except ApiProblem as problem:
        if problem.status not in REFUSED - {404}:
            raise
        fault = problem.by_field().get("title", problem.detail)
        return await _one(web, playlist_id, fault=fault, changed=sent, status=problem.status)
    return web.go(f"/playlists/{playlist_id}?done=saved")


@router.post("/playlists/{playlist_id}/delete")
async def delete(web: InWeb, playlist_id: ItemId) -> Response:
    """Delete it."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/playlists/{playlist_id}", form)
    return web.go("/playlists")


@router.post("/playlists/{playlist_id}/items/{item_id}/move")
async def move(web: InWeb, playlist_id: ItemId, item_id: ItemId) -> Response:
    """Move an item beside a neighbour; what is gone meanwhile is told."""
    form = await web.form()
    web.known()
    side = "before_id" if "before" in form else "after_id"
    neighbour = form.get("before", form.get("after", "")) or None
    try:
        await web.send("PATCH", f"/playlists/{playlist_id}/items/{item_id}", form, {side: neighbour})
    except ApiProblem as problem:
        if problem.status not in {404, 409, 422}:
            raise
        return await _one(web, playlist_id, fault=problem.detail, status=problem.status)
    return web.go(f"/playlists/{playlist_id}?done=moved#{item_id}")


@router.post("/playlists/{playlist_id}/items/{item_id}/note")
async def note(web: InWeb, playlist_id: ItemId, item_id: ItemId) -> Response:
    """Say something about an item."""
    form = await web.form()
    web.known()
    try:
        sent = {"note": form.get("note", "")}
        await web.send("PATCH", f"/playlists/{playlist_id}/items/{item_id}", form, sent)
    except ApiProblem as problem:
        if problem.status not in {404, 422}:
            raise
        return await _one(web, playlist_id, fault=problem.by_field().get("note", problem.detail), status=problem.status)
    return web.go(f"/playlists/{playlist_id}?done=saved#{item_id}")


@router.post("/playlists/{playlist_id}/items/{item_id}/remove")
async def remove(web: InWeb, playlist_id: ItemId, item_id: ItemId) -> Response:
    """Take an item off."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/playlists/{playlist_id}/items/{item_id}", form)
    return web.go(f"/playlists/{playlist_id}?done=removed")


@router.post("/playlists/{playlist_id}/collaborators")
async def invite(web: InWeb, playlist_id: ItemId) -> Response:
    """Ask somebody by their handle to work on it."""
    form = await web.form()
    web.known()
    handle = form.get("handle", "").strip().removeprefix("@").lower()
    try:
        if not handle.replace("_", "").isalnum():
            return await _one(web, playlist_id, fault="Give a handle, such as @ada.", handle=handle, status=422)
        asked = await web.api.get(f"/channels/@{handle}")
        await web.send("PUT", f"/playlists/{playlist_id}/collaborators/{asked['id']}", form)
    except ApiProblem as problem:
        if problem.status not in REFUSED:
            raise
        fault = "Nobody here is called so." if problem.status == 404 else problem.detail
        return await _one(web, playlist_id, fault=fault, handle=handle, status=problem.status)
    return web.go(f"/playlists/{playlist_id}?done=asked")


@router.post("/playlists/{playlist_id}/collaborators/{channel_id}/remove")
async def dismiss(web: InWeb, playlist_id: ItemId, channel_id: ItemId) -> Response:
    """Have somebody work on it no more."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/playlists/{playlist_id}/collaborators/{channel_id}", form)
    return web.go(f"/playlists/{playlist_id}?done=parted")


@router.post("/playlists/{playlist_id}/join")
async def join(web: InWeb, playlist_id: ItemId) -> Response:
    """Work on a list that one was asked to work on."""
    form = await web.form()
    web.known()
    await web.send("PUT", f"/playlists/{playlist_id}/collaboration", form)
    return web.go(f"/playlists/{playlist_id}?done=joined")


@router.post("/playlists/{playlist_id}/leave")
async def leave(web: InWeb, playlist_id: ItemId) -> Response:
    """Work on it no more, or say no."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/playlists/{playlist_id}/collaboration", form)
    return web.go("/playlists")


@router.get("/watch-later")
async def later(web: InWeb) -> Response:
    """What one wants to watch later: a list as any other, once there is something on it."""
    web.known()
    body = await web.api.get("/me/watch-later", limit=1)
    if body["items"]:
        return await _one(web, str(body["items"][0]["playlist_id"]))
    return web.html("watch_later_empty.html")


@router.get("/@{handle}/playlists")
async def of_channel(web: InWeb, handle: Handle, cursor: str | None = None) -> Response:
    """What a channel shows of its lists."""
    found = await web.api.get(f"/channels/@{handle}")
    if found["handle"] != handle.lower():
        return web.go(f"/@{found['handle']}/playlists")
    body = await web.api.get(f"/channels/{found['id']}/playlists", limit=PAGE_SIZE, cursor=cursor)
    top = await channel.head(web, found, "playlists")
    return web.html("channel_playlists.html", lists=body["items"], next_url=next_url(web, body), **top)
