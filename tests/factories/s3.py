"""An S3 service for tests: moto in its own process, and a proxy before it that fails by script."""

import asyncio
import contextlib
import sys
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from socialflow.adapters.storage.s3_direct import DirectS3ObjectStore
from socialflow.kernel import ids
from tests.factories.connections import Serve, accepting
from tests.factories.emulators import free_port, serving

BUCKET = "social-flow-tests"


def store_at(endpoint: str, *, timeout_s: float = 10.0, retries: int = 2) -> DirectS3ObjectStore:
    """An empty store of its own in the bucket."""
    return DirectS3ObjectStore(
        BUCKET,
        endpoint=endpoint,
        access_key_id="AKIATESTS",
        secret_access_key="not-a-secret",
        prefix=f"tests/{ids.new()}",
        timeout_s=timeout_s,
        retries=retries,
    )


@contextmanager
def moto_server(folder: Path) -> Iterator[str]:
    """Start moto on a free port, make the bucket, and say where it is."""
    port = free_port()
    program = Path(sys.executable).with_name("moto_server")
    with serving([program, "-H", "127.0.0.1", "-p", str(port)], port, folder / "moto.log") as address:
        request = urllib.request.Request(f"{address}/{BUCKET}", method="PUT", headers={"Content-Length": "0"})
        urllib.request.urlopen(request).close()
        yield address


@dataclass
class Call:
    """One request that the proxy saw."""

    method: str
    path: str
    head: bytes
    body: bytes


@dataclass
class Rule:
    """Which calls fail, how, and how often."""

    method: str
    part: str
    fault: "Answer"
    times: int


class Answer(ABC):
    """What a fault does with a call: returns the bytes of the answer, after which the connection ends."""

    @abstractmethod
    async def __call__(self, proxy: "FaultyS3", call: Call) -> bytes:
        """The answer, as it goes over the wire."""


@dataclass
class Refuse(Answer):
    """Answer with a status, without telling the service."""

    status: int
    code: str = "InternalError"

    async def __call__(self, proxy: "FaultyS3", call: Call) -> bytes:
        del proxy, call
        body = f"<Error><Code>{self.code}</Code><Message>scripted</Message></Error>".encode()
        return answer(self.status, body)


@dataclass
class Hang(Answer):
    """Take the request and never answer."""

    async def __call__(self, proxy: "FaultyS3", call: Call) -> bytes:
        del call
        await proxy.ended.wait()
        return b""


@dataclass
class LoseAnswer(Answer):
    """Let the service do it, then drop the connection."""

    async def __call__(self, proxy: "FaultyS3", call: Call) -> bytes:
        await proxy.forward(call)
        return b""


@dataclass
class CutAnswer(Answer):
    """Send the head and so many bytes of the body."""

    keep: int

    async def __call__(self, proxy: "FaultyS3", call: Call) -> bytes:
        head, end, body = (await proxy.forward(call)).partition(b"\r\n\r\n")
        return head + end + body[: self.keep]


@dataclass
class FlipByte(Answer):
    """Damage the body of the answer."""

    async def __call__(self, proxy: "FaultyS3", call: Call) -> bytes:
        head, end, body = (await proxy.forward(call)).partition(b"\r\n\r\n")
        return head + end + bytes([body[0] ^ 1]) + body[1:]


@dataclass
class Forget(Answer):
    """Claim to have kept the object, and do not."""

    async def __call__(self, proxy: "FaultyS3", call: Call) -> bytes:
        del proxy, call
        return answer(200, b"", 'ETag: "00000000000000000000000000000000"\r\n')


def answer(status: int, body: bytes, headers: str = "") -> bytes:
    """The bytes of an HTTP answer."""
    return (
        f"HTTP/1.1 {status} Scripted\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        + body
    )


@dataclass
class FaultyS3:
    """A proxy in front of the service; calls that no rule catches pass unharmed."""

    service: str
    address: str = ""
    rules: list[Rule] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def fail(self, method: str, fault: Answer, *, part: str = "", times: int = 1_000_000) -> None:
        """Let the next calls of a method whose path contains `part` fail."""
        self.rules.append(Rule(method, part, fault, times))

    def heal(self) -> None:
        """Let everything pass again."""
        self.rules.clear()

    def seen(self, method: str, part: str = "") -> int:
        """How many calls of this kind came."""
        return sum(call.method == method and part in call.path for call in self.calls)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one connection: one request, one answer."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            call = await _read(reader)
            self.calls.append(call)
            rule = self._rule_for(call)
            writer.write(await (rule.fault(self, call) if rule else self.forward(call)))
            await writer.drain()
        writer.close()

    def _rule_for(self, call: Call) -> Rule | None:
        for rule in self.rules:
            if rule.times > 0 and rule.method == call.method and rule.part in call.path:
                rule.times -= 1
                return rule
        return None

    async def forward(self, call: Call) -> bytes:
        """Ask the service."""
        host, _, port = self.service.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = call.head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        writer.write(head + call.body)
        try:
            return await reader.read()
        finally:
            # Not `close()`: that waits until the service has taken all of a body, for which nobody waits any more.
            with contextlib.suppress(AttributeError):
                writer.transport.abort()
            await asyncio.sleep(0)


async def _read(reader: asyncio.StreamReader) -> Call:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Call(method, path, head, body)


def refusing(status: int) -> Serve:
    """A service that answers every request with a status, and leaves it to the client to close connections."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                await _read(reader)
                writer.write(f"HTTP/1.1 {status} Scripted\r\nContent-Length: 8\r\n\r\nscripted".encode())
                await writer.drain()

    return serve


@asynccontextmanager
async def faulty(service: str) -> AsyncIterator[FaultyS3]:
    """Put a proxy before the service."""
    proxy = FaultyS3(service)
    async with accepting(proxy.serve, limit=1 << 20) as port:
        proxy.address = f"http://127.0.0.1:{port}"
        yield proxy
        proxy.ended.set()
