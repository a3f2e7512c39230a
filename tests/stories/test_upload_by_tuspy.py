"""A third party's tus client uploads over a bad way; every byte arrives once."""

import asyncio
import contextlib
import hashlib
import os
import random
from pathlib import Path

import pytest
from tests.factories.accounts import Person
from tests.factories.servers import breaking, serving
from tests.factories.uploads import TUS, UPLOADS
from tusclient.client import TusClient

from socialflow.domains.media.service import fetch_source
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

MIB = 1024**2


async def uploaded_by_tuspy(url: str, person: Person, source: Path, *, piece: int) -> str:
    """Upload a file as a program written with tuspy does; the address it was given."""

    def upload() -> str:
        client = TusClient(f"{url}{UPLOADS}", headers={"Authorization": f"Bearer {person.access_token}"})
        metadata = {"filename": source.name, "filetype": "video/mp4"}
        with source.open("rb") as file:
            uploader = client.uploader(file_stream=file, chunk_size=piece, metadata=metadata, retries=10, retry_delay=0)
            uploader.upload()
        return str(uploader.url)

    return await asyncio.to_thread(upload)


async def digest_of(app: App, person: Person, address: str, folder: Path) -> str:
    """SHA-256 of what the pipeline will get."""
    state = (await person.http.get(address[address.index(UPLOADS) :])).json()
    assert state["state"] == "received"
    await fetch_source(app, ids.parse("ast", state["asset_id"]), folder / "fetched")
    return hashlib.sha256((folder / "fetched").read_bytes()).hexdigest()


async def test_f28_tuspy_uploads_over_a_way_that_breaks_in_the_middle(
    app: App, settings: Settings, ada: Person, tmp_path: Path
) -> None:
    source = tmp_path / "holiday.mp4"
    source.write_bytes(os.urandom(20 * MIB + 12_345))

    async with (
        serving(settings, tmp_path / "api.log") as url,
        breaking(url, 100_000_000, 3 * MIB, 100_000_000, 700_000, 100_000_000, 9 * MIB) as way,
    ):
        address = await uploaded_by_tuspy(way.url, ada, source, piece=16 * MIB)

    assert way.cut == 3
    assert await digest_of(app, ada, address, tmp_path) == hashlib.sha256(source.read_bytes()).hexdigest()


@pytest.mark.adversary
@pytest.mark.parametrize("seed", [1, 2])
async def test_f28_tuspy_uploads_over_a_way_that_breaks_at_any_byte(
    app: App, settings: Settings, ada: Person, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    source = tmp_path / "holiday.mp4"
    source.write_bytes(os.urandom(12 * MIB + chance.randrange(MIB)))
    # The creation comes first, and tuspy asks for it once.
    cuts = [100_000_000, *(chance.randrange(1, 4 * MIB) for _ in range(6))]
    async with serving(settings, tmp_path / "api.log") as url, breaking(url, *cuts) as way:
        address = await uploaded_by_tuspy(way.url, ada, source, piece=5 * MIB)

    assert way.cut >= 3
    assert await digest_of(app, ada, address, tmp_path) == hashlib.sha256(source.read_bytes()).hexdigest()


async def test_what_arrived_before_the_break_is_not_sent_again(
    app: App, settings: Settings, ada: Person, tmp_path: Path
) -> None:
    address = str((await ada.http.post(UPLOADS, headers={**TUS, "Upload-Length": str(8 * MIB)})).headers["location"])

    async with serving(settings, tmp_path / "api.log") as url, breaking(url, 5 * MIB) as way:
        reader, writer = await asyncio.open_connection(*_where(way.url))
        head = (
            f"PATCH {address} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ada.access_token}\r\n"
            "Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n"
            f"Content-Length: {8 * MIB}\r\n\r\n"
        ).encode()
        writer.write(head + b"x" * 6 * MIB)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        async with asyncio.timeout(10):
            while (offset := await _offset(ada, address)) == 0:
                await asyncio.sleep(0.02)

    # A reset throws away what had not been read yet; the rest is kept.
    assert MIB <= offset <= 5 * MIB


async def _offset(person: Person, address: str) -> int:
    return int((await person.http.head(address, headers=TUS)).headers["upload-offset"])


def _where(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)
