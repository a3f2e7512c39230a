"""What can be watched on, how the player begins, and how well a video of one's own plays."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web
from socialflow.web.pages.beside import LANGUAGES
from socialflow.web.pages.browse import PAGE_SIZE, grid
from socialflow.web.pages.watch import may_edit

router = APIRouter()
QUALITIES = (2160, 1440, 1080, 720, 480, 360, 240, 144)
SPEEDS = (25, 50, 75, 100, 125, 150, 175, 200)
SWITCHES = ("autoplay", "autoplay_next", "keep_positions")
UNPROCESSABLE = 422


@router.get("/watching")
async def watching(web: InWeb, cursor: str | None = None) -> Response:
    """Videos that the viewer has begun and not finished."""
    web.known()
    body = await web.api.get("/me/watching", limit=PAGE_SIZE, cursor=cursor)
    lead = "What you have begun and not finished, on any of your devices."
    return grid(web, body, heading="Continue watching", lead=lead, empty="empty/watching.html", entries=True)


@router.get("/settings/player")
async def player(web: InWeb, saved: str = "") -> Response:
    """How the viewer's player begins."""
    web.known()
    return _page(web, await web.api.get("/me/player"), saved=saved)


@router.post("/settings/player")
async def save(web: InWeb) -> Response:
    """Change how it begins."""
    web.known()
    form = await web.form()
    quality, speed = form.get("quality", ""), form.get("speed_percent", "")
    sent: Json = {
        "quality": int(quality) if quality.isdecimal() else None,
        "speed_percent": int(speed) if speed.isdecimal() else 0,
        "captions": form.get("captions", ""),
        # A box that is not ticked is not sent.
        **{name: form.get(name) == "1" for name in SWITCHES},
    }
    try:
        await web.send("PATCH", "/me/player", form, sent)
    except ApiProblem as problem:
        if problem.status != UNPROCESSABLE:
            raise
        return _page(web, sent, problem)
    return web.go("/settings/player?saved=1")


@router.post("/settings/player/forget")
async def forget(web: InWeb) -> Response:
    """Forget where the viewer stopped in every video."""
    web.known()
    await web.send("DELETE", "/me/positions", await web.form())
    return web.go("/settings/player?saved=forgotten")


@router.get("/my/videos/{video_id}/quality")
async def quality(web: InWeb, video_id: ItemId) -> Response:
    """How well a video of one's own plays; staff who see every video may look, too."""
    web.known()
    video = await web.api.get(f"/videos/{video_id}")
    told = await web.api.get(f"/videos/{video_id}/playback-quality")
    # The other pages of the video are its owner's alone.
    return web.html("video_quality.html", video=video, told=told, mine=may_edit(video))


def _page(web: Web, settings: Json, problem: ApiProblem | None = None, **values: Any) -> Response:
    return web.html(
        "settings_player.html",
        status=problem.status if problem else 200,
        settings=settings,
        fault=problem.detail if problem else "",
        qualities=QUALITIES,
        speeds=SPEEDS,
        languages=LANGUAGES,
        **{"saved": "", **values},
    )
