"""ObjectStore: named, immutable bytes.

Failures
├── ObjectMissing      the object, or the wanted part of it, does not exist
├── StoreFull          507: no room; nothing of the object was kept
└── StoreUnavailable   503: the store is away, slow or refuses us; the same call may work later
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from socialflow.kernel.errors import InsufficientStorage, Unavailable

PIECE_BYTES = 1024 * 1024
LONGEST_KEY = 512
_SEGMENT = r"[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,127}"
_KEY = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_PREFIX = re.compile(rf"(?:{_SEGMENT}/)*")

Content = bytes | Path | AsyncIterator[bytes]


class ObjectMissing(Exception):
    """There is no such object, or it is shorter than the part asked for."""


class StoreFull(InsufficientStorage):
    """There is no room for more files right now; what was kept before is safe."""


class StoreUnavailable(Unavailable):
    """Files cannot be kept or read right now; try again shortly."""


class InvalidKey(ValueError):
    """The text is not the name of an object."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a put: size in bytes and the store's tag for exactly this content."""

    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What is known of an object without reading it; `modified_at` is by the store's clock."""

    key: str
    size: int
    etag: str
    modified_at: datetime


def check_key(key: str) -> str:
    """The key itself, when it is one: lower-case segments, no dots in a row, at most 512 characters."""
    if len(key) > LONGEST_KEY or not _KEY.fullmatch(key):
        raise InvalidKey(key[:80])
    return key


def check_prefix(prefix: str) -> str:
    """The prefix itself, when it is one: whole folders, `a/b/`, or nothing for everything."""
    if len(prefix) > LONGEST_KEY or not _PREFIX.fullmatch(prefix):
        raise InvalidKey(prefix[:80])
    return prefix


class ObjectStore(Protocol):
    """Keeps objects under keys. An object is there whole or not at all, and durable once `put` returns."""

    async def put(self, key: str, data: Content, *, content_type: str) -> Stored:
        """Keep bytes, a file or a stream under a key, replacing what was there.

        A file may be linked instead of copied: do not change it in place afterwards. When a
        stream raises, nothing is kept and its exception comes through.
        """
        ...

    async def get(self, key: str) -> bytes:
        """The whole object; for small ones."""
        ...

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """Bytes `start` to `end` (exclusive; None is the object's end) in pieces of at most 1 MiB.

        Close the generator (`contextlib.aclosing`) when it may not be read to its end.
        """
        ...

    async def get_file(self, key: str, path: Path) -> None:
        """Write the whole object to a new file; raises FileExistsError rather than touch another."""
        ...

    async def head(self, key: str) -> ObjectInfo:
        """Size, tag and time of an object."""
        ...

    async def delete(self, *keys: str) -> None:
        """Forget objects; forgetting what is not there is fine."""
        ...

    async def delete_prefix(self, prefix: str) -> None:
        """Forget every object below a folder."""
        ...

    def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        """Every object below a folder, in no promised order."""
        ...

    def local_path(self, key: str) -> Path | None:
        """The object as a file of this machine, where the store has that; it need not exist."""
        ...
