"""All objects of the installation, from one store into another.

Every object is read once, compared with the digest that its row has, put, and read back from where it is
now. What is done is written to a journal on this machine, so that whoever was killed goes on; without the
journal everything is compared anew, and still nothing is copied twice. The source is not touched.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from socialflow.domains.media.queries import inventory as queries
from socialflow.domains.media.queries.inventory import NamedObject
from socialflow.domains.media.service.inventory import digest_of
from socialflow.kernel import faults
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectInfo, ObjectMissing, ObjectStore

AT_ONCE = 4
BATCH = 64
DELETE_BATCH = 500
UNKNOWN_TYPE = "application/octet-stream"


class MoveUnderWay(Exception):
    """Another process is moving the same objects."""


@dataclass(slots=True)
class Moved:
    """How far a move is, in objects and bytes; keys of what was damaged before, and of what could not be copied."""

    objects: int = 0
    size: int = 0
    copied: int = 0
    damaged: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Cleared:
    """How many objects of a former store were deleted, and the keys of those that were not."""

    deleted: int = 0
    left: list[str] = field(default_factory=list)


class Journal:
    """Which objects have arrived: key to the source's tag, a line of JSON each."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.arrived: dict[str, str] = {}
        file.seek(0)
        for line in file.read().splitlines():
            # The last line may be torn.
            try:
                key, etag = json.loads(line)
            except (TypeError, ValueError):
                continue
            self.arrived[key] = etag

    def has(self, info: ObjectInfo) -> bool:
        """Whether exactly this object has arrived."""
        return self.arrived.get(info.key) == info.etag

    def add(self, infos: Sequence[ObjectInfo]) -> None:
        """Write down what has arrived; on the disk when this returns. A torn line before it stays alone."""
        lines = "".join(f"{json.dumps([info.key, info.etag])}\n" for info in infos)
        self._file.write(f"\n{lines}".encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        self.arrived.update({info.key: info.etag for info in infos})


@contextmanager
def journal_at(path: Path) -> Iterator[Journal]:
    """Open a journal, and shut others out; raises MoveUnderWay."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MoveUnderWay(str(path)) from error
        yield Journal(file)


async def measure(source: ObjectStore) -> tuple[int, int]:
    """Objects and bytes of a store."""
    sizes = [info.size async for info in source.list("")]
    return len(sizes), sum(sizes)


async def move(
    app: App, source: ObjectStore, target: ObjectStore, journal: Journal, tell: Callable[[Moved], None]
) -> Moved:
    """Copy every object that is not there yet; raises StoreUnavailable or StoreFull, and can be run again."""
    folder = app.settings.work_dir / "moving"
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    await asyncio.to_thread(folder.mkdir, parents=True)
    moved = Moved()
    try:
        async for batch in _batches(source):
            waiting = [info for info in batch if not journal.has(info)]
            async with app.work(SYSTEM) as work:
                rows = await queries.by_keys(work.db, [info.key for info in waiting]) if waiting else {}
            results = await _copy_all(source, target, waiting, rows, moved, folder)
            await asyncio.to_thread(journal.add, [found for found in results if isinstance(found, ObjectInfo)])
            for failure in results:
                if isinstance(failure, BaseException):
                    raise failure
            faults.point("move.batch")
            moved.objects += len(batch)
            moved.size += sum(info.size for info in batch)
            tell(moved)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return moved


async def clear(app: App, source: ObjectStore, target: ObjectStore, journal: Journal) -> Cleared:
    """Delete from a former store what has arrived in the present one, or is named by nobody any more."""
    cleared = Cleared()
    async for batch in _batches(source):
        arrived = [info for info in batch if journal.has(info)]
        async with app.work(SYSTEM) as work:
            rows = await queries.by_keys(work.db, [info.key for info in arrived]) if arrived else {}
        safe = [info.key for info in arrived if await _is_there(target, info) or info.key not in rows]
        await source.delete(*safe)
        cleared.deleted += len(safe)
        cleared.left += [info.key for info in batch if info.key not in set(safe)]
    return cleared


async def _batches(store: ObjectStore) -> AsyncIterator[list[ObjectInfo]]:
    batch: list[ObjectInfo] = []
    async for info in store.list(""):
        batch.append(info)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


async def _copy_all(
    source: ObjectStore,
    target: ObjectStore,
    infos: Sequence[ObjectInfo],
    rows: dict[str, NamedObject],
    moved: Moved,
    folder: Path,
) -> list[ObjectInfo | BaseException | None]:
    """Copy some at once: for each the object when it has arrived, or why not."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, info: ObjectInfo) -> ObjectInfo | None:
        async with gate:
            return await _copy(source, target, info, rows.get(info.key), moved, folder / str(number))

    return await asyncio.gather(*(one(number, info) for number, info in enumerate(infos)), return_exceptions=True)


async def _copy(
    source: ObjectStore, target: ObjectStore, info: ObjectInfo, row: NamedObject | None, moved: Moved, path: Path
) -> ObjectInfo | None:
    try:
        digest = await _fetch(source, info.key, path)
        if row is not None and row.sha256 not in (None, digest):
            # Damage is carried over as it is: whoever repairs it later must not find less than there was.
            moved.damaged.append(info.key)
        if await _digest_there(target, info) != digest:
            await target.put(info.key, path, content_type=row.content_type if row else UNKNOWN_TYPE)
            faults.point("move.put")
            moved.copied += 1
            if await _digest_there(target, info) != digest:
                moved.failed.append(info.key)
                return None
    except ObjectMissing:
        # Deleted since it was listed.
        return None
    finally:
        path.unlink(missing_ok=True)
    return info


async def _fetch(source: ObjectStore, key: str, path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("xb") as file:
        async with aclosing(source.stream(key)) as pieces:
            async for piece in pieces:
                digest.update(piece)
                await asyncio.to_thread(file.write, piece)
    return digest.hexdigest()


async def _digest_there(target: ObjectStore, info: ObjectInfo) -> str | None:
    if not await _is_there(target, info):
        return None
    try:
        return await digest_of(target, info.key)
    except ObjectMissing:
        return None


async def _is_there(target: ObjectStore, info: ObjectInfo) -> bool:
    try:
        return (await target.head(info.key)).size == info.size
    except ObjectMissing:
        return False
