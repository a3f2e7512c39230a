"""Pages that list videos: the latest, those of followed channels, those with a tag."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web import outside
from socialflow.web.api_client import Json
from socialflow.web.context import InWeb, Web

router = APIRouter()
PAGE_SIZE = 24
SUGGESTIONS = 8


def grid(web: Web, body: Json, **values: Any) -> Response:
    """One page of cards: alone when htmx asks for the next ones, else within its frame."""
    videos = [entry["video"] for entry in body["items"] if entry.get("video")] if "entries" in values else body["items"]
    cursor = body.get("next_cursor")
    next_url = f"{web.request.url.path}?{urlencode({'cursor': cursor})}" if cursor else None
    if web.is_htmx:
        return web.html("parts/card_page.html", videos=videos, next_url=next_url, show_channel=True)
    values = {"outside": None, "swipe": None, "find": None} | values
    return web.html("grid.html", videos=videos, next_url=next_url, **values)


@router.get("/")
async def home(web: InWeb, cursor: str | None = None) -> Response:
    """The latest public videos."""
    body = await web.api.get("/videos", limit=PAGE_SIZE, cursor=cursor)
    return grid(
        web,
        body,
        heading="Latest",
        lead=None,
        swipe="/swipe" if body["items"] else None,
        empty="empty/home.html",
        outside=outside.of_page(web, "/", "Latest"),
    )


@router.get("/following")
async def following(web: InWeb, cursor: str | None = None) -> Response:
    """New videos of the channels that the viewer follows; where there are none, channels worth a look."""
    viewer = web.known()
    body = await web.api.get("/feed/following", limit=PAGE_SIZE, cursor=cursor)
    values: Json = {"heading": "Following", "lead": None, "empty": "empty/following.html", "entries": True}
    if body["items"]:
        values |= {"swipe": "/swipe?feed=following", "find": "/suggestions"}
    else:
        follows = await web.api.get(f"/channels/{viewer.channel_id}/following", limit=1)
        values |= {"follows_someone": bool(follows["items"]), "suggestions": await _suggestions(web, SUGGESTIONS)}
    return grid(web, body, **values)


@router.get("/suggestions")
async def suggestions(web: InWeb) -> Response:
    """Whom the viewer might want to follow, and why."""
    web.known()
    return web.html("suggestions.html", suggestions=await _suggestions(web, PAGE_SIZE))


async def _suggestions(web: Web, most: int) -> list[Json]:
    found: list[Json] = (await web.api.get("/me/suggestions", limit=most))["items"]
    return found


@router.get("/tag/{tag}")
async def tagged(web: InWeb, tag: str, cursor: str | None = None) -> Response:
    """Public videos that carry a tag."""
    body = await web.api.get("/videos", tag=tag, limit=PAGE_SIZE, cursor=cursor)
    told = outside.of_tag(web, tag, tag, "videos", empty=not body["items"])
    return grid(web, body, heading=f"#{tag}", lead=None, empty="empty/tag.html", outside=told)
