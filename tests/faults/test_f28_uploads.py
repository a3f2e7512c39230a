"""F1 and F28: the server dies at the worst moments of an upload, or two clients send at once; the bytes are exact."""

import asyncio
import hashlib
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text
from tests.factories import node
from tests.factories.accounts import Person
from tests.factories.instance import free_port
from tests.factories.servers import process_at, serving
from tests.factories.uploads import PIECE, TUS, UPLOADS, part

from socialflow.domains.media.handlers import collect
from socialflow.domains.media.service import fetch_source
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

pytestmark = pytest.mark.adversary

MIB = 1024**2


@pytest.fixture
async def client(ada: Person) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that speaks as ada, to whatever address it is given."""
    headers = {"Authorization": f"Bearer {ada.access_token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as client:
        yield client


async def send_all(client: httpx2.AsyncClient, url: str, address: str, data: bytes, *, piece: int) -> None:
    """Upload the rest, as a client does that asks where it stands whenever something goes wrong."""
    while (offset := await offset_of(client, url, address)) < len(data):
        headers = {**PIECE, "Upload-Offset": str(offset)}
        await client.patch(url + address, content=data[offset : offset + piece], headers=headers)


async def offset_of(client: httpx2.AsyncClient, url: str, address: str) -> int:
    answer = await client.head(url + address, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


async def create(client: httpx2.AsyncClient, url: str, data: bytes) -> str:
    answer = await client.post(url + UPLOADS, headers={**TUS, "Upload-Length": str(len(data))})
    assert answer.status_code == 201
    return str(answer.headers["location"])


async def check(app: App, data: bytes, folder: Path) -> None:
    """There is one asset, made once, and its source is what was sent."""
    async with app.sessions() as session:
        assets = list(await session.scalars(text("SELECT id FROM assets")))
        events = await session.scalar(text("SELECT count(*) FROM outbox WHERE kind = 'UploadCompleted'"))
        keys = set(await session.scalars(text("SELECT key FROM upload_pieces")))
    assert (len(assets), events) == (1, 1)
    await fetch_source(app, assets[0], folder / "fetched")
    assert hashlib.sha256((folder / "fetched").read_bytes()).digest() == hashlib.sha256(data).digest()

    there = {info.key async for info in app.port(ObjectStore).list("uploads/")}
    assert keys <= there
    for key in there - keys:
        path = app.port(ObjectStore).local_path(key)
        assert path is not None
        os.utime(path, (0, 0))
    await collect.sweep_pieces(app)
    assert {info.key async for info in app.port(ObjectStore).list("uploads/")} == keys


@pytest.mark.parametrize("point", ["media.parts_joined", "createUpload.after_commit"])
async def test_f28_the_server_is_killed_while_it_joins_parts(
    app: App, settings: Settings, client: httpx2.AsyncClient, ada: Person, tmp_path: Path, point: str
) -> None:
    data = os.urandom(2 * MIB)
    parts = [await part(ada, data[:MIB]), await part(ada, data[MIB:])]
    headers = {**TUS, "Upload-Concat": f"final;{' '.join(parts)}"}
    async with serving(settings, tmp_path / "api.log", SF_FAULT=f"{point}:kill") as url:
        with pytest.raises(httpx2.TransportError):
            await client.post(url + UPLOADS, headers=headers)

    # Whether or not it had happened, asking again has the one outcome.
    answers = [await ada.http.post(UPLOADS, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == len(data)
    await check(app, data, tmp_path)


@pytest.mark.parametrize("parallel", [1, 3])
async def test_f28_the_server_is_killed_under_another_programs_client(
    app: App, settings: Settings, ada: Person, tmp_path: Path, parallel: int
) -> None:
    node.installed()
    source, chance = tmp_path / "source.mp4", random.Random(parallel)
    source.write_bytes(os.urandom(40 * MIB))
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}{UPLOADS}"
    token = ada.access_token
    async with serving(settings, tmp_path / "api.log", port=port) as url:
        told = {"chunkSize": 4 * MIB, "parallelUploads": parallel}
        sending = asyncio.create_task(node.upload(source, endpoint, token, **told))
        async with asyncio.timeout(30):
            while (await ada.get("/uploads/limits")).json()["open_uploads"] == 0:
                await asyncio.sleep(0.01)
        await asyncio.sleep(chance.random() / 4)
        process_at(url).kill()
    assert not sending.done()
    async with serving(settings, tmp_path / "api.log", port=port):
        await sending

    await check(app, source.read_bytes(), tmp_path)


@pytest.mark.parametrize("point", ["media.piece_kept", "appendToUpload.after_commit", "appendToUpload.after_reply"])
async def test_f28_the_server_is_killed_between_store_and_row_and_answer(
    app: App, settings: Settings, client: httpx2.AsyncClient, ada: Person, tmp_path: Path, point: str
) -> None:
    data = os.urandom(3 * MIB)
    address = await create(ada.http, "", data)
    assert (await ada.http.patch(address, content=data[:MIB], headers={**PIECE, "Upload-Offset": "0"})).is_success

    async with serving(settings, tmp_path / "api.log", SF_FAULT=f"{point}:kill") as url:
        headers = {**PIECE, "Upload-Offset": str(MIB)}
        try:
            answer = await client.patch(url + address, content=data[MIB:], headers=headers)
            assert (point, answer.status_code) == ("appendToUpload.after_reply", 204)
        except httpx2.TransportError:
            assert point != "appendToUpload.after_reply"

    # Another server on the same database and store.
    await send_all(ada.http, "", address, data, piece=MIB)
    await check(app, data, tmp_path)


async def test_f1_a_creation_whose_answer_was_lost_is_collected(
    app: App, settings: Settings, client: httpx2.AsyncClient, tmp_path: Path, ada: Person
) -> None:
    async with serving(settings, tmp_path / "api.log", SF_FAULT="createUpload.after_commit:kill") as url:
        with pytest.raises(httpx2.TransportError):
            await create(client, url, b"x" * 1_000)

    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 1_000
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE uploads SET expires_at = now() - interval '1 second'"))
    await collect.expire_uploads(app)
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 0


async def test_f28_two_clients_send_one_file_at_once_and_it_is_exact(
    app: App, settings: Settings, client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    data = os.urandom(6 * MIB)
    async with serving(settings, tmp_path / "api.log") as url:
        address = await create(client, url, data)
        await asyncio.gather(*(send_all(client, url, address, data, piece=size) for size in (700_000, 1_100_000)))

    await check(app, data, tmp_path)


async def test_f3_a_server_that_slept_through_the_upload_does_no_harm(
    app: App, settings: Settings, client: httpx2.AsyncClient, ada: Person, tmp_path: Path
) -> None:
    data = os.urandom(2 * MIB)
    asleep = tmp_path / "asleep"
    fault = f"media.piece_kept:stop@{asleep}"
    address = await create(ada.http, "", data)
    async with serving(settings, tmp_path / "api.log", SF_FAULT=fault) as url:
        headers = {**PIECE, "Upload-Offset": "0"}
        sleeper = asyncio.create_task(client.patch(url + address, content=data[:MIB], headers=headers))
        while not asleep.exists():
            await asyncio.sleep(0.02)
        await send_all(ada.http, "", address, data, piece=MIB)
        process_at(url).resume()
        answer = await sleeper

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_offset")
    await check(app, data, tmp_path)
