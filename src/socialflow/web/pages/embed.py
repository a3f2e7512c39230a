"""The player alone, for a frame in somebody else's page; whose pages those may be, the browser is told by header.

It is the same for everybody: neither a session nor where the frame stands changes what is shown, so what only
some may see is not shown here at all.
"""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.context import InWeb, ItemId
from socialflow.web.pages.watch import PLAYABLE

router = APIRouter()
NOT_HERE = 403


@router.get("/embed/{video_id}")
async def embed(web: InWeb, video_id: ItemId, autoplay: str = "") -> Response:
    """One video in a frame."""
    web.viewer = None
    web.api.set_cookies.clear()
    video = await web.api.call("GET", f"/videos/{video_id}", headers={"Cookie": ""})
    domains = video["embeddable_on"]
    ancestors = "*" if domains is None else " ".join(domains) or "'none'"
    allowed = domains is None or bool(domains)
    answer = web.html(
        "embed.html",
        status=200 if allowed else NOT_HERE,
        video=video,
        allowed=allowed,
        playable=video["state"] in PLAYABLE and bool(video["playback"]),
        autoplay=autoplay == "1",
        player_settings=None,
        headers={
            "Content-Security-Policy": web.site.framed_by(ancestors),
            "Cache-Control": "no-cache",
            "Vary": "HX-Request",
        },
    )
    # Says less than the policy, and would contradict it.
    del answer.headers["X-Frame-Options"]
    return answer
