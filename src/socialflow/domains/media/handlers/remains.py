"""What is left over of assets goes: deleted ones, superseded files, objects and folders that nobody knows."""

import asyncio
import uuid
from datetime import timedelta
from pathlib import Path

from socialflow.domains.media.events import AssetDeleted
from socialflow.domains.media.handlers.transcode import clear
from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.queries import edits
from socialflow.domains.media.service import benches, dressing, uploads
from socialflow.kernel import logs
from socialflow.kernel.events import on
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

SWEEP_BATCH = 500
YOUNG = timedelta(hours=24)
"""An object younger than this may belong to a publication that is about to be committed."""
IDLE_FOLDER = timedelta(hours=1)

log = logs.named(__name__)


@on(AssetDeleted)
async def delete_files(app: App, event: AssetDeleted) -> None:
    """Delete all that was kept of an asset."""
    await clear(app, event.asset_id)
    await dressing.clear(app, event.asset_id)
    await app.port(ObjectStore).delete(*event.elsewhere)
    if event.source_key is not None:
        await app.port(ObjectStore).delete_prefix(event.source_key)
    for part_id in event.source_parts:
        await app.port(ObjectStore).delete_prefix(uploads.pieces_of(part_id))


@every(minutes=1)
async def delete_superseded(app: App) -> None:
    """Delete files whose successors have been served for long enough: first the object, then the row."""
    while True:
        async with app.work(SYSTEM) as work:
            rows = await queries.expired_files(work.db, work.now)
        if not rows:
            return
        await app.port(ObjectStore).delete(*(row.key for row in rows))
        async with app.work(SYSTEM) as work:
            await queries.forget_files(work.db, rows)


@every(hours=24)
async def sweep_files(app: App) -> None:
    """Delete objects that no row names: a worker died, or was cut off, between the two."""
    store, before = app.port(ObjectStore), app.clock() - YOUNG
    batch: list[str] = []
    for folder in ("assets/", dressing.FOLDER):
        async for info in store.list(folder):
            if info.modified_at < before:
                batch.append(info.key)
            if len(batch) == SWEEP_BATCH:
                await _delete_unknown(app, batch)
                batch = []
    await _delete_unknown(app, batch)


@every(hours=24)
async def sweep_chunks(app: App) -> None:
    """Delete chunks of assets and edits that are finished or gone: a worker kept one after all else was tidied."""
    store, before = app.port(ObjectStore), app.clock() - YOUNG
    old: dict[uuid.UUID, list[str]] = {}
    async for info in store.list("work/"):
        if info.modified_at < before:
            old.setdefault(uuid.UUID(info.key.split("/")[1]), []).append(info.key)
    async with app.work(SYSTEM) as work:
        needed = await queries.unfinished(work.db, old) | await edits.unmade(work.db, old)
    for asset_id in old.keys() - needed:
        log.info("orphans_deleted", count=len(old[asset_id]))
        await store.delete(*old[asset_id])


@every(hours=1, queue="media")
async def sweep_folders(app: App) -> None:
    """Remove work folders of assets and edits that are finished or gone; another machine may have finished them."""
    folders = await asyncio.to_thread(_idle_folders, app.settings.work_dir, app.clock().timestamp())
    async with app.work(SYSTEM) as work:
        needed = await queries.unfinished(work.db, folders) | await edits.unmade(work.db, folders)
    for asset_id in folders.keys() - needed:
        await asyncio.to_thread(benches.discard, folders[asset_id])
    swept = await asyncio.to_thread(benches.sweep_scratch, app.settings.work_dir)
    if swept:
        log.info("scratch_folders_removed", count=swept)


def _idle_folders(root: Path, now: float) -> dict[uuid.UUID, Path]:
    """Work folders in which nothing was made lately."""
    found: dict[uuid.UUID, Path] = {}
    for path in root.iterdir() if root.is_dir() else ():
        try:
            asset_id = uuid.UUID(path.name)
            changed = max(part.stat().st_mtime for part in (path, path / "in", path / "out") if part.exists())
        except (ValueError, OSError):
            continue
        if now - changed > IDLE_FOLDER.total_seconds():
            found[asset_id] = path
    return found


async def _delete_unknown(app: App, keys: list[str]) -> None:
    if not keys:
        return
    owners = {key: _owner_of(key) for key in keys}
    async with app.work(SYSTEM) as work:
        orphans = await queries.unknown_file_keys(work.db, keys)
        # While a ready video is made anew, what is there of that has no name yet, however long it waits.
        busy = await queries.unfinished(work.db, {owner for owner in owners.values() if owner is not None})
    orphans = {key for key in orphans if owners[key] not in busy}
    if orphans:
        log.info("orphans_deleted", count=len(orphans))
        await app.port(ObjectStore).delete(*orphans)


def _owner_of(key: str) -> uuid.UUID | None:
    """The asset in whose folder an object is."""
    try:
        return uuid.UUID(key.split("/")[1])
    except (IndexError, ValueError):
        return None
