"""Settings: whom one has blocked, and what one has muted."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem
from socialflow.web.context import InWeb, ItemId, Web, together

router = APIRouter()
PAGE_SIZE = 50
SAID = {
    "unblocked": "They can see you again, and you them.",
    "unmuted": "You see it again.",
    "muted": "You will not see it any more.",
    "blocked": "Neither of you sees the other any more.",
}
REFUSED = {409, 422}


async def _page(
    web: Web,
    *,
    blocks: str | None = None,
    mutes: str | None = None,
    done: str = "",
    term: str = "",
    fault: str = "",
    status: int = 200,
) -> Response:
    """Both lists, each from the place that its cursor says."""
    web.known()
    blocked, muted = await together(
        web.api.get("/me/blocks", limit=PAGE_SIZE, cursor=blocks),
        web.api.get("/me/mutes", limit=PAGE_SIZE, cursor=mutes),
    )
    return web.html(
        "aside.html",
        status=status,
        blocked=blocked["items"],
        muted=muted["items"],
        more_blocked=blocked["next_cursor"],
        more_muted=muted["next_cursor"],
        said=SAID.get(done, ""),
        term=term,
        fault=fault,
    )


@router.get("/settings/blocks")
async def aside(web: InWeb, blocks: str | None = None, mutes: str | None = None, done: str = "") -> Response:
    """Both lists, and the form for words."""
    return await _page(web, blocks=blocks, mutes=mutes, done=done)


@router.post("/settings/blocks/terms")
async def mute_term(web: InWeb) -> Response:
    """Mute a word or a hashtag."""
    form = await web.form()
    web.known()
    term = form.get("term", "").strip()
    kind = "hashtag" if term.startswith("#") else "word"
    try:
        await web.send("POST", "/me/mutes", form, {"kind": kind, "term": term})
    except ApiProblem as problem:
        if problem.status not in REFUSED:
            raise
        fault = problem.by_field().get("term", problem.detail)
        return await _page(web, term=term, fault=fault, status=problem.status)
    return web.go("/settings/blocks?done=muted")


@router.post("/settings/blocks/mutes/{mute_id}/delete")
async def unmute(web: InWeb, mute_id: ItemId) -> Response:
    """Take a mute back."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/me/mutes/{mute_id}", form)
    return web.go("/settings/blocks?done=unmuted")


@router.post("/settings/blocks/{channel_id}/unblock")
async def unblock(web: InWeb, channel_id: ItemId) -> Response:
    """Take a block back."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/blocks/{channel_id}", form)
    return web.go("/settings/blocks?done=unblocked")


@router.post("/blocks/{channel_id}")
async def block(web: InWeb, channel_id: ItemId) -> Response:
    """Block a channel's owner, from their page."""
    form = await web.form()
    web.known()
    await web.send("PUT", f"/blocks/{channel_id}", form)
    return web.go("/settings/blocks?done=blocked")


@router.post("/mutes/{subject_id}")
async def mute(web: InWeb, subject_id: ItemId) -> Response:
    """Mute a channel's owner, or a thread of posts, from its page."""
    form = await web.form()
    web.known()
    await web.send("PUT", f"/mutes/{subject_id}", form)
    return web.go("/settings/blocks?done=muted")
