"""What waits for an owner: comments and replies to approve or that were hidden, and how one takes comments."""

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import Json
from socialflow.web.context import InWeb, ItemId, Web, together
from socialflow.web.pages.comments import ACTS

router = APIRouter()
PAGE_SIZE = 20
MODES = ("open", "held", "off")


@router.get("/my/comments")
async def waiting(web: InWeb, state: str = "held", kind: str = "comments", cursor: str | None = None) -> Response:
    """Comments below one's own videos, or replies in one's own threads, that others do not see."""
    viewer = web.known()
    state = "hidden" if state == "hidden" else "held"
    kind = "replies" if kind == "replies" else "comments"
    channel_id = str(viewer.acting["id"])
    of_channel = {"channel_id": channel_id} if viewer.speaks_for_another else {}
    body, rule, posting = await together(
        web.api.get(f"/me/{kind}", state=state, limit=PAGE_SIZE, cursor=cursor, **of_channel),
        web.api.get(f"/comment-rules/{channel_id}"),
        web.api.get("/me/posting"),
    )
    further = body.get("next_cursor")
    query = urlencode({"state": state, "kind": kind, "cursor": further})
    return web.html(
        "care.html",
        state=state,
        kind=kind,
        entries=body["items"],
        next_url=f"/my/comments?{query}" if further else None,
        rule=rule,
        hold_replies=posting["hold_replies"],
    )


@router.post("/my/comments/settings")
async def settings(web: InWeb) -> Response:
    """How everything of one's channel may be commented on, and whether replies to new posts wait."""
    form = await web.form()
    viewer = web.known()
    await web.send("PUT", f"/comment-rules/{viewer.acting['id']}", form, _mode(form))
    if not viewer.speaks_for_another:
        await web.send("PATCH", "/me/posting", form, {"hold_replies": form.get("hold_replies") == "1"})
    return web.go("/my/comments")


@router.post("/comment-rules/{subject_id}")
async def rule_of(web: InWeb, subject_id: ItemId) -> Response:
    """How one video may be commented on."""
    form = await web.form()
    web.known()
    await web.send("PUT", f"/comment-rules/{subject_id}", form, _mode(form))
    return web.go(f"/watch/{subject_id}#comments")


@router.post("/replies/{post_id}/care")
async def care(web: InWeb, post_id: ItemId) -> Response:
    """Pin, heart, hide or approve a reply in one's own thread."""
    form = await web.form()
    web.known()
    method, what = ACTS.get(form.get("act", ""), ACTS["unpin"])
    post = await web.send(method, f"/replies/{post_id}/{what}", form)
    return web.go(_back(form, post))


async def comment_rule(web: Web, subject_id: str) -> Json:
    """How something may be commented on, and what the viewer has said there that still waits."""
    rule = await web.api.get(f"/comment-rules/{subject_id}")
    waits: list[Json] = []
    if web.viewer is not None and rule["mode"] == "held":
        found = await web.api.get("/me/comments", state="held", mine="true", subject_id=subject_id)
        waits = found["items"]
    return {**rule, "waits": waits}


def _mode(form: dict[str, str]) -> Json:
    return {"mode": form.get("mode") if form.get("mode") in MODES else None}


def _back(form: dict[str, str], post: Json) -> str:
    if form.get("next") == "queue":
        return f"/my/comments?kind=replies&state={'hidden' if form.get('act') == 'unhide' else 'held'}"
    return f"/post/{post['root_id'] or post['id']}#{post['id']}"
