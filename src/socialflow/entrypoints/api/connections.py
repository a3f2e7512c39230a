"""Connections: a client must ask in good time and in few words, or makes room for another.

uvicorn itself lets a connection that says nothing stand for ever, and keeps a head of any length in
memory. Here the head of a request has a time and a size, an answer that nobody reads ends, and where
all places are taken the connection whose client has been silent the longest goes. A request that
has arrived and is being answered is never cut off for the sake of another.
"""

import asyncio
import resource
from dataclasses import dataclass
from typing import Any

from prometheus_client import Counter
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from socialflow.kernel import logs
from socialflow.kernel.config import HttpSettings

LARGEST_HEAD = 65_536  # bytes; what comes with the last piece that is read is allowed on top
UNREAD_SECONDS = 90.0  # longest wait for a client to take more of its answer
LINGER_SECONDS = 30.0  # how long the rest of a refused body is thrown away, so that the refusal is seen
SPARE_DESCRIPTORS = 256  # for files, the database and Redis
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"

CLOSED = Counter("socialflow_connections_closed_total", "Connections that we closed on their clients.", ["reason"])

log = logs.named(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections one process holds, and how long the head of a request may take."""

    most: int
    head_seconds: float


class Connection(HttpToolsProtocol):
    """One connection within bounds."""

    def __init__(self, *arguments: Any, bounds: Bounds, **options: Any) -> None:
        super().__init__(*arguments, **options)
        now = self.loop.time()
        self._bounds = bounds
        # Since when a head is awaited or unfinished, an answer is complete, a client does not read.
        self._asking: float | None = now
        self._answered: float | None = None
        self._unread: float | None = None
        self._heard = now
        self._has_asked = False
        self._unframed = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # narrowed as uvicorn does
        """Take a place, if need be that of another."""
        super().connection_made(transport)
        if len(self.connections) > self._bounds.most:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Hear a piece; one that goes on and on without being a request or a body is too much."""
        self._heard = self.loop.time()
        self._unframed += len(data)
        super().data_received(data)
        if self._unframed > LARGEST_HEAD:
            if self._is_idle() and not self.transport.is_closing():
                self.transport.write(TOO_LARGE)
            self.give_up("head")

    def on_message_begin(self) -> None:
        """The first byte of a request is here."""
        super().on_message_begin()
        self._asking = self._asking or self.loop.time()
        self._has_asked = False

    def on_headers_complete(self) -> None:
        """The head is here."""
        super().on_headers_complete()
        self._asking = self._answered = None
        self._unframed = 0

    def on_body(self, body: bytes) -> None:
        """Some of the body is here."""
        super().on_body(body)
        self._unframed = 0

    def on_message_complete(self) -> None:
        """All of the request is here."""
        super().on_message_complete()
        self._has_asked = True
        self._unframed = 0

    def on_response_complete(self) -> None:
        """All of the answer is given to the transport."""
        super().on_response_complete()
        self._answered = self.loop.time()

    def pause_writing(self) -> None:
        """The client does not read as fast as we write."""
        super().pause_writing()
        self._unread = self.loop.time()

    def resume_writing(self) -> None:
        """The client has read on."""
        super().resume_writing()
        self._unread = None

    def look_after(self, now: float) -> None:
        """Close what has waited for its client for too long."""
        if self._asking is not None and now - self._asking > self._bounds.head_seconds:
            self.give_up("silent")
        elif self._unread is not None and now - self._unread > UNREAD_SECONDS:
            self.give_up("unread")
        elif self._is_lingering() and self._answered is not None and now - self._answered > LINGER_SECONDS:
            self.give_up("lingering")

    def give_up(self, reason: str) -> None:
        """Close the connection, at once if something is still to be written and nobody reads it."""
        if self.transport.is_closing():
            return
        CLOSED.labels(reason).inc()
        if self._unread is None:
            self.transport.close()
        else:
            self.transport.abort()

    def _make_room(self) -> None:
        others = [other for other in self.connections if other is not self and isinstance(other, Connection)]
        waiting = [other for other in others if other._is_idle() or not other._has_asked]
        quietest = min(waiting, key=lambda other: other._heard, default=self)
        quietest.give_up("crowded")
        # The transport forgets it only in the next turn of the loop.
        self.connections.discard(quietest)

    def _is_lingering(self) -> bool:
        return self._is_idle() and not self._has_asked

    def _is_idle(self) -> bool:
        # There is no cycle before the first request.
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]  # uvicorn's types say never


def bounds_of(http: HttpSettings) -> Bounds:
    """The bounds that the settings ask for, as far as the machine's limit of descriptors lets us."""
    wanted = http.max_connections + SPARE_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    most = http.max_connections
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = max(soft - SPARE_DESCRIPTORS, soft // 2)
        log.warning("connections_limited", most=most, descriptors=soft, remedy="raise `ulimit -n`")
    return Bounds(most, http.head_timeout_seconds)
