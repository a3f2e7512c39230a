"""Likes and follows: small forms that answer with the form they become."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import Json
from socialflow.web.context import InWeb, ItemId, Web
from socialflow.web.security import safe_next

router = APIRouter()


async def _toggle(web: Web, form: dict[str, str], path: str) -> tuple[bool, Json]:
    web.known()
    turn_on = form.get("on") == "1"
    return turn_on, await web.send("PUT" if turn_on else "DELETE", path, form)


def asked(answer: Json) -> bool:
    """Whether the owner of the channel has still to decide."""
    return bool(answer) and answer.get("state") == "requested"


@router.post("/likes/{subject_id}")
async def like(web: InWeb, subject_id: ItemId) -> Response:
    """Like something, or take it back."""
    form = await web.form()
    liked, answer = await _toggle(web, form, f"/likes/{subject_id}")
    if not web.is_htmx:
        return web.go(safe_next(form.get("next")))
    small = form.get("small") == "1"
    return web.html(
        "parts/likes.html",
        subject_id=subject_id,
        liked=liked,
        disliked=not liked and subject_id in (await web.marks([subject_id]))["disliked"],
        like_count=answer["like_count"],
        small=small,
    )


@router.post("/follows/{channel_id}")
async def follow(web: InWeb, channel_id: ItemId) -> Response:
    """Follow a channel, or stop."""
    form = await web.form()
    following, answer = await _toggle(web, form, f"/follows/{channel_id}")
    if not web.is_htmx:
        return web.go(safe_next(form.get("next")))
    channel = {"id": channel_id, "display_name": form.get("name", "")}
    return web.html("parts/follow.html", channel=channel, following=following, requested=asked(answer))
