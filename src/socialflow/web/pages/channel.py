"""A channel: who it is and what it has published."""

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.context import Handle, InWeb

router = APIRouter()
PAGE_SIZE = 24


@router.get("/@{handle}")
async def channel(web: InWeb, handle: Handle, cursor: str | None = None) -> Response:
    """A channel by its handle."""
    found = await web.api.get(f"/channels/@{handle}")
    body = await web.api.get("/videos", channel_id=str(found["id"]), limit=PAGE_SIZE, cursor=cursor)
    next_cursor = body.get("next_cursor")
    next_url = f"{web.request.url.path}?{urlencode({'cursor': next_cursor})}" if next_cursor else None
    if web.is_htmx:
        return web.html("parts/card_page.html", videos=body["items"], next_url=next_url, show_channel=False)

    following = False
    if web.viewer is not None:
        following = found["id"] in (await web.api.marks([str(found["id"])]))["followed"]
    return web.html(
        "channel.html",
        channel=found,
        videos=body["items"],
        next_url=next_url,
        following=following,
        mine=web.viewer is not None and web.viewer.channel_id == found["id"],
    )
