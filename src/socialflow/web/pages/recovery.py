"""Pages that mails lead to, and the one that asks for such a mail.

Opening a link does nothing: mail scanners do that. The token stands in the address of the page alone, which tells
no other site where one came from and is kept by no cache; it is posted in the body.
"""

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem
from socialflow.web.context import InWeb, Web

router = APIRouter()
SERVER_ERROR = 500
PRIVATE = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class LinkPage:
    """What a link does, in words; `path` is the API's."""

    path: str
    heading: str
    sentence: str
    button: str
    done: str
    then: str
    # Where the last button leads, and what it says.
    href: str
    onward: str


VERIFY = LinkPage(
    "/auth/verify-email",
    "Confirm your address",
    "Confirm that this e-mail address is yours.",
    "Confirm",
    "That is your address",
    "Thank you. It is confirmed, and you can get back into your account by it.",
    "/",
    "Go on",
)
CONFIRM = LinkPage(
    "/auth/email-change/confirm",
    "Confirm your new address",
    "From then on your account uses this address.",
    "Confirm",
    "Your address has changed",
    "From now on we write to you here, and you log in by this address.",
    "/settings/account",
    "Go on",
)
UNDO = LinkPage(
    "/auth/email-change/undo",
    "Keep your address",
    "The change of address is taken back, and your account is logged out everywhere.",
    "Keep my address",
    "Your address is kept",
    "Everybody is logged out. Somebody may know your password: we have sent you a link to choose a new one.",
    "/login",
    "Log in",
)


def _link_page(web: Web, page: LinkPage, action: str, token: str, problem: ApiProblem | None = None) -> Response:
    return web.html(
        "link.html",
        status=problem.status if problem else 200,
        headers=PRIVATE,
        heading=page.heading,
        sentence=page.sentence,
        button=page.button,
        action=action,
        token=token,
        fault=problem.detail if problem else "",
    )


async def _use(web: Web, page: LinkPage, action: str) -> Response:
    token = (await web.form(by_link=True)).get("token", "")
    try:
        await web.send_as_nobody(page.path, {"token": token})
    except ApiProblem as problem:
        if problem.status >= SERVER_ERROR:
            raise
        return _link_page(web, page, action, token, problem)
    return web.html(
        "link.html",
        headers=PRIVATE,
        heading=page.done,
        sentence=page.then,
        button=page.onward,
        href=page.href,
        action="",
        fault="",
    )


@router.get("/verify")
async def verify_page(web: InWeb, token: str = "") -> Response:
    """Ask whether the address is theirs."""
    return _link_page(web, VERIFY, "/verify", token)


@router.post("/verify")
async def verify(web: InWeb) -> Response:
    """It is."""
    return await _use(web, VERIFY, "/verify")


@router.get("/email/confirm")
async def confirm_page(web: InWeb, token: str = "") -> Response:
    """Ask whether the account shall use this address."""
    return _link_page(web, CONFIRM, "/email/confirm", token)


@router.post("/email/confirm")
async def confirm(web: InWeb) -> Response:
    """It shall."""
    return await _use(web, CONFIRM, "/email/confirm")


@router.get("/email/undo")
async def undo_page(web: InWeb, token: str = "") -> Response:
    """Ask whether a change is to be taken back."""
    return _link_page(web, UNDO, "/email/undo", token)


@router.post("/email/undo")
async def undo(web: InWeb) -> Response:
    """It is."""
    return await _use(web, UNDO, "/email/undo")


@router.get("/forgot")
async def forgot_page(web: InWeb) -> Response:
    """Ask for the address."""
    return web.html("forgot.html", form={}, faults={}, fault="", sent=False)


@router.post("/forgot")
async def forgot(web: InWeb) -> Response:
    """Have the link sent, to whoever has the address, and say the same to everybody."""
    form = await web.form()
    try:
        await web.send_as_nobody("/auth/password-reset", {"email": form.get("email", "").strip()})
    except ApiProblem as problem:
        if problem.status >= SERVER_ERROR:
            raise
        faults = problem.by_field()
        return web.html(
            "forgot.html",
            status=problem.status,
            form=form,
            faults=faults,
            fault="" if faults else problem.detail,
            sent=False,
        )
    return web.html("forgot.html", form=form, faults={}, fault="", sent=True)


@router.get("/reset")
async def reset_page(web: InWeb, token: str = "") -> Response:
    """Ask for the new password."""
    if not token:
        return web.go("/forgot")
    return web.html("reset.html", headers=PRIVATE, token=token, faults={}, fault="", ended=False)


@router.post("/reset")
async def reset(web: InWeb) -> Response:
    """Set it; it is used at the log-in, where second factors are asked."""
    form = await web.form(by_link=True)
    token = form.get("token", "")
    try:
        await web.send_as_nobody("/auth/password-reset/confirm", {"token": token, "password": form.get("password", "")})
    except ApiProblem as problem:
        if problem.status >= SERVER_ERROR:
            raise
        faults = problem.by_field()
        return web.html(
            "reset.html",
            status=problem.status,
            headers=PRIVATE,
            token=token,
            faults=faults,
            fault="" if faults else problem.detail,
            ended=problem.code == "invalid_link",
        )
    return web.html(
        "link.html",
        headers=PRIVATE,
        heading="Your password is set",
        sentence="You are logged out everywhere. Log in with the new password.",
        button="Log in",
        href="/login",
        action="",
        fault="",
    )
