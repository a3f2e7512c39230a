"""What many ask for at once, read once: a small cache of shared answers in this process.

Only what looks the same to everybody may be kept here, and for a second at most. Whoever has just
changed something reads past the cache for longer than that, in every process, so that people see
their own changes at once and everybody else's within two seconds. An answer that must not be given
again, because something was hidden or deleted, is dropped by name when that work commits.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from socialflow.kernel.signals import Signals

TOPIC = "cache"
TYPE = "cache.stale"
KEEP_SECONDS = 1.0
# Longer than anything kept, with room for a message on its way to another process.
OWN_SECONDS = 2.5
MOST_BYTES = 64 * 1024**2
MOST_WRITERS = 20_000


@dataclass(frozen=True, slots=True)
class Shared:
    """An answer that anybody may get. `names` are what it is about; `owner` is whom it is not for: they see more."""

    body: bytes
    etag: str
    names: frozenset[str] = frozenset()
    owner: uuid.UUID | None = None


@dataclass(slots=True)
class _Flight:
    task: "asyncio.Task[Shared]"
    stale: bool = False


class Cache:
    """Shared answers of this process; one reader at a time for each, however many ask."""

    def __init__(
        self,
        *,
        keep_seconds: float = KEEP_SECONDS,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keep = keep_seconds
        self._most = most_bytes
        self._clock = clock
        self._kept: dict[Hashable, tuple[float, Shared]] = {}
        self._bytes = 0
        self._flights: dict[Hashable, _Flight] = {}
        self._writers: dict[uuid.UUID, float] = {}

    async def get(
        self, key: Hashable, make: Callable[[], Awaitable[Shared]], *, viewer: uuid.UUID | None = None
    ) -> Shared:
        """The answer under `key`, made if it is not there; always made anew for who has just changed something."""
        if viewer is not None and self._writers.get(viewer, 0.0) > self._clock():
            return await make()

        kept = self._kept.get(key)
        if kept is not None and kept[0] > self._clock():
            return kept[1]
        flight = self._flights.get(key)
        if flight is None:
            flight = self._start(key, make)
        # Shielded: one client that leaves does not take the answer away from the others.
        return await asyncio.shield(flight.task)

    def wrote(self, actor_id: uuid.UUID) -> None:
        """Somebody has changed something: let them read past the cache for a while."""
        now = self._clock()
        if len(self._writers) >= MOST_WRITERS:
            self._writers = {who: until for who, until in self._writers.items() if until > now}
        self._writers[actor_id] = now + OWN_SECONDS

    def forget(self, names: Collection[str]) -> None:
        """Drop every answer about one of these, also those still being made."""
        if not names:
            return
        for key in [key for key, (_, shared) in self._kept.items() if not shared.names.isdisjoint(names)]:
            self._drop(key)
        # What an answer under way will be about is known only when it is there.
        self._ground()

    def clear(self) -> None:
        """Drop everything."""
        self._kept.clear()
        self._bytes = 0
        self._ground()

    def hear(self, data: Mapping[str, Any]) -> None:
        """Take to heart what another process has committed."""
        self.forget(data.get("names") or ())
        if data.get("writer"):
            self.wrote(uuid.UUID(data["writer"]))

    async def follow(self, signals: Signals) -> None:
        """Hear of what other processes commit, for ever; forget everything when something was missed."""
        async with signals.listening(TOPIC) as queue:
            while True:
                signal = await queue.get()
                if signal is None:
                    self.clear()
                else:
                    self.hear(signal.data)

    def _start(self, key: Hashable, make: Callable[[], Awaitable[Shared]]) -> _Flight:
        flight = _Flight(asyncio.ensure_future(_awaited(make)))
        self._flights[key] = flight

        def land(task: "asyncio.Task[Shared]") -> None:
            if self._flights.get(key) is flight:
                del self._flights[key]
            # Asking for the failure also tells asyncio that somebody has heard of it.
            if not task.cancelled() and task.exception() is None and not flight.stale:
                self._keep_answer(key, task.result())

        flight.task.add_done_callback(land)
        return flight

    def _keep_answer(self, key: Hashable, shared: Shared) -> None:
        self._drop(key)
        self._kept[key] = (self._clock() + self._keep, shared)
        self._bytes += len(shared.body)
        # All live equally long, so the first one in is the first to be of no more use.
        while self._bytes > self._most or (self._kept and self._first_is_over()):
            self._drop(next(iter(self._kept)))

    def _first_is_over(self) -> bool:
        return next(iter(self._kept.values()))[0] <= self._clock()

    def _drop(self, key: Hashable) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._bytes -= len(gone[1].body)

    def _ground(self) -> None:
        for flight in self._flights.values():
            flight.stale = True
        self._flights.clear()


async def _awaited(make: Callable[[], Awaitable[Shared]]) -> Shared:
    return await make()
