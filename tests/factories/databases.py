"""A way to PostgreSQL on which the answers to commits get lost."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from socialflow.domains.shelves.models import Save, Watch
from socialflow.domains.social.models import PeopleList
from socialflow.kernel.outbox import OutboxEvent
from tests.factories.connections import accepting
from tests.factories.servers import ABORT

Loss = Literal["silence", "reset"]
# What a deed writes in any case: its event, or, of those that emit none, its row.
TELLS = tuple(f"INSERT INTO {table.__tablename__}".encode() for table in (OutboxEvent, PeopleList, Save, Watch))


@dataclass
class LossyWay:
    """A TCP proxy that lets the next commits of facts through, and keeps what the server says to them.

    With `silence` nothing more is heard on the connection, with `reset` it breaks. Messages are read
    as https://www.postgresql.org/docs/current/protocol-message-formats.html has them.
    """

    socket_path: str
    loss: Loss
    to_lose: int = 0
    lost: int = 0
    port: int = 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        far_reader, far_writer = await asyncio.open_unix_connection(self.socket_path)
        link = _Link(self)
        there = asyncio.create_task(link.ask(reader, far_writer))
        back = asyncio.create_task(link.answer(far_reader, writer))
        try:
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (there, back):
                task.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            with contextlib.suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            for side in (writer, far_writer):
                side.transport.abort()


class _Link:
    """One connection: what its transaction has written, and whether its answers still arrive."""

    def __init__(self, way: LossyWay) -> None:
        self._way = way
        self._statements: dict[bytes, bytes] = {}
        self._has_told = False
        self._is_lost = False

    async def ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Client to server, message by message."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readexactly(4)
            writer.write(head + await reader.readexactly(struct.unpack("!I", head)[0] - 4))
            while True:
                head = await reader.readexactly(5)
                kind, length = struct.unpack("!cI", head)
                body = await reader.readexactly(length - 4)
                self._read(kind, body)
                writer.write(head + body)
                await writer.drain()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Server to client, until a commit is lost."""
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                if self._is_lost:
                    # It is the answer to the commit: that is done, and nobody hears of it.
                    self._way.lost += 1
                    if self._way.loss == "silence":
                        await asyncio.Event().wait()
                    return
                writer.write(data)
                await writer.drain()

    def _read(self, kind: bytes, body: bytes) -> None:
        if kind == b"P":
            name, statement, _ = body.split(b"\0", 2)
            self._statements[name] = statement
        elif kind == b"B":
            statement = self._statements.get(body.split(b"\0", 2)[1], b"")
            self._has_told = self._has_told or statement.startswith(TELLS)
        elif kind == b"Q" and body.startswith(b"BEGIN"):
            self._has_told = False
        elif kind == b"Q" and body.startswith(b"COMMIT") and self._has_told and self._way.to_lose:
            self._way.to_lose -= 1
            self._is_lost = True


@asynccontextmanager
async def losing_commits(url: str, loss: Loss) -> AsyncIterator[LossyWay]:
    """A way to the database behind a Unix socket, which so far loses nothing; its `port` is on 127.0.0.1."""
    folder = parse_qs(urlsplit(url).query)["host"][0]
    way = LossyWay(str(Path(folder) / ".s.PGSQL.5432"), loss)
    async with accepting(way.carry) as way.port:
        yield way


def by_way(url: str, way: LossyWay) -> str:
    """The address of the same database by that way."""
    parts = urlsplit(url)
    return f"postgresql://{parts.username}@127.0.0.1:{way.port}{parts.path}?ssl=disable"
