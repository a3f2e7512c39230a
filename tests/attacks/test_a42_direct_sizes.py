"""A42: who may send to an Azure container sends more than was reserved; it does not stay, and counts for nothing."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.assets import asset_of
from tests.factories.azure import azure_store_at, azurite
from tests.factories.uploads import problem

from socialflow.domains.media.handlers import collect
from socialflow.domains.media.models import AssetState
from socialflow.domains.media.service import direct
from socialflow.kernel import ids
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]
DATA = b"0123456789"
MUCH = b"x" * 100_000


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An Azure Blob service."""
    with azurite(tmp_path_factory.mktemp("azurite")) as address:
        yield address


@pytest.fixture
async def app(app: App, service: str) -> AsyncIterator[App]:
    """An App whose store takes any size."""
    store = azure_store_at(service)
    yield replace(app, ports={**app.ports, ObjectStore: store})
    await store.close()


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two parts of five bytes."""
    monkeypatch.setattr(direct, "PART_BYTES", 5)


async def begun(person: Person) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An upload of ten bytes, and where its parts go."""
    made = (await person.post("/direct-uploads", {"length": len(DATA), "filename": "clip.mp4"})).json()
    parts = await person.post(f"/direct-uploads/{made['id']}/parts", {"numbers": [1, 2]})
    return made, parts.json()["parts"]


async def put(url: str, data: bytes, **headers: str) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.put(url, content=data, headers=headers)
        assert answer.is_success, answer.text


async def honest(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for part, data in zip(parts, (DATA[:5], DATA[5:]), strict=True):
        await put(part["url"], data)
    return [{"number": part["number"], "etag": ""} for part in parts]


async def there(app: App) -> list[str]:
    return [info.key async for info in app.port(ObjectStore).list("uploads/")]


def whole(part: dict[str, Any]) -> str:
    """The address of the blob itself, by the signature that was given for a part of it."""
    return str(part["url"]).partition("&comp=")[0]


async def used(person: Person) -> int:
    return int((await person.get("/uploads/limits")).json()["used_bytes"])


@pytest.mark.parametrize("how", ["a part", "a block of another name", "the blob"])
async def test_what_exceeds_an_upload_under_way_ends_it(app: App, ada: Person, deliver: Deliver, how: str) -> None:
    made, parts = await begun(ada)
    assert (await used(ada)) == len(DATA)
    soon = datetime.fromisoformat(parts[0]["expires_at"]) - datetime.now(UTC)
    assert soon < timedelta(minutes=16)
    other = base64.b64encode(b"f" * 38).decode()
    match how:
        case "a part":
            await put(parts[0]["url"], MUCH)
            refused = await ada.post(f"/direct-uploads/{made['id']}/complete", {"parts": [{"number": 1, "etag": ""}]})
            problem(refused, 422, "parts_differ")
        case "a block of another name":
            await put(f"{whole(parts[0])}&comp=block&blockid={other}", MUCH)
        case _:
            await put(whole(parts[0]), MUCH, **{"x-ms-blob-type": "BlockBlob"})
    await collect.look_at_sendings(app)
    await deliver()

    assert (await ada.get(f"/uploads/{made['id']}")).status_code == 404
    assert await there(app) == []
    assert await used(ada) == 0


async def test_what_fits_is_left_alone_and_forgotten_when_its_addresses_have_run_out(
    app: App, ada: Person, deliver: Deliver
) -> None:
    made, parts = await begun(ada)
    sent = await honest(parts)
    await collect.look_at_sendings(app)
    assert (await ada.post(f"/direct-uploads/{made['id']}/complete", {"parts": sent})).status_code == 200
    for later in (timedelta(), timedelta(minutes=21)):
        now = datetime.now(UTC) + later
        await collect.look_at_sendings(replace(app, clock=lambda now=now: now))
    assert len(await there(app)) == 1
    # Nobody looks any more: the addresses have run out.
    await put(whole(parts[0]), MUCH, **{"x-ms-blob-type": "BlockBlob"})
    await collect.look_at_sendings(app)
    assert len(await there(app)) == 1


async def test_who_replaces_the_blob_when_all_was_complete_loses_it(app: App, ada: Person, deliver: Deliver) -> None:
    made, parts = await begun(ada)
    await ada.post(f"/direct-uploads/{made['id']}/complete", {"parts": await honest(parts)})
    await put(whole(parts[0]), MUCH, **{"x-ms-blob-type": "BlockBlob"})
    await collect.look_at_sendings(app)

    assert await there(app) == []
    asset = await asset_of(app, ids.parse("ast", made["asset_id"]))
    assert (asset.state, asset.failure_code) == (AssetState.FAILED, "upload_exceeds")


async def test_who_sends_on_after_giving_up_keeps_nothing(app: App, ada: Person, deliver: Deliver) -> None:
    made, parts = await begun(ada)
    assert (await ada.delete(f"/uploads/{made['id']}", headers={"Tus-Resumable": "1.0.0"})).status_code == 204
    await deliver()
    await put(parts[1]["url"], DATA[:5])
    await put(whole(parts[0]), MUCH, **{"x-ms-blob-type": "BlockBlob"})
    assert len(await there(app)) == 1
    await collect.look_at_sendings(app)
    assert await there(app) == []
