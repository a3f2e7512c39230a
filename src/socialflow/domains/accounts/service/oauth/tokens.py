"""The token endpoint: codes and refresh tokens become tokens, and tokens are asked about and taken back.

What an app holds is a session like any other, of the kind `app`: the same families, the same reuse
detection, the same end on a change of password. A refusal that must not undo what was done before it (a
code that comes twice ends the tokens it gave) is returned, for the caller to raise when that is committed.
"""

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import GrantRefused, InvalidToken, SessionEnded
from socialflow.domains.accounts.models import Account, AppCode, ClientApp, Session, SessionKind
from socialflow.domains.accounts.service import sessions
from socialflow.domains.accounts.service.oauth import access, grants
from socialflow.domains.accounts.service.sessions import REFRESH_PREFIX, Access, Credentials, Device, Signing
from socialflow.kernel import crypto, ids
from socialflow.kernel.crypto import to_text
from socialflow.kernel.errors import Forbidden
from socialflow.kernel.work import Work

SHORTEST_VERIFIER, LONGEST_VERIFIER = 43, 128


@dataclass(frozen=True, slots=True)
class Given:
    """Tokens for an app, and what they are good for."""

    credentials: Credentials
    scopes: frozenset[str]

    def body(self) -> dict[str, Any]:
        """The answer of RFC 6749, 5.1."""
        return {
            "access_token": self.credentials.access_token,
            "token_type": "Bearer",
            "expires_in": self.credentials.expires_in,
            "refresh_token": self.credentials.secret,
            "scope": access.joined(self.scopes),
        }


async def by_code(
    work: Work, app: ClientApp, form: Mapping[str, str], *, device: Device, signing: Signing
) -> Given | GrantRefused:
    """Tokens for an authorization code, once."""
    code = await queries.code_for_update(work.db, crypto.digest(form.get("code", "")))
    # First whether this is who the code was given to: nobody else can use it up, or end what came of it.
    if code is None or code.app_id != app.id or not _fits(code, form):
        raise GrantRefused("invalid_grant", "The code is not one of this app for this address and verifier.")
    if code.used_at is not None:
        if code.session_id is not None:
            await sessions.end(work, code.session_id, reason="code_reused")
        work.note("account:app:code_reused", code.account_id, app_id=ids.show("app", app.id))
        return GrantRefused("invalid_grant", "The code was used before; what it gave has been ended.")
    if code.expires_at <= work.now:
        raise GrantRefused("invalid_grant", "The code has run out.")

    given = await start(work, app, code.account_id, access.split(code.scopes), device=device, signing=signing)
    code.used_at = work.now
    code.session_id = given.credentials.session_id
    return given


async def by_refresh(work: Work, app: ClientApp, form: Mapping[str, str], *, signing: Signing) -> Given | GrantRefused:
    """A new pair for a refresh token; fewer scopes may be asked for, more may not."""
    token = form.get("refresh_token", "")
    session = await _session_of(work, token)
    if session is None or session.app_id != app.id or session.ends_at <= work.now:
        raise GrantRefused("invalid_grant", "The refresh token is not one of this app's, or not any more.")
    account = await queries.by_id(work.db, session.account_id)
    if account is None:
        raise GrantRefused("invalid_grant", "The account is gone.")
    scopes = _narrowed(app, account, access.split(session.scopes or ""), form.get("scope"))
    try:
        credentials = await sessions.refresh(work, token, signing=signing, access=Access(app.id, scopes))
    except (InvalidToken, SessionEnded, Forbidden) as problem:
        raise GrantRefused("invalid_grant", problem.detail) from None
    if credentials is None:
        return GrantRefused("invalid_grant", "This token was used before; what it belongs to has been ended.")
    return Given(credentials, scopes)


async def start(
    work: Work,
    app: ClientApp,
    account_id: uuid.UUID,
    scopes: frozenset[str],
    *,
    device: Device,
    signing: Signing,
) -> Given:
    """Begin an app's session for somebody who has let it in; raises GrantRefused when that holds no more."""
    account = await queries.by_id(work.db, account_id)
    if account is None or not await grants.holds(work, account_id, app.id, scopes):
        raise GrantRefused("invalid_grant", "The person has taken back what they had allowed.")
    if not _is_in_use(account):
        raise GrantRefused("invalid_grant", "This account cannot be used at present.")
    able = access.givable(app, account, scopes)
    if not able:
        raise GrantRefused("invalid_grant", "Nothing of what was allowed is the person's to give any more.")
    credentials = await sessions.start(
        work,
        account,
        kind=SessionKind.APP,
        device=device,
        signing=signing,
        methods=(),
        access=Access(app.id, able),
    )
    work.note("account:app:session_started", account.id, app_id=ids.show("app", app.id), scopes=sorted(able))
    return Given(credentials, able)


async def revoke(work: Work, app: ClientApp, token: str, *, signing: Signing) -> None:
    """End what a token of this app's belongs to; any other text is nothing to this app (RFC 7009, 2.2)."""
    session = await _session_by(work, token, signing)
    if session is not None and session.app_id == app.id and session.revoked_at is None:
        await sessions.end(work, session.id, reason="app_revoked")
        work.note("account:app:session_revoked", session.account_id, app_id=ids.show("app", app.id))


async def introspect(work: Work, app: ClientApp, token: str, *, signing: Signing, issuer: str) -> dict[str, Any]:
    """What is known of a token of this app's (RFC 7662); of any other, that it is good for nothing."""
    session = await _session_by(work, token, signing)
    if session is None or session.app_id != app.id or session.revoked_at is not None:
        return {"active": False}
    account = await queries.by_id(work.db, session.account_id)
    is_refresh = token.startswith(f"{REFRESH_PREFIX}_")
    if account is None or not _is_in_use(account):
        return {"active": False}
    if is_refresh:
        is_latest = hmac.compare_digest(crypto.digest(token), session.secret_digest)
        if not is_latest or min(session.expires_at, session.ends_at) <= work.now:
            return {"active": False}
        scopes, until = access.split(session.scopes or ""), min(session.expires_at, session.ends_at)
    else:
        claims = signing.tokens.read(token, work.now)
        scopes, until = claims.scopes, claims.expires_at
    return {
        "active": True,
        "scope": access.joined(scopes),
        "client_id": ids.show("app", app.id),
        "token_type": "refresh_token" if is_refresh else "Bearer",
        "exp": int(until.timestamp()),
        "sub": ids.show("acc", session.account_id),
        "iss": issuer,
    }


def _is_in_use(account: Account) -> bool:
    try:
        policy.may_log_in(account)
    except Forbidden:
        return False
    return True


def _fits(code: AppCode, form: Mapping[str, str]) -> bool:
    verifier = form.get("code_verifier", "")
    if not SHORTEST_VERIFIER <= len(verifier) <= LONGEST_VERIFIER or not verifier.isascii():
        return False
    made = to_text(hashlib.sha256(verifier.encode()).digest())
    return code.redirect_uri == form.get("redirect_uri") and hmac.compare_digest(made, code.challenge)


def _narrowed(app: ClientApp, account: Account, held: frozenset[str], wanted: str | None) -> frozenset[str]:
    """What the next access token carries: what was allowed, or the part of it that is wanted (RFC 6749, 6)."""
    asked = access.split(wanted) if wanted else held
    if not access.covers(held, asked):
        raise GrantRefused("invalid_scope", "A refresh cannot ask for more than was allowed.")
    able = access.givable(app, account, asked)
    if not able:
        raise GrantRefused("invalid_grant", "Nothing of what was allowed is the person's to give any more.")
    return able


async def _session_of(work: Work, token: str) -> Session | None:
    try:
        session_id = sessions.session_of(token, REFRESH_PREFIX)
    except InvalidToken:
        return None
    return await queries.session_for_update(work.db, session_id)


async def _session_by(work: Work, token: str, signing: Signing) -> Session | None:
    """The session behind a refresh token that it has given, or behind an access token that is good."""
    session = await _session_of(work, token)
    if session is not None:
        digest = crypto.digest(token)
        known = (session.secret_digest, session.previous_digest)
        return session if any(kept and hmac.compare_digest(digest, kept) for kept in known) else None
    try:
        claims = signing.tokens.read(token, work.now)
    except InvalidToken:
        return None
    return await queries.session_for_update(work.db, claims.session_id)
