"""Step-up: show once more who you are, before something dangerous."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem
from socialflow.web.context import InWeb, Provider, Web
from socialflow.web.pages import second_step
from socialflow.web.security import safe_next

router = APIRouter()
SERVER_ERROR, MOST = 500, 50


async def _page(web: Web, target: str, *, lost: bool, problem: ApiProblem | None = None) -> Response:
    web.known()
    found = await web.api.get("/auth/step-up")
    providers = [] if found["methods"] else await _connected(web)
    return web.html(
        "confirm.html",
        status=problem.status if problem else 200,
        headers={"Retry-After": str(problem.retry_after)} if problem and problem.retry_after else {},
        methods=found["methods"],
        providers=providers,
        minutes=max(1, web.site.settings.auth.step_up_s // 60),
        next=safe_next(target),
        lost=lost,
        fault=second_step.sentence(problem),
    )


async def _connected(web: Web) -> list[Provider]:
    """By whom somebody without a password can show who they are: whoever they have connected."""
    body = await web.api.get("/me/connections", limit=MOST)
    keys = {each["provider"] for each in body["items"] if each["usable"]}
    return [each for each in web.site.providers if each.key in keys]


@router.get("/confirm")
async def confirm_page(web: InWeb, next: str = "/", lost: str = "") -> Response:  # noqa: A002  # the parameter is called so in the address
    """Ask for a password, a code or a passkey."""
    return await _page(web, next, lost=bool(lost))


@router.post("/confirm")
async def confirm(web: InWeb) -> Response:
    """Take it, and go back to where it was needed."""
    form = await web.form()
    web.known()
    try:
        await web.send("POST", "/auth/step-up", form, second_step.given(form))
    except ApiProblem as problem:
        if problem.status >= SERVER_ERROR or problem.code in {"session_ended", "invalid_token", "unauthorized"}:
            raise
        return await _page(web, form.get("next", "/"), lost=bool(form.get("lost")), problem=problem)
    return web.go(safe_next(form.get("next")))
