"""Who asks: an access token, a personal token, or the web app's cookie, turned into an Actor.

An access token costs no look at the database: what has ended and what roles mean are known to every
process from small sets that are read afresh every two seconds. Cookies and personal tokens are looked
up, and the answer is kept for as long.
"""

import asyncio
import hmac
import ipaddress
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import Update, update
from sqlalchemy.exc import SQLAlchemyError

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.errors import InvalidToken, SessionEnded
from socialflow.domains.accounts.models import AccountState, PersonalToken, Role, Session
from socialflow.domains.accounts.service import assurance, pat
from socialflow.domains.accounts.service.keys import AccessTokens
from socialflow.domains.accounts.service.roles import actor_of, freshen, look, scopes_of
from socialflow.domains.accounts.service.scopes import delegable, parent_of
from socialflow.domains.accounts.service.sessions import COOKIE_PREFIX, idle_until, session_of
from socialflow.kernel import crypto, ids, logs
from socialflow.kernel.errors import Unavailable
from socialflow.kernel.work import SYSTEM, Actor, App

FRESH_SECONDS = 2.0
TOUCH_EVERY = timedelta(hours=1)
MOST_REMEMBERED = 20_000
# The same stranger with the same token is noted once in so long: the log is for people.
NOTE_SECONDS = 600.0
OVERLAP = timedelta(seconds=10)
log = logs.named(__name__)


@dataclass(frozen=True, slots=True)
class _Personal:
    """A personal token as it was found, and where it is good."""

    actor: Actor
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    expires_at: datetime

    def is_good_from(self, address: str) -> bool:
        if not self.networks:
            return True
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        return any(parsed.version == network.version and parsed in network for network in self.networks)


class Authenticator:
    """Reads credentials; one per process."""

    def __init__(self, app: App, tokens: AccessTokens) -> None:
        self._app = app
        self._tokens = tokens
        self._ended: dict[uuid.UUID, datetime] = {}
        self._read_until: datetime | None = None
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()
        self._cookies: dict[bytes, tuple[float, Actor]] = {}
        self._personal: dict[bytes, tuple[float, _Personal]] = {}
        self._noted: dict[tuple[uuid.UUID, str], float] = {}
        # Addresses of media are signed for longer than any token lives.
        media = timedelta(seconds=app.settings.media.signed_url_ttl_s * 2)
        self._keep = max(tokens.ttl, media) + OVERLAP

    async def bearer(self, token: str, *, address: str = "") -> Actor:
        """The actor of an access token or a personal token that comes from an address."""
        if token.startswith(pat.PREFIX):
            return await self._by_personal(token, address)
        claims = self._tokens.read(token, self._app.clock())
        await self._refresh_ended()
        if claims.session_id in self._ended:
            raise SessionEnded
        actor = actor_of(claims.account_id, claims.role, claims.scopes, claims.session_id)
        if claims.app_id is not None and not any(parent_of(scope) == "admin" for scope in claims.scopes):
            # Somebody of staff has let this app act for them, not for the staff.
            actor = replace(actor, role=Role.USER, permissions=frozenset())
        return actor

    async def cookie(self, secret: str) -> Actor:
        """The actor of a session cookie."""
        digest = crypto.digest(secret)
        known = self._cookies.get(digest)
        if known is not None and monotonic() - known[0] < FRESH_SECONDS:
            return known[1]

        actor = await self._look_up(session_of(secret, COOKIE_PREFIX), digest)
        if len(self._cookies) >= MOST_REMEMBERED:
            self._cookies.clear()
        self._cookies[digest] = (monotonic(), actor)
        return actor

    async def has_ended(self, credential_id: uuid.UUID) -> bool:
        """Whether a session or personal token has lately come to its end: a look into memory, mostly."""
        await self._refresh_ended()
        return credential_id in self._ended

    def forget(self, secret: str) -> None:
        """Drop what is remembered of a cookie."""
        self._cookies.pop(crypto.digest(secret), None)

    async def _look_up(self, session_id: uuid.UUID, digest: bytes) -> Actor:
        async with self._app.work(SYSTEM) as work:
            await freshen(work)
            row: Any = await queries.live_cookie_session(work.db, session_id, work.now)
            if row is None or not hmac.compare_digest(row.secret_digest, digest):
                raise SessionEnded
            if row.state != AccountState.ACTIVE:
                raise InvalidToken
            if work.now - row.last_used_at > TOUCH_EVERY:
                alive = idle_until(work.now, row.ends_at, self._app.settings.auth)
                touch = update(Session).where(Session.id == session_id).values(last_used_at=work.now, expires_at=alive)
                await work.db.execute(touch)
        role = assurance.effective_role(row.role, row.methods, self._app.settings.auth)
        return actor_of(row.account_id, role, scopes_of(role), session_id)

    async def _by_personal(self, token: str, address: str) -> Actor:
        if not pat.is_well_formed(token):
            raise InvalidToken
        digest = crypto.digest(token)
        known = self._personal.get(digest)
        if known is None or monotonic() - known[0] >= FRESH_SECONDS:
            known = (monotonic(), await self._look_up_personal(digest))
            if len(self._personal) >= MOST_REMEMBERED:
                self._personal.clear()
            self._personal[digest] = known
        found = known[1]
        if found.expires_at <= self._app.clock():
            raise InvalidToken
        if not found.is_good_from(address):
            await self._note_stranger(found.actor, address)
            raise InvalidToken
        return found.actor

    async def _look_up_personal(self, digest: bytes) -> _Personal:
        async with self._app.work(SYSTEM) as work:
            await freshen(work)
            row: Any = await queries.live_token(work.db, digest, work.now)
            if row is None or row.state != AccountState.ACTIVE:
                raise InvalidToken
            if row.last_used_at is None or work.now - row.last_used_at > TOUCH_EVERY:
                await work.db.execute(_touch(row.token_id, work.now))
            role = await assurance.role_without_session(work, row.account_id, row.role, self._app.settings.auth)
        # A role may have been taken away since, and its scopes with it. Without a scope of staff it is nobody's
        # but a user's token: what staff see beyond others was not given to it.
        scopes = frozenset(row.scopes.split()) & frozenset(delegable(role))
        actor = replace(actor_of(row.account_id, role, scopes, None), token_id=row.token_id)
        if not any(parent_of(scope) == "admin" for scope in scopes):
            actor = replace(actor, role=Role.USER, permissions=frozenset())
        return _Personal(actor, tuple(map(ipaddress.ip_network, row.networks.split())), row.expires_at)

    async def _note_stranger(self, actor: Actor, address: str) -> None:
        if (
            actor.token_id is None
            or monotonic() - self._noted.get((actor.token_id, address), -NOTE_SECONDS) < NOTE_SECONDS
        ):
            return
        if len(self._noted) >= MOST_REMEMBERED:
            self._noted.clear()
        self._noted[actor.token_id, address] = monotonic()
        async with self._app.work(Actor()) as work:
            work.note("account:token:refused", actor.id, token=ids.show("pat", actor.token_id), reason="address")

    async def _refresh_ended(self) -> None:
        # Until it has once been read, all wait: an empty set would let in whoever has just been shut out.
        if self._read_until is not None and (self._is_fresh() or self._reading.locked()):
            return
        async with self._reading:
            if self._is_fresh():
                self._demand_read()
                return
            try:
                await self._read_ended()
            except (SQLAlchemyError, OSError) as error:
                # Without a database nothing can be changed; what was known of ended sessions still holds.
                log.warning("ended_sessions_unread", error=str(error)[:200])
            self._read_at = monotonic()
            self._demand_read()

    def _is_fresh(self) -> bool:
        return monotonic() - self._read_at < FRESH_SECONDS

    def _demand_read(self) -> None:
        if self._read_until is None:
            raise Unavailable

    async def _read_ended(self) -> None:
        now = self._app.clock()
        oldest = now - self._keep
        async with self._app.work(SYSTEM) as work:
            # Read a little twice: a transaction that ended a session may have committed late.
            found = await queries.ended_since(work.db, (self._read_until or oldest) - OVERLAP, now)
            await look(work)
        self._ended.update(found)
        self._read_until = now
        self._ended = {session: at for session, at in self._ended.items() if at > oldest}


def _touch(token_id: uuid.UUID, now: datetime) -> Update:
    return update(PersonalToken).where(PersonalToken.id == token_id).values(last_used_at=now)
