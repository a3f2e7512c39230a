"""A way to a service that can fall silent: nothing is refused and nothing comes through."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.factories.connections import accepting


@dataclass
class SilentWay:
    """A TCP proxy in front of a socket; once a connection has met the silence, it stays in it."""

    target: Path
    port: int = 0
    silent: bool = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        far: asyncio.StreamWriter | None = None
        copies: list[asyncio.Task[None]] = []
        if not self.silent:
            try:
                far_reader, far = await asyncio.open_unix_connection(self.target)
            except OSError:
                writer.transport.abort()
                return
            copies.append(asyncio.create_task(self._copy(far_reader, writer)))
        copies.append(asyncio.create_task(self._copy(reader, far)))
        try:
            await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in copies:
                task.cancel()
            await asyncio.gather(*copies, return_exceptions=True)
            for side in (writer, far):
                if side is not None:
                    side.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None) -> None:
        lost = writer is None
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                lost = lost or self.silent
                if not lost and writer is not None:
                    writer.write(data)
                    await writer.drain()


@asynccontextmanager
async def silent_way(target: Path) -> AsyncIterator[SilentWay]:
    """A way to the socket `target` by a port of this machine."""
    way = SilentWay(target)
    async with accepting(way.carry) as way.port:
        yield way
