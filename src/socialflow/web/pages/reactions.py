"""Reactions and dislikes: small forms that answer with the form they become, and what staff let people react by."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web, together
from socialflow.web.security import safe_next

router = APIRouter()
PAGE_SIZE = 30
ASKED_AGAIN = frozenset({404, 409, 422})
EmojiRef = Annotated[str, Path(pattern=r"^emo_[0-9a-z]{26}$")]


async def reactions_of(web: Web, subject_ids: Sequence[str]) -> Json:
    """How people react to these, by id, and by what one can; a failure to tell must not take the page away."""
    try:
        if not subject_ids:
            return {"of": {}, "emojis": (await web.api.get("/reactions/emojis"))["emojis"]}
        offered, found = await together(
            web.api.get("/reactions/emojis"), web.api.get("/reactions", subject_ids=",".join(subject_ids[:100]))
        )
    except ApiProblem:
        return {"of": {}, "emojis": []}
    return {"of": {each["subject_id"]: each for each in found["subjects"]}, "emojis": offered["emojis"]}


@router.post("/reactions/{subject_id}")
async def react(web: InWeb, subject_id: ItemId) -> Response:
    """React by an emoji, or, by the one that was chosen before, no more."""
    form = await web.form()
    web.known()
    emoji = form.get("emoji", "")
    if emoji == form.get("own"):
        state = await web.send("DELETE", f"/reactions/{subject_id}", form)
    else:
        state = await web.send("PUT", f"/reactions/{subject_id}", form, {"emoji": emoji})
    if not web.is_htmx:
        return web.go(safe_next(form.get("next")))
    reactions = await reactions_of(web, [])
    reactions["of"] = {subject_id: state}
    return web.html("parts/reacted.html", subject_id=subject_id, reactions=reactions)


@router.post("/dislikes/{subject_id}")
async def dislike(web: InWeb, subject_id: ItemId) -> Response:
    """Dislike something, or take it back; both take a like away."""
    form = await web.form()
    web.known()
    turn_on = form.get("on") == "1"
    answer = await web.send("PUT" if turn_on else "DELETE", f"/dislikes/{subject_id}", form)
    if not web.is_htmx:
        return web.go(safe_next(form.get("next")))
    small = form.get("small") == "1"
    marks = await web.marks([subject_id])
    return web.html(
        "parts/likes.html",
        subject_id=subject_id,
        liked=subject_id in marks["liked"],
        disliked=answer["disliked"],
        like_count=answer["like_count"],
        small=small,
    )


@router.get("/admin/emojis")
async def emojis(web: InWeb, cursor: str | None = None) -> Response:
    """The pictures that people can react by."""
    return await _emojis(web, cursor, None, {})


@router.post("/admin/emojis")
async def add(web: InWeb) -> Response:
    """Add a picture that was uploaded."""
    form = await web.form()
    web.known()
    sent = {"name": form.get("name", ""), "upload_id": form.get("upload_id", ""), "alt": form.get("alt", "")}
    try:
        await web.send("POST", "/admin/emojis", form, sent)
    except ApiProblem as problem:
        if problem.status not in ASKED_AGAIN:
            raise
        return await _emojis(web, None, problem, form)
    return web.go("/admin/emojis")


@router.post("/admin/emojis/{emoji_id}")
async def change(web: InWeb, emoji_id: EmojiRef) -> Response:
    """Offer a picture, or no more, or delete it."""
    form = await web.form()
    web.known()
    if form.get("act") == "delete":
        await web.send("DELETE", f"/admin/emojis/{emoji_id}", form)
    else:
        await web.send("PATCH", f"/admin/emojis/{emoji_id}", form, {"offered": form.get("act") == "offer"})
    return web.go("/admin/emojis")


async def _emojis(web: Web, cursor: str | None, problem: ApiProblem | None, form: dict[str, str]) -> Response:
    web.known()
    body = await web.api.get("/admin/emojis", limit=PAGE_SIZE, cursor=cursor)
    further = body.get("next_cursor")
    return web.html(
        "admin_emojis.html",
        status=problem.status if problem else 200,
        entries=body["items"],
        next_url=f"/admin/emojis?{urlencode({'cursor': further})}" if further else None,
        form=form,
        fault=next(iter(problem.by_field().values()), problem.detail) if problem else "",
    )
