"""What only the store on this machine can promise: durability, no way out of its folder, a full disk."""

import asyncio
import os
import resource
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from socialflow.adapters.storage import local
from socialflow.adapters.storage.local import LocalObjectStore
from socialflow.ports.storage import Content, InvalidKey, ObjectMissing, StoreFull, StoreUnavailable

TEXT = "text/plain"
MIB = 1024 * 1024


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStore:
    return LocalObjectStore(tmp_path / "objects")


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("form", ["bytes", "stream"])
async def test_f26_without_room_nothing_is_kept_and_there_is_a_507(store: LocalObjectStore, form: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x" * MIB

    contents: dict[str, Content] = {"bytes": b"x" * 4 * MIB, "stream": pieces()}

    with files_of_at_most(3 * MIB), pytest.raises(StoreFull) as told:
        await store.put("a/big", contents[form], content_type=TEXT)

    assert told.value.status == 507
    assert files_below(store.root) == []
    await store.put("a/small", b"1", content_type=TEXT)
    assert files_below(store.root) == ["a/small"]


async def test_an_accepted_object_is_flushed_before_it_has_its_name(
    store: LocalObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(handle: int) -> None:
        order.append("flush folder" if Path(f"/proc/self/fd/{handle}").is_dir() else "flush file")
        fsync(handle)

    def noted_replace(path: Path, target: Path) -> Path:
        order.append("rename")
        return replace(path, target)

    await store.put("a/zero", b"1", content_type=TEXT)
    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    await store.put("a/one", b"1", content_type=TEXT)

    assert order == ["flush file", "rename", "flush folder"]


async def test_a_symbolic_link_in_the_tree_leads_nowhere(store: LocalObjectStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (store.root / "out").symlink_to(tmp_path)
    (store.root / "leaf").symlink_to(tmp_path / "secret")

    for key in ("out/secret", "leaf"):
        with pytest.raises(InvalidKey):
            await store.get(key)
        with pytest.raises(InvalidKey):
            await store.put(key, b"mine", content_type=TEXT)
        with pytest.raises(InvalidKey):
            store.local_path(key)
    assert (tmp_path / "secret").read_bytes() == b"secret"
    assert [info.key async for info in store.list("")] == []


async def test_a_file_is_linked_and_not_copied(store: LocalObjectStore, tmp_path: Path) -> None:
    (tmp_path / "made").write_bytes(b"12345")
    await store.put("a/one", tmp_path / "made", content_type=TEXT)

    assert (store.root / "a/one").samefile(tmp_path / "made")


async def test_a_file_that_cannot_be_linked_is_copied(
    store: LocalObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_disk(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_disk)
    (tmp_path / "made").write_bytes(b"12345")
    await store.put("a/one", tmp_path / "made", content_type=TEXT)

    assert await store.get("a/one") == b"12345"
    assert not (store.root / "a/one").samefile(tmp_path / "made")


async def test_empty_folders_go_with_their_last_object(store: LocalObjectStore) -> None:
    await store.put("a/b/c/one", b"1", content_type=TEXT)
    await store.delete("a/b/c/one")

    assert [path.name for path in store.root.iterdir()] == [local.UNFINISHED]


async def test_putting_and_deleting_in_one_folder_at_once_is_safe(store: LocalObjectStore) -> None:
    async def turn(name: str) -> None:
        for _ in range(30):
            await store.put(f"a/b/{name}", b"1", content_type=TEXT)
            await store.delete(f"a/b/{name}")

    await asyncio.gather(*(turn(f"n{number}") for number in range(6)))
    assert files_below(store.root) == []


async def test_what_a_killed_process_was_writing_is_forgotten_after_a_day(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path)
    old, young = tmp_path / local.UNFINISHED / "old", tmp_path / local.UNFINISHED / "young"
    old.write_bytes(b"x")
    young.write_bytes(b"x")
    os.utime(old, (time.time() - 90_000,) * 2)

    LocalObjectStore(tmp_path)

    assert (old.exists(), young.exists()) == (False, True)
    assert [info.key async for info in store.list("")] == []


async def test_an_object_cut_while_it_is_read_is_missing_and_not_short(store: LocalObjectStore) -> None:
    await store.put("a/one", b"x" * 4 * MIB, content_type=TEXT)
    stream = store.stream("a/one")
    await anext(stream)
    os.truncate(store.root / "a/one", 2 * MIB)

    with pytest.raises(ObjectMissing):
        async for _ in stream:
            pass


def reads_without_waiting(path: Path) -> bool:
    """Whether this file system can be asked for what is in memory; Linux's usual ones can."""
    with path.open("rb") as file:
        try:
            return os.preadv(file.fileno(), [bytearray(1)], 0, os.RWF_NOWAIT) == 1
        except (AttributeError, OSError):
            return False


async def test_what_is_in_memory_is_read_without_a_thread(store: LocalObjectStore) -> None:
    data = os.urandom(3 * MIB + 5)
    await store.put("a/one", data, content_type=TEXT)
    if not reads_without_waiting(store.root / "a/one"):
        pytest.skip("NOT TESTED: this file system has no reads that wait for no disk")

    # A store that has had nothing to do has no threads yet.
    fresh = LocalObjectStore(store.root)
    assert b"".join([piece async for piece in fresh.stream("a/one", 7, 3 * MIB)]) == data[7 : 3 * MIB]
    assert not fresh._threads._threads


async def test_what_is_not_in_memory_comes_all_the_same(store: LocalObjectStore) -> None:
    data = os.urandom(4 * MIB + 5)
    await store.put("a/one", data, content_type=TEXT)
    for start, length in ((0, 0), (MIB, MIB), (0, MIB // 2)):
        with (store.root / "a/one").open("rb") as file:
            os.posix_fadvise(file.fileno(), start, length, os.POSIX_FADV_DONTNEED)
        assert b"".join([piece async for piece in store.stream("a/one")]) == data


async def test_a_pipe_of_an_object_s_name_is_not_waited_for(store: LocalObjectStore) -> None:
    (store.root / "a").mkdir()
    os.mkfifo(store.root / "a/pipe")

    with pytest.raises(ObjectMissing):
        await anext(store.stream("a/pipe"))


async def test_a_store_that_may_not_be_written_is_unavailable(
    store: LocalObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StoreUnavailable):
        await store.put("a/one", b"1", content_type=TEXT)
    assert files_below(store.root) == []
