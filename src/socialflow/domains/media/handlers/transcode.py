"""From an uploaded video to a playable asset: short transactions around long encoding.

Every step may have been done before, by an attempt that was killed: what is in the work folder
is used again, what is in the store is not put again. Every transaction begins at the fence, so
that a worker which lost its lease writes nothing, and objects are named by their content, so that
it cannot overwrite anything either.
"""

import asyncio
import shutil
import uuid

from socialflow.domains.media.errors import SourceDamaged, SourceDiffers
from socialflow.domains.media.events import UploadCompleted
from socialflow.domains.media.handlers.pipeline import Pipeline
from socialflow.domains.media.models import Purpose
from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.service import assets, sources
from socialflow.kernel import logs
from socialflow.kernel.events import on
from socialflow.kernel.jobs import GiveUp, JobRun
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import SENTENCES, EncoderTrouble, FailureCode, SourceRefused
from socialflow.ports.storage import ObjectStore

PROCESSING_FAILED = "processing_failed"
FAILED = "The video could not be processed because of a fault on our side. Upload it again, or ask for help."

log = logs.named(__name__)


async def give_up(app: App, event: UploadCompleted, code: str) -> None:
    """The last attempt has failed: tell the owner, and leave nothing behind."""
    if event.purpose != Purpose.VIDEO:
        return
    known = code in set(FailureCode)
    async with app.work(SYSTEM) as work:
        failed = await assets.fail(
            work,
            event.asset_id,
            code if known else PROCESSING_FAILED,
            SENTENCES[FailureCode(code)] if known else FAILED,
        )
    if failed is None:
        # The attempt may have died after its work was done: what is served must stay.
        await _after_the_end(app, event.asset_id)
        return
    await clear(app, event.asset_id)
    await assets.tell(app, failed)


@on(UploadCompleted, queue="media", on_dead=give_up)
async def transcode(app: App, event: UploadCompleted, run: JobRun) -> None:
    """Make an uploaded video playable; a file that cannot be becomes an asset that has failed."""
    if event.purpose != Purpose.VIDEO:
        return
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        asset = await assets.begin(work, event.asset_id)
    if asset is None:
        await _after_the_end(app, event.asset_id)
        return

    await assets.tell(app, asset)
    try:
        await Pipeline(app, run, event.asset_id).run()
    except SourceRefused as refusal:
        log.info("source_refused", asset=str(event.asset_id), code=refusal.code.value, notes=refusal.notes)
        await _refuse(app, run, event.asset_id, refusal.code.value, refusal.detail)
    except SourceDamaged as damage:
        log.warning("source_damaged", asset=str(event.asset_id), piece=str(damage))
        await _refuse(app, run, event.asset_id, sources.SOURCE_DAMAGED, sources.DAMAGED)
    except SourceDiffers:
        log.info("source_differs", asset=str(event.asset_id))
        await _refuse(app, run, event.asset_id, sources.SOURCE_DIFFERS, sources.DIFFERS)
    except EncoderTrouble as trouble:
        log.warning("encoder_trouble", asset=str(event.asset_id), code=trouble.code.value, notes=trouble.notes)
        if run.is_last:
            raise GiveUp(trouble.code.value) from trouble
        raise


async def _refuse(app: App, run: JobRun, asset_id: uuid.UUID, code: str, detail: str) -> None:
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        failed = await assets.fail(work, asset_id, code, detail)
    await clear(app, asset_id)
    if failed is not None:
        await assets.tell(app, failed)


async def _after_the_end(app: App, asset_id: uuid.UUID) -> None:
    """An earlier attempt came to the end, or the asset was deleted meanwhile: only tidying is left."""
    async with app.work(SYSTEM) as work:
        kept = await queries.files(work.db, asset_id)
    if kept:
        await asyncio.to_thread(shutil.rmtree, app.settings.work_dir / str(asset_id), ignore_errors=True)
    else:
        await clear(app, asset_id)


async def clear(app: App, asset_id: uuid.UUID) -> None:
    """Delete everything that was made of an asset, here and in the store."""
    await asyncio.to_thread(shutil.rmtree, app.settings.work_dir / str(asset_id), ignore_errors=True)
    await app.port(ObjectStore).delete_prefix(assets.folder_of(asset_id))
