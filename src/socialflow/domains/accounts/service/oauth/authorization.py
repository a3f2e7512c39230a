"""An app asks in a browser to be let in (OAuth 2.1, 4.1): its request is checked, somebody decides, a code is made.

Nobody is sent anywhere before the app and its address are known to be right. Every answer that goes back
says who gives it (`iss`, RFC 9207), so that an app that speaks with several servers cannot be confused.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.errors import AuthorizationUnusable
from socialflow.domains.accounts.models import Account, AppCode, ClientApp
from socialflow.domains.accounts.schemas import AuthorizationAsk, AuthorizationRead
from socialflow.domains.accounts.service import people
from socialflow.domains.accounts.service.oauth import access, apps, grants, redirects
from socialflow.kernel import crypto, ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import Work

CODE_PREFIX = "sfac"
LONGEST_STATE = 1_000
# base64url of SHA-256 without padding (RFC 7636, 4.2).
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is in order, and what the person may give of what it wants."""

    app: ClientApp
    redirect_uri: str
    state: str | None
    challenge: str
    scopes: frozenset[str]


class Refused(Exception):
    """The app is told in its own words what was wrong; `args` are the protocol's code and a sentence."""


async def look(work: Work, asking: AuthorizationAsk, settings: Settings) -> AuthorizationRead:
    """What an app asks the actor for; where that was allowed before, or cannot be, where the browser goes.

    Both an app and an address: the person is to say so before the browser goes to that address.
    """
    account = await people.me(work)
    app, redirect_uri = await _app_of(work, asking)
    try:
        asked = _asked(app, redirect_uri, asking, account)
    except Refused as refused:
        read = _nothing_to_ask(_refusal(redirect_uri, asking, refused, settings), settings)
        if app.verified_at is None:
            # Anybody may register an app: no link of ours leads to wherever it likes without a word (RFC 9700, 4.11).
            return read.model_copy(update={"app": await apps.card_of(work, app)})
        return read

    # Who cannot prove that it is the app it says it is, asks every time (RFC 6749, 10.2).
    is_sure = app.secret_digest is not None or (app.verified_at is not None and redirects.is_provable(redirect_uri))
    if is_sure and await grants.holds(work, account.id, app.id, asked.scopes):
        return _nothing_to_ask(await _code(work, account, asked, settings), settings)
    return AuthorizationRead(
        app=await apps.card_of(work, app),
        scopes=apps.in_words(asked.scopes),
        lifetime_s=settings.auth.session_ttl_s,
        redirect_to=None,
    )


async def decide(work: Work, asking: AuthorizationAsk, settings: Settings, *, allow: bool) -> str:
    """Let an app in, or not; gives the address that the browser goes to."""
    account = await people.me(work)
    app, redirect_uri = await _app_of(work, asking)
    try:
        asked = _asked(app, redirect_uri, asking, account)
        if not allow:
            raise Refused("access_denied", "The person has said no.")
    except Refused as refused:
        return _refusal(redirect_uri, asking, refused, settings)
    await grants.keep(work, account, app, asked.scopes)
    return await _code(work, account, asked, settings)


async def _app_of(work: Work, asking: AuthorizationAsk) -> tuple[ClientApp, str]:
    """The app that asks and the address to answer to, both of which must be right before anything else matters."""
    try:
        app_id = ids.parse("app", asking.client_id or "")
    except ids.MalformedId:
        raise AuthorizationUnusable("This link names no app that is known here.") from None
    app = await queries.client_app(work.db, app_id)
    if app is None:
        raise AuthorizationUnusable("This link names no app that is known here.")
    if app.disabled_at is not None:
        raise AuthorizationUnusable("This app was stopped by the staff.")
    if asking.redirect_uri is None or not redirects.is_registered(asking.redirect_uri, app.redirect_uris):
        raise AuthorizationUnusable("The app wants an answer at an address that it has not registered.")
    return app, asking.redirect_uri


def _asked(app: ClientApp, redirect_uri: str, asking: AuthorizationAsk, account: Account) -> Asked:
    if asking.response_type != "code":
        raise Refused("unsupported_response_type", "Only response_type=code is known.")
    if asking.state is not None and len(asking.state) > LONGEST_STATE:
        raise Refused("invalid_request", f"state is longer than {LONGEST_STATE} characters.")
    if asking.code_challenge is None or not _CHALLENGE.fullmatch(asking.code_challenge):
        raise Refused("invalid_request", "A code_challenge is needed (PKCE, RFC 7636).")
    if asking.code_challenge_method != "S256":
        # Absent means `plain`, by which whoever sees the request could use its code.
        raise Refused("invalid_request", "code_challenge_method must be S256.")
    try:
        wanted = access.askable(app, asking.scope)
    except access.ScopeRefused as refused:
        raise Refused("invalid_scope", str(refused)) from None
    scopes = access.givable(app, account, wanted)
    if not scopes:
        raise Refused("invalid_scope", "Nothing of this is the person's to give.")
    return Asked(app, redirect_uri, asking.state, asking.code_challenge, scopes)


async def _code(work: Work, account: Account, asked: Asked, settings: Settings) -> str:
    code = crypto.token(CODE_PREFIX)
    work.db.add(
        AppCode(
            id=ids.new(),
            digest=crypto.digest(code),
            app_id=asked.app.id,
            account_id=account.id,
            redirect_uri=asked.redirect_uri,
            challenge=asked.challenge,
            scopes=access.joined(asked.scopes),
            created_at=work.now,
            expires_at=work.now + timedelta(seconds=settings.oauth.code_ttl_s),
        )
    )
    await work.db.flush()
    return redirects.with_answer(asked.redirect_uri, code=code, state=asked.state, iss=settings.public_url)


def _refusal(redirect_uri: str, asking: AuthorizationAsk, refused: Refused, settings: Settings) -> str:
    error, description = refused.args
    state = asking.state if asking.state is None or len(asking.state) <= LONGEST_STATE else None
    return redirects.with_answer(
        redirect_uri, error=error, error_description=description, state=state, iss=settings.public_url
    )


def _nothing_to_ask(redirect_to: str, settings: Settings) -> AuthorizationRead:
    return AuthorizationRead(app=None, scopes=[], lifetime_s=settings.auth.session_ttl_s, redirect_to=redirect_to)
