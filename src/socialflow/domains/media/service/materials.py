"""What an edit is made of, fetched into its folder: originals, or what is served where these are not kept any more."""

import asyncio
import contextlib
import os
import uuid
from pathlib import Path

from socialflow.domains.media.errors import SourceDamaged
from socialflow.domains.media.models import Asset, AssetState
from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.service import assets, benches, playlists, streams
from socialflow.domains.media.service.images import WATERMARK
from socialflow.kernel import logs
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import Encoder, JobFolder
from socialflow.ports.storage import ObjectMissing, ObjectStore

log = logs.named(__name__)


class MaterialGone(Exception):
    """Something of which an edit is to be made is not there any more."""


async def need_film(app: App, asset_id: uuid.UUID, job: JobFolder) -> None:
    """A film as the source of a job: as it was uploaded, else its best rendition with the sound."""
    async with app.work(SYSTEM) as work:
        asset = await work.db.get(Asset, asset_id)
    if job.source.exists():
        return
    if asset is None or not (asset.state == AssetState.READY or assets.is_repaired(asset)):
        raise MaterialGone(str(asset_id))
    if asset.source_key is not None:
        with contextlib.suppress(SourceDamaged, NotFound):
            await benches.need_source(app, asset_id, job, asset.source_size)
            return
        log.warning("edited_from_renditions", asset=str(asset_id))
    await _of_renditions(app, asset_id, job)


async def need_mark(app: App, asset_id: uuid.UUID, path: Path) -> None:
    """A picture of the owner's, made anew when it was uploaded."""
    if path.exists():
        return
    async with app.work(SYSTEM) as work:
        keys = {row.name: row.key for row in await queries.files(work.db, asset_id)}
    if WATERMARK not in keys:
        raise MaterialGone(str(asset_id))
    await _get(app, keys[WATERMARK], path)


async def _of_renditions(app: App, asset_id: uuid.UUID, job: JobFolder) -> None:
    """Of one that is protected they are made plain for the edit, which is protected in its turn."""
    made = await streams.made_of(app, asset_id)
    pictures, sound = (playlists.variants(made.master), playlists.sound(made.master)) if made else ([], None)
    first = pictures[-1].playlist if pictures else sound
    if made is None or first is None:
        raise MaterialGone(str(asset_id))
    joining = JobFolder(job.root / "joining", job.fingerprint)
    await asyncio.to_thread(joining.create)
    try:
        await made.whole(first, joining.source)
        if pictures and sound is not None:
            await made.whole(sound, joining.sound)
    except (ObjectMissing, KeyError) as gone:
        raise MaterialGone(str(gone)) from gone
    joined = await app.port(Encoder).join_streams(joining)
    await asyncio.to_thread(os.replace, joined.path, job.source)


async def _get(app: App, key: str, path: Path) -> None:
    fresh = path.with_name(f".fetch-{path.name}")
    try:
        await app.port(ObjectStore).get_file(key, fresh)
        fresh.replace(path)
    except ObjectMissing as gone:
        raise MaterialGone(key) from gone
    finally:
        fresh.unlink(missing_ok=True)
