"""Admin: everybody's apps, which staff verify and stop."""

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.context import InWeb, ItemId

router = APIRouter()
PAGE_SIZE = 50
DEEDS = {
    "verify": {"verified": True},
    "unverify": {"verified": False},
    "stop": {"disabled": True},
    "start": {"disabled": False},
}


@router.get("/admin/apps")
async def apps(web: InWeb, cursor: str | None = None) -> Response:
    """The list."""
    web.known()
    body = await web.api.get("/admin/apps", limit=PAGE_SIZE, cursor=cursor)
    more = f"/admin/apps?{urlencode({'cursor': body['next_cursor']})}" if body["next_cursor"] else None
    return web.html("apps_admin.html", apps=body["items"], more=more)


@router.post("/admin/apps/{app_id}")
async def judge(web: InWeb, app_id: ItemId) -> Response:
    """Verify an app, stop it, or take either back."""
    form = await web.form()
    web.known()
    await web.send("PATCH", f"/admin/apps/{app_id}", form, dict(DEEDS.get(form.get("deed", ""), {})))
    return web.go("/admin/apps")
