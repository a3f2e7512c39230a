"""One video after another, each as high as the window: the latest, or those of followed channels."""

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import MARKS, Json
from socialflow.web.context import InWeb, Web

router = APIRouter()
# What is fetched at once: somebody who swipes fast is through it in some seconds, and few want all of it.
PAGE_SIZE = 6
FEEDS = {"latest": "/videos", "following": "/feed/following"}


@router.get("/swipe")
async def swipe(web: InWeb, feed: str = "latest", cursor: str | None = None) -> Response:
    """A page of it: alone when htmx asks for the next ones, else within its frame."""
    feed = feed if feed in FEEDS and web.viewer is not None else "latest"
    body = await web.api.get(FEEDS[feed], limit=PAGE_SIZE, cursor=cursor)
    videos = [entry["video"] for entry in body["items"]] if feed == "following" else body["items"]
    shown = [video for video in videos if video["playback"]]
    further = body.get("next_cursor")
    values: Json = {
        "videos": shown,
        "marks": await _marks(web, shown),
        "next_url": f"/swipe?{urlencode({'feed': feed, 'cursor': further})}" if further else None,
        "feed": feed,
        "autoplay": await _begins(web),
    }
    return web.html("parts/swipe_page.html" if web.is_htmx else "swipe.html", **values)


async def _marks(web: Web, videos: list[Json]) -> dict[str, set[str]]:
    if web.viewer is None or not videos:
        return {mark: set() for mark in MARKS}
    return await web.api.marks([str(each) for video in videos for each in (video["id"], video["channel"]["id"])])


async def _begins(web: Web) -> bool:
    """Whether a video may begin by itself, as the viewer has said; whoever comes here wants that unless they did."""
    if web.viewer is None or web.is_htmx:
        return True
    return bool((await web.api.get("/me/player"))["autoplay"])
