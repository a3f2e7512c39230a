"""Sign up, log in, log out: the API makes the session and its cookie, the page hands it on."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, Web
from socialflow.web.pages import returning, second_step
from socialflow.web.pages.sign_ups import after_entering, sign_up_extras
from socialflow.web.security import safe_next

router = APIRouter()
# A log-in replaces whatever session the browser still sends.
COOKIE_SESSION = {"X-Session": "cookie", "Cookie": ""}
SERVER_ERROR = 500


def _page(web: Web, template: str, form: dict[str, str], problem: ApiProblem | None = None) -> Response:
    """The form, with what was typed (never the password) and what was wrong with it."""
    faults = problem.by_field() if problem else {}
    return web.html(
        template,
        status=problem.status if problem else 200,
        headers={"Retry-After": str(problem.retry_after)} if problem and problem.retry_after else {},
        form=form,
        faults=faults,
        # A fault beside a field says it already.
        fault=problem.detail if problem and not faults else "",
        next=safe_next(form.get("next")),
    )


async def _enter(web: Web, path: str, sent: Json, template: str, form: dict[str, str]) -> Response:
    try:
        given = await web.api.call("POST", path, json=sent, headers=COOKIE_SESSION)
    except ApiProblem as problem:
        if problem.status >= SERVER_ERROR:
            raise
        if problem.code == second_step.CODE:
            return second_step.page(web, form.get("next"), problem.more)
        if problem.code == returning.CODE:
            return returning.page(web, form.get("next"), problem.more)
        return _page(web, template, form, problem)
    if given.get("state") == "pending":
        return web.html("signup_waits.html", status=202, handle=given["handle"])
    return web.go(after_entering(web, safe_next(form.get("next"))))


@router.get("/login")
async def login_page(web: InWeb, next: str = "/") -> Response:  # noqa: A002  # the parameter is called so in the address
    """The log-in form; someone who is logged in goes on."""
    if web.viewer is not None:
        return web.go(safe_next(next))
    return _page(web, "login.html", {"next": next})


@router.post("/login")
async def login(web: InWeb) -> Response:
    """Log in."""
    form = await web.form()
    sent = {"login": form.get("login", "").strip(), "password": form.get("password", "")}
    return await _enter(web, "/auth/login", sent, "login.html", form)


@router.post("/login/passkey")
async def login_by_passkey(web: InWeb) -> Response:
    """Log in with what a device has answered."""
    form = await web.form()
    sent = {"state": form.get("state", ""), "credential": form.get("credential", "")}
    return await _enter(web, "/auth/passkey", sent, "login.html", form)


@router.post("/login/second")
async def login_by_second_factor(web: InWeb) -> Response:
    """Finish a log-in; where it took too long, begin it again."""
    form = await web.form()
    sent = {"challenge": form.get("challenge", ""), **second_step.given(form)}
    try:
        await web.api.call("POST", "/auth/second-factor", json=sent, headers=COOKIE_SESSION)
    except ApiProblem as problem:
        if problem.status >= SERVER_ERROR:
            raise
        if problem.code == "invalid_challenge":
            return _page(web, "login.html", {"next": form.get("next", "/")}, problem)
        if problem.code == returning.CODE:
            return returning.page(web, form.get("next"), problem.more)
        return second_step.again(web, form, problem)
    return web.go(after_entering(web, safe_next(form.get("next"))))


@router.get("/signup")
async def signup_page(web: InWeb, next: str = "/", invite: str = "") -> Response:  # noqa: A002  # the parameter is called so in the address
    """The sign-up form; someone who is logged in goes on."""
    if web.viewer is not None:
        return web.go(safe_next(next))
    return _page(web, "signup.html", {"next": next, "invite": invite})


@router.post("/signup")
async def signup(web: InWeb) -> Response:
    """Make an account with its channel, and log in."""
    form = await web.form()
    handle = form.get("handle", "").strip().removeprefix("@")
    sent = {
        "email": form.get("email", "").strip(),
        "password": form.get("password", ""),
        "handle": handle,
        "display_name": form.get("display_name", "").strip() or handle,
        **sign_up_extras(form),
    }
    return await _enter(web, "/auth/register", sent, "signup.html", form)


@router.post("/logout")
async def logout(web: InWeb) -> Response:
    """End this browser's session."""
    form = await web.form()
    if web.viewer is not None:
        await web.send("POST", "/auth/logout", form)
    return web.go("/")
