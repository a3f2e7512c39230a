"""The upload page; the bytes themselves go from the browser straight to the API."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.context import InWeb

router = APIRouter()


@router.get("/upload")
async def upload(web: InWeb) -> Response:
    """Choose files, describe them while they travel, watch them become playable."""
    web.known()
    limits = await web.api.get("/uploads/limits")
    return web.html("upload.html", limits=limits, url="", fault="")
