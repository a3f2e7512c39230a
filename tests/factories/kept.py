"""The objects of an installation that keeps its files on this machine, as tests harm them."""

import os
from datetime import timedelta
from pathlib import Path

from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore


async def keys_of(store: ObjectStore, prefix: str = "") -> list[str]:
    """The keys of what is there."""
    return sorted([info.key async for info in store.list(prefix)])


def path_of(app: App, key: str) -> Path:
    """An object as a file."""
    path = app.port(ObjectStore).local_path(key)
    assert path is not None
    return path


def damage(app: App, key: str) -> None:
    """Flip a bit of an object; its size stays."""
    path = path_of(app, key)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


async def orphan(app: App, key: str, *, age: timedelta) -> str:
    """An object that no row names, and that looks so old."""
    await app.port(ObjectStore).put(key, b"nobody's", content_type="text/plain")
    path = path_of(app, key)
    moment = path.stat().st_mtime - age.total_seconds()
    os.utime(path, (moment, moment))
    return key
