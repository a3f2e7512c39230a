"""The web app's cookie, and what a log-in is answered with."""

from http.cookies import SimpleCookie

from socialflow.domains.accounts.models import SessionKind
from socialflow.domains.accounts.schemas import AccountRead, CredentialsRead
from socialflow.domains.accounts.service.sessions import Credentials, Signing, csrf_token
from socialflow.kernel.config import Settings


def cookie_name(settings: Settings) -> str:
    """`__Host-` pins the cookie to this host where the site has TLS; plain HTTP is for development."""
    return "__Host-sf_session" if _has_tls(settings) else "sf_session"


def session_cookie(settings: Settings, secret: str) -> str:
    """`Set-Cookie` that hands the browser its session."""
    # As long as it could live at most: whether it lives is for us to know, and a cookie that is used goes on.
    return _cookie(settings, secret, settings.auth.session_ttl_s)


def no_cookie(settings: Settings) -> str:
    """`Set-Cookie` that takes it away."""
    return _cookie(settings, "", 0)


def kind_of(wanted: str | None) -> SessionKind:
    """The sort of session that an `X-Session` header asks for."""
    return SessionKind.COOKIE if wanted == "cookie" else SessionKind.TOKEN


def answer(given: Credentials, *, signing: Signing, settings: Settings) -> tuple[CredentialsRead, dict[str, str]]:
    """The body and headers that tell of a log-in."""
    is_cookie = given.access_token is None
    body = CredentialsRead(
        user=AccountRead.model_validate(given.account),
        token_type="Cookie" if is_cookie else "Bearer",
        access_token=given.access_token,
        refresh_token=None if is_cookie else given.secret,
        expires_in=given.expires_in,
        csrf_token=csrf_token(signing.keys, given.session_id) if is_cookie else None,
    )
    return body, {"Set-Cookie": session_cookie(settings, given.secret)} if is_cookie else {}


def _has_tls(settings: Settings) -> bool:
    return settings.public_url.startswith("https://")


def _cookie(settings: Settings, value: str, max_age: int) -> str:
    cookie: SimpleCookie = SimpleCookie()
    name = cookie_name(settings)
    cookie[name] = value
    attributes = {"path": "/", "max-age": max_age, "httponly": True, "samesite": "Lax", "secure": _has_tls(settings)}
    for attribute, said in attributes.items():
        cookie[name][attribute] = said
    return cookie[name].OutputString()
