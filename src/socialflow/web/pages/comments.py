"""Threads below a video: read, write, answer, edit, delete, and look after them. Works as plain forms, too."""

import re
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web, together
from socialflow.web.errors import keeps_words, sentence_in_form, voice_lost
from socialflow.web.pages.reactions import reactions_of

router = APIRouter()
PAGE_SIZE = 20
NOT_FOUND = 404
ITEM_ID = re.compile(r"[a-z]{3}_[0-9a-z]{26}")
PARENT_GONE = "The comment that you are answering is not there any more, or not open to you. Your words are still here."
SUBJECT_GONE = "What you are commenting on is not there any more, or not open to you. Your words are still here."
COMMENT_GONE = "This comment is not there any more. Your words are still here."
MOST_PHOTOS = 4
SORTS = {"newest": "Newest", "top": "Most liked", "choice": "The owner's choice", "oldest": "Oldest"}
# What an owner does with a comment, and by which method of the API.
ACTS = {
    "pin": ("PUT", "pin"),
    "unpin": ("DELETE", "pin"),
    "heart": ("PUT", "heart"),
    "unheart": ("DELETE", "heart"),
    "hide": ("PUT", "hidden"),
    "unhide": ("DELETE", "hidden"),
    "approve": ("PUT", "approval"),
}


async def comment_page(
    web: Web, subject_id: str, parent_id: str | None = None, cursor: str | None = None, **more: Any
) -> Json:
    """One page of comments with what the viewer did with them, ready for the template.

    `owned` in `more` tells that the video is the viewer's, who then looks after what others say; `sort` is the order.
    """
    owned, sort = bool(more.get("owned")), more.get("sort") if more.get("sort") in SORTS else None
    body = await web.api.get(
        "/comments", subject_id=subject_id, parent_id=parent_id, cursor=cursor, sort=sort, limit=PAGE_SIZE
    )
    shown = [comment["id"] for comment in body["items"] if not comment["deleted"]]
    marks, reactions = await together(web.marks(shown), reactions_of(web, shown))
    query = {"subject_id": subject_id, "parent_id": parent_id, "owned": owned and 1, "sort": sort}
    more_of = urlencode({key: value for key, value in {**query, "cursor": body.get("next_cursor")}.items() if value})
    return {
        "entries": body["items"],
        "liked": marks["liked"],
        "disliked": marks["disliked"],
        "reactions": reactions,
        "owned": owned,
        "sort": sort or "newest",
        "sorts": SORTS,
        "next_url": f"/comments?{more_of}" if body.get("next_cursor") else None,
    }


@router.get("/comments")
async def listing(
    web: InWeb,
    subject_id: str,
    parent_id: str | None = None,
    cursor: str | None = None,
    owned: str = "",
    sort: str | None = None,
) -> Response:
    """More comments, or the answers to one; a page of its own without scripts."""
    comments = await comment_page(web, subject_id, parent_id, cursor, owned=owned == "1", sort=sort)
    template = "parts/comment_page.html" if web.is_htmx else "comments.html"
    return web.html(template, comments=comments, subject_id=subject_id, parent_id=parent_id)


@router.get("/comments/{comment_id}/history")
async def history(web: InWeb, comment_id: ItemId, cursor: str | None = None) -> Response:
    """What a comment said before."""
    comment, body = await together(
        web.api.get(f"/comments/{comment_id}"), web.api.get(f"/comments/{comment_id}/versions", cursor=cursor)
    )
    further = body.get("next_cursor")
    next_url = f"/comments/{comment_id}/history?{urlencode({'cursor': further})}" if further else None
    return web.html("comment_history.html", comment=comment, entries=body["items"], next_url=next_url)


@router.post("/comments")
async def write(web: InWeb) -> Response:
    """Post a comment or an answer."""
    form = await web.form()
    web.known()
    subject_id, parent_id, text = form.get("subject_id", ""), form.get("parent_id") or None, form.get("text", "")
    sent: Json = {"subject_id": subject_id, "text": text.strip()}
    if photos := _photos(form):
        sent["photos"] = photos
    named = {"parent_id": parent_id, "channel_id": form.get("channel_id")}
    sent |= {name: value for name, value in named.items() if value}
    try:
        comment = await web.send("POST", "/comments", form, sent)
    except ApiProblem as problem:
        return await _again(web, form, problem)
    if not web.is_htmx:
        return web.go(f"/watch/{subject_id}#comment-{comment['id']}")
    return web.html(
        "parts/comment_form.html",
        subject_id=subject_id,
        parent_id=parent_id,
        text="",
        photos=[],
        fault="",
        fresh=comment,
        reactions=await reactions_of(web, []),
    )


@router.post("/comments/{comment_id}/edit")
async def edit(web: InWeb, comment_id: ItemId) -> Response:
    """Change one's own words."""
    form = await web.form()
    try:
        comment = await web.send("PATCH", f"/comments/{comment_id}", form, {"text": form.get("text", "").strip()})
    except ApiProblem as problem:
        # With scripts the form stays as it is, and a message tells.
        if web.is_htmx or not keeps_words(problem):
            raise
        fault = sentence_in_form(problem, COMMENT_GONE)
        return web.html(
            "comment_again.html", status=problem.status, edits=comment_id, text=form.get("text", ""), fault=fault
        )
    if not web.is_htmx:
        return web.go(f"/watch/{comment['subject_id']}#comment-{comment_id}")
    return await _one(web, comment, owned=form.get("owned") == "1")


@router.post("/comments/{comment_id}/delete")
async def delete(web: InWeb, comment_id: ItemId) -> Response:
    """Take a comment away; where it has answers, its place stays."""
    form = await web.form()
    await web.send("DELETE", f"/comments/{comment_id}", form)
    if form.get("next") == "queue":
        return web.go("/my/comments")
    if not web.is_htmx:
        return web.go(f"/watch/{form.get('subject_id', '')}#comments")
    return web.html("parts/comment_gone.html", comment_id=comment_id)


@router.post("/comments/{comment_id}/care")
async def care(web: InWeb, comment_id: ItemId) -> Response:
    """Pin, heart, hide or approve what somebody says below one's own video."""
    form = await web.form()
    web.known()
    method, what = ACTS.get(form.get("act", ""), ACTS["unpin"])
    comment = await web.send(method, f"/comments/{comment_id}/{what}", form)
    if form.get("next") == "queue":
        return web.go(f"/my/comments?state={'hidden' if form.get('act') == 'unhide' else 'held'}")
    if not web.is_htmx:
        return web.go(f"/watch/{comment['subject_id']}#comment-{comment_id}")
    return await _one(web, comment, owned=True)


@router.get("/mentionable")
async def mentionable(web: InWeb, prefix: str = "", subject_id: str | None = None) -> Response:
    """Whom one may want to name, as options of a list; the letters are typed after an @."""
    web.known()
    found = await web.api.get("/mentionable", prefix=prefix[:31], subject_id=subject_id)
    return web.html("parts/mentionable.html", people=[each["channel"] for each in found["people"]])


async def _again(web: Web, form: dict[str, str], problem: ApiProblem) -> Response:
    """The form once more, with what was typed and what is wrong: in its place, or on a page of its own."""
    if not keeps_words(problem):
        raise problem
    subject_id, parent_id = form.get("subject_id", ""), form.get("parent_id") or None
    viewer = web.known()
    gone = SUBJECT_GONE
    if problem.status == NOT_FOUND and parent_id and await _is_gone(web, "comments", parent_id):
        gone = PARENT_GONE
        # On a page of its own it can be posted by itself; in a thread, the video's own form is there for that.
        parent_id = parent_id if web.is_htmx else None
    return web.html(
        "parts/comment_form.html" if web.is_htmx else "comment_again.html",
        status=problem.status,
        subject_id=subject_id,
        parent_id=parent_id,
        edits=None,
        text=form.get("text", ""),
        photos=_photos(form),
        fault=sentence_in_form(problem, gone, voice_lost(form, viewer.channel_id, viewer.voice)),
        fresh=None,
    )


async def _is_gone(web: Web, kind: str, item_id: str) -> bool:
    return not ITEM_ID.fullmatch(item_id) or await web.api.lacks(f"/{kind}/{item_id}")


async def _one(web: Web, comment: Json, *, owned: bool) -> Response:
    marks, reactions = await together(web.marks([comment["id"]]), reactions_of(web, [comment["id"]]))
    return web.html(
        "parts/comment_one.html",
        comment=comment,
        liked=marks["liked"],
        disliked=marks["disliked"],
        reactions=reactions,
        owned=owned,
        subject_id=comment["subject_id"],
    )


def _photos(form: dict[str, str]) -> list[Json]:
    return [
        {"upload_id": form[f"photo_{number}"], "alt": form.get(f"alt_{number}", "")}
        for number in range(MOST_PHOTOS)
        if form.get(f"photo_{number}")
    ]
