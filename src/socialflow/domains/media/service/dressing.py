"""What is served beside the streams of an asset, put there whole: objects first, then the rows that name them."""

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from socialflow.domains.media.events import AssetDressed, AssetWithdrawn
from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.service import assets, delivery
from socialflow.kernel.work import SYSTEM, App, Work
from socialflow.ports.storage import ObjectStore

FOLDER = queries.BESIDE

Agrees = Callable[[Work], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Dress:
    """Files by their public names with their types, names that go, and what `extras` says of them from now on.

    An extra of None is taken out.
    """

    files: Mapping[str, tuple[bytes | Path, str]] = field(default_factory=dict)
    gone: Sequence[str] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)
    thumbhash: str | None = None


async def put_on(app: App, asset_id: uuid.UUID, dress: Dress, *, agrees: Agrees | None = None) -> bool:
    """Serve files beside an asset's streams; False when there is no such asset, or `agrees` says that it moved on.

    `agrees` is asked while the asset is held. Names are given to fresh objects every time, so that an object that
    was replaced, and waits for its end, is never taken up again.
    """
    store = app.port(ObjectStore)
    rows = [await _keep(store, asset_id, name, *file) for name, file in dress.files.items()]
    async with app.work(SYSTEM) as work:
        asset = await queries.locked(work.db, asset_id)
        fits = asset is not None and (agrees is None or await agrees(work))
        if asset is not None and fits:
            until = work.now + assets.KEEP_SUPERSEDED
            replaced = [await queries.put_file(work.db, {**row, "created_at": work.now}, until=until) for row in rows]
            for name in dress.gone:
                await queries.end_file(work.db, asset_id, name, until=until)
            if any(replaced) or dress.gone:
                work.emit(AssetWithdrawn(asset_id=asset_id))
            extras = {**asset.extras, **dress.extras}
            asset.extras = {name: value for name, value in extras.items() if value is not None}
            asset.thumbhash = dress.thumbhash or asset.thumbhash
            asset.version += 1
            asset.updated_at = work.now
            work.emit(AssetDressed(asset_id=asset_id))
    if not fits:
        await store.delete(*(row["key"] for row in rows))
        return False
    delivery.shelves.forget(asset_id)
    return True


async def put_text(app: App, asset_id: uuid.UUID, name: str, text: str | None, *, extra: str, edition: int) -> None:
    """Serve a WebVTT beside an asset's streams under a name, or serve it no more; unchanged, nothing is done.

    `extra` is where `edition` is written down, so that addresses change with the content.
    """
    async with app.work(SYSTEM) as work:
        served = await queries.digest_of(work.db, asset_id, name)
    if text is None:
        if served is not None:
            await put_on(app, asset_id, Dress(gone=[name], extras={extra: None}))
        return
    data = text.encode()
    if served != hashlib.sha256(data).hexdigest():
        await put_on(app, asset_id, Dress({name: (data, "text/vtt")}, extras={extra: edition}))


def folder_of(asset_id: uuid.UUID) -> str:
    """The folder of these files in the store."""
    return f"{FOLDER}{asset_id}/"


async def clear(app: App, asset_id: uuid.UUID) -> None:
    """Delete these files of an asset that is gone, but for what it has given to another."""
    store = app.port(ObjectStore)
    there = [info.key async for info in store.list(folder_of(asset_id))]
    async with app.work(SYSTEM) as work:
        unknown = await queries.unknown_file_keys(work.db, there)
    await store.delete(*unknown)


async def _keep(
    store: ObjectStore, asset_id: uuid.UUID, name: str, data: bytes | Path, content_type: str
) -> dict[str, Any]:
    key = f"{folder_of(asset_id)}{uuid.uuid4().hex[:16]}/{name}"
    kept = await store.put(key, data, content_type=content_type)
    sha256 = hashlib.sha256(data if isinstance(data, bytes) else data.read_bytes()).hexdigest()
    row = {"asset_id": asset_id, "name": name, "key": key, "content_type": content_type}
    return {**row, "size": kept.size, "sha256": sha256, "expires_at": None}
