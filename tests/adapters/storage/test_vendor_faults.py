"""What the adapters of Azure and Google make of a service that fails: the port's failures, in time, no half objects."""

import gc
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.factories.azure import azure_store_at, azurite
from tests.factories.gcs import Gcs, fake_gcs, gcs_store_at
from tests.factories.s3 import Answer, CutAnswer, FaultyS3, Hang, LoseAnswer, Refuse, faulty, moto_server, store_at

from socialflow.adapters.storage.azure import AzureObjectStore
from socialflow.ports.storage import Content, ObjectStore, Part, StoreFull, StoreUnavailable

TEXT = "text/plain"
MIB = 1024 * 1024
TIMEOUT_SECONDS = 1.0
# No retry begins once the time of a request is over, so a call ends in twice that; the rest is for a busy machine.
PATIENCE_SECONDS = 15.0

Verb = Callable[[ObjectStore], Awaitable[object]]


async def keys_of(store: ObjectStore) -> list[str]:
    return sorted([info.key async for info in store.list("")])


async def read(store: ObjectStore) -> bytes:
    return b"".join([piece async for piece in store.stream("a/one")])


async def in_parts(store: ObjectStore) -> object:
    parts = await store.start_parts("a/parts", content_type=TEXT)
    return await store.complete_parts(parts, [Part(1, 1)], size=1)


VERBS: dict[str, Verb] = {
    "put": lambda store: store.put("a/two", b"12345", content_type=TEXT),
    "put_new": lambda store: store.put_new("a/two", b"12345", content_type=TEXT),
    "get": lambda store: store.get("a/one"),
    "stream": read,
    "head": lambda store: store.head("a/one"),
    "list": keys_of,
    "delete": lambda store: store.delete("a/one"),
    "parts": in_parts,
}
METHODS = ("PUT", "GET", "HEAD", "POST", "DELETE")


def fail(proxy: FaultyS3, fault: Answer, *, times: int = 1_000_000) -> None:
    for method in METHODS:
        proxy.fail(method, fault, times=times)


@pytest.fixture(params=["azure", "gcs"])
async def proxied(request: pytest.FixtureRequest) -> AsyncIterator[tuple[ObjectStore, FaultyS3]]:
    """A store with one object, behind a proxy that can fail."""
    if request.param == "azure":
        async with faulty(request.getfixturevalue("azure_service")) as proxy:
            store: ObjectStore = azure_store_at(proxy.address, timeout_s=TIMEOUT_SECONDS, retries=1)
            await store.put("a/one", b"0123456789", content_type=TEXT)
            yield store, proxy
            await store.close()
        return
    service: Gcs = request.getfixturevalue("gcs_service")
    async with faulty(service.address) as proxy:
        store = gcs_store_at(service, address=proxy.address, timeout_s=TIMEOUT_SECONDS, retries=1)
        await store.put("a/one", b"0123456789", content_type=TEXT)
        yield store, proxy
        await store.close()
    # A socket that was left open is told here, of the test that left it.
    gc.collect()


LASTING = [
    *((verb, fault) for verb in VERBS for fault in ("503", "hang")),
    *((verb, fault) for verb in ("put", "get") for fault in ("expired", "lost")),
]
FAULTS: dict[str, Answer] = {"503": Refuse(503), "hang": Hang(), "expired": Refuse(403), "lost": LoseAnswer()}


@pytest.mark.parametrize(("verb", "fault"), LASTING)
@pytest.mark.adversary
async def test_a_lasting_failure_is_told_in_time(proxied: tuple[ObjectStore, FaultyS3], verb: str, fault: str) -> None:
    store, proxy = proxied
    fail(proxy, FAULTS[fault])
    began = time.monotonic()

    with pytest.raises(StoreUnavailable) as told:
        await VERBS[verb](store)

    assert time.monotonic() - began < PATIENCE_SECONDS
    assert told.value.status == 503
    assert "http" not in str(told.value)


@pytest.mark.parametrize("verb", ["put", "get", "head", "list"])
async def test_a_passing_failure_is_not_noticed(proxied: tuple[ObjectStore, FaultyS3], verb: str) -> None:
    store, proxy = proxied
    fail(proxy, Refuse(503), times=1)

    await VERBS[verb](store)


async def test_a_full_store_is_told_apart(proxied: tuple[ObjectStore, FaultyS3]) -> None:
    store, proxy = proxied
    fail(proxy, Refuse(507))

    with pytest.raises(StoreFull) as told:
        await store.put("a/two", b"12345", content_type=TEXT)
    assert told.value.status == 507

    proxy.heal()
    assert await keys_of(store) == ["a/one"]


@pytest.mark.parametrize("size", [100, 3 * MIB])
async def test_an_answer_cut_short_is_never_taken_for_the_whole(
    proxied: tuple[ObjectStore, FaultyS3], tmp_path: Path, size: int
) -> None:
    store, proxy = proxied
    await store.put("a/one", os.urandom(size), content_type=TEXT)
    proxy.fail("GET", CutAnswer(keep=size // 10))

    with pytest.raises(StoreUnavailable):
        await store.get("a/one")
    with pytest.raises(StoreUnavailable):
        await read(store)
    with pytest.raises(StoreUnavailable):
        await store.get_file("a/one", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("form", ["stream", "file"])
async def test_a_service_that_goes_away_in_the_middle_keeps_nothing_half(
    proxied: tuple[ObjectStore, FaultyS3], tmp_path: Path, form: str
) -> None:
    store, proxy = proxied
    source = tmp_path / "large"
    source.write_bytes(os.urandom(20 * MIB))

    async def going_away() -> AsyncIterator[bytes]:
        for turn in range(20):
            if turn == 12:
                fail(proxy, Refuse(503))
            yield source.read_bytes()[turn * MIB : (turn + 1) * MIB]

    if form == "file":
        # The first part passes.
        for method in ("PUT", "POST"):
            proxy.fail(method, LoseAnswer(), part="block" if isinstance(store, AzureObjectStore) else "upload_id")
    contents: dict[str, Content] = {"stream": going_away(), "file": source}
    with pytest.raises(StoreUnavailable):
        await store.put("a/large", contents[form], content_type=TEXT)

    proxy.heal()
    assert await keys_of(store) == ["a/one"]
    await store.put("a/large", source, content_type=TEXT)
    assert await store.get("a/large") == source.read_bytes()


@pytest.mark.parametrize("kind", ["s3", "azure", "gcs"])
@pytest.mark.adversary
async def test_a_service_that_is_stopped_in_the_middle_of_a_stream_is_unavailable(kind: str, tmp_path: Path) -> None:
    patience: Any = {"timeout_s": TIMEOUT_SECONDS, "retries": 1}
    if kind == "s3":
        service, make = moto_server(tmp_path), lambda where: store_at(where, **patience)
    elif kind == "azure":
        service, make = azurite(tmp_path), lambda where: azure_store_at(where, **patience)
    else:
        service, make = fake_gcs(tmp_path), lambda where: gcs_store_at(where, **patience)
    where = service.__enter__()
    store: ObjectStore = make(where)
    await store.put("a/one", os.urandom(12 * MIB), content_type=TEXT)

    stream = store.stream("a/one")
    await anext(stream)
    service.__exit__(None, None, None)

    with pytest.raises(StoreUnavailable):
        async for _ in stream:
            pass
    with pytest.raises(StoreUnavailable):
        await store.put("a/two", b"12345", content_type=TEXT)
    await store.close()


async def test_an_absent_service_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        await azure_store_at("http://127.0.0.1:9", timeout_s=1.0, retries=0).get("a/one")
    absent = Gcs("http://127.0.0.1:9", "http://127.0.0.1:9/token")
    with pytest.raises(StoreUnavailable):
        await gcs_store_at(absent, timeout_s=1.0, retries=0).get("a/one")


async def test_a_key_of_the_wrong_account_is_unavailable_and_is_not_told(gcs_service: Gcs) -> None:
    store = gcs_store_at(Gcs(gcs_service.address, f"{gcs_service.address}/nowhere"), timeout_s=1.0, retries=0)

    with pytest.raises(StoreUnavailable) as told:
        await store.get("a/one")
    assert "PRIVATE" not in repr(told.value)
