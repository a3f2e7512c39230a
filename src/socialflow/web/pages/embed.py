"""A video or a post alone, for a frame in somebody else's page; whose pages those may be, a header tells browsers.

It is the same for everybody: neither a session nor where the frame stands changes what is shown, so what only
some may see is not shown here at all.
"""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web import outside
from socialflow.web.api_client import Json
from socialflow.web.context import InWeb, ItemId, Web
from socialflow.web.pages.watch import PLAYABLE

router = APIRouter()
NOT_HERE = 403
FRAMED = frozenset({"public", "unlisted"})


@router.get("/embed/{subject_id}")
async def embed(web: InWeb, subject_id: ItemId, autoplay: str = "") -> Response:
    """One video, or one post, in a frame."""
    web.viewer = None
    web.api.set_cookies.clear()
    return await (_post(web, subject_id) if subject_id.startswith("pst_") else _video(web, subject_id, autoplay))


async def _video(web: Web, video_id: str, autoplay: str) -> Response:
    video = await _as_nobody(web, f"/videos/{video_id}")
    return _framed(
        web,
        "embed.html",
        video["embeddable_on"],
        video=video,
        playable=video["state"] in PLAYABLE and bool(video["playback"]),
        autoplay=autoplay == "1",
        player_settings=None,
    )


async def _post(web: Web, post_id: str) -> Response:
    post = await _as_nobody(web, f"/posts/{post_id}")
    author = await _as_nobody(web, f"/channels/{post['author']['id']}")
    domains = outside.domains_of(web, author) if post["visibility"] in FRAMED else []
    return _framed(web, "embed_post.html", domains, post=post)


async def _as_nobody(web: Web, path: str) -> Json:
    return await web.api.call("GET", path, headers={"Cookie": "", "Video-Grants": ""})


def _framed(web: Web, template: str, domains: Sequence[str] | None, **values: Any) -> Response:
    """The page, and whose pages may frame it; without its content where nobody's may."""
    ancestors = "*" if domains is None else " ".join(domains) or "'none'"
    allowed = domains is None or bool(domains)
    answer = web.html(
        template,
        status=200 if allowed else NOT_HERE,
        allowed=allowed,
        headers={
            "Content-Security-Policy": web.site.framed_by(ancestors),
            "Cache-Control": "no-cache",
            "Vary": "HX-Request",
        },
        **values,
    )
    # Says less than the policy, and would contradict it.
    del answer.headers["X-Frame-Options"]
    return answer
