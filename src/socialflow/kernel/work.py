"""A Work is one transaction done by one actor. It commits when its block ends, or not at all."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from socialflow.kernel import audit, cache, origin
from socialflow.kernel.cache import Cache
from socialflow.kernel.config import Settings
from socialflow.kernel.crypto import Keys
from socialflow.kernel.events import Event
from socialflow.kernel.outbox import row_of
from socialflow.kernel.signals import Signals

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, and what their token lets them ask for."""

    id: uuid.UUID | None = None
    scopes: frozenset[str] = frozenset()
    role: str = "anonymous"
    permissions: frozenset[str] = frozenset()
    session_id: uuid.UUID | None = None
    # Of whom asks: their cost points as a multiple of everybody's, what they are let do though no permission
    # speaks of it, and how many bytes and channels they may have where that is not what everybody may.
    rate: float = 1.0
    allowances: frozenset[str] = frozenset()
    quota_bytes: int | None = None
    most_channels: int | None = None
    # What was unlocked by a password, and with which of its editions: see `kernel/visibility.py`.
    grants: frozenset[str] = frozenset()
    # Of somebody's own program: a personal token is no session, and cannot prove anything afresh.
    token_id: uuid.UUID | None = None
    # Who really acts, where it is for another: what they do is the other's, and the audit log names them.
    behind_id: uuid.UUID | None = None

    @property
    def credential_id(self) -> uuid.UUID | None:
        """What the actor speaks by, the end of which ends what was given to it; None for nobody and for ourselves."""
        return self.session_id or self.token_id

    @property
    def known(self) -> bool:
        """Whether this is somebody."""
        return self.id is not None

    def holds(self, scope: str) -> bool:
        """Whether the token carries a scope; `write` carries its children, such as `write:videos`."""
        return scope in self.scopes or scope.partition(":")[0] in self.scopes

    def may(self, name: str) -> bool:
        """Whether they hold a permission or an allowance."""
        return bool({name, "*"} & self.permissions) or name in self.allowances


ANONYMOUS = Actor(scopes=frozenset({"read"}))
SYSTEM = Actor(scopes=frozenset({"read", "write", "admin"}), role="system", permissions=frozenset({"*"}))


@dataclass(frozen=True, slots=True)
class Work:
    """One transaction by one actor at one time."""

    db: AsyncSession
    actor: Actor
    now: datetime

    def emit(self, event: Event) -> None:
        """Record a fact; it is delivered after this work commits, and only if it does."""
        self.db.add(row_of(event, self.now))
        self.db.info["emitted"] = True

    def note(self, tag: str, account_id: uuid.UUID | None = None, **details: Any) -> None:
        """Enter a security-relevant fact, `subject:thing:action`, into the audit log when this work commits.

        `account_id` is whom it is about. Details are JSON values, never secrets; the caller's address and
        program are added.
        """
        caller = origin.current()
        known = {"address": caller.address, "user_agent": caller.user_agent} if caller.address else {}
        fact = audit.Note(
            tag, account_id, self.actor.behind_id or self.actor.id, self.actor.role, self.now, {**known, **details}
        )
        self.db.info.setdefault("notes", []).append(fact)

    def tell(self, topic: str, type_: str, data: dict[str, Any]) -> None:
        """Signal to whoever listens on `topic`, as soon as this work has committed."""
        self.db.info.setdefault("signals", []).append((topic, type_, data))

    def forget(self, *names: str) -> None:
        """Shared answers about these must not be given any more once this work has committed."""
        self.db.info.setdefault("stale", set()).update(names)


async def _send_nothing(queue: str, job_ids: list[uuid.UUID]) -> None:
    """Hints are optional: the sweeper finds every job."""


@dataclass(frozen=True, slots=True)
class App:
    """Everything a process holds for its lifetime."""

    settings: Settings
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    redis: "Redis"
    signals: Signals
    keys: Keys
    ports: Mapping[type[Any], Any] = field(default_factory=dict)
    cache: Cache = field(default_factory=Cache)
    send_hints: Callable[[str, list[uuid.UUID]], Awaitable[None]] = _send_nothing
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @asynccontextmanager
    async def work(self, actor: Actor) -> AsyncIterator[Work]:
        """Open a transaction; commit it when the block ends, roll back when it raises."""
        async with self.sessions() as db:
            async with db.begin():
                yield Work(db, actor, self.clock())
                # Last, since everybody who notes something waits for the same lock.
                notes = db.info.pop("notes", ())
                if notes:
                    await audit.write(db, self.keys, notes)
            await self._settle(db.info, actor)

    async def _settle(self, info: dict[Any, Any], actor: Actor) -> None:
        """What follows a commit and may be lost: nudges to relay, caches and listeners."""
        stale, nudges = sorted(info.pop("stale", ())), info.pop("signals", [])
        if not (info.pop("emitted", False) or stale or nudges):
            return
        self.cache.forget(stale)
        if actor.id is not None:
            self.cache.wrote(actor.id)
        if stale or actor.known:
            # First, so that whoever is nudged and looks does not find what is not true any more.
            writer = str(actor.id) if actor.known else None
            await self.signals.publish(cache.TOPIC, cache.TYPE, {"names": stale, "writer": writer})
        await asyncio.gather(self.signals.wake("outbox"), *(self.signals.publish(*nudge) for nudge in nudges))

    def port(self, kind: type[P]) -> P:
        """The adapter chosen for a port."""
        return cast("P", self.ports[kind])
