"""ObjectStore: named, immutable bytes.

Failures
├── ObjectMissing      the object, or the wanted part of it, does not exist
├── ObjectExists       there is an object of that name already, and it stays as it is
├── PartsMismatch      the parts that were sent are not those that were promised; no object was made
├── NotDirect          this store gives no addresses (`direct` is None): send the bytes through us
├── StoreFull          507: no room; nothing of the object was kept
└── StoreUnavailable   503: the store is away, slow or refuses us; the same call may work later

Bytes that do not pass through us
    A store whose `direct` is not None hands out addresses that anybody may use until they run out:
    `address_to_get` and `address_to_put` for whole objects, and for large ones

        start_parts -> part_address for each part, in any order, any of them again -> complete_parts

    or `abort_parts`. Nothing is seen of the object before `complete_parts`, which compares the number
    and size of the parts, their tags where the store has them, the whole size, and on request the SHA-256.
    An address that is still good may be used again, on Azure even after the completion: whoever relies
    on the content takes its digest after it, and compares when reading, as readers of sources do.
    What is never completed is listed by `unfinished_parts`, and aborted by a job after a while.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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


class ObjectExists(Exception):
    """There is an object of this name already."""


class PartsMismatch(Exception):
    """The parts in the store are not those that were promised, in number, size, tag or content."""


class NotDirect(Exception):
    """This store has no addresses to hand out; its `direct` is None."""


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


@dataclass(frozen=True, slots=True)
class Direct:
    """What a store takes directly: sizes of parts in bytes (the last may be smaller), and how many of them.

    `largest_put` bounds what goes to an `address_to_put`. `binds_size` says whether an address takes nothing but the
    size that it was made for; elsewhere who hands addresses out looks at `sent_bytes` until they have run out.
    """

    least_part: int
    largest_part: int
    most_parts: int
    largest_put: int
    binds_size: bool = True


@dataclass(frozen=True, slots=True)
class Address:
    """A request that anybody may send to the store until it runs out: method, address, and headers to send along."""

    method: str
    url: str
    headers: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PartsId:
    """An object that is sent in parts: its key, and the store's name for this sending of it."""

    key: str
    token: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part that was sent: its number from 1 on, its size, and the ETag that the store answered, where it did."""

    number: int
    size: int
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A sending in parts that was neither completed nor aborted; by the store's clock."""

    id: PartsId
    started_at: datetime


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

    async def put_new(self, key: str, data: bytes, *, content_type: str) -> Stored:
        """Keep something small under a key that nothing has yet; of several at once one gets it.

        Raises ObjectExists; after an answer that was lost on the way, what exists may be our own. After
        StoreUnavailable it may have been kept, too: read it to know.
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

    @property
    def direct(self) -> Direct | None:
        """What can be sent to the store without passing through us; None where nothing can."""
        ...

    async def address_to_get(self, key: str, *, lasts: timedelta) -> Address:
        """Where anybody gets the object, which need not be there. Raises NotDirect."""
        ...

    async def address_to_put(self, key: str, *, size: int, content_type: str, lasts: timedelta) -> Address:
        """Where anybody may put the whole object, at once or over a former one.

        Look at `head` afterwards: not every store can be made to refuse another size. Raises NotDirect.
        """
        ...

    async def start_parts(self, key: str, *, content_type: str) -> PartsId:
        """Begin to send an object in parts. Raises NotDirect."""
        ...

    async def part_address(self, parts: PartsId, number: int, *, size: int, lasts: timedelta) -> Address:
        """Where anybody may put one part, from 1 to `most_parts`; the same number again replaces it.

        Raises ObjectMissing where the store knows at once that there is no such sending.
        """
        ...

    async def complete_parts(
        self, parts: PartsId, sent: Sequence[Part], *, size: int, sha256: str | None = None
    ) -> Stored:
        """Make one object of all parts, in order; done again, it is the same object.

        Raises PartsMismatch when they are not what is in the store, or not `size` bytes together, and
        ObjectMissing for a sending that is not known. With `sha256` (hexadecimal) the object is read once;
        when it is another, it is deleted and PartsMismatch is raised.
        """
        ...

    async def abort_parts(self, parts: PartsId) -> None:
        """Forget parts that were sent; forgetting what is not there, or is complete, is fine."""
        ...

    async def sent_bytes(self, parts: PartsId) -> int:
        """Bytes that the store holds for a sending, under whatever name: the object, and what is no part of it yet."""
        ...

    async def purge_parts(self, parts: PartsId) -> None:
        """Delete the object of a sending, if there is one, and everything that was sent for it."""
        ...

    def unfinished_parts(self, prefix: str) -> AsyncIterator[Unfinished]:
        """Every sending below a folder that is neither complete nor aborted."""
        ...

    async def close(self) -> None:
        """Close connections, once nobody asks anything of the store any more; closing again is fine."""
        ...
