"""F25 with the stores of Microsoft and Google: away, full, slow; uploads resume, and nothing half is served."""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.factories.accounts import Person
from tests.factories.azure import azure_store_at, azurite
from tests.factories.gcs import fake_gcs, gcs_store_at
from tests.factories.s3 import CutAnswer, FaultyS3, Hang, Refuse, faulty
from tests.factories.uploads import offset_of, ready_asset, send, started, state_of

from socialflow.domains.media.service import fetch_source
from socialflow.kernel import ids
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

FAULTS = {"500": (Refuse(503), 503), "hang": (Hang(), 503), "full": (Refuse(507), 507)}


@pytest.fixture(scope="session")
def azure_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An Azure Blob service."""
    with azurite(tmp_path_factory.mktemp("azurite")) as address:
        yield address


@pytest.fixture(params=["azure", "gcs"])
async def proxy(request: pytest.FixtureRequest, app: App, tmp_path: Path) -> AsyncIterator[FaultyS3]:
    """The App keeps its objects there, behind a proxy that can fail."""
    ports = cast("dict[type[Any], Any]", app.ports)
    if request.param == "azure":
        async with faulty(request.getfixturevalue("azure_service")) as proxy:
            store: ObjectStore = azure_store_at(proxy.address, timeout_s=1.0, retries=1)
            ports[ObjectStore] = store
            yield proxy
            await store.close()
        return
    with fake_gcs(tmp_path) as service:
        async with faulty(service.address) as proxy:
            store = gcs_store_at(service, address=proxy.address, timeout_s=1.0, retries=1)
            ports[ObjectStore] = store
            yield proxy
            await store.close()
    # A socket that was left open is told here, of the test that left it.
    gc.collect()


@pytest.mark.parametrize("fault", FAULTS)
async def test_f25_an_upload_goes_on_when_the_store_comes_back(
    app: App, ada: Person, proxy: FaultyS3, tmp_path: Path, fault: str
) -> None:
    data = os.urandom(300_000)
    address = await started(ada, len(data))
    assert (await send(ada, address, 0, data[:100_000])).status_code == 204

    answer_of, status = FAULTS[fault]
    for method in ("PUT", "POST"):
        proxy.fail(method, answer_of)
    answer = await send(ada, address, 100_000, data[100_000:])
    assert answer.status_code == status
    assert int(answer.headers["retry-after"]) >= 1
    assert await offset_of(ada, address) == 100_000

    proxy.heal()
    assert (await send(ada, address, 100_000, data[100_000:])).status_code == 204
    asset_id = ids.parse("ast", (await state_of(ada, address))["asset_id"])
    await fetch_source(app, asset_id, tmp_path / "source")
    assert (tmp_path / "source").read_bytes() == data


@pytest.mark.parametrize("fault", [Refuse(503), Hang(), CutAnswer(3)], ids=["503", "hang", "cut"])
async def test_f25_a_file_that_cannot_be_read_is_a_503_and_never_a_short_200(
    app: App, ada: Person, proxy: FaultyS3, fault: Any
) -> None:
    asset = await ready_asset(app, ada)
    proxy.fail("GET", fault)
    answer = await ada.http.get(f"/media/{asset}/v360.mp4")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")

    proxy.heal()
    assert (await ada.http.get(f"/media/{asset}/v360.mp4")).status_code == 200
