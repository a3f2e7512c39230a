"""Which app speaks at the token endpoint: by a secret that it keeps, or by its name where it can keep none."""

import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.errors import ClientRefused, GrantRefused
from socialflow.domains.accounts.models import ClientApp
from socialflow.kernel import crypto, ids
from socialflow.kernel.work import Work

LONGEST_HEADER = 1_000


@dataclass(frozen=True, slots=True)
class Presented:
    """What an app shows of itself."""

    client_id: str
    secret: str | None


def presented(authorization: str | None, form: Mapping[str, str]) -> Presented:
    """What the header or the form shows (RFC 6749, 2.3.1); raises GrantRefused for both at once, or neither."""
    if authorization is None:
        if not form.get("client_id"):
            raise ClientRefused("client_id is missing.")
        return Presented(form["client_id"], form.get("client_secret"))
    if "client_secret" in form:
        raise GrantRefused("invalid_request", "The secret stands in the header or in the form, never in both.")
    shown = _basic(authorization)
    if form.get("client_id", shown.client_id) != shown.client_id:
        raise GrantRefused("invalid_request", "The header and the form name different apps.")
    return shown


async def authenticated(work: Work, shown: Presented) -> ClientApp:
    """The app that shows itself; raises ClientRefused unless it is known, in use, and what it says."""
    try:
        app_id = ids.parse("app", shown.client_id)
    except ids.MalformedId:
        raise ClientRefused from None
    app = await queries.client_app(work.db, app_id)
    if app is None or app.disabled_at is not None:
        raise ClientRefused
    if app.secret_digest is None:
        if shown.secret:
            raise ClientRefused("This app has no secret.")
        return app
    if not shown.secret or not hmac.compare_digest(crypto.digest(shown.secret), app.secret_digest):
        raise ClientRefused
    return app


def _basic(authorization: str) -> Presented:
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "basic" or len(text) > LONGEST_HEADER:
        raise ClientRefused
    try:
        name, colon, secret = b64decode(text.strip(), validate=True).decode().partition(":")
    except ValueError:
        raise ClientRefused from None
    if not colon:
        raise ClientRefused
    return Presented(unquote_plus(name), unquote_plus(secret) or None)
