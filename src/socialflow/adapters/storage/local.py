"""Objects as files below one folder of this machine.

Written by hand rather than through obstore's LocalStore, which neither flushes to the disk, nor
refuses symbolic links, nor tells a full disk from a missing file. An object is written beside
the tree, flushed, renamed into place, and its folder is flushed: after a power cut it is there
whole or not at all.
"""

import asyncio
import contextlib
import errno
import itertools
import os
import secrets
import shutil
import stat
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from socialflow.adapters.storage.indirect import Indirect
from socialflow.ports.storage import (
    PIECE_BYTES,
    Content,
    InvalidKey,
    ObjectExists,
    ObjectInfo,
    ObjectMissing,
    Stored,
    StoreFull,
    StoreUnavailable,
    check_key,
    check_prefix,
)

T = TypeVar("T")

# No key begins with a dot, so nothing here can be mistaken for an object.
UNFINISHED = ".unfinished"
UNFINISHED_SECONDS = 86_400
THREADS = 16
LIST_BATCH = 500
# Small enough to stay in the processor's cache on its way from the kernel's to a socket.
WARM_BYTES = 256 * 1024
WITHOUT_WAITING = getattr(os, "RWF_NOWAIT", None)
"""Linux's flag of a read that waits for no disk."""
RENAME_TRIES = 100
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR}


class LocalObjectStore(Indirect):
    """The ObjectStore of one machine, or of several that mount the same folder."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve()
        self._unfinished = self.root / UNFINISHED
        self._unfinished.mkdir(exist_ok=True)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="store")
        self._forget_unfinished()

    async def put(self, key: str, data: Content, *, content_type: str) -> Stored:
        """Write, flush, rename."""
        del content_type  # files have none of their own
        target = self._path(key)
        temporary = self._unfinished / secrets.token_hex(16)
        try:
            if isinstance(data, bytes):
                return await self._run(_write_all, temporary, data, target)
            if isinstance(data, Path):
                return await self._run(_take_file, temporary, data, target)
            await self._write_stream(temporary, data)
            return await self._run(_publish, temporary, target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()

    async def put_new(self, key: str, data: bytes, *, content_type: str) -> Stored:
        """Write, flush, and take the name with a link, which never replaces."""
        del content_type
        target = self._path(key)
        temporary = self._unfinished / secrets.token_hex(16)
        try:
            return await self._run(_write_new, temporary, data, target)
        except FileExistsError as error:
            raise ObjectExists(key) from error
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()

    async def get(self, key: str) -> bytes:
        """The whole file."""
        return await self._run(_read_all, self._path(key))

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """Read what is in memory at once and the rest in a thread, in pieces of 256 KiB and of 1 MiB.

        A turn of a thread costs several times what it takes to copy a piece, and waits for the interpreter besides.
        """
        path = self._path(key)
        try:
            # Its entry has just been looked up, so that this waits for nothing.
            file, stop = _open_at(path, start, end)
        except OSError as error:
            raise _failure(error) from error
        try:
            room = bytearray(min(WARM_BYTES, stop - start))
            while start < stop:
                piece = _read_warm(file, room, start, stop) or await self._run(_read_at, file, start, stop)
                if not piece:
                    raise ObjectMissing(key)
                yield piece
                start += len(piece)
        finally:
            file.close()

    async def get_file(self, key: str, path: Path) -> None:
        """Copy within the kernel."""
        await self._run(_copy, self._path(key), path)

    async def head(self, key: str) -> ObjectInfo:
        """From the file's own size and time."""
        return await self._run(_info, self._path(key), key)

    async def delete(self, *keys: str) -> None:
        """Unlink, and forget folders that are empty then."""
        await self._run(self._unlink_all, [self._path(key) for key in keys])

    async def delete_prefix(self, prefix: str) -> None:
        """Unlink one by one, so that what could not be deleted is still listed."""
        async for info in self.list(prefix):
            await self.delete(info.key)

    async def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        """Walk the folder in a thread, some hundred files at a time."""
        walk = self._walk(self.root / check_prefix(prefix))
        while batch := await self._run(_some, walk):
            for info in batch:
                yield info

    def local_path(self, key: str) -> Path | None:
        """The file itself."""
        return self._path(key)

    async def close(self) -> None:
        """Nothing is open between two calls."""

    def _path(self, key: str) -> Path:
        path = self.root / check_key(key)
        # A symbolic link anywhere below the root could lead out of it.
        if os.path.realpath(path) != str(path):
            raise InvalidKey(key)
        return path

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        """Call in a thread; a cancelled caller leaves only when the thread is done with its file."""
        future = asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            raise
        except OSError as error:
            raise _failure(error) from error

    async def _write_stream(self, temporary: Path, data: AsyncIterator[bytes]) -> None:
        file = await self._run(_create, temporary)
        try:
            pending: list[bytes] = []
            size = 0
            async for piece in data:
                pending.append(piece)
                size += len(piece)
                if size >= PIECE_BYTES:
                    await self._run(_append, file, pending)
                    pending, size = [], 0
            await self._run(_finish, file, pending)
        finally:
            file.close()

    def _unlink_all(self, paths: Iterable[Path]) -> None:
        for path in paths:
            try:
                path.unlink()
            except OSError as error:
                if error.errno not in ABSENT:
                    raise
            self._forget_empty(path.parent)

    def _forget_empty(self, folder: Path) -> None:
        with contextlib.suppress(OSError):
            while folder != self.root:
                folder.rmdir()
                folder = folder.parent

    def _forget_unfinished(self) -> None:
        """What a killed process was writing; a day is longer than any write takes."""
        for left in self._unfinished.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > UNFINISHED_SECONDS:
                    left.unlink()

    def _walk(self, folder: Path) -> Iterator[ObjectInfo]:
        for base, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if name != UNFINISHED]
            for name in names:
                path = Path(base, name)
                with contextlib.suppress(FileNotFoundError):
                    yield _info(path, path.relative_to(self.root).as_posix())


def _failure(error: OSError) -> Exception:
    if isinstance(error, FileExistsError):
        return error
    if error.errno in FULL:
        return StoreFull(retry_after=30)
    if error.errno in ABSENT:
        return ObjectMissing(str(error))
    return StoreUnavailable(retry_after=2)


def _create(temporary: Path) -> BinaryIO:
    return temporary.open("xb", buffering=0)


def _append(file: BinaryIO, pieces: list[bytes]) -> None:
    for piece in pieces:
        rest = memoryview(piece)
        while rest:
            # Unbuffered, so that a full disk is noticed here; such a write may take only a part.
            rest = rest[file.write(rest) :]


def _finish(file: BinaryIO, pending: list[bytes]) -> None:
    _append(file, pending)
    os.fsync(file.fileno())


def _write_all(temporary: Path, data: bytes, target: Path) -> Stored:
    with _create(temporary) as file:
        _finish(file, [data])
    return _publish(temporary, target)


def _take_file(temporary: Path, source: Path, target: Path) -> Stored:
    if not stat.S_ISREG(source.lstat().st_mode):
        raise InvalidKey(f"not a plain file: {source.name}")
    try:
        os.link(source, temporary, follow_symlinks=False)
    except OSError as error:
        if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK}:
            raise
        _copy(source, temporary)
    _flush(temporary)
    return _publish(temporary, target)


def _copy(source: Path, target: Path) -> None:
    with _open(source) as taken, target.open("xb") as made:
        try:
            shutil.copyfileobj(taken, made, PIECE_BYTES)
        except BaseException:
            target.unlink()
            raise


def _write_new(temporary: Path, data: bytes, target: Path) -> Stored:
    with _create(temporary) as file:
        _finish(file, [data])
    return _publish(temporary, target, new=True)


def _publish(temporary: Path, target: Path, *, new: bool = False) -> Stored:
    """Rename a flushed file into place, or link it where only a new name will do; flush the folder that changed."""
    # What is returned must be of our bytes, even when another puts the same key at once.
    info = _info(temporary, "")
    for _ in range(RENAME_TRIES):
        # Somebody may delete the last object of the folder in between, and the folder with it.
        with contextlib.suppress(FileNotFoundError):
            _make_folder(target.parent)
            if new:
                target.hardlink_to(temporary)
            else:
                temporary.replace(target)
            break
    else:
        raise OSError(errno.EAGAIN, "the folder keeps vanishing", str(target.parent))
    with contextlib.suppress(FileNotFoundError):
        _flush(target.parent)
    return Stored(info.size, info.etag)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
        _flush(folder.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _open(path: Path) -> BinaryIO:
    # Without O_NONBLOCK a pipe of that name would be waited for.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    return os.fdopen(handle, "rb", buffering=0)


def _open_at(path: Path, start: int, end: int | None) -> tuple[BinaryIO, int]:
    file = _open(path)
    found = os.fstat(file.fileno())
    stop = found.st_size if end is None else end
    if stop > found.st_size or start > stop or not stat.S_ISREG(found.st_mode):
        file.close()
        raise FileNotFoundError(errno.ENOENT, "no file, or shorter than that", str(path))
    return file, stop


def _read_warm(file: BinaryIO, room: bytearray, start: int, stop: int) -> bytes:
    """The next piece as far as it is in memory; nothing where a disk must be waited for, or cannot be asked about."""
    if WITHOUT_WAITING is None:
        return b""
    wanted = memoryview(room)[: stop - start]
    try:
        return bytes(wanted[: os.preadv(file.fileno(), [wanted], start, WITHOUT_WAITING)])
    except OSError:
        # EAGAIN; or a file system that has no such reads. What else is wrong a plain read will tell.
        return b""


def _read_at(file: BinaryIO, start: int, stop: int) -> bytes:
    return os.pread(file.fileno(), min(PIECE_BYTES, stop - start), start)


def _read_all(path: Path) -> bytes:
    with _open(path) as file:
        return file.read()


def _info(path: Path, key: str) -> ObjectInfo:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError(errno.ENOENT, "not a plain file", str(path))
    etag = f"{found.st_mtime_ns:x}-{found.st_ino:x}-{found.st_size:x}"
    return ObjectInfo(key, found.st_size, etag, datetime.fromtimestamp(found.st_mtime, UTC))


def _some(walk: Iterator[ObjectInfo]) -> list[ObjectInfo]:
    return list(itertools.islice(walk, LIST_BATCH))
