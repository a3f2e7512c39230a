"""What is left of a store that was closed: no connection and no thread, whoever made them."""

import asyncio
import contextlib
import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from tests.factories.azure import azure_store_at
from tests.factories.connections import accepting
from tests.factories.gcs import Gcs, gcs_store_at
from tests.factories.s3 import refusing, store_at

from socialflow.adapters.storage.local import LocalObjectStore
from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel.config import Settings
from socialflow.ports.storage import ObjectMissing, ObjectStore, PartsId, StoreUnavailable

SETTLING_SECONDS = 20


@asynccontextmanager
async def refused(kind: str, status: int, request: pytest.FixtureRequest) -> AsyncIterator[tuple[ObjectStore, int]]:
    """A store at a service that refuses everything and keeps connections open, and the service's port."""
    async with accepting(refusing(status)) as port:
        address = f"http://127.0.0.1:{port}"
        match kind:
            case "s3":
                yield store_at(address), port
            case "azure":
                yield azure_store_at(address), port
            case _:
                service: Gcs = request.getfixturevalue("gcs_service")
                yield gcs_store_at(service, address=address), port


@asynccontextmanager
async def uncollected() -> AsyncIterator[None]:
    """Let the garbage collector close no connection."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def connections_to(port: int) -> int:
    """How many connections this process has opened to a port and not closed."""
    return sum(bool(found.raddr) and found.raddr.port == port for found in psutil.Process().net_connections("tcp4"))


@pytest.mark.parametrize("kind", ["s3", "azure", "gcs"])
async def test_a_closed_store_has_no_connection_and_no_thread_left(kind: str, request: pytest.FixtureRequest) -> None:
    threads = set(threading.enumerate())
    async with refused(kind, 404, request) as (store, port):
        with pytest.raises(ObjectMissing):
            await store.get("a/one")
        await store.abort_parts(PartsId("a/parts", "0" * 32))
        assert connections_to(port) > 0

        await store.close()

        # What still speaks of a failure holds on to the pool of connections in which it happened.
        gc.collect()
        async with asyncio.timeout(SETTLING_SECONDS):
            while connections_to(port):
                await asyncio.sleep(0.01)
        assert not {thread for thread in threading.enumerate() if thread.name.startswith("gcs")} - threads
        await store.close()


@pytest.mark.parametrize("kind", ["s3", "azure", "gcs"])
@pytest.mark.parametrize("status", [404, 503])
async def test_requests_that_are_refused_share_one_connection(
    kind: str, status: int, request: pytest.FixtureRequest
) -> None:
    async with refused(kind, status, request) as (store, port), uncollected():
        for _ in range(3):
            with pytest.raises((ObjectMissing, StoreUnavailable)):
                await store.get("a/one")

        assert connections_to(port) == 1
        await store.close()


async def test_the_store_is_closed_with_the_app(settings: Settings, tmp_path: Path) -> None:
    class Watched(LocalObjectStore):
        closed = 0

        async def close(self) -> None:
            self.closed += 1
            await super().close()

    store = Watched(tmp_path / "objects")
    async with open_app(settings, ports={ObjectStore: store}):
        assert store.closed == 0

    assert store.closed == 1


async def test_what_cannot_be_closed_keeps_nothing_else_open(settings: Settings, tmp_path: Path) -> None:
    class Stuck(LocalObjectStore):
        async def close(self) -> None:
            raise OSError("stuck")

    ports = {ObjectStore: Stuck(tmp_path / "objects")}
    opened = open_app(settings, ports=ports)
    app = await opened.__aenter__()
    async with app.sessions() as session:
        await session.execute(text("SELECT 1"))
    pool = app.engine.pool
    with pytest.raises(OSError, match="stuck"):
        await opened.__aexit__(None, None, None)
    assert app.engine.pool is not pool, "the connections to the database are closed"


async def test_questions_about_parts_share_one_connection_that_goes_with_the_store() -> None:
    # Of each connection the verbs that came by it; the library asks by HEAD, our own client by GET.
    connections: list[list[bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(verbs := [])
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                verbs.append((await reader.readuntil(b"\r\n\r\n")).partition(b" ")[0])
                writer.write(b"HTTP/1.1 404 Scripted\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()

    async with accepting(serve) as port, uncollected():
        store = azure_store_at(f"http://127.0.0.1:{port}")
        for _ in range(3):
            assert await store.sent_bytes(PartsId("a/parts", "0" * 32)) == 0
        assert [verbs for verbs in connections if b"GET" in verbs] == [[b"GET"] * 3]
        await store.close()
