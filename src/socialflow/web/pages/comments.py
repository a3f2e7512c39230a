"""Threads below a video: read, write, answer, edit, delete. Works as plain forms, and without a reload by htmx."""

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web

router = APIRouter()
PAGE_SIZE = 20
UNPROCESSABLE = 422


async def comment_page(
    web: Web, subject_id: str, parent_id: str | None = None, cursor: str | None = None, *, owned: bool = False
) -> Json:
    """One page of comments with what the viewer liked, ready for the template.

    `owned` tells that the video is the viewer's, who may then delete what others say about it.
    """
    body = await web.api.get("/comments", subject_id=subject_id, parent_id=parent_id, cursor=cursor, limit=PAGE_SIZE)
    liked: set[str] = set()
    if web.viewer is not None:
        liked = (await web.api.marks([comment["id"] for comment in body["items"]]))["liked"]
    query = {"subject_id": subject_id, "parent_id": parent_id, "owned": owned and 1, "cursor": body.get("next_cursor")}
    more = urlencode({key: value for key, value in query.items() if value})
    return {
        "entries": body["items"],
        "liked": liked,
        "owned": owned,
        "next_url": f"/comments?{more}" if body.get("next_cursor") else None,
    }


@router.get("/comments")
async def listing(
    web: InWeb, subject_id: str, parent_id: str | None = None, cursor: str | None = None, owned: str = ""
) -> Response:
    """More comments, or the answers to one; a page of its own without scripts."""
    comments = await comment_page(web, subject_id, parent_id, cursor, owned=owned == "1")
    template = "parts/comment_page.html" if web.is_htmx else "comments.html"
    return web.html(template, comments=comments, subject_id=subject_id, parent_id=parent_id)


@router.post("/comments")
async def write(web: InWeb) -> Response:
    """Post a comment or an answer."""
    form = await web.form()
    web.known()
    subject_id, parent_id, text = form.get("subject_id", ""), form.get("parent_id") or None, form.get("text", "")
    sent: Json = {"subject_id": subject_id, "text": text.strip()}
    if parent_id:
        sent["parent_id"] = parent_id
    try:
        comment = await web.send("POST", "/comments", form, sent)
    except ApiProblem as problem:
        if problem.status != UNPROCESSABLE or not web.is_htmx:
            raise
        return web.html(
            "parts/comment_form.html",
            status=UNPROCESSABLE,
            subject_id=subject_id,
            parent_id=parent_id,
            text=text,
            fault=problem.by_field().get("text", problem.detail),
            fresh=None,
        )
    if not web.is_htmx:
        return web.go(f"/watch/{subject_id}#comment-{comment['id']}")
    return web.html(
        "parts/comment_form.html", subject_id=subject_id, parent_id=parent_id, text="", fault="", fresh=comment
    )


@router.post("/comments/{comment_id}/edit")
async def edit(web: InWeb, comment_id: ItemId) -> Response:
    """Change one's own words."""
    form = await web.form()
    comment = await web.send("PATCH", f"/comments/{comment_id}", form, {"text": form.get("text", "").strip()})
    if not web.is_htmx:
        return web.go(f"/watch/{comment['subject_id']}#comment-{comment_id}")
    return web.html("parts/comment_one.html", comment=comment, liked=set(), subject_id=comment["subject_id"])


@router.post("/comments/{comment_id}/delete")
async def delete(web: InWeb, comment_id: ItemId) -> Response:
    """Take a comment away; where it has answers, its place stays."""
    form = await web.form()
    await web.send("DELETE", f"/comments/{comment_id}", form)
    if not web.is_htmx:
        return web.go(f"/watch/{form.get('subject_id', '')}#comments")
    return web.html("parts/comment_gone.html", comment_id=comment_id)
