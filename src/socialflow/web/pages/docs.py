"""The API's reference (Redoc) and a page to try it (Swagger UI), both from vendored files."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.context import InWeb
from socialflow.web.security import DOCS_POLICY

router = APIRouter()
HEADERS = {"Content-Security-Policy": DOCS_POLICY}


@router.get("/docs")
async def reference(web: InWeb) -> Response:
    """The reference."""
    return web.html("docs.html", headers=HEADERS, kind="reference")


@router.get("/docs/try")
async def try_it(web: InWeb) -> Response:
    """A page that sends requests."""
    return web.html("docs.html", headers=HEADERS, kind="try")
