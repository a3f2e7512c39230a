"""Viewers come and go in the middle of a file; the server keeps neither files open nor memory."""

import asyncio
import os
from pathlib import Path

import psutil
from tests.factories.accounts import Person
from tests.factories.servers import process_at, serving
from tests.factories.uploads import ready_asset

from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

MIB = 1024**2


async def test_a_viewer_who_leaves_in_the_middle_leaves_no_file_open(
    app: App, settings: Settings, ada: Person, tmp_path: Path
) -> None:
    asset = await ready_asset(app, ada, files={"v360.mp4": (os.urandom(40 * MIB), "video/mp4")})

    async with serving(settings, tmp_path / "api.log") as url:
        server = process_at(url)
        await asyncio.gather(*(peek(url, f"/media/{asset}/v360.mp4") for _ in range(20)))
        async with asyncio.timeout(20):
            while open_objects(server, settings):
                await asyncio.sleep(0.05)


async def peek(url: str, path: str) -> None:
    """Ask for a file, read its beginning, and go."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert b"200 OK" in await reader.read(1_000)
    writer.transport.abort()


def open_objects(server: psutil.Process, settings: Settings) -> list[str]:
    """Files of the store that a process has open."""
    root = str(settings.storage_root.resolve())
    return [file.path for file in server.open_files() if file.path.startswith(root)]
