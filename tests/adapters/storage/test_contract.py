"""What every ObjectStore promises, asked of each of them."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from socialflow.adapters.storage.local import LocalObjectStore
from socialflow.adapters.storage.s3 import S3ObjectStore
from socialflow.ports.storage import PIECE_BYTES, Content, InvalidKey, ObjectExists, ObjectMissing, ObjectStore

TEXT = "text/plain"
MIB = 1024 * 1024


async def pieces_of(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def read(store: ObjectStore, key: str, start: int = 0, end: int | None = None) -> bytes:
    pieces = [piece async for piece in store.stream(key, start, end)]
    assert all(0 < len(piece) <= PIECE_BYTES for piece in pieces)
    return b"".join(pieces)


async def keys_of(store: ObjectStore, prefix: str) -> list[str]:
    return sorted([info.key async for info in store.list(prefix)])


@pytest.mark.parametrize("size", [0, 1, 70_000, 9 * MIB + 17])
@pytest.mark.parametrize("form", ["bytes", "file", "stream"])
async def test_what_was_put_is_what_is_got(store: ObjectStore, tmp_path: Path, size: int, form: str) -> None:
    data = os.urandom(size)
    file = tmp_path / "source"
    file.write_bytes(data)
    contents: dict[str, Content] = {"bytes": data, "file": file, "stream": pieces_of(data, 65_536)}

    stored = await store.put("a/b/c.bin", contents[form], content_type=TEXT)

    assert stored.size == size
    assert await store.get("a/b/c.bin") == data
    assert hashlib.sha256(await read(store, "a/b/c.bin")).digest() == hashlib.sha256(data).digest()


async def test_of_several_who_put_what_is_new_one_gets_the_name(store: ObjectStore) -> None:
    async def put(content: bytes) -> bytes | None:
        try:
            stored = await store.put_new("a/new", content, content_type=TEXT)
        except ObjectExists:
            return None
        assert stored.size == len(content)
        return content

    won = [content for content in await asyncio.gather(*(put(b"%d" % turn) for turn in range(8))) if content]

    assert len(won) == 1
    assert await store.get("a/new") == won[0]
    with pytest.raises(ObjectExists):
        await store.put_new("a/new", b"later", content_type=TEXT)
    assert await store.get("a/new") == won[0]
    await store.delete("a/new")
    await store.put_new("a/new", b"again", content_type=TEXT)


async def test_head_tells_size_tag_and_time(store: ObjectStore) -> None:
    stored = await store.put("a/one", b"12345", content_type=TEXT)
    info = await store.head("a/one")

    assert (info.key, info.size, info.etag) == ("a/one", 5, stored.etag)
    assert abs(datetime.now(UTC) - info.modified_at) < timedelta(minutes=5)


async def test_the_tag_is_another_when_the_content_is(store: ObjectStore) -> None:
    first = await store.put("a/one", b"12345", content_type=TEXT)
    second = await store.put("a/one", b"54321", content_type=TEXT)

    assert first.etag != second.etag
    assert await store.get("a/one") == b"54321"


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (0, 1), (5, 10), (MIB - 1, MIB + 1), (3, None), (10 * MIB, None), (2, 9 * MIB + 1)]
)
async def test_a_part_is_exactly_the_part(store: ObjectStore, start: int, end: int | None) -> None:
    data = os.urandom(10 * MIB)
    await store.put("a/one", data, content_type=TEXT)

    assert await read(store, "a/one", start, end) == data[start:end]


@pytest.mark.parametrize(("start", "end"), [(0, 11), (11, 12), (11, None), (9, 8)])
async def test_a_part_beyond_the_end_is_missing_and_not_short(store: ObjectStore, start: int, end: int | None) -> None:
    await store.put("a/one", b"0123456789", content_type=TEXT)

    with pytest.raises(ObjectMissing):
        await read(store, "a/one", start, end)


async def test_what_is_not_there_is_missing(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(ObjectMissing):
        await store.get("a/none")
    with pytest.raises(ObjectMissing):
        await store.head("a/none")
    with pytest.raises(ObjectMissing):
        await read(store, "a/none")
    with pytest.raises(ObjectMissing):
        await store.get_file("a/none", tmp_path / "out")
    assert not (tmp_path / "out").exists()


async def test_a_folder_is_not_an_object(store: ObjectStore) -> None:
    await store.put("a/b/c", b"1", content_type=TEXT)

    with pytest.raises(ObjectMissing):
        await store.head("a/b")
    with pytest.raises(ObjectMissing):
        await store.get("a/b")


async def test_a_file_is_fetched_whole_and_never_over_another(store: ObjectStore, tmp_path: Path) -> None:
    data = os.urandom(5 * MIB + 3)
    await store.put("a/one", data, content_type=TEXT)

    await store.get_file("a/one", tmp_path / "out")

    assert (tmp_path / "out").read_bytes() == data
    with pytest.raises(FileExistsError):
        await store.get_file("a/one", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == data


async def test_deleting_is_final_and_may_be_repeated(store: ObjectStore) -> None:
    for name in ("a/one", "a/two", "a/three"):
        await store.put(name, b"1", content_type=TEXT)

    await store.delete("a/one", "a/two", "a/none")
    await store.delete("a/one")
    await store.delete()

    assert await keys_of(store, "") == ["a/three"]


async def test_a_list_holds_what_is_below_a_folder_and_nothing_else(store: ObjectStore) -> None:
    for name in ("a/b/1", "a/b/c/2", "a/bb/3", "a/4", "b/5"):
        await store.put(name, name.encode(), content_type=TEXT)

    assert await keys_of(store, "a/b/") == ["a/b/1", "a/b/c/2"]
    assert await keys_of(store, "a/") == ["a/4", "a/b/1", "a/b/c/2", "a/bb/3"]
    assert await keys_of(store, "") == ["a/4", "a/b/1", "a/b/c/2", "a/bb/3", "b/5"]
    assert await keys_of(store, "none/") == []
    assert {info.size async for info in store.list("a/b/")} == {5, 7}


async def test_a_long_list_is_complete(store: ObjectStore) -> None:
    # More than fits in a page of a list or in one request that deletes; the emulators of two are slow.
    count = 1_203 if isinstance(store, LocalObjectStore | S3ObjectStore) else 303
    names = [f"many/{number:04d}" for number in range(count)]
    for start in range(0, len(names), 50):
        await asyncio.gather(*(store.put(name, b"x", content_type=TEXT) for name in names[start : start + 50]))

    assert await keys_of(store, "many/") == names
    await store.delete_prefix("many/")
    assert await keys_of(store, "") == []


async def test_a_stream_that_fails_leaves_nothing_and_its_failure_comes_through(store: ObjectStore) -> None:
    class Broken(Exception):
        pass

    async def breaking(size: int) -> AsyncIterator[bytes]:
        for _ in range(size):
            yield b"x" * MIB
        raise Broken

    for size in (0, 1, 20):
        with pytest.raises(Broken):
            await store.put("a/broken", breaking(size), content_type=TEXT)

    assert await keys_of(store, "") == []


async def test_a_cancelled_put_leaves_nothing(store: ObjectStore) -> None:
    reached = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield b"x" * MIB
        reached.set()
        await asyncio.sleep(60)
        yield b""

    putting = asyncio.create_task(store.put("a/cancelled", endless(), content_type=TEXT))
    await reached.wait()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting

    assert await keys_of(store, "") == []


async def test_a_reader_sees_the_old_object_or_the_new_and_never_a_mixture(store: ObjectStore) -> None:
    old, new = b"a" * 300_000, b"b" * 300_000
    await store.put("a/one", old, content_type=TEXT)

    async def write() -> None:
        for turn in range(20):
            await store.put("a/one", (old, new)[turn % 2], content_type=TEXT)

    async def look() -> None:
        for _ in range(40):
            assert await store.get("a/one") in (old, new)

    await asyncio.gather(write(), look(), look())


async def test_a_stream_may_be_left_early(store: ObjectStore) -> None:
    await store.put("a/one", os.urandom(12 * MIB), content_type=TEXT)

    stream = store.stream("a/one")
    assert 0 < len(await anext(stream)) <= PIECE_BYTES
    await stream.aclose()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "a/../b",
        "../a",
        "a/..",
        ".",
        "..",
        "a//b",
        "a/",
        "a\\b",
        "a\x00b",
        "a\nb",
        "a/%2e%2e/b",
        "\u2024\u2024/a",
        "a\u2215b",
        "A",
        ".unfinished/a",
        "a/.hidden",
        "-i",
        "a b",
        "x" * 129,
        "/".join(["a" * 100] * 6),
        "caf\u00e9",
    ],
)
async def test_only_names_on_the_allow_list_are_keys(store: ObjectStore, tmp_path: Path, key: str) -> None:
    with pytest.raises(InvalidKey):
        await store.put(key, b"1", content_type=TEXT)
    with pytest.raises(InvalidKey):
        await store.get(key)
    with pytest.raises(InvalidKey):
        await read(store, key)
    with pytest.raises(InvalidKey):
        await store.head(key)
    with pytest.raises(InvalidKey):
        await store.get_file(key, tmp_path / "out")
    with pytest.raises(InvalidKey):
        await store.delete(key)
    with pytest.raises(InvalidKey):
        store.local_path(key)


@pytest.mark.parametrize("prefix", ["a", "../", "/", "a/../", "a//", ".unfinished/"])
async def test_only_whole_folders_are_listed(store: ObjectStore, prefix: str) -> None:
    with pytest.raises(InvalidKey):
        await keys_of(store, prefix)


async def test_a_symbolic_link_is_not_taken(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")

    with pytest.raises(InvalidKey):
        await store.put("a/one", tmp_path / "link", content_type=TEXT)


async def test_a_local_path_is_the_object_or_nothing(store: ObjectStore) -> None:
    await store.put("a/one", b"12345", content_type=TEXT)
    path = store.local_path("a/one")

    assert path is None or path.read_bytes() == b"12345"
