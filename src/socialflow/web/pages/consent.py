"""Where somebody lets an app in: the page an app sends them to, and the page for the code of a device."""

import re
from collections import Counter
from urllib.parse import quote, urlsplit

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import SEE_OTHER, InWeb, Web
from socialflow.web.security import policy

router = APIRouter()

# What of an app's request means something (RFC 6749, 4.1.1; RFC 7636, 4.3); other parameters are not looked at.
PARAMETERS = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
BAD_REQUEST, NOT_FOUND, UNPROCESSABLE, TOO_MANY = 400, 404, 422, 429
# As a source of a policy: a host with its port, or a scheme alone, which is all that an app's own has.
_SOURCE = re.compile(r"(https?://[a-z0-9.-]+(?::\d+)?)(?:[/?].*)?|(http):.*|([a-z][a-z0-9+.-]*):.*")


@router.get("/oauth/authorize")
async def authorize(web: InWeb) -> Response:
    """What an app asks for, and the question; a browser that is not logged in does that first."""
    web.known()
    asked = _asked(web)
    body = await web.api.call("GET", "/oauth/authorization", params=asked)
    if body["redirect_to"]:
        if body["app"]:
            return _ask_to_leave(web, str(body["redirect_to"]), str(body["app"]["name"]))
        return _leave(web, str(body["redirect_to"]))
    # Browsers hold the answer to a form against the page's policy, too, wherever it leads.
    headers = {
        "Content-Security-Policy": policy(form_action=f"'self' {_source(asked['redirect_uri'])}"),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
    }
    return web.html("oauth_authorize.html", headers=headers, asked=asked, **body)


@router.post("/oauth/authorize")
async def decide(web: InWeb) -> Response:
    """Tell the API what was decided, and send the browser where it says."""
    form = await web.form()
    web.known()
    sent: Json = {name: form[name] for name in PARAMETERS if name in form}
    body = await web.send("POST", "/oauth/grants", form, {**sent, "allow": form.get("decision") == "allow"})
    return _go_out(web, str(body["redirect_to"]))


@router.get("/device")
async def device(web: InWeb, user_code: str = "", done: str = "") -> Response:
    """The form for a device's code; with one, what the device asks for."""
    web.known()
    if not user_code:
        return _device_form(web, done=done)
    try:
        asked = await web.api.get("/oauth/device-requests", user_code=user_code)
    except ApiProblem as problem:
        return _device_problem(web, user_code, problem)
    return web.html("oauth_device.html", headers={"Cache-Control": "no-store"}, asked=asked)


@router.post("/device")
async def decide_device(web: InWeb) -> Response:
    """Let the device in, or not."""
    form = await web.form()
    web.known()
    allow = form.get("decision") == "allow"
    sent = {"user_code": form.get("user_code", ""), "allow": allow}
    try:
        await web.send("POST", "/oauth/device-requests", form, sent)
    except ApiProblem as problem:
        return _device_problem(web, form.get("user_code", ""), problem)
    return web.go("/device?done=" + ("allowed" if allow else "denied"))


def _asked(web: Web) -> dict[str, str]:
    found = Counter(name for name, _ in web.request.query_params.multi_items() if name in PARAMETERS)
    if any(count > 1 for count in found.values()):
        # Which of the two is meant would be anybody's guess (RFC 6749, 3.1).
        raise ApiProblem(BAD_REQUEST, {"code": "bad_request", "detail": "The app's link names something twice."})
    return {name: web.request.query_params[name] for name in found}


def _leave(web: Web, target: str) -> Response:
    """Send the browser out; where a form of ours led here, by a page, since no form may lead out."""
    if web.request.headers.get("sec-fetch-site") != "same-origin":
        return _go_out(web, target)
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.html("oauth_leave.html", headers=headers, target=target, app="", host="")


def _ask_to_leave(web: Web, target: str, name: str) -> Response:
    """Name where an app that nobody has looked at wants the browser, and go nowhere by itself."""
    parts = urlsplit(target)
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    host = parts.netloc or f"{parts.scheme}:"
    return web.html("oauth_leave.html", headers=headers, target=target, app=name, host=host)


def _go_out(web: Web, target: str) -> Response:
    # The address holds a code: no page after this one learns it from us.
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    response = RedirectResponse("/", SEE_OTHER, headers)
    # As the API says it: the letters of an address that is compared letter by letter are not ours to change.
    response.headers["location"] = quote(target, safe=":/?#[]@!$&'()*+,;=%~")
    return web.finish(response)


def _source(redirect_uri: str) -> str:
    found = _SOURCE.fullmatch(redirect_uri)
    if found is None:
        return ""
    host, plain, scheme = found.groups()
    return host or f"{plain or scheme}:"


def _device_form(web: Web, *, done: str = "", user_code: str = "", fault: str = "", status: int = 200) -> Response:
    return web.html("oauth_device_code.html", status=status, done=done, user_code=user_code, fault=fault)


def _device_problem(web: Web, user_code: str, problem: ApiProblem) -> Response:
    if problem.status in {NOT_FOUND, UNPROCESSABLE, TOO_MANY}:
        fault = "That is no code of a device." if problem.status == UNPROCESSABLE else problem.detail
        return _device_form(web, user_code=user_code[:40], fault=fault, status=problem.status)
    raise problem
