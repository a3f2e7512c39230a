"""The API as a process of its own, and a way to it that breaks."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil

from socialflow.kernel.config import Settings
from tests.factories.connections import accepting
from tests.factories.instance import free_port
from tests.factories.parts import part

READY_SECONDS = 90.0
# Closing with this on sends RST instead of FIN.
ABORT = struct.pack("ii", 1, 0)


@asynccontextmanager
async def serving(settings: Settings, log: Path, *, port: int | None = None, **environment: str) -> AsyncIterator[str]:
    """`socialflow api` until the block ends; gives its address."""
    chosen = port or free_port()
    with part(settings, "api", "--port", str(chosen), log=log, SF_LIMITS__ENABLED="false", **environment) as process:
        url = f"http://127.0.0.1:{chosen}"
        await until_ready(url, lambda: process.poll() is None, log)
        yield url


async def until_ready(url: str, is_alive: Callable[[], bool], log: Path) -> None:
    """Wait until a server that is starting says that it is ready."""
    async with asyncio.timeout(READY_SECONDS), httpx2.AsyncClient() as client:
        while True:
            with contextlib.suppress(httpx2.TransportError):
                if (await client.get(f"{url}/readyz")).status_code == 200:
                    return
            assert is_alive(), log.read_text()[-3_000:]
            await asyncio.sleep(0.05)


def process_at(url: str) -> psutil.Process:
    """The server that listens at an address."""
    port = int(url.rpartition(":")[2])
    return next(
        psutil.Process(found.pid)
        for found in psutil.net_connections("tcp4")
        if found.pid and found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port
    )


@dataclass
class BreakingWay:
    """A TCP proxy that cuts a connection after so many bytes from the client, as often as it is told to."""

    target: tuple[str, int]
    cuts: list[int] = field(default_factory=list)
    url: str = ""
    cut: int = 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        limit = self.cuts.pop(0) if self.cuts else None
        opening = asyncio.create_task(asyncio.open_connection(*self.target))
        try:
            far_reader, far_writer = await asyncio.shield(opening)
        except asyncio.CancelledError:
            # What is being opened at the end is nobody else's to close.
            with contextlib.suppress(OSError):
                (await opening)[1].transport.abort()
            raise
        except OSError:
            writer.transport.abort()
            return
        there = asyncio.create_task(self._copy(reader, far_writer, limit))
        back = asyncio.create_task(self._copy(far_reader, writer, None))
        try:
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
            if there.done() and there.result():
                self.cut += 1
        finally:
            for task in (there, back):
                task.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            for side in (writer, far_writer):
                with contextlib.suppress(OSError):
                    side.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
                side.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None) -> bool:
        """Copy until the end, or until the limit, which is True."""
        copied = 0
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                if limit is not None and copied + len(data) > limit:
                    writer.write(data[: limit - copied])
                    await writer.drain()
                    return True
                copied += len(data)
                writer.write(data)
                await writer.drain()
        return False


@asynccontextmanager
async def breaking(url: str, *cuts: int) -> AsyncIterator[BreakingWay]:
    """A way to `url` whose first connections are cut after so many bytes, one number each."""
    host, _, port = url.removeprefix("http://").partition(":")
    way = BreakingWay((host, int(port)), list(cuts))
    async with accepting(way.carry) as port_here:
        way.url = f"http://127.0.0.1:{port_here}"
        yield way
