"""What the S3 adapter makes of a service that fails: the port's failures, in time, and no half objects."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.factories.s3 import Answer, Call, CutAnswer, FaultyS3, Forget, Hang, LoseAnswer, Refuse, answer

from socialflow.adapters.storage.s3 import S3ObjectStore
from socialflow.ports.storage import ObjectMissing, StoreFull, StoreUnavailable

TEXT = "text/plain"
MIB = 1024 * 1024
# Three tries of a second each, pauses between them, and a busy machine.
PATIENCE_SECONDS = 15.0

Verb = Callable[[S3ObjectStore], Awaitable[object]]


async def keys_of(store: S3ObjectStore) -> list[str]:
    return sorted([info.key async for info in store.list("")])


async def read(store: S3ObjectStore) -> bytes:
    return b"".join([piece async for piece in store.stream("a/one")])


VERBS: dict[str, Verb] = {
    "put": lambda store: store.put("a/two", b"12345", content_type=TEXT),
    "get": lambda store: store.get("a/one"),
    "stream": read,
    "head": lambda store: store.head("a/one"),
    "list": keys_of,
    "delete": lambda store: store.delete("a/one"),
}
METHODS = {"put": "PUT", "get": "GET", "stream": "GET", "head": "HEAD", "list": "GET", "delete": "POST"}


@pytest.fixture
async def store(failing_store: S3ObjectStore) -> S3ObjectStore:
    await failing_store.put("a/one", b"0123456789", content_type=TEXT)
    return failing_store


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("fault", [Refuse(500), Refuse(503, "SlowDown"), LoseAnswer()], ids=["500", "503", "lost"])
async def test_a_passing_failure_is_not_noticed(
    store: S3ObjectStore, proxy: FaultyS3, verb: str, fault: Answer
) -> None:
    proxy.fail(METHODS[verb], fault, times=1)

    await VERBS[verb](store)

    assert proxy.rules[0].times == 0


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "fault",
    [Refuse(500), Refuse(503, "SlowDown"), Refuse(403, "ExpiredToken"), Refuse(401), LoseAnswer(), Hang()],
    ids=["500", "503", "expired", "401", "lost", "hang"],
)
async def test_a_lasting_failure_is_told_in_time(
    store: S3ObjectStore, proxy: FaultyS3, verb: str, fault: Answer
) -> None:
    proxy.fail(METHODS[verb], fault)
    started = time.monotonic()

    with pytest.raises(StoreUnavailable) as told:
        await VERBS[verb](store)

    assert time.monotonic() - started < PATIENCE_SECONDS
    assert told.value.status == 503
    assert "http" not in str(told.value)
    assert "AKIA" not in str(told.value)


@pytest.mark.parametrize("status", [507, 400])
async def test_a_full_store_is_told_apart(store: S3ObjectStore, proxy: FaultyS3, status: int) -> None:
    proxy.fail("PUT", Refuse(status, "XMinioStorageFull"))

    with pytest.raises(StoreFull):
        await store.put("a/two", b"12345", content_type=TEXT)

    assert await keys_of(store) == ["a/one"]


@pytest.mark.parametrize("size", [10, 3 * MIB, 9 * MIB])
async def test_an_answer_cut_short_is_never_taken_for_the_whole(
    store: S3ObjectStore, proxy: FaultyS3, tmp_path: Path, size: int
) -> None:
    await store.put("a/one", os.urandom(size), content_type=TEXT)
    proxy.fail("GET", CutAnswer(keep=size // 10))

    with pytest.raises(StoreUnavailable):
        await store.get("a/one")
    with pytest.raises(StoreUnavailable):
        await read(store)
    with pytest.raises(StoreUnavailable):
        await store.get_file("a/one", tmp_path / "out")
    assert not (tmp_path / "out").exists()


async def test_one_answer_cut_short_is_asked_for_again(store: S3ObjectStore, proxy: FaultyS3) -> None:
    data = os.urandom(9 * MIB)
    await store.put("a/one", data, content_type=TEXT)
    proxy.fail("GET", CutAnswer(keep=MIB), times=1)

    assert await read(store) == data


async def test_an_object_that_was_accepted_and_lost_is_missing(store: S3ObjectStore, proxy: FaultyS3) -> None:
    proxy.fail("PUT", Forget())
    await store.put("a/two", b"12345", content_type=TEXT)

    with pytest.raises(ObjectMissing):
        await store.head("a/two")
    with pytest.raises(ObjectMissing):
        await store.get("a/two")
    assert await keys_of(store) == ["a/one"]


@pytest.mark.parametrize("fault", [Refuse(500), Hang()], ids=["500", "hang"])
@pytest.mark.parametrize("step", ["uploads", "partNumber=2", "uploadId"])
async def test_a_large_object_that_fails_halfway_is_not_there_and_is_cleared_away(
    store: S3ObjectStore, proxy: FaultyS3, tmp_path: Path, step: str, fault: Answer
) -> None:
    source = tmp_path / "large"
    source.write_bytes(os.urandom(20 * MIB))
    proxy.fail("PUT" if step.startswith("part") else "POST", fault, part=step)

    with pytest.raises(StoreUnavailable):
        await store.put("a/large", source, content_type=TEXT)

    proxy.heal()
    assert await keys_of(store) == ["a/one"]
    await _until(lambda: step == "uploads" or proxy.seen("DELETE", "uploadId") > 0)


async def test_a_completion_whose_answer_is_lost_is_no_missing_object(
    store: S3ObjectStore, proxy: FaultyS3, tmp_path: Path
) -> None:
    source = tmp_path / "large"
    source.write_bytes(os.urandom(9 * MIB))
    # The service does it; asked to give up the sending, it knows of none any more.
    proxy.fail("POST", LoseAnswer(), part="uploadId")

    with pytest.raises(StoreUnavailable):
        await store.put("a/large", source, content_type=TEXT)

    assert await store.get("a/large") == source.read_bytes()


async def test_a_cancelled_large_object_is_cleared_away(store: S3ObjectStore, proxy: FaultyS3) -> None:
    reached = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield os.urandom(MIB)
        reached.set()
        await asyncio.sleep(60)

    putting = asyncio.create_task(store.put("a/large", endless(), content_type=TEXT))
    await reached.wait()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting

    # Asked again where the answer takes its time.
    assert proxy.seen("DELETE", "uploadId") >= 1
    assert await keys_of(store) == ["a/one"]


@dataclass
class KeepOne(Answer):
    """Delete nothing, and say of one key that it could not be deleted."""

    async def __call__(self, proxy: FaultyS3, call: Call) -> bytes:
        del proxy
        key = call.body.decode().partition("<Key>")[2].partition("</Key>")[0]
        error = f"<Error><Key>{key}</Key><Code>InternalError</Code><Message>scripted</Message></Error>"
        return answer(200, f"<DeleteResult>{error}</DeleteResult>".encode())


async def test_f27_a_delete_that_fails_for_one_key_fails(store: S3ObjectStore, proxy: FaultyS3) -> None:
    proxy.fail("POST", KeepOne())
    with pytest.raises(StoreUnavailable):
        await store.delete("a/one")
    with pytest.raises(StoreUnavailable):
        await store.delete_prefix("a/")

    proxy.heal()
    assert await keys_of(store) == ["a/one"]
    await store.delete_prefix("a/")
    assert await keys_of(store) == []


async def test_an_absent_service_is_unavailable() -> None:
    store = S3ObjectStore("nobody", endpoint="http://127.0.0.1:9", timeout_s=1.0, retries=1)

    with pytest.raises(StoreUnavailable):
        await store.put("a/one", b"1", content_type=TEXT)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.02)
