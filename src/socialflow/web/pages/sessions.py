"""Settings: where one is logged in, and logging out there."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.context import InWeb, ItemId

router = APIRouter()
PAGE_SIZE = 50
# What is told after something was done; nothing that an address says is shown as it stands.
SAID = {"one": "That session has ended.", "others": "All other sessions have ended."}
WAYS = {
    "pwd": "password",
    "otp": "code",
    "hwk": "passkey",
    "swk": "passkey",
    "fed": "another provider",
    "kba": "recovery code",
}


@router.get("/settings/sessions")
async def sessions(web: InWeb, cursor: str | None = None, ended: str = "") -> Response:
    """The log-ins, the one that asks first."""
    web.known()
    body = await web.api.get("/me/sessions", limit=PAGE_SIZE, cursor=cursor)
    return web.html(
        "sessions.html",
        entries=sorted(body["items"], key=lambda item: not item["current"]),
        next_cursor=body["next_cursor"],
        said=SAID.get(ended, ""),
        ways=WAYS,
    )


@router.post("/settings/sessions/end-others")
async def end_others(web: InWeb) -> Response:
    """Log out everywhere else."""
    form = await web.form()
    web.known()
    await web.send("DELETE", "/me/sessions", form)
    return web.go("/settings/sessions?ended=others")


@router.post("/settings/sessions/{session_id}/end")
async def end(web: InWeb, session_id: ItemId) -> Response:
    """Log out in one place."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/me/sessions/{session_id}", form)
    return web.go("/settings/sessions?ended=one")
