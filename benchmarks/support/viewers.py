"""Viewers who fetch parts of files as fast as they are sent, and look at nothing: one thread, many connections.

Bodies are dropped in the kernel (MSG_TRUNC, Linux), so that the receiver takes as little as it can of the processors
that it shares with what it measures; elsewhere they are copied and dropped.
"""

import itertools
import selectors
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

HEAD_BYTES = 65_536
ROOM = bytearray(4 * 1024**2)
DROPPED = socket.MSG_TRUNC if sys.platform == "linux" else 0
PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file, from its first byte up to another that is not in it; or a whole file."""

    path: str
    start: int
    end: int
    whole: bool = False

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return self.end - self.start

    def request(self, host: str) -> bytes:
        """As a player asks for it."""
        span = "" if self.whole else f"Range: bytes={self.start}-{self.end - 1}\r\n"
        return f"GET {self.path} HTTP/1.1\r\nHost: {host}\r\n{span}\r\n".encode()


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of it; `cpu` is that of the receiver, in seconds."""

    bytes: int
    answers: int
    seconds: float
    cpu: float


class Viewer:
    """One connection; it asks for the next part as soon as it has one."""

    def __init__(self, address: tuple[str, int], parts: Iterator[Part]) -> None:
        self.socket = socket.create_connection(address, PATIENCE_SECONDS)
        self._address = address
        self._host = f"{address[0]}:{address[1]}"
        self._parts = parts
        self._head = b""
        self._left = 0
        self.is_last = False
        self.bytes = 0
        self.answers = 0
        self.ask()

    def reconnect(self) -> None:
        """The server wants no more requests over this connection, as nginx does after a thousand."""
        self.socket.close()
        self.socket = socket.create_connection(self._address, PATIENCE_SECONDS)

    def ask(self) -> None:
        """Ask for the next part."""
        self._part = next(self._parts)
        self.socket.sendall(self._part.request(self._host))

    def hear(self) -> bool:
        """Take what is there; whether that was the last of an answer."""
        if self._left == 0:
            self._hear_head()
        else:
            got = self.socket.recv_into(ROOM, min(self._left, len(ROOM)), DROPPED)
            if not got:
                raise SystemExit(f"the connection broke {self._left} bytes before the end of {self._part}")
            self._count(got)
        return not self._head and self._left == 0

    def _hear_head(self) -> None:
        piece = self.socket.recv(HEAD_BYTES)
        if not piece:
            raise SystemExit(f"the connection broke: {self._head[:200]!r}")
        head, end, body = (self._head + piece).partition(b"\r\n\r\n")
        if not end:
            self._head = head
            return
        self._head = b""
        lines = head.lower().split(b"\r\n")
        size = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), None)
        wanted = b" 200 " if self._part.whole else b" 206 "
        if wanted not in lines[0] + b" " or size != self._part.size:
            raise SystemExit(f"{self._part}: {head.decode(errors='replace')}")
        self._left = size
        self.is_last = b"connection: close" in lines
        self.answers += 1
        self._count(len(body))

    def _count(self, got: int) -> None:
        self._left -= got
        self.bytes += got


def _go_on(selector: selectors.BaseSelector, viewer: Viewer, *, wants_more: bool) -> None:
    if viewer.is_last or not wants_more:
        selector.unregister(viewer.socket)
    if not wants_more:
        viewer.socket.close()
        return
    if viewer.is_last:
        viewer.reconnect()
        selector.register(viewer.socket, selectors.EVENT_READ, viewer)
    viewer.ask()


def fetch(url: str, parts: Sequence[Part], seconds: float, *, viewers: int) -> Fetched:
    """Let so many viewers walk through the parts, each from a place of its own, for so long and to their last byte."""
    address = urlsplit(url)
    place = (address.hostname or "", address.port or 80)
    began, cpu, until = time.perf_counter(), time.process_time(), time.perf_counter() + seconds
    with selectors.DefaultSelector() as selector:
        everybody = []
        for number in range(viewers):
            at = number * len(parts) // viewers
            viewer = Viewer(place, itertools.cycle([*parts[at:], *parts[:at]]))
            everybody.append(viewer)
            selector.register(viewer.socket, selectors.EVENT_READ, viewer)
        while selector.get_map():
            ready = selector.select(PATIENCE_SECONDS)
            if not ready:
                raise SystemExit("nobody was sent anything any more")
            for key, _ in ready:
                if key.data.hear():
                    _go_on(selector, key.data, wants_more=time.perf_counter() < until)
    taken = time.perf_counter() - began
    answers, received = sum(each.answers for each in everybody), sum(each.bytes for each in everybody)
    return Fetched(received, answers, taken, time.process_time() - cpu)
