"""Signals: what may be lost and comes by the thousand, through Redis. What must not be lost is an event.

One subscription per process, never per client; every listener has a bounded queue and is told
when it fell behind. Redis knows no databases where it publishes: the number of ours is part of
every channel's name, or two installations that share a server would hear each other.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError

from socialflow.kernel import ids, logs, tasks

QUEUE_SIZE = 64
RETRY_SECONDS = 1.0
# Longest wait for a subscription to stand; without Redis a listener goes on and is told when it does.
READY_SECONDS = 1.0
POLL_SECONDS = 5.0

log = logs.named(__name__)


@dataclass(frozen=True, slots=True)
class Signal:
    """One message on a topic."""

    id: str
    topic: str
    type: str
    data: dict[str, Any]


class Signals:
    """Publish and listen by topic."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        database = redis.connection_pool.connection_kwargs.get("db") or 0
        self.prefix = f"sf:{database}:signal:"
        self.wake_prefix = f"sf:{database}:wake:"
        self._listeners: dict[str, set[asyncio.Queue[Signal | None]]] = defaultdict(set)
        self._pump: asyncio.Task[None] | None = None
        self._pubsub: PubSub | None = None
        self._standing = asyncio.Event()
        self._was_lost = False
        self._lock = asyncio.Lock()

    async def publish(self, topic: str, type_: str, data: dict[str, Any]) -> None:
        """Tell whoever listens on `topic` now; silence when Redis is away."""
        body = orjson.dumps({"id": ids.show("evt", ids.new()), "topic": topic, "type": type_, "data": data})
        with contextlib.suppress(RedisError, OSError):
            await self._redis.publish(self.prefix + topic, body)

    async def wake(self, name: str) -> None:
        """Rouse the process that waits under `name`; it looks by itself from time to time anyway."""
        with contextlib.suppress(RedisError, OSError):
            await self._redis.publish(self.wake_prefix + name, b"")

    def wakes(self, name: str) -> "AbstractAsyncContextManager[asyncio.Queue[Signal | None]]":
        """A queue that gets something whenever `wake(name)` is called anywhere."""
        return self._queue_on([self.wake_prefix + name])

    def listening(self, *topics: str) -> "AbstractAsyncContextManager[asyncio.Queue[Signal | None]]":
        """A queue of what is said on the topics; None in it means that something was missed."""
        return self._queue_on([self.prefix + topic for topic in topics])

    @asynccontextmanager
    async def _queue_on(self, channels: list[str]) -> AsyncIterator["asyncio.Queue[Signal | None]"]:
        queue: asyncio.Queue[Signal | None] = asyncio.Queue(QUEUE_SIZE)
        for channel in channels:
            self._listeners[channel].add(queue)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run(), name="signals")
        try:
            await self._follow()
            # Not `wait_for`, which before Python 3.12 can swallow a cancellation.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(READY_SECONDS):
                    await self._standing.wait()
            yield queue
        finally:
            for channel in channels:
                self._listeners[channel].discard(queue)
                if not self._listeners[channel]:
                    del self._listeners[channel]
            await self._follow()

    async def close(self) -> None:
        """Stop listening."""
        if self._pump is not None:
            await tasks.end(self._pump)

    async def _run(self) -> None:
        while True:
            try:
                await self._pump_once()
            except (RedisError, OSError) as error:
                log.warning("signals_lost", error=str(error))
                self._was_lost = True
                self._tell_all_missed()
                await asyncio.sleep(RETRY_SECONDS)

    async def _pump_once(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            # A subscription of our own, so that there is always something to read from.
            await pubsub.subscribe(self.wake_prefix)
            self._pubsub = pubsub
            try:
                await self._follow()
                self._standing.set()
                if self._was_lost:
                    # What was said until now, nobody here has heard.
                    self._tell_all_missed()
                await self._hear(pubsub)
            finally:
                self._pubsub = None
                self._standing.clear()

    async def _hear(self, pubsub: PubSub) -> None:
        """Deliver what comes; raises ConnectionError where not even a question is answered any more."""
        now = asyncio.get_running_loop().time
        asked = False
        while True:
            began = now()
            message = await pubsub.get_message(timeout=POLL_SECONDS)
            if message is not None and message["type"] == "message":
                self._deliver(message["channel"].decode(), message["data"])
            # Nothing before its time was something for the client itself, such as a confirmation.
            if message is not None or now() - began < POLL_SECONDS / 2:
                asked = False
            elif not asked:
                # Silence is usual, but also how a connection looks that was cut without a word.
                await pubsub.ping()
                asked = True
            else:
                raise NoConnection("the subscription has fallen silent")

    async def _follow(self) -> None:
        """Make the one subscription of this process fit its listeners."""
        async with self._lock:
            if self._pubsub is None:
                return
            wanted = {*self._listeners, self.wake_prefix}
            present = {channel.decode() for channel in self._pubsub.channels}
            with contextlib.suppress(RedisError, OSError):
                if wanted - present:
                    await self._pubsub.subscribe(*(wanted - present))
                if present - wanted:
                    await self._pubsub.unsubscribe(*(present - wanted))

    def _deliver(self, channel: str, body: bytes) -> None:
        signal = None
        if body:
            with contextlib.suppress(orjson.JSONDecodeError, KeyError, TypeError):
                plain = orjson.loads(body)
                signal = Signal(plain["id"], plain["topic"], plain["type"], plain["data"])
        for queue in self._listeners.get(channel, ()):
            _put(queue, signal)

    def _tell_all_missed(self) -> None:
        for queues in self._listeners.values():
            for queue in queues:
                _put(queue, None)


async def pause(queue: "asyncio.Queue[Signal | None]", seconds: float) -> None:
    """Sleep until the queue gets something, at most so long; then forget all it holds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await queue.get()
    while not queue.empty():
        queue.get_nowait()


def _put(queue: "asyncio.Queue[Signal | None]", signal: Signal | None) -> None:
    if queue.full():
        # A slow consumer loses its backlog, not its connection: it is told, and reads the state anew.
        while not queue.empty():
            queue.get_nowait()
        signal = None
    queue.put_nowait(signal)
