"""Servers of tests: a port on the loopback, and no connection that outlives the test."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def accepting(serve: Serve, *, limit: int = 65_536, port: int = 0) -> AsyncIterator[int]:
    """Serve each connection until the block ends, then cut off what is left of them; gives the port."""
    tasks: set[asyncio.Task[None]] = set()
    writers: set[asyncio.StreamWriter] = set()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        writers.add(writer)
        try:
            await serve(reader, writer)
        except asyncio.CancelledError:
            # The streams of asyncio report a cancelled server as a fault.
            return
        finally:
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", port, limit=limit)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            # A connection that is lost already has no loop any more.
            with contextlib.suppress(AttributeError):
                writer.transport.abort()
        # Aborted transports close their sockets in the next turn of the loop.
        await asyncio.sleep(0)
