"""Uploads whose bytes go straight to the store, against an S3 service over HTTP."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.s3 import moto_server, store_at
from tests.factories.uploads import TUS, keeping, offset_of, problem, send, state_of
from tests.factories.videos import bring

from socialflow.domains.media.errors import SourceDamaged
from socialflow.domains.media.handlers import collect, people
from socialflow.domains.media.service import assets, direct, fetch_source
from socialflow.domains.media.service.inventory import verify
from socialflow.kernel import faults, ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]
MIB = 1024**2


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An S3 service."""
    with moto_server(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture
def app(app: App, service: str) -> App:
    """An App whose store takes bytes itself."""
    return replace(app, ports={**app.ports, ObjectStore: store_at(service)})


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts as small as the service takes them."""
    monkeypatch.setattr(direct, "PART_BYTES", 5 * MIB)


async def begun(person: Person, data: bytes, **more: Any) -> dict[str, Any]:
    answer = await person.post(
        "/direct-uploads", {"length": len(data), "filename": "clip.mp4", "filetype": "video/mp4", **more}
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sent(person: Person, upload: dict[str, Any], data: bytes, *numbers: int) -> list[dict[str, Any]]:
    """Send parts to the addresses that we are given, as any HTTP client does."""
    wanted = list(numbers) or list(range(1, upload["part_count"] + 1))
    answer = await person.post(f"/direct-uploads/{upload['id']}/parts", {"numbers": wanted})
    assert answer.status_code == 200, answer.text
    found = []
    async with httpx2.AsyncClient(trust_env=False) as client:
        for part in answer.json()["parts"]:
            start = (part["number"] - 1) * upload["part_bytes"]
            piece = data[start : start + upload["part_bytes"]]
            assert len(piece) == part["size"]
            taken = await client.request(part["method"], part["url"], content=piece, headers=part["headers"])
            assert taken.is_success, taken.text
            found.append({"number": part["number"], "etag": taken.headers["etag"]})
    return found


async def completed(person: Person, upload: dict[str, Any], parts: list[dict[str, Any]]) -> httpx2.Response:
    return await person.post(f"/direct-uploads/{upload['id']}/complete", {"parts": parts})


async def sendings(app: App) -> int:
    return len([each async for each in app.port(ObjectStore).unfinished_parts("uploads/")])


async def test_a_file_goes_to_the_store_and_becomes_an_upload_like_any_other(
    app: App, ada: Person, tmp_path: Path
) -> None:
    data = os.urandom(11 * MIB + 3)
    upload = await begun(ada, data, sha256=hashlib.sha256(data).hexdigest())
    assert (upload["part_bytes"], upload["part_count"]) == (5 * MIB, 3)
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == len(data)
    assert (await state_of(ada, f"/api/v1/uploads/{upload['id']}"))["state"] == "receiving"

    answer = await completed(ada, upload, list(reversed(await sent(ada, upload, data))))
    assert answer.status_code == 200, answer.text
    state = answer.json()
    assert (state["state"], state["kind"], state["offset"]) == ("received", "direct", len(data))
    sha256 = await fetch_source(app, ids.parse("ast", state["asset_id"]), tmp_path / "source")
    assert (tmp_path / "source").read_bytes() == data
    assert sha256 == hashlib.sha256(data).hexdigest()
    assert await sendings(app) == 0
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM outbox WHERE kind = 'UploadCompleted'")) == 1


async def test_completing_again_and_at_once_is_completing_once(app: App, ada: Person) -> None:
    data = os.urandom(MIB)
    upload = await begun(ada, data)
    parts = await sent(ada, upload, data)
    answers = await asyncio.gather(*(completed(ada, upload, parts) for _ in range(4)))
    assert {answer.status_code for answer in [*answers, await completed(ada, upload, parts)]} == {200}
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM assets")) == 1
    problem(await ada.post(f"/direct-uploads/{upload['id']}/parts", {"numbers": [1]}), 409, "upload_complete")


async def test_f28_a_process_that_dies_between_store_and_row_loses_nothing(app: App, ada: Person) -> None:
    data = os.urandom(MIB)
    upload = await begun(ada, data)
    parts = await sent(ada, upload, data)
    faults.arm("media.parts_completed:raise", environment="test")
    try:
        assert (await completed(ada, upload, parts)).status_code == 500
    finally:
        faults.arm("", environment="test")
    assert await offset_of(ada, f"/api/v1/uploads/{upload['id']}") == 0
    # Some stores say that it is as old as the beginning of its sending.
    later = replace(app, clock=lambda: app.clock() + timedelta(days=30))
    await collect.sweep_pieces(later)
    assert (await verify(later)).findings == []

    answer = await completed(ada, upload, parts)
    assert (answer.status_code, answer.json()["state"]) == (200, "received")


async def test_what_is_missing_is_sent_again(app: App, ada: Person) -> None:
    data = os.urandom(6 * MIB)
    upload = await begun(ada, data)
    (first,) = await sent(ada, upload, data, 1)
    problem(await completed(ada, upload, [first]), 422, "parts_differ")
    problem(await completed(ada, upload, [first, {"number": 2, "etag": "x"}]), 422, "parts_differ")
    problem(await completed(ada, upload, [first, first]), 422, "parts_differ")
    assert (await state_of(ada, f"/api/v1/uploads/{upload['id']}"))["state"] == "receiving"

    (second,) = await sent(ada, upload, data, 2)
    assert (await completed(ada, upload, [first, second])).status_code == 200
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM assets")) == 1


async def test_parts_of_another_size_are_no_file(ada: Person) -> None:
    data = os.urandom(6 * MIB)
    upload = await begun(ada, data)
    parts = await sent(ada, upload, data)
    answer = await ada.post(f"/direct-uploads/{upload['id']}/parts", {"numbers": [2]})
    part = answer.json()["parts"][0]
    # The size is part of the signature; this service does not look at it.
    headers = {name: value for name, value in part["headers"].items() if name.lower() != "content-length"}
    async with httpx2.AsyncClient(trust_env=False) as client:
        taken = await client.request(part["method"], part["url"], content=b"short", headers=headers)
    assert taken.is_success
    shorter = [parts[0], {"number": 2, "etag": taken.headers["etag"]}]
    problem(await completed(ada, upload, shorter), 422, "parts_differ")


async def test_a_part_that_does_not_exist_has_no_address(ada: Person) -> None:
    upload = await begun(ada, b"x" * 100)
    problem(await ada.post(f"/direct-uploads/{upload['id']}/parts", {"numbers": [2]}), 422, "part_out_of_range")
    for numbers in ([], [0], [10_001], list(range(1, 102))):
        answer = await ada.post(f"/direct-uploads/{upload['id']}/parts", {"numbers": numbers})
        problem(answer, 422, "invalid_request")


async def test_somebody_elses_upload_gets_no_address(ada: Person, bob: Person) -> None:
    upload = await begun(ada, b"x" * 100)
    problem(await bob.post(f"/direct-uploads/{upload['id']}/parts", {"numbers": [1]}), 404, "not_found")
    problem(await completed(bob, upload, [{"number": 1}]), 404, "not_found")


async def test_room_is_reserved_as_for_any_upload(app: App, ada: Person) -> None:
    most, quota = app.settings.media.max_upload_bytes, app.settings.media.quota_bytes
    answers = await asyncio.gather(*(ada.post("/direct-uploads", {"length": most}) for _ in range(9)))
    assert sum(answer.status_code == 201 for answer in answers) == quota // most
    problem(await ada.post("/direct-uploads", {"length": most + 1}), 413, "upload_too_large")
    problem(await ada.post("/direct-uploads", {"length": 0}), 422, "empty_upload")
    problem(await ada.post("/direct-uploads", {"length": 5, "filetype": "text/html"}), 415, "type_not_accepted")


async def test_the_protocol_looks_at_it_and_brings_nothing(ada: Person) -> None:
    upload = await begun(ada, b"x" * 100)
    address = f"/api/v1/uploads/{upload['id']}"
    assert await offset_of(ada, address) == 0
    problem(await send(ada, address, 0, b"x"), 409, "sent_directly")
    tus = (await ada.http.post("/api/v1/uploads", headers={**TUS, "Upload-Length": "5"})).headers["location"]
    answer = await ada.post(f"/direct-uploads/{tus.rpartition('/')[2]}/parts", {"numbers": [1]})
    problem(answer, 409, "not_direct_here")


async def test_giving_up_ends_the_sending(app: App, ada: Person, deliver: Deliver) -> None:
    data = os.urandom(MIB)
    upload = await begun(ada, data)
    await sent(ada, upload, data)
    assert await sendings(app) == 1
    assert (await ada.http.delete(f"/api/v1/uploads/{upload['id']}", headers=TUS)).status_code == 204
    await deliver()
    assert await sendings(app) == 0
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 0


async def test_erasing_somebody_ends_the_sending(app: App, ada: Person) -> None:
    data = os.urandom(MIB)
    await sent(ada, await begun(ada, data), data)
    assert await sendings(app) == 1
    await people.erase_files(app, ids.parse("acc", ada.id))
    assert await sendings(app) == 0


async def test_what_was_read_once_is_compared_when_it_is_read_again(app: App, ada: Person, tmp_path: Path) -> None:
    data = os.urandom(MIB)
    upload = await begun(ada, data)
    assert (await completed(ada, upload, await sent(ada, upload, data))).status_code == 200
    asset_id = ids.parse("ast", upload["asset_id"])
    sha256 = await fetch_source(app, asset_id, tmp_path / "source")
    async with app.work(SYSTEM) as work:
        await assets.identify(work, asset_id, sha256)

    store = app.port(ObjectStore)
    (key,) = [info.key async for info in store.list("uploads/")]
    await store.put(key, os.urandom(MIB), content_type="video/mp4")
    with pytest.raises(SourceDamaged):
        await fetch_source(app, asset_id, tmp_path / "again")


async def test_limits_say_that_the_store_takes_bytes_itself(ada: Person) -> None:
    found = (await ada.get("/uploads/limits")).json()
    assert (found["protocols"], found["imports"]) == (["tus-1.0", "direct"], True)


async def test_an_original_that_was_sent_directly_comes_back_and_goes(app: App, ada: Person) -> None:
    data = os.urandom(MIB + 3)
    upload = await begun(ada, data)
    assert (await completed(ada, upload, await sent(ada, upload, data))).status_code == 200
    video = (await ada.post("/videos", {"upload_id": upload["id"]})).json()
    await bring(app, video["id"], "ready")
    url = (await ada.get(f"/videos/{video['id']}/original")).json()["url"]
    assert (await ada.http.get(url)).content == data
    part = await ada.http.get(url, headers={"Range": "bytes=-7"})
    assert (part.status_code, part.content) == (206, data[-7:])

    folder = f"uploads/{ids.parse('upl', upload['id'])}/"
    assert [info.size async for info in app.port(ObjectStore).list(folder)] == [len(data)]
    await collect.forget_originals(keeping(app, "until_ready"))
    assert [info.key async for info in app.port(ObjectStore).list(folder)] == []
    problem(await ada.get(f"/videos/{video['id']}/original"), 404, "not_found")
    assert 0 < (await ada.get("/uploads/limits")).json()["used_bytes"] < len(data)


class TestSwitchedOff:
    """An installation where all bytes pass through the API, whatever its store can do."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"media": settings.media.model_copy(update={"direct_uploads": False})})

    async def test_nothing_is_sent_to_the_store(self, ada: Person) -> None:
        assert (await ada.get("/uploads/limits")).json()["protocols"] == ["tus-1.0"]
        refused = await ada.post("/direct-uploads", {"length": MIB, "filename": "clip.mp4"})
        problem(refused, 409, "not_direct_here")
        assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 0
