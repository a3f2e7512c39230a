"""Searching for people and hashtags; the header's box suggests them, and this is where it leads without scripts."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.context import InWeb

router = APIRouter()
LONGEST, MOST = 100, 20


@router.get("/search")
async def search(web: InWeb, q: str = "") -> Response:
    """People and hashtags that begin so."""
    wanted = q.strip()[:LONGEST]
    found = await web.api.get("/search/suggest", q=wanted, limit=MOST) if wanted else {"people": [], "tags": []}
    return web.html("search.html", q=wanted, people=found["people"], tags=found["tags"])
