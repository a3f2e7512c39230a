"""Back into an account that is being left: after a log-in, one more button."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, Web
from socialflow.web.pages.sign_ups import after_entering
from socialflow.web.security import safe_next

router = APIRouter()
CODE = "account_leaving"
COOKIE_SESSION = {"X-Session": "cookie", "Cookie": ""}
SERVER_ERROR = 500


def page(web: Web, target: str | None, more: Json) -> Response:
    """Ask whether to come back; `more` are the members of the problem `account_leaving`."""
    headers = {"Cache-Control": "no-store"}
    return web.html(
        "returning.html",
        status=403,
        headers=headers,
        token=str(more.get("restore_token", "")),
        erase_after=str(more.get("erase_after", "")),
        next=safe_next(target),
    )


@router.post("/login/restore")
async def restore(web: InWeb) -> Response:
    """Come back; where that took too long, one logs in again."""
    form = await web.form()
    sent = {"restore_token": form.get("restore_token", "")}
    try:
        await web.api.call("POST", "/auth/restore", json=sent, headers=COOKIE_SESSION)
    except ApiProblem as problem:
        if problem.status >= SERVER_ERROR:
            raise
        return web.go("/login")
    return web.go(after_entering(web, safe_next(form.get("next"))))
