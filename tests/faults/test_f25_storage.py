"""F25: the object service fails in every way; uploads resume, rows and bucket agree, nothing false is served."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.s3 import (
    Answer,
    CutAnswer,
    FaultyS3,
    FlipByte,
    Forget,
    Hang,
    LoseAnswer,
    Refuse,
    faulty,
    moto_server,
    store_at,
)
from tests.factories.uploads import offset_of, ready_asset, send, started, state_of, uploaded

from socialflow.adapters.storage.s3 import S3ObjectStore
from socialflow.domains.media.errors import SourceDamaged
from socialflow.domains.media.service import fetch_source
from socialflow.kernel import ids
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore, StoreUnavailable

FAULTS = {
    "500": Refuse(500),
    "503": Refuse(503, "SlowDown"),
    "expired": Refuse(403, "ExpiredToken"),
    "lost": LoseAnswer(),
    "hang": Hang(),
}


@pytest.fixture(scope="session")
def s3_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An S3 service."""
    with moto_server(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture
async def proxy(s3_service: str, app: App) -> AsyncIterator[FaultyS3]:
    """The App keeps its objects there, behind a proxy that can fail."""
    async with faulty(s3_service) as proxy:
        cast("dict[type[Any], Any]", app.ports)[ObjectStore] = store_at(proxy.address, timeout_s=1.0)
        yield proxy


def store_of(app: App) -> S3ObjectStore:
    return cast("S3ObjectStore", app.port(ObjectStore))


async def agree(app: App) -> None:
    """Every row's object is there; objects without a row may wait for the sweep."""
    async with app.sessions() as session:
        rows = {row.key: row.length for row in await session.execute(text("SELECT key, length FROM upload_pieces"))}
    there = {info.key: info.size async for info in store_of(app).list("uploads/")}
    assert {key: there.get(key) for key in rows} == rows


@pytest.mark.parametrize("fault", FAULTS)
async def test_f25_an_upload_goes_on_when_the_store_comes_back(
    app: App, ada: Person, proxy: FaultyS3, tmp_path: Path, fault: str
) -> None:
    data = os.urandom(300_000)
    address = await started(ada, len(data))
    assert (await send(ada, address, 0, data[:100_000])).status_code == 204

    proxy.fail("PUT", FAULTS[fault])
    answer = await send(ada, address, 100_000, data[100_000:])
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert await offset_of(ada, address) == 100_000

    proxy.heal()
    assert (await send(ada, address, 100_000, data[100_000:])).status_code == 204
    await agree(app)
    asset_id = ids.parse("ast", (await state_of(ada, address))["asset_id"])
    await fetch_source(app, asset_id, tmp_path / "source")
    assert (tmp_path / "source").read_bytes() == data


async def test_f25_a_piece_that_was_accepted_and_lost_is_asked_for_again(
    app: App, ada: Person, proxy: FaultyS3, tmp_path: Path
) -> None:
    data = os.urandom(300_000)
    address = await started(ada, len(data))
    await send(ada, address, 0, data[:100_000])
    proxy.fail("PUT", Forget(), times=1)
    await send(ada, address, 100_000, data[100_000:200_000])
    proxy.heal()

    assert (await send(ada, address, 200_000, data[200_000:])).status_code == 503
    assert await offset_of(ada, address) == 100_000
    assert (await send(ada, address, 100_000, data[100_000:])).status_code == 204
    await agree(app)
    asset_id = ids.parse("ast", (await state_of(ada, address))["asset_id"])
    await fetch_source(app, asset_id, tmp_path / "source")
    assert (tmp_path / "source").read_bytes() == data


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (CutAnswer(10), StoreUnavailable),
        (Refuse(500), StoreUnavailable),
        (FlipByte(), SourceDamaged),
        (Refuse(404, "NoSuchKey"), SourceDamaged),
    ],
)
async def test_f25_a_source_read_badly_is_no_source(
    app: App, ada: Person, proxy: FaultyS3, tmp_path: Path, fault: Answer, failure: type[Exception]
) -> None:
    address = await uploaded(ada, os.urandom(100_000))
    asset_id = ids.parse("ast", (await state_of(ada, address))["asset_id"])

    proxy.fail("GET", fault)
    with pytest.raises(failure):
        await fetch_source(app, asset_id, tmp_path / "source")
    assert not (tmp_path / "source").exists()


@pytest.mark.parametrize("fault", [Refuse(500), Hang(), CutAnswer(3)])
async def test_f25_a_file_that_cannot_be_read_is_a_503_and_never_a_short_200(
    app: App, ada: Person, proxy: FaultyS3, fault: Answer
) -> None:
    asset = await ready_asset(app, ada)
    proxy.fail("GET", fault)
    answer = await ada.http.get(f"/media/{asset}/v360.mp4")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")

    proxy.heal()
    assert (await ada.http.get(f"/media/{asset}/v360.mp4")).status_code == 200


async def test_f25_other_requests_do_not_wait_for_a_store_that_hangs(app: App, ada: Person, proxy: FaultyS3) -> None:
    address = await started(ada, 100)
    proxy.fail("PUT", Hang())
    hanging = asyncio.create_task(send(ada, address, 0, b"x" * 100))

    assert (await ada.get("/uploads/limits")).status_code == 200
    assert not hanging.done()
    assert (await hanging).status_code == 503
