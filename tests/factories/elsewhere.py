"""Other people's servers, as raw as they may be: what they are asked, and whatever bytes they answer with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from socialflow.adapters.fetching.guarded import GuardedFetcher
from tests.factories.connections import accepting

Reply = Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]
HERE = "127.0.0.0/8"


@dataclass(frozen=True)
class Asked:
    """A request as it came; names of headers in lower case."""

    method: str
    target: str
    headers: dict[str, str]


@dataclass
class Elsewhere:
    """A server and all that it has been asked."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """An address there."""
        return f"http://{host}:{self.port}{path}"

    def fetcher(self, *names: str, allowed: Sequence[str] = (HERE,), ports: Sequence[int] = ()) -> GuardedFetcher:
        """A fetcher that may reach this machine; every name leads to these addresses."""

        async def resolve(host: str) -> list[str]:
            del host
            return list(names or ["127.0.0.1"])

        return GuardedFetcher(ports=ports or (self.port,), allowed=allowed, resolver=resolve)


def head(status: int = 200, **headers: str) -> bytes:
    """The head of an answer."""
    lines = [f"HTTP/1.1 {status} Word", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def saying(body: bytes = b"hello", status: int = 200, **headers: str) -> Reply:
    """Answer every request with these bytes."""

    async def reply(asked: Asked, writer: asyncio.StreamWriter) -> None:
        del asked
        writer.write(head(status, **{"Content_Length": str(len(body)), **headers}) + body)

    return reply


@asynccontextmanager
async def elsewhere(reply: Reply, *, port: int = 0) -> AsyncIterator[Elsewhere]:
    """A server that answers one request per connection."""
    server = Elsewhere()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        raw = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = raw.strip().split("\r\n")
        method, target, _ = first.split(" ")
        asked = Asked(
            method, target, {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
        )
        server.asked.append(asked)
        try:
            await reply(asked, writer)
            await writer.drain()
        except ConnectionError:
            return

    async with accepting(serve, port=port) as chosen:
        server.port = chosen
        yield server


@dataclass
class Film:
    """A file that a server gives, as a whole or from a byte on; `cuts` end its first answers after so many bytes.

    `pause` waits after each of so many bytes, so that there is time to look.
    """

    data: bytes
    validator: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    cuts: list[int] = field(default_factory=list)
    says_length: bool = True
    pause: float = 0.0
    sent: int = 0
    ranges: list[str] = field(default_factory=list)

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        """Answer a request."""
        start = self._start(asked)
        self.ranges.append(asked.headers.get("range", ""))
        rest = self.data[start:]
        headers = {**self.validator, "Connection": "close"}
        if self.says_length:
            headers["Content_Length"] = str(len(rest))
        if start:
            headers["Content_Range"] = f"bytes {start}-{len(self.data) - 1}/{len(self.data)}"
        if start == len(self.data):
            writer.write(head(416, Content_Range=f"bytes */{start}", Content_Length="0"))
            return
        writer.write(head(206 if start else 200, **headers))
        most = self.cuts.pop(0) if self.cuts else len(rest)
        for at in range(0, min(most, len(rest)), 16_384):
            part = rest[at : min(at + 16_384, most)]
            writer.write(part)
            self.sent += len(part)
            await writer.drain()
            await asyncio.sleep(self.pause)

    def _start(self, asked: Asked) -> int:
        wanted = asked.headers.get("range", "")
        if not wanted or asked.headers.get("if-range") not in self.validator.values():
            return 0
        return int(wanted.removeprefix("bytes=").rstrip("-"))
