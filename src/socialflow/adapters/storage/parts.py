"""What the stores do alike with objects that are sent in parts."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import aclosing

from socialflow.ports.storage import ObjectMissing, ObjectStore, Part, PartsId, PartsMismatch, Stored


def compare(sent: Sequence[Part], there: Mapping[int, Part], *, size: int) -> None:
    """Raise PartsMismatch unless the parts are those in the store, from 1 on without a gap, and of this size together.

    A tag is compared where the sender tells one.
    """
    if [part.number for part in sent] != list(range(1, len(sent) + 1)):
        raise PartsMismatch("parts are told from 1 on, in order and without a gap")
    for part in sent:
        found = there.get(part.number)
        if found is None:
            raise PartsMismatch(f"part {part.number} is not there")
        if found.size != part.size:
            raise PartsMismatch(f"part {part.number} has {found.size} bytes and not {part.size}")
        if part.etag and found.etag and part.etag.strip('"') != found.etag:
            raise PartsMismatch(f"part {part.number} is another than was sent")
    if len(there) > len(sent):
        raise PartsMismatch(f"{len(there)} parts are there, and not {len(sent)}")
    if sum(part.size for part in sent) != size:
        raise PartsMismatch(f"the parts are not {size} bytes together")


async def completed_before(store: ObjectStore, parts: PartsId, *, size: int) -> Stored:
    """The object, when this sending was completed already; raises ObjectMissing."""
    info = await store.head(parts.key)
    if info.size != size:
        raise ObjectMissing(parts.key)
    return Stored(info.size, info.etag)


async def size_of(store: ObjectStore, key: str) -> int:
    """Bytes of an object; 0 where there is none."""
    try:
        return (await store.head(key)).size
    except ObjectMissing:
        return 0


async def checked(store: ObjectStore, parts: PartsId, stored: Stored, sha256: str | None) -> Stored:
    """Read the object once; another content than was promised is deleted."""
    if sha256 is None:
        return stored
    digest = hashlib.sha256()
    async with aclosing(store.stream(parts.key)) as pieces:
        async for piece in pieces:
            digest.update(piece)
    if digest.hexdigest() != sha256:
        await store.delete(parts.key)
        raise PartsMismatch("the content is another than was promised")
    return stored
