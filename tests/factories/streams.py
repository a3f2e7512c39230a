"""A client of server-sent events: speaks ASGI by itself, because an answer without end cannot be waited for."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI


class Stream:
    """One open stream."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.started = asyncio.Event()
        self.ended = asyncio.Event()
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            self.started.set()
        elif message.get("body"):
            self.body += message["body"]
            self._pieces.put_nowait(message["body"])

    async def event(self, *, within: float = 5.0) -> dict[str, Any]:
        """The next event: its fields, with `data` as JSON."""
        async with asyncio.timeout(within):
            while True:
                lines = (await self._pieces.get()).decode().splitlines()
                fields = dict(line.split(": ", 1) for line in lines if line.strip(":"))
                if "data" in fields:
                    return {**fields, "data": json.loads(fields["data"])}

    async def no_event(self, *, for_seconds: float = 0.6) -> None:
        """Nothing is told for a while."""
        try:
            told = await self.event(within=for_seconds)
        except TimeoutError:
            return
        raise AssertionError(told)


@asynccontextmanager
async def listening(api: FastAPI, *topics: str, token: str | None = None, cookie: str = "") -> AsyncIterator[Stream]:
    """Listen to topics for as long as the block lasts."""
    headers = [(b"host", b"testserver"), (b"accept-encoding", b"gzip")]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    if cookie:
        headers.append((b"cookie", cookie.encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/api/v1/events",
        "raw_path": b"/api/v1/events",
        "query_string": urlencode({"topics": ",".join(topics)}).encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50_001),
        "server": ("testserver", 80),
    }
    stream, leaves = Stream(), asyncio.Event()
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await leaves.wait()
        return {"type": "http.disconnect"}

    async def serve() -> None:
        try:
            await api(scope, receive, stream.send)
        finally:
            stream.started.set()
            stream.ended.set()

    serving = asyncio.create_task(serve())
    try:
        async with asyncio.timeout(10):
            await stream.started.wait()
        yield stream
    finally:
        leaves.set()
        async with asyncio.timeout(10):
            await serving
