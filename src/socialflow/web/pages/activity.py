"""Settings: what happened around one's account."""

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.context import InWeb

router = APIRouter()
PAGE_SIZE = 30


@router.get("/settings/activity")
async def activity(web: InWeb, cursor: str | None = None) -> Response:
    """Log-ins and changes, the latest first."""
    web.known()
    body = await web.api.get("/me/activity", limit=PAGE_SIZE, cursor=cursor)
    next_url = f"/settings/activity?{urlencode({'cursor': body['next_cursor']})}" if body["next_cursor"] else None
    template = "parts/activity_page.html" if web.is_htmx else "activity.html"
    return web.html(template, events=body["items"], next_url=next_url)
