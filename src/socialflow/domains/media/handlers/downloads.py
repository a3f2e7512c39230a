"""Puts a film together as one file: a short transaction, the work, a short transaction."""

import asyncio
import hashlib
from pathlib import Path

from socialflow.domains.media.events import DownloadWanted
from socialflow.domains.media.service import assets, benches, downloads
from socialflow.kernel import logs
from socialflow.kernel.events import on
from socialflow.kernel.jobs import JobRun
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import Encoder
from socialflow.ports.storage import ObjectMissing, ObjectStore

log = logs.named(__name__)


@on(DownloadWanted, queue="media")
async def make_download(app: App, event: DownloadWanted, run: JobRun) -> None:
    """Make what somebody wants to download; copies streams and encodes nothing."""
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        parts = await downloads.parts(work, event.asset_id, event.rendition)
    if parts is None:
        return

    store = app.port(ObjectStore)
    async with benches.scratch(app) as job:
        try:
            await store.get_file(parts.first, job.source)
            if parts.sound is not None:
                await store.get_file(parts.sound, job.sound)
        except ObjectMissing:
            log.info("download_without_parts", asset=str(event.asset_id))
            return
        made = await app.port(Encoder).join_streams(job)
        sha256, size = await asyncio.to_thread(_digest, made.path), made.path.stat().st_size
        key = assets.key_of(event.asset_id, downloads.object_of(event.rendition), sha256)
        await store.put(key, made.path, content_type=made.content_type)
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        kept = await downloads.keep(work, event.asset_id, event.rendition, key=key, size=size, sha256=sha256)
    if not kept:
        await store.delete(key)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
