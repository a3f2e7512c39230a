"""A sound that is brought for an edit is looked at, and kept as it is: nothing of it is served by itself."""

import asyncio

from socialflow.domains.media.errors import SourceDamaged, SourceDiffers
from socialflow.domains.media.events import UploadCompleted
from socialflow.domains.media.models import Asset, Purpose
from socialflow.domains.media.service import assets, benches, sounds, sources
from socialflow.kernel.errors import NotFound
from socialflow.kernel.events import on
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import Encoder, FailureCode, SourceRefused

PROCESSING_FAILED = "processing_failed"
FAILED = "The sound could not be read because of a fault on our side. Upload it again, or ask for help."
SILENT = "There is no sound in this file."


async def give_up(app: App, event: UploadCompleted, code: str) -> None:
    """The last attempt has failed: tell the owner."""
    del code
    if event.purpose == Purpose.SOUND:
        await _refuse(app, event, PROCESSING_FAILED, FAILED)


@on(UploadCompleted, queue="media", on_dead=give_up)
async def check_sound(app: App, event: UploadCompleted) -> None:
    """Say how long it is, or why it cannot be heard."""
    if event.purpose != Purpose.SOUND:
        return
    async with app.work(SYSTEM) as work:
        asset = await sounds.waiting(work, event.asset_id)
    if asset is None:
        return
    try:
        seconds = await _seconds(app, asset)
    except NotFound:
        # Deleted in the meantime.
        pass
    except SourceRefused as refused:
        await _refuse(app, event, refused.code, refused.detail)
    except SourceDamaged:
        await _refuse(app, event, sources.SOURCE_DAMAGED, sources.DAMAGED)
    except SourceDiffers:
        await _refuse(app, event, sources.SOURCE_DIFFERS, sources.DIFFERS)
    else:
        async with app.work(SYSTEM) as work:
            await sounds.accept(work, event.asset_id, seconds)
    await asyncio.to_thread(benches.retire, benches.folder(app, event.asset_id).root)


async def _seconds(app: App, asset: Asset) -> float:
    """How long the sound of a file is."""
    async with benches.bench(app, asset.id) as job:
        fetched = await benches.need_source(app, asset.id, job, asset.source_size)
        sha256 = fetched or await benches.digest_of(job)
        async with app.work(SYSTEM) as work:
            await assets.identify(work, asset.id, sha256)
        source = await app.port(Encoder).probe(job)
    if source.audio is None:
        raise SourceRefused(FailureCode.NO_STREAMS, detail=SILENT)
    return source.audio.duration_s


async def _refuse(app: App, event: UploadCompleted, code: str, detail: str) -> None:
    async with app.work(SYSTEM) as work:
        refused = await sounds.refuse(work, event.asset_id, code, detail)
    if refused:
        await sources.delete_pieces(app, event.upload_id)
