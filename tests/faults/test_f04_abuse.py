"""F4: a client that abuses its connections: huge bodies, endless heads, silence by the thousand. Others are served."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import psutil
import pytest
from tests.factories.accounts import Person
from tests.factories.servers import process_at, serving
from tests.factories.videos import bring, video

from socialflow.kernel.work import App

pytestmark = [pytest.mark.adversary, pytest.mark.xdist_group("fleet"), pytest.mark.timeout(180)]
MEGABYTE = 1_048_576
BODY = 100 * MEGABYTE
# What a server may grow by for reasons of its own.
ROOM = 24 * MEGABYTE
PATIENCE_SECONDS = 60.0
CROWD = 600
PLACES = 200
TIMES = {"SF_HTTP__HEAD_TIMEOUT_SECONDS": "2", "SF_HTTP__BODY_TIMEOUT_SECONDS": "2"}
SLOW_TIMES = dict.fromkeys(TIMES, "600")
Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connection(url: str) -> AsyncIterator[Pipe]:
    """A bare connection to a server."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@asynccontextmanager
async def crowd(url: str, size: int, said: bytes) -> AsyncIterator[list[Pipe]]:
    """Many connections that have said so much and say no more."""
    async with AsyncExitStack() as stack:
        pipes = []
        for _ in range(size):
            pipe = await stack.enter_async_context(connection(url))
            with contextlib.suppress(ConnectionError):
                pipe[1].write(said)
            pipes.append(pipe)
        yield pipes


async def answers(url: str, count: int = 5) -> set[int]:
    """Statuses of requests of somebody else, each by a connection of its own."""
    found = set()
    for _ in range(count):
        async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as client:
            found.add((await client.get(f"{url}/api/v1/instance")).status_code)
    return found


async def status(pipe: Pipe) -> int:
    """The status of the next answer; 0 if the connection ends without one."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        with contextlib.suppress(ConnectionError):
            line = await pipe[0].readline()
            return int(line.split()[1]) if line else 0
    return 0


def memory(url: str) -> int:
    """Resident bytes of a server."""
    found: int = psutil.Process(process_at(url).pid).memory_info().rss
    return found


def head(*fields: str) -> bytes:
    """The head of a request with a JSON body."""
    lines = ["POST /api/v1/auth/login HTTP/1.1", "Host: here", "Content-Type: application/json", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def test_f04_what_is_too_large_is_refused_early_and_takes_no_memory(app: App, tmp_path: Path) -> None:
    async with serving(app.settings, tmp_path / "api.log") as url:
        assert await answers(url) == {200}
        before = memory(url)
        async with connection(url) as pipe:
            pipe[1].write(head(f"Content-Length: {BODY}"))
            assert await status(pipe) == 413

        piece = b'{"login":"' + b"x" * (MEGABYTE - 10)
        chunk = b"%x\r\n%s\r\n" % (len(piece), piece)
        assert await poured(url, head(f"Content-Length: {BODY}"), piece) == 413
        assert memory(url) - before < ROOM
        assert await poured(url, head("Transfer-Encoding: chunked"), chunk) == 413
        assert memory(url) - before < ROOM
        assert await poured(url, b"GET / HTTP/1.1\r\nHost: here\r\nX-Long: ", piece) in {0, 431}
        assert memory(url) - before < ROOM
        assert await answers(url) == {200}


async def test_f04_who_does_not_go_on_is_let_go(app: App, tmp_path: Path) -> None:
    said = {
        b"": b"",
        b"GET / HTTP/1.1\r\nHost: he": b"",
        b"GET /livez HTTP/1.1\r\nHost: here\r\n\r\nG": b" 200 ",
        head("Content-Length: 9"): b" 408 ",
    }
    async with serving(app.settings, tmp_path / "api.log", **TIMES) as url, asyncio.timeout(PATIENCE_SECONDS):
        for begun, answer in said.items():
            async with connection(url) as pipe:
                pipe[1].write(begun)
                assert answer in await pipe[0].read(), begun


async def test_f04_a_crowd_keeps_nobody_out_and_ends_no_answer(app: App, ada: Person, tmp_path: Path) -> None:
    made = await video(app, ada, state="processing")
    wanted = f"GET /api/v1/events?topics=video:{made['id']} HTTP/1.1\r\nHost: here\r\n"
    wanted += f"Authorization: Bearer {ada.access_token}\r\n\r\n"
    async with (
        serving(app.settings, tmp_path / "api.log", **SLOW_TIMES, SF_HTTP__MAX_CONNECTIONS=str(PLACES)) as url,
        asyncio.timeout(PATIENCE_SECONDS),
        connection(url) as stream,
    ):
        stream[1].write(wanted.encode())
        await stream[0].readuntil(b"processing")
        for said in (b"", head("Content-Length: 9")):
            async with crowd(url, CROWD, said) as pipes:
                assert await answers(url) == {200}
                assert len(process_at(url).net_connections()) < PLACES + 50
                # The first of the crowd has made room for a later one.
                assert await pipes[0][0].read() == b""
        await bring(app, made["id"], "ready")
        await stream[0].readuntil(b"ready")


async def poured(url: str, begun: bytes, piece: bytes) -> int:
    """Send a hundred megabytes and look for the answer only then; its status, 0 for a mere end."""
    async with connection(url) as pipe, asyncio.timeout(PATIENCE_SECONDS):
        with contextlib.suppress(ConnectionError):
            pipe[1].write(begun)
            for _ in range(BODY // MEGABYTE):
                pipe[1].write(piece)
                await pipe[1].drain()
        return await status(pipe)
