"""What every store promises that hands out addresses; the bytes are sent to it by an ordinary client."""

import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from socialflow.adapters.storage.gcs_direct import DirectGcsObjectStore
from socialflow.adapters.storage.local import LocalObjectStore
from socialflow.adapters.storage.obstored import HIDDEN
from socialflow.ports.storage import (
    Address,
    Direct,
    InvalidKey,
    NotDirect,
    ObjectMissing,
    ObjectStore,
    Part,
    PartsId,
    PartsMismatch,
)

LASTS = timedelta(minutes=5)
VIDEO = "video/mp4"


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=20) as client:
        yield client


def limits_of(store: ObjectStore) -> Direct:
    assert store.direct is not None
    return store.direct


async def send(client: httpx2.AsyncClient, address: Address, data: bytes = b"") -> httpx2.Response:
    return await client.request(address.method, address.url, headers=dict(address.headers), content=data)


async def send_parts(
    store: ObjectStore, client: httpx2.AsyncClient, parts: PartsId, pieces: dict[int, bytes]
) -> list[Part]:
    sent = []
    for number, data in pieces.items():
        answer = await send(client, await store.part_address(parts, number, size=len(data), lasts=LASTS), data)
        assert answer.is_success, answer.text
        sent.append(
            Part(number, len(data), answer.headers.get("etag", "") if "amz" in answer.url.query.decode() else "")
        )
    return sorted(sent, key=lambda part: part.number)


def pieces_for(store: ObjectStore) -> dict[int, bytes]:
    """Three parts, sent out of order; the last one is short."""
    least = max(limits_of(store).least_part, 70_000)
    return {2: os.urandom(least), 1: os.urandom(least), 3: b"the end"}


def whole(pieces: dict[int, bytes]) -> bytes:
    return b"".join(pieces[number] for number in sorted(pieces))


async def keys_of(store: ObjectStore) -> list[str]:
    return [info.key async for info in store.list("")]


async def unfinished(store: ObjectStore, prefix: str = "") -> list[PartsId]:
    return [found.id async for found in store.unfinished_parts(prefix)]


async def test_an_object_is_put_and_got_by_address(remote: ObjectStore, client: httpx2.AsyncClient) -> None:
    put = await remote.address_to_put("a/one", size=5, content_type=VIDEO, lasts=LASTS)
    assert timedelta(minutes=4) < put.expires_at - datetime.now(UTC) <= LASTS
    assert (await send(client, put, b"12345")).is_success

    got = await send(client, await remote.address_to_get("a/one", lasts=LASTS))

    assert (got.content, got.headers["content-type"]) == (b"12345", VIDEO)
    assert (await remote.head("a/one")).size == 5
    assert await remote.get("a/one") == b"12345"


async def test_parts_become_an_object_at_once_and_only_when_complete(
    remote: ObjectStore, client: httpx2.AsyncClient
) -> None:
    pieces = pieces_for(remote)
    parts = await remote.start_parts("a/large", content_type=VIDEO)
    sent = await send_parts(remote, client, parts, pieces)
    assert await keys_of(remote) == []
    assert await unfinished(remote) == [parts]

    data = whole(pieces)
    stored = await remote.complete_parts(parts, sent, size=len(data), sha256=hashlib.sha256(data).hexdigest())

    info = await remote.head("a/large")
    assert (stored.size, stored.etag) == (len(data), info.etag)
    assert await remote.get("a/large") == data
    got = await send(client, await remote.address_to_get("a/large", lasts=LASTS))
    assert got.headers["content-type"] == VIDEO
    assert await keys_of(remote) == ["a/large"]
    assert await unfinished(remote) == []


async def test_a_part_sent_again_replaces_the_former(remote: ObjectStore, client: httpx2.AsyncClient) -> None:
    parts = await remote.start_parts("a/large", content_type=VIDEO)
    await send_parts(remote, client, parts, {1: b"12345"})
    sent = await send_parts(remote, client, parts, {1: b"54321"})

    await remote.complete_parts(parts, sent, size=5)

    assert await remote.get("a/large") == b"54321"


async def test_completing_again_is_completing_once(remote: ObjectStore, client: httpx2.AsyncClient) -> None:
    parts = await remote.start_parts("a/large", content_type=VIDEO)
    sent = await send_parts(remote, client, parts, {1: b"12345"})

    first = await remote.complete_parts(parts, sent, size=5)
    assert await remote.complete_parts(parts, sent, size=5) == first

    await remote.abort_parts(parts)
    assert await remote.get("a/large") == b"12345"


async def test_an_object_may_be_replaced_by_parts(remote: ObjectStore, client: httpx2.AsyncClient) -> None:
    await remote.put("a/large", b"former", content_type=VIDEO)
    parts = await remote.start_parts("a/large", content_type=VIDEO)
    sent = await send_parts(remote, client, parts, {1: b"later"})
    assert await remote.get("a/large") == b"former"

    await remote.complete_parts(parts, sent, size=5)

    assert await remote.get("a/large") == b"later"


@pytest.mark.parametrize(
    ("told", "size"),
    [
        ([Part(1, 5), Part(2, 5)], 10),
        ([Part(1, 4)], 4),
        ([Part(1, 5)], 6),
        ([Part(2, 5)], 5),
        ([], 0),
    ],
    ids=["one that was not sent", "of another size", "another size together", "another number", "none"],
)
async def test_parts_that_are_not_what_was_promised_make_no_object(
    remote: ObjectStore, client: httpx2.AsyncClient, told: list[Part], size: int
) -> None:
    parts = await remote.start_parts("a/large", content_type=VIDEO)
    sent = await send_parts(remote, client, parts, {1: b"12345"})

    with pytest.raises(PartsMismatch):
        await remote.complete_parts(parts, told, size=size)

    assert await keys_of(remote) == []
    await remote.complete_parts(parts, sent, size=5)
    assert await remote.get("a/large") == b"12345"


async def test_another_content_than_was_promised_is_not_kept(remote: ObjectStore, client: httpx2.AsyncClient) -> None:
    parts = await remote.start_parts("a/large", content_type=VIDEO)
    sent = await send_parts(remote, client, parts, {1: b"12345"})

    with pytest.raises(PartsMismatch):
        await remote.complete_parts(parts, sent, size=5, sha256=hashlib.sha256(b"54321").hexdigest())

    assert await keys_of(remote) == []


async def test_aborted_parts_are_gone_and_aborting_may_be_repeated(
    remote: ObjectStore, client: httpx2.AsyncClient
) -> None:
    kept = await remote.start_parts("a/other", content_type=VIDEO)
    parts = await remote.start_parts("a/large", content_type=VIDEO)
    sent = await send_parts(remote, client, parts, {1: b"12345"})

    await remote.abort_parts(parts)
    await remote.abort_parts(parts)

    with pytest.raises(ObjectMissing):
        await remote.complete_parts(parts, sent, size=5)
    assert await keys_of(remote) == []
    assert await unfinished(remote) == [kept]


async def test_a_part_that_comes_when_all_is_over_is_found_and_goes(
    remote: ObjectStore, client: httpx2.AsyncClient
) -> None:
    parts = await remote.start_parts("a/large", content_type=VIDEO)
    address = await remote.part_address(parts, 1, size=5, lasts=LASTS)
    await remote.abort_parts(parts)
    await send(client, address, b"12345")

    assert await unfinished(remote, "a/") == []
    for late in await unfinished(remote):
        await remote.abort_parts(late)
    assert await unfinished(remote) == []
    assert await keys_of(remote) == []
    if isinstance(remote, DirectGcsObjectStore):
        assert [blob.name async for blob in remote.blobs(f"{HIDDEN}/")] == []


async def test_everything_that_was_sent_is_counted_and_purged(remote: ObjectStore, client: httpx2.AsyncClient) -> None:
    parts = await remote.start_parts("a/large", content_type=VIDEO)
    assert await remote.sent_bytes(parts) == 0
    sent = await send_parts(remote, client, parts, {1: b"12345"})
    assert await remote.sent_bytes(parts) == 5
    await remote.complete_parts(parts, sent, size=5)
    assert await remote.sent_bytes(parts) == 5

    await remote.purge_parts(parts)
    await remote.purge_parts(parts)
    assert await remote.sent_bytes(parts) == 0
    assert await keys_of(remote) == []
    again = await remote.start_parts("a/large", content_type=VIDEO)
    await send_parts(remote, client, again, {1: b"12345"})
    await remote.purge_parts(again)
    assert (await remote.sent_bytes(again), await unfinished(remote)) == (0, [])


async def test_a_store_says_whether_its_addresses_take_other_sizes(
    remote: ObjectStore, client: httpx2.AsyncClient
) -> None:
    parts = await remote.start_parts("a/large", content_type=VIDEO)
    address = await remote.part_address(parts, 1, size=5, lasts=LASTS)
    answer = await client.request(address.method, address.url, content=b"more than five")
    assert remote.direct is not None
    if not remote.direct.binds_size:
        assert answer.is_success, "and so somebody has to look"
        assert await remote.sent_bytes(parts) == 14


async def test_unfinished_parts_are_listed_by_folder_and_with_their_time(
    remote: ObjectStore, client: httpx2.AsyncClient
) -> None:
    first = await remote.start_parts("a/one", content_type=VIDEO)
    second = await remote.start_parts("b/two", content_type=VIDEO)
    await send_parts(remote, client, second, {1: b"12345"})

    assert await unfinished(remote, "b/") == [second]
    assert set(await unfinished(remote)) == {first, second}
    async for found in remote.unfinished_parts(""):
        # moto says the same of all of them: the tenth of November 2010.
        assert found.started_at.year == 2010 or abs(datetime.now(UTC) - found.started_at) < timedelta(minutes=5)


@pytest.mark.parametrize("token", ["", "../../a", "a/b", "0" * 32, "nobody"])
async def test_a_sending_that_nobody_began_is_missing(remote: ObjectStore, token: str) -> None:
    await remote.put("a/other", b"12345", content_type=VIDEO)

    with pytest.raises(ObjectMissing):
        await remote.complete_parts(PartsId("a/none", token or "none"), [Part(1, 5)], size=5)
    await remote.abort_parts(PartsId("a/none", token or "none"))
    assert await keys_of(remote) == ["a/other"]


@pytest.mark.parametrize("key", ["", "../a", "a//b", ".parts/a", "A"])
async def test_only_keys_have_addresses(remote: ObjectStore, key: str) -> None:
    with pytest.raises(InvalidKey):
        await remote.address_to_get(key, lasts=LASTS)
    with pytest.raises(InvalidKey):
        await remote.address_to_put(key, size=1, content_type=VIDEO, lasts=LASTS)
    with pytest.raises(InvalidKey):
        await remote.start_parts(key, content_type=VIDEO)
    with pytest.raises(InvalidKey):
        await remote.part_address(PartsId(key, "0" * 32), 1, size=1, lasts=LASTS)
    with pytest.raises(InvalidKey):
        await remote.complete_parts(PartsId(key, "0" * 32), [], size=0)
    with pytest.raises(InvalidKey):
        await remote.abort_parts(PartsId(key, "0" * 32))


async def test_a_store_on_this_machine_says_that_it_has_no_addresses(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path)
    parts = PartsId("a/one", "none")

    assert store.direct is None
    assert await unfinished(store) == []
    await store.abort_parts(parts)
    with pytest.raises(NotDirect):
        await store.address_to_get("a/one", lasts=LASTS)
    with pytest.raises(NotDirect):
        await store.address_to_put("a/one", size=1, content_type=VIDEO, lasts=LASTS)
    with pytest.raises(NotDirect):
        await store.start_parts("a/one", content_type=VIDEO)
    with pytest.raises(NotDirect):
        await store.part_address(parts, 1, size=1, lasts=LASTS)
    with pytest.raises(NotDirect):
        await store.complete_parts(parts, [], size=0)
