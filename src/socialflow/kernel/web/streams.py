"""Server-sent events: topics on one connection, for as long as the listener may listen.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import orjson
from starlette.requests import Request
from starlette.responses import StreamingResponse

from socialflow.kernel import ids, limits, logs
from socialflow.kernel.db import FAILURES
from socialflow.kernel.errors import NotFound, Problem, TooManyRequests
from socialflow.kernel.realtime import Topic
from socialflow.kernel.signals import Signal
from socialflow.kernel.web.requests import client_address
from socialflow.kernel.work import Actor, App

HEARTBEAT_SECONDS = 15.0
# A stream ends within five seconds of its session, two of which may pass before this process knows of the end, and
# within one of the server's own end.
RECHECK_SECONDS = 1.5
TICK_SECONDS = 1.0
# The least time between two looks at what has changed.
PAUSE_SECONDS = 0.25
RETRY_MILLISECONDS = 2_000
# Streams of one account; of one address, behind which a whole school may be.
MOST_OF_ACCOUNT = 32
MOST_OF_ADDRESS = 256

log = logs.named(__name__)


class EventStreamResponse(StreamingResponse):
    """An endless answer of events."""

    media_type = "text/event-stream"


class Streams:
    """The streams that this process serves."""

    def __init__(
        self,
        *,
        most_of_account: int = MOST_OF_ACCOUNT,
        most_of_address: int = MOST_OF_ADDRESS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._open: Counter[str] = Counter()
        self._most = {True: most_of_account, False: most_of_address}
        self._heartbeat = heartbeat_seconds

    def serve(self, request: Request, app: App, actor: Actor, topics: Sequence[Topic]) -> EventStreamResponse:
        """The answer that tells of the topics; raises TooManyRequests for one stream too many."""
        key = str(actor.id or limits.address_key(client_address(request)))
        if self._open[key] >= self._most[actor.known]:
            raise TooManyRequests("Too many streams are open; close some first.", retry_after=10)
        return EventStreamResponse(
            self._counted(key, _Stream(request, app, actor, topics, self._heartbeat)),
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _counted(self, key: str, stream: "_Stream") -> AsyncIterator[bytes]:
        self._open[key] += 1
        try:
            async for piece in stream.pieces():
                yield piece
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]


class _Stream:
    """One connection."""

    def __init__(
        self, request: Request, app: App, actor: Actor, topics: Sequence[Topic], heartbeat_seconds: float
    ) -> None:
        self._request = request
        self._heartbeat = heartbeat_seconds
        self._actor = actor
        self._app = app
        self._topics = {topic.name: topic for topic in topics}
        self._told: dict[str, bytes] = {}

    async def pieces(self) -> AsyncIterator[bytes]:
        """The present state of every topic, then what changes, then the end."""
        channels = frozenset().union(*(topic.channels for topic in self._topics.values()))
        try:
            # Listening begins before the first look: nothing falls between the two.
            async with self._app.signals.listening(*channels) as queue:
                yield b"retry: %d\n\n" % RETRY_MILLISECONDS
                async for piece in self._news(list(self._topics)):
                    yield piece
                async for piece in self._go_on(queue):
                    yield piece
        except (Problem, *FAILURES):
            # The session is over, or what is needed to go on is away: the client comes back and is told.
            return

    async def _go_on(self, queue: "asyncio.Queue[Signal | None]") -> AsyncIterator[bytes]:
        now = asyncio.get_running_loop().time
        checked = beaten = now()
        while self._topics and not self._request.app.state.draining.is_set():
            touched = await self._heard(queue)
            if now() - checked >= RECHECK_SECONDS:
                checked = now()
                if (await self._request.app.state.authenticate(self._request)).id != self._actor.id:
                    return
            if now() - beaten >= self._heartbeat:
                beaten = now()
                yield b":\n\n"
                # A signal may have been lost; looking costs one read.
                touched = list(self._topics)
            if touched:
                async for piece in self._news(touched):
                    yield piece
                await asyncio.sleep(PAUSE_SECONDS)

    async def _heard(self, queue: "asyncio.Queue[Signal | None]") -> list[str]:
        """Names of the topics that signals concern, after waiting for one for a tick."""
        try:
            async with asyncio.timeout(TICK_SECONDS):
                heard = [await queue.get()]
        except TimeoutError:
            return []
        while not queue.empty():
            heard.append(queue.get_nowait())
        if None in heard:
            return list(self._topics)
        channels = {signal.topic for signal in heard if signal is not None}
        return [name for name, topic in self._topics.items() if not topic.channels.isdisjoint(channels)]

    async def _news(self, names: Sequence[str]) -> AsyncIterator[bytes]:
        """Events for those topics whose state is another than was told last."""
        for name in names:
            try:
                state = await self._topics[name].read()
                type_, data = state.type, orjson.dumps(state.data)
            except NotFound:
                type_, data = "topic.gone", b"{}"
                del self._topics[name]
            if self._told.get(name) != data:
                self._told[name] = data
                yield self._event(name, type_, data)

    def _event(self, name: str, type_: str, data: bytes) -> bytes:
        event_id = ids.show("evt", ids.new())
        envelope = {
            "id": event_id,
            "type": type_,
            "ts": self._app.clock(),
            "topic": name,
            "data": orjson.Fragment(data),
        }
        body = orjson.dumps(envelope, option=orjson.OPT_UTC_Z)
        return b"id: %s\nevent: %s\ndata: %s\n\n" % (event_id.encode(), type_.encode(), body)
