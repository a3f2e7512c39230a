"""An asset's folder on this machine: shared by the tasks that work at it here, and removed when room is needed.

The source is fetched once for all of them. Whoever works in a folder holds a lock on it, which the kernel gives
back however the process ends; only a folder that nobody holds is removed.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from socialflow.domains.media.service.sources import fetch_source
from socialflow.kernel import logs
from socialflow.kernel.work import App
from socialflow.ports.encoder import JobFolder

HELD, FETCHING, OVER = ".held", ".fetching", ".over"
SCRATCH = "scratch-"
OLDER = ("download-", "image-")
"""Scratch folders of earlier releases, which held no lock."""
OLDER_SECONDS = 3_600
GONE = ".gone-"
POLL_S = 0.02

log = logs.named(__name__)


@asynccontextmanager
async def bench(app: App, asset_id: uuid.UUID) -> AsyncIterator[JobFolder]:
    """The folder of an asset, held until the block ends; whoever leaves last removes it if its time was over."""
    job = folder(app, asset_id)
    descriptor = await asyncio.to_thread(_hold, job)
    try:
        with contextlib.suppress(FileNotFoundError):
            (job.root / OVER).unlink()
        yield job
    finally:
        os.close(descriptor)
        if (job.root / OVER).exists():
            await asyncio.to_thread(discard, job.root)


@asynccontextmanager
async def scratch(app: App) -> AsyncIterator[JobFolder]:
    """A folder of this attempt alone, which goes with it; what killed attempts left on this machine goes first."""
    root = app.settings.work_dir
    await asyncio.to_thread(sweep_scratch, root)
    name = f"{SCRATCH}{uuid.uuid4().hex}"
    job = JobFolder(root / name, name)
    descriptor = await asyncio.to_thread(_hold, job)
    try:
        yield job
    finally:
        await asyncio.to_thread(shutil.rmtree, job.root, ignore_errors=True)
        os.close(descriptor)


def sweep_scratch(root: Path) -> int:
    """Remove scratch folders that nobody holds, and what was moved away to be removed; returns how many."""
    swept = 0
    for path in list(root.iterdir()) if root.is_dir() else ():
        if path.name.startswith(GONE):
            shutil.rmtree(path, ignore_errors=True)
            swept += 1
        elif path.name.startswith(SCRATCH) or _is_older(path):
            swept += discard(path)
    return swept


def _is_older(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.name.startswith(OLDER) and time.time() - path.stat().st_mtime > OLDER_SECONDS
    return False


async def need_source(app: App, asset_id: uuid.UUID, job: JobFolder, size: int) -> str | None:
    """The source as one file, fetched by the first task on this machine that needs it; `size` in bytes.

    Returns its SHA-256 where it was fetched now.
    """
    if job.source.exists():
        return None
    lock = os.open(job.root / FETCHING, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _try_lock(lock, fcntl.LOCK_EX):
            await asyncio.sleep(POLL_S)
        if job.source.exists():
            return None
        await asyncio.to_thread(make_room, app.settings.work_dir, app.settings.media.source_cache_bytes - size)
        fresh = job.source.with_name(f"fetch-{uuid.uuid4().hex}")
        sha256 = await fetch_source(app, asset_id, fresh)
        fresh.replace(job.source)
        return sha256
    finally:
        os.close(lock)


async def digest_of(job: JobFolder) -> str:
    """The SHA-256 of a source that is here, in hexadecimal."""

    def read() -> str:
        with job.source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    return await asyncio.to_thread(read)


def make_room(root: Path, most: int) -> None:
    """Remove folders that nobody works in, least recently used first, until sources take no more than `most` bytes."""
    known = sorted(filter(None, map(_source_in, root.iterdir())))
    taken = sum(size for _, size, _ in known)
    for _, size, path in known:
        if taken <= most:
            return
        if discard(path):
            taken -= size


def retire(path: Path) -> None:
    """Remove a folder that is not needed any more, now or once nobody works in it."""
    if not discard(path):
        with contextlib.suppress(FileNotFoundError):
            (path / OVER).touch()
        # Whoever worked there may have left in between, without seeing the mark.
        discard(path)


def discard(path: Path) -> bool:
    """Remove a folder unless somebody works in it; whether it is gone."""
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(path / HELD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not _try_lock(descriptor, fcntl.LOCK_EX):
                return False
            # Moved first: whoever comes now begins with a folder of their own.
            away = path.with_name(f"{GONE}{uuid.uuid4().hex}")
            path.rename(away)
            shutil.rmtree(away, ignore_errors=True)
            log.info("work_folder_removed", asset=path.name)
        finally:
            os.close(descriptor)
    return True


def folder(app: App, asset_id: uuid.UUID) -> JobFolder:
    """Where an asset is worked at on this machine."""
    return JobFolder(app.settings.work_dir / str(asset_id), str(asset_id))


def _hold(job: JobFolder) -> int:
    """The descriptor that holds the folder; made anew where it was removed in between."""
    while True:
        job.create()
        try:
            descriptor = os.open(job.root / HELD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            continue
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        with contextlib.suppress(FileNotFoundError):
            os.utime(job.root / HELD)
            if _is_same(descriptor, job.root / HELD):
                return descriptor
        os.close(descriptor)


def _is_same(descriptor: int, path: Path) -> bool:
    held, there = os.fstat(descriptor), path.stat()
    return (held.st_dev, held.st_ino) == (there.st_dev, there.st_ino)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _source_in(path: Path) -> tuple[float, int, Path] | None:
    """When a folder was last used, and the bytes of its source; None for what has none."""
    with contextlib.suppress(OSError, ValueError):
        uuid.UUID(path.name)
        return (path / HELD).stat().st_mtime, (path / "in" / "source").stat().st_size, path
    return None
