"""Sessions: how a log-in lives on. Refresh tokens rotate; a stolen one ends the whole family (RFC 9700, 4.14).

A refresh token carries a MAC besides its random part: an old one is recognised as ours without a list of all
that were ever given out, and a guessed one ends nothing.
"""

import hmac
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import ColumnElement, delete, or_, update

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import InvalidToken, SessionEnded, StepUpRequired
from socialflow.domains.accounts.events import SessionRevoked
from socialflow.domains.accounts.models import Account, Session, SessionKind
from socialflow.domains.accounts.service import assurance
from socialflow.domains.accounts.service.keys import AccessTokens, Claims
from socialflow.domains.accounts.service.roles import freshen, scopes_of
from socialflow.kernel import crypto, ids
from socialflow.kernel.config import AuthSettings
from socialflow.kernel.crypto import BadSignature, Keys
from socialflow.kernel.work import Work

REFRESH_PREFIX = "sfr"
COOKIE_PREFIX = "sfw"
LONGEST_AGENT = 200
SECRET_BYTES = 32
OURS = "refresh token"
# Ended sessions are kept for the owner's eyes, and so that a device that comes back is not taken for a new one.
KEEP_ENDED = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Device:
    """Where a log-in comes from."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Access:
    """What an app of somebody else's is let in for."""

    app_id: uuid.UUID
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a log-in gives."""

    account: Account
    session_id: uuid.UUID
    access_token: str | None
    secret: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class Signing:
    """What is needed in order to issue credentials."""

    tokens: AccessTokens
    keys: Keys
    settings: AuthSettings


def csrf_token(keys: Keys, session_id: uuid.UUID) -> str:
    """The token that pages of a cookie session send along with every change."""
    return crypto.to_text(keys.sign("csrf", session_id.bytes))


def check_csrf(keys: Keys, session_id: uuid.UUID, token: str) -> None:
    """Raise ValueError unless this is the session's token; one from before the secret was replaced is good, too."""
    keys.verify("csrf", session_id.bytes, crypto.from_text(token))


async def start(
    work: Work,
    account: Account,
    *,
    kind: SessionKind,
    device: Device,
    signing: Signing,
    methods: Iterable[str],
    access: Access | None = None,
) -> Credentials:
    """Begin a session for an account; only `entry.enter` and `oauth` decide whether there may be one."""
    session_id = ids.new()
    secret = _secret(signing.keys, COOKIE_PREFIX if kind is SessionKind.COOKIE else REFRESH_PREFIX, session_id)
    ends_at = work.now + timedelta(seconds=signing.settings.session_ttl_s)
    session = Session(
        id=session_id,
        account_id=account.id,
        kind=kind,
        secret_digest=crypto.digest(secret),
        created_at=work.now,
        last_used_at=work.now,
        expires_at=idle_until(work.now, ends_at, signing.settings),
        ends_at=ends_at,
        authenticated_at=work.now,
        methods=" ".join(sorted(methods)),
        address=device.address,
        user_agent=device.user_agent[:LONGEST_AGENT],
        app_id=access.app_id if access else None,
        scopes=" ".join(sorted(access.scopes)) if access else None,
    )
    await _make_room(work, account.id, kind, signing.settings.most_sessions)
    work.db.add(session)
    return _credentials(work.now, account, session, secret, signing, access)


async def refresh(work: Work, token: str, *, signing: Signing, access: Access | None = None) -> Credentials | None:
    """Exchange a refresh token for a new pair; `access` tells which app asks, and for what.

    The same token again within the grace gives the same pair. Later it means that two parties
    hold it: the family is ended and None returned, so that the ending is committed before the
    caller is told. A secret that was never given out ends nothing: anybody can make one up.
    """
    session = await queries.session_for_update(work.db, session_of(token, REFRESH_PREFIX))
    if session is None or session.kind != (SessionKind.APP if access else SessionKind.TOKEN):
        raise InvalidToken
    if access is not None and session.app_id != access.app_id:
        raise InvalidToken
    if session.revoked_at is not None or min(session.expires_at, session.ends_at) <= work.now:
        raise SessionEnded
    account = await queries.by_id(work.db, session.account_id)
    if account is None:
        raise InvalidToken
    policy.may_log_in(account)
    await freshen(work)

    digest = crypto.digest(token)
    if hmac.compare_digest(digest, session.secret_digest):
        return _rotate(work, session, account, token, signing, access)
    is_previous = session.previous_digest is not None and hmac.compare_digest(digest, session.previous_digest)
    again = _again(work, session, account, token, signing) if is_previous else None
    if again is not None:
        return again
    if not is_previous and not _is_ours(signing.keys, session.id, token):
        raise InvalidToken
    _end(work, session, "refresh_token_reused")
    work.note("account:session:reused", session.account_id, session=ids.show("ses", session.id))
    return None


async def demand_recent(work: Work, *, within: timedelta) -> None:
    """Raise StepUpRequired unless the person behind this session has just shown who they are."""
    session = await work.db.get(Session, work.actor.session_id) if work.actor.session_id else None
    if session is None or session.kind == SessionKind.APP or work.now - session.authenticated_at > within:
        raise StepUpRequired
    await assurance.demand_factor_of_session(work, session)


async def end(work: Work, session_id: uuid.UUID, *, reason: str = "logged_out") -> None:
    """End one session; ending an ended one changes nothing."""
    session = await queries.session_for_update(work.db, session_id)
    if session is not None and session.revoked_at is None:
        _end(work, session, reason)


async def end_all(work: Work, account_id: uuid.UUID, *, reason: str) -> None:
    """End every session of an account."""
    await end_where(work, account_id, reason=reason)


async def end_where(work: Work, account_id: uuid.UUID, *which: ColumnElement[bool], reason: str) -> list[uuid.UUID]:
    """End those sessions of an account for which the conditions hold; gives their ids."""
    ended = await work.db.execute(
        update(Session)
        .where(Session.account_id == account_id, Session.revoked_at.is_(None), *which)
        .values(revoked_at=work.now, revoked_reason=reason, successor=None)
        .returning(Session.id)
    )
    found = [session_id for (session_id,) in ended]
    for session_id in found:
        work.emit(SessionRevoked(account_id=account_id, session_id=session_id, reason=reason))
    return found


async def forget_expired(work: Work) -> None:
    """Delete sessions that ended or ran out long ago."""
    old = work.now - KEEP_ENDED
    await work.db.execute(delete(Session).where(or_(Session.expires_at < old, Session.revoked_at < old)))


def session_of(token: str, prefix: str) -> uuid.UUID:
    """The session that a secret names; raises InvalidToken for text of another form."""
    kind, _, rest = token.partition("_")
    session, _, secret = rest.partition(".")
    if kind != prefix or not secret or not token.isascii():
        raise InvalidToken
    try:
        return ids.parse("ses", f"ses_{session}")
    except ids.MalformedId:
        raise InvalidToken from None


def idle_until(now: datetime, ends_at: datetime, settings: AuthSettings) -> datetime:
    """When a session that is used now ends unless it is used again; never after its own end."""
    return min(now + timedelta(seconds=settings.refresh_ttl_s), ends_at)


def _secret(keys: Keys, prefix: str, session_id: uuid.UUID) -> str:
    random = os.urandom(SECRET_BYTES)
    marked = random + keys.sign(OURS, session_id.bytes + random)
    return f"{prefix}_{ids.show('ses', session_id).removeprefix('ses_')}.{crypto.to_text(marked)}"


def _is_ours(keys: Keys, session_id: uuid.UUID, token: str) -> bool:
    """Whether we have given out this secret for this session, at whatever time."""
    try:
        marked = crypto.from_text(token.partition(".")[2])
        keys.verify(OURS, session_id.bytes + marked[:SECRET_BYTES], marked[SECRET_BYTES:])
    except ValueError:
        return False
    return True


async def _make_room(work: Work, account_id: uuid.UUID, kind: SessionKind, most: int) -> None:
    """End the least recently used sessions of an account, so that one more is not one too many."""
    apps = kind is SessionKind.APP
    surplus = await queries.least_used(work.db, account_id, apps=apps, keep=most - 1, now=work.now)
    if surplus:
        await end_where(work, account_id, Session.id.in_(surplus), reason="too_many_sessions")


def _rotate(
    work: Work, session: Session, account: Account, token: str, signing: Signing, access: Access | None
) -> Credentials:
    secret = _secret(signing.keys, REFRESH_PREFIX, session.id)
    session.expires_at = idle_until(work.now, session.ends_at, signing.settings)
    fresh = _credentials(work.now, account, session, secret, signing, access)
    session.previous_digest = session.secret_digest
    session.secret_digest = crypto.digest(secret)
    session.successor = signing.keys.seal(f"refresh:{token}", orjson.dumps([fresh.access_token, secret]))
    session.rotated_at = session.last_used_at = work.now
    return fresh


def _again(work: Work, session: Session, account: Account, token: str, signing: Signing) -> Credentials | None:
    grace = timedelta(seconds=signing.settings.refresh_grace_s)
    if session.rotated_at is None or session.successor is None or work.now - session.rotated_at > grace:
        return None
    try:
        bearer, secret = orjson.loads(signing.keys.unseal(f"refresh:{token}", session.successor))
    except BadSignature:
        return None
    # As it was said the first time: the pair is the same in every respect.
    left = min(signing.tokens.ttl, session.expires_at - session.rotated_at)
    return Credentials(account, session.id, bearer, secret, int(left.total_seconds()))


def _end(work: Work, session: Session, reason: str) -> None:
    session.revoked_at = work.now
    session.revoked_reason = reason
    session.successor = None
    work.emit(SessionRevoked(account_id=session.account_id, session_id=session.id, reason=reason))


def _credentials(
    now: datetime, account: Account, session: Session, secret: str, signing: Signing, access: Access | None
) -> Credentials:
    if session.kind == SessionKind.COOKIE:
        left = int((session.expires_at - now).total_seconds())
        return Credentials(account, session.id, None, secret, left)
    expires_at = min(now + signing.tokens.ttl, session.expires_at)
    role = assurance.effective_role(account.role, session.methods, signing.settings)
    scopes = access.scopes if access else scopes_of(role)
    claims = Claims(account.id, session.id, role, scopes, expires_at, access.app_id if access else None)
    bearer = signing.tokens.issue(claims, now)
    return Credentials(account, session.id, bearer, secret, int((expires_at - now).total_seconds()))
