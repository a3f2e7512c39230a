"""A channel: who it is and what it has published."""

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import Json
from socialflow.web.context import Handle, InWeb, Web

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

    relation = await _relation(web, str(found["id"]))
    return web.html(
        "channel.html",
        channel=found,
        videos=body["items"],
        next_url=next_url,
        following=bool(relation.get("following") or relation.get("requested")),
        requested=bool(relation.get("requested")),
        mine=web.viewer is not None and web.viewer.channel_id == found["id"],
    )


async def _relation(web: Web, channel_id: str) -> Json:
    """How the viewer stands to the channel; nothing is known of nobody."""
    if web.viewer is None:
        return {}
    found = (await web.api.get("/me/relations", channel_ids=channel_id))["relations"]
    return found[0] if found else {}
