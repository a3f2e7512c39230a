"""What is served of an asset's streams, in the clear for programs of ours that look at it, listen, or edit."""

import asyncio
import uuid
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.queries import protection as key_queries
from socialflow.domains.media.service import playlists, protection
from socialflow.domains.media.service.delivery import MASTER
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import JobFolder
from socialflow.ports.packaging import Packager, Shield, Stream
from socialflow.ports.storage import ObjectMissing, ObjectStore


@dataclass(frozen=True, slots=True)
class Made:
    """What is served of an asset's streams: objects by name, and the multivariant playlist."""

    app: App
    asset_id: uuid.UUID
    keys: dict[str, str]
    master: str
    shield: Shield | None = None

    async def text(self, name: str) -> str:
        """A small file."""
        return (await self.app.port(ObjectStore).get(self.keys[name])).decode()

    async def whole(self, playlist: str, target: Path) -> None:
        """Lay the file of a rendition out, as a plain one."""
        found = playlists.layout(await self.text(playlist))
        if found is None:
            raise ObjectMissing(playlist)
        await asyncio.to_thread(target.unlink, missing_ok=True)
        if self.shield is None:
            await self.app.port(ObjectStore).get_file(self.keys[found.file], target)
            return
        shielded = target.with_name("shielded")
        await self.app.port(ObjectStore).get_file(self.keys[found.file], shielded)
        await self.app.port(Packager).reveal(self._stream(found, shielded), target)
        await asyncio.to_thread(shielded.unlink)

    def _stream(self, found: playlists.Layout, path: Path) -> Stream:
        ranges = tuple((each.offset, each.size) for each in found.segments)
        return Stream(path.stem, path.stem, Fraction(0), path, found.head, ranges, self.shield)

    async def seconds(self, playlist: str) -> float:
        """How long a rendition is."""
        found = playlists.layout(await self.text(playlist))
        return found.seconds if found is not None else 0.0

    async def part(self, found: playlists.Layout, seconds: float, job: JobFolder) -> float:
        """Lay a part of a rendition out, its head and what is shown then; returns when that begins."""
        segment = found.at(seconds)
        store, key = self.app.port(ObjectStore), self.keys[found.file]
        head, body = [
            b"".join([piece async for piece in store.stream(key, start, end)])
            for start, end in ((0, found.head), (segment.offset, segment.offset + segment.size))
        ]
        data = head + body
        if self.shield is not None:
            stream, number = self._stream(found, job.source), found.segments.index(segment)
            data = self.app.port(Packager).open_part(stream, head, body, number)
        await asyncio.to_thread(job.source.unlink, missing_ok=True)
        await asyncio.to_thread(job.source.write_bytes, data)
        return segment.start_s


async def made_of(app: App, asset_id: uuid.UUID, *, unless: str = "") -> Made | None:
    """What is served of an asset; None where there is nothing, or an extra says that this was done."""
    async with app.work(SYSTEM) as work:
        asset = await queries.locked(work.db, asset_id)
        if asset is None or (unless and unless in asset.extras):
            return None
        keys = {row.name: row.key for row in await queries.files(work.db, asset_id)}
        key = await key_queries.in_force(work.db, asset_id)
    if MASTER not in keys:
        return None
    master = (await app.port(ObjectStore).get(keys[MASTER])).decode()
    return Made(app, asset_id, keys, master, protection.shield_of(app.keys, key) if key else None)
