"""Logging in by another provider: there, back, and for newcomers the choice of a handle.

What must be kept while the browser is away lies in its own cookie, which scripts cannot read and other sites cannot
set: an answer that comes to another browser is nobody's.
"""

from dataclasses import asdict, dataclass
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

import orjson
from fastapi import APIRouter, Path
from starlette.responses import Response

from socialflow.kernel import crypto
from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import LARGEST_FORM_BYTES, MOST_FIELDS, FormTooLarge, InWeb, Web
from socialflow.web.pages import returning, second_step
from socialflow.web.pages.account import COOKIE_SESSION, SERVER_ERROR
from socialflow.web.pages.sign_ups import after_entering, sign_up_extras
from socialflow.web.security import safe_next

router = APIRouter()
AWAY, NEWCOMER = "sf_provider", "sf_newcomer"
LOG_IN, LINK = "log_in", "link"
CONNECTIONS = "/settings/connections"
LONGEST_NAME, LONGEST_INVITE, LARGEST_COOKIE = 60, 100, 3_800
# What of an answer goes on to the API.
ANSWER = ("state", "code", "error", "iss")

Key = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,29}$")]


@dataclass(frozen=True, slots=True)
class Away:
    """What is kept while the browser is at the provider."""

    purpose: str
    key: str
    transaction: str
    next: str
    invite: str = ""


@router.post("/login/with/{key}")
async def start(web: InWeb, key: Key) -> Response:
    """Send the browser to a provider in order to log in."""
    form = await web.form()
    begun = await web.api.call("POST", f"/auth/providers/{key}/start", json={}, headers=COOKIE_SESSION)
    kept_until_back = Away(
        LOG_IN, key, str(begun["transaction"]), safe_next(form.get("next")), form.get("invite", "")[:LONGEST_INVITE]
    )
    return leave(web, begun, kept_until_back)


def leave(web: Web, begun: Json, away: Away) -> Response:
    """A page that goes on to the provider by itself: the policy lets no form of ours lead there."""
    name = next((each.name for each in web.site.providers if each.key == away.key), away.key)
    response = web.html("provider_away.html", url=begun["authorization_url"], name=name)
    keep(web, response, AWAY, asdict(away), int(begun["expires_in"]))
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post("/auth/providers/{key}/callback")
async def returned_by_form(web: InWeb, key: Key) -> Response:
    """Take the answer of a provider that posts it, and begin anew with it: of another site's post we get no cookie."""
    body = bytearray()
    async for chunk in web.request.stream():
        body += chunk
        if len(body) > LARGEST_FORM_BYTES:
            raise FormTooLarge
    form = dict(parse_qsl(body.decode("utf-8", errors="replace"), max_num_fields=MOST_FIELDS))
    answer = {name: form[name] for name in ANSWER if name in form}
    if name := _name_in(form.get("user", "")):
        answer["name"] = name
    return web.go(f"/auth/providers/{key}/callback?{urlencode(answer)}")


@router.get("/auth/providers/{key}/callback")
async def returned(web: InWeb, key: Key) -> Response:
    """Go on with the answer of a provider."""
    away = _away(web, key)
    query = web.request.query_params
    answer = {name: query[name] for name in (*ANSWER, "name") if name in query}
    sent: Json = {"state": "", **answer, "transaction": away.transaction}
    try:
        if away.purpose == LINK:
            response = await _linked(web, key, sent)
        else:
            response = await _logged_in(web, key, sent, away)
    except ApiProblem as problem:
        if problem.status >= SERVER_ERROR and problem.code != "provider_unavailable":
            raise
        response = _asked(web, away, problem) or _failed(web, away, problem)
    drop(web, response, AWAY)
    return response


def _asked(web: Web, away: Away, problem: ApiProblem) -> Response | None:
    """One more step of a log-in, where that is what the API has asked for."""
    if problem.code == second_step.CODE:
        return second_step.page(web, away.next, problem.more)
    return returning.page(web, away.next, problem.more) if problem.code == returning.CODE else None


def _failed(web: Web, away: Away, problem: ApiProblem) -> Response:
    back = CONNECTIONS if away.purpose == LINK or problem.code == "account_needs_link" else away.next
    return web.html("provider_failed.html", status=problem.status, sentence=problem.detail, next=back)


async def _logged_in(web: Web, key: str, sent: Json, away: Away) -> Response:
    ended = await web.api.call("POST", f"/auth/providers/{key}/callback", json=sent, headers=COOKIE_SESSION)
    if ended["kind"] == "session":
        return web.go(after_entering(web, away.next))
    unfinished = {**ended["sign_up"], "next": away.next, "invite": away.invite}
    response = web.go("/signup/finish")
    keep(web, response, NEWCOMER, unfinished, int(unfinished["expires_in"]))
    return response


async def _linked(web: Web, key: str, sent: Json) -> Response:
    viewer = web.known()
    # The state vouches for this request; that it comes from another site is what it is for.
    ours = {
        "X-CSRF-Token": viewer.csrf_token,
        "Sec-Fetch-Site": "same-origin",
        "Origin": str(web.request.base_url).rstrip("/"),
    }
    await web.api.call("POST", f"/me/connections/{key}/callback", json=sent, headers=ours)
    return web.go(f"{CONNECTIONS}?added={key}")


@router.get("/signup/finish")
async def finish_page(web: InWeb) -> Response:
    """The rest of a newcomer's sign-up."""
    newcomer = kept(web, NEWCOMER)
    if newcomer is None or web.viewer is not None:
        return web.go("/signup" if web.viewer is None else "/")
    known = {name: str(newcomer.get(name) or "") for name in ("display_name", "invite")}
    return _finish(web, newcomer, known, None)


@router.post("/signup/finish")
async def finish(web: InWeb) -> Response:
    """Make the account of a newcomer, and log in."""
    form = await web.form()
    newcomer = kept(web, NEWCOMER)
    if newcomer is None:
        return web.go("/signup")
    handle = form.get("handle", "").strip().removeprefix("@")
    sent: Json = {
        "ticket": newcomer["ticket"],
        "handle": handle,
        "display_name": form.get("display_name", "").strip() or handle,
        **sign_up_extras(form),
    }
    if email := form.get("email", "").strip():
        sent["email"] = email
    try:
        given = await web.api.call("POST", "/auth/providers/finish", json=sent, headers=COOKIE_SESSION)
    except ApiProblem as problem:
        if problem.status >= SERVER_ERROR:
            raise
        return _finish(web, newcomer, form, problem)
    if given.get("state") == "pending":
        response = web.html("signup_waits.html", status=202, handle=given["handle"])
    else:
        # The terms were accepted with the form.
        response = web.go(safe_next(str(newcomer.get("next") or "/")))
    drop(web, response, NEWCOMER)
    return response


def _finish(web: Web, newcomer: Json, form: dict[str, str], problem: ApiProblem | None) -> Response:
    faults = problem.by_field() if problem else {}
    name = next((each.name for each in web.site.providers if each.key == newcomer["provider"]), "")
    return web.html(
        "signup_finish.html",
        status=problem.status if problem else 200,
        newcomer=newcomer,
        provider=name,
        form=form,
        faults=faults,
        fault=problem.detail if problem and not faults else "",
    )


def _away(web: Web, key: str) -> Away:
    found = kept(web, AWAY)
    if found is None or found.get("key") != key or found.get("purpose") not in {LOG_IN, LINK}:
        # Nothing was begun in this browser; the API says so in its own words.
        return Away(LOG_IN, key, "-", "/")
    invite = str(found.get("invite") or "")
    return Away(str(found["purpose"]), key, str(found["transaction"]), safe_next(str(found["next"])), invite)


def _name_in(user: str) -> str:
    """Of what Apple's form says about the user, the name."""
    try:
        said = orjson.loads(user)["name"]
        name = f"{said.get('firstName') or ''} {said.get('lastName') or ''}"
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return ""
    return " ".join(name.split())[:LONGEST_NAME]


def _cookie(web: Web, name: str) -> str:
    return f"__Host-{name}" if _has_tls(web) else name


def _has_tls(web: Web) -> bool:
    return web.site.settings.public_url.startswith("https://")


def keep(web: Web, response: Response, name: str, value: Json, seconds: int) -> None:
    """Give the browser something to keep that no script of a page may read."""
    text = crypto.to_text(orjson.dumps(value))
    if len(text) > LARGEST_COOKIE:
        # Where one wanted to go is all that somebody could make so long.
        text = crypto.to_text(orjson.dumps({**value, "next": "/"}))
    response.set_cookie(
        _cookie(web, name), text, max_age=seconds, path="/", httponly=True, samesite="lax", secure=_has_tls(web)
    )


def kept(web: Web, name: str) -> Json | None:
    """What the browser kept; nothing of it is believed before the API has opened what is sealed in it."""
    try:
        found = orjson.loads(crypto.from_text(web.request.cookies.get(_cookie(web, name), "")))
    except (ValueError, orjson.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None


def drop(web: Web, response: Response, name: str) -> None:
    """Have the browser forget it."""
    response.delete_cookie(_cookie(web, name), path="/", httponly=True, samesite="lax", secure=_has_tls(web))
