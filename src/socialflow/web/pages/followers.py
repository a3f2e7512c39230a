"""Who follows whom: lists for everybody, and one's own followers, with those who ask to be."""

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.context import Handle, InWeb, ItemId, Web, together

router = APIRouter()
PAGE_SIZE = 50
NAMES = {"followers": "Followers", "following": "Following"}
# What is told after something was done; nothing that an address says is shown as it stands.
SAID = {
    "approved": "They follow you now.",
    "refused": "They were not let in, and are not told.",
    "removed": "They follow you no more, and are not told.",
    "private": "Your account is private: you decide who follows you.",
    "public": "Your account is public: whoever waited is let in.",
}


async def _people(web: Web, handle: str, name: str, cursor: str | None) -> Response:
    channel = await web.api.get(f"/channels/@{handle}")
    if channel["handle"] != handle.lower():
        return web.go(f"/@{channel['handle']}/{name}")
    body = await web.api.get(f"/channels/@{handle}/{name}", limit=PAGE_SIZE, cursor=cursor)
    next_url = f"/@{handle}/{name}?{urlencode({'cursor': body['next_cursor']})}" if body["next_cursor"] else None
    return web.html("people.html", channel=channel, people=body["items"], next_url=next_url, heading=NAMES[name])


@router.get("/@{handle}/followers")
async def followers(web: InWeb, handle: Handle, cursor: str | None = None) -> Response:
    """Who follows a channel."""
    return await _people(web, handle, "followers", cursor)


@router.get("/@{handle}/following")
async def following(web: InWeb, handle: Handle, cursor: str | None = None) -> Response:
    """Whom a channel's owner follows."""
    return await _people(web, handle, "following", cursor)


@router.get("/settings/followers")
async def own(web: InWeb, cursor: str | None = None, done: str = "") -> Response:
    """Those who ask, those who follow, and whether one decides on that."""
    viewer = web.known()
    me, asking, body = await together(
        web.api.get("/me"),
        web.api.get("/me/follow-requests", limit=PAGE_SIZE),
        web.api.get(f"/channels/{viewer.channel_id}/followers", limit=PAGE_SIZE, cursor=cursor),
    )
    return web.html(
        "followers.html",
        is_private=me["is_private"],
        requests=asking["items"],
        followers=body["items"],
        next_cursor=body["next_cursor"],
        said=SAID.get(done, ""),
    )


@router.post("/settings/followers/privacy")
async def privacy(web: InWeb) -> Response:
    """Decide on followers from now on, or let everybody follow."""
    form = await web.form()
    web.known()
    private = form.get("private") == "1"
    await web.send("PATCH", "/me", form, {"is_private": private})
    return web.go(f"/settings/followers?done={'private' if private else 'public'}")


@router.post("/settings/followers/{channel_id}/approve")
async def approve(web: InWeb, channel_id: ItemId) -> Response:
    """Let somebody in."""
    form = await web.form()
    web.known()
    await web.send("PUT", f"/me/follow-requests/{channel_id}", form)
    return web.go("/settings/followers?done=approved")


@router.post("/settings/followers/{channel_id}/refuse")
async def refuse(web: InWeb, channel_id: ItemId) -> Response:
    """Do not let somebody in."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/me/follow-requests/{channel_id}", form)
    return web.go("/settings/followers?done=refused")


@router.post("/settings/followers/{channel_id}/remove")
async def remove(web: InWeb, channel_id: ItemId) -> Response:
    """Have somebody follow no more."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/me/followers/{channel_id}", form)
    return web.go("/settings/followers?done=removed")
