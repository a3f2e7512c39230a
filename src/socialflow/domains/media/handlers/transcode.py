"""An uploaded video is looked at, and what is to be made of it is written down as tasks that any worker may take.

From then on there is no one who leads: each task is a job of its own, and whoever ends one sees what may follow
(`tasks`). A worker that dies here has written nothing, or the whole plan.
"""

import asyncio
import os
import shutil
import uuid

from socialflow.domains.media.errors import SourceDamaged, SourceDiffers
from socialflow.domains.media.events import ProcessingRequested, UploadCompleted
from socialflow.domains.media.models import AssetState, Purpose
from socialflow.domains.media.queries import assets as asset_queries
from socialflow.domains.media.queries import transcodes as queries
from socialflow.domains.media.service import (
    assets,
    benches,
    downloads,
    enciphering,
    plans,
    protection,
    sources,
    transcodes,
)
from socialflow.kernel import faults, logs
from socialflow.kernel.errors import NotFound
from socialflow.kernel.events import on
from socialflow.kernel.jobs import GiveUp, JobRun
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import SENTENCES, Encoder, EncoderTrouble, FailureCode, SourceRefused
from socialflow.ports.packaging import Packager, Protection
from socialflow.ports.storage import ObjectStore

PROCESSING_FAILED = "processing_failed"
FAILED = "The video could not be processed because of a fault on our side. Upload it again, or ask for help."

log = logs.named(__name__)


async def give_up(app: App, event: UploadCompleted, code: str) -> None:
    """The last attempt has failed: tell the owner, and leave nothing behind."""
    if event.purpose == Purpose.VIDEO:
        await give_up_asset(app, event.asset_id, code)


async def give_up_again(app: App, event: ProcessingRequested, code: str) -> None:
    """The same for what was asked for anew."""
    await give_up_asset(app, event.asset_id, code)


async def give_up_asset(app: App, asset_id: uuid.UUID, code: str, *, task_id: uuid.UUID | None = None) -> None:
    """Nothing comes of an asset, for a reason on our side; a code that users know is told, others are for operators."""
    known = code in set(FailureCode)
    shown, sentence = (code, SENTENCES[FailureCode(code)]) if known else (PROCESSING_FAILED, FAILED)
    async with app.work(SYSTEM) as work:
        if task_id is not None:
            await queries.fail_task(work.db, task_id, shown, None if known else code, work.now)
        failed = await transcodes.fail(work, asset_id, shown, sentence, notes="" if known else code)
    await tidy_if_over(app, asset_id)
    if failed is not None:
        await assets.tell(app, failed)


@on(UploadCompleted, queue="media", on_dead=give_up)
async def transcode(app: App, event: UploadCompleted, run: JobRun) -> None:
    """Plan what is made of an uploaded video; a file that cannot be one becomes an asset that has failed."""
    if event.purpose == Purpose.VIDEO:
        await plan_asset(app, event.asset_id, run)


@on(ProcessingRequested, queue="media", on_dead=give_up_again)
async def transcode_again(app: App, event: ProcessingRequested, run: JobRun) -> None:
    """The same for what has failed before."""
    await plan_asset(app, event.asset_id, run)


@every(minutes=5)
async def repair_again(app: App) -> None:
    """Try once more what could not be made anew."""
    async with app.work(SYSTEM) as work:
        begun = await transcodes.repair_again(work)
    if begun:
        log.info("repairs_tried_again", count=begun)


async def plan_asset(app: App, asset_id: uuid.UUID, run: JobRun) -> None:
    """Fetch, probe, and write the plan down."""
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        asset = await assets.begin(work, asset_id)
        if asset is not None:
            await queries.begin(work.db, asset_id, work.now)
            if asset.protection is None:
                asset.protection = await protection.at_first(work, asset_id, app.settings.media.protection)
        planned = await queries.is_planned(work.db, asset_id)
    if asset is None or planned:
        await tidy_if_over(app, asset_id)
        return

    await assets.tell(app, asset)
    try:
        async with benches.bench(app, asset_id) as job:
            fetched = await benches.need_source(app, asset_id, job, asset.source_size)
            sha256 = fetched or await benches.digest_of(job)
            async with app.work(SYSTEM) as work:
                await run.fence(work)
                await assets.identify(work, asset_id, sha256)
            faults.point("transcode.fetched")
            encoder = app.port(Encoder)
            source = await encoder.probe(job)
            wanted = Protection(asset.protection or Protection.NONE)
            plan = plans.protectable(encoder.plan(source), app.port(Packager), wanted)
        lanes = app.settings.media.concurrency or os.cpu_count() or 1
        tasks = plans.tasks_of(source, plan, lanes=lanes, priority=asset.priority)
        async with app.work(SYSTEM) as work:
            await run.fence(work)
            await assets.describe(work, asset_id, source)
            await transcodes.write_plan(work, asset_id, source, plan, tasks)
        faults.point("transcode.probed")
    except NotFound:
        await tidy_if_over(app, asset_id)
    except (SourceRefused, SourceDamaged, SourceDiffers, EncoderTrouble) as failure:
        await failed(app, run, asset_id, failure)


async def failed(
    app: App, run: JobRun, asset_id: uuid.UUID, failure: Exception, *, task_id: uuid.UUID | None = None
) -> None:
    """What a failure means: the end, where the file is at fault or no attempt is left; raises it otherwise."""
    match failure:
        case SourceRefused():
            code, detail, notes = failure.code.value, failure.detail, failure.notes
        case SourceDamaged():
            code, detail, notes = sources.SOURCE_DAMAGED, sources.DAMAGED, str(failure)
        case SourceDiffers():
            code, detail, notes = sources.SOURCE_DIFFERS, sources.DIFFERS, ""
        case EncoderTrouble() if run.is_last:
            raise GiveUp(failure.code.value) from failure
        case _:
            raise failure
    log.info("source_refused", asset=str(asset_id), code=code, notes=notes)
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        if task_id is not None:
            await queries.fail_task(work.db, task_id, code, notes, work.now)
        over = await transcodes.fail(work, asset_id, code, detail, notes=notes)
    await tidy_if_over(app, asset_id)
    if over is not None:
        await assets.tell(app, over)


async def tidy_if_over(app: App, asset_id: uuid.UUID) -> None:
    """Of an asset that is ready keep what is served; of one that has failed, or is gone, nothing."""
    async with app.work(SYSTEM) as work:
        state = await asset_queries.state_of(work.db, asset_id)
    if state is None:
        await clear(app, asset_id)
    elif state == AssetState.FAILED:
        await clear_failed(app, asset_id)
    elif state == AssetState.READY:
        await tidy(app, asset_id)


async def tidy(app: App, asset_id: uuid.UUID) -> None:
    """Remove what was only needed on the way, here and in the store, and what a killed worker left unnamed.

    A download that is being put together has no name yet either, and is no transcode's. Nor has what is made anew, or
    is being enciphered: whoever comes late here looks, after the objects, whether anybody is at that.
    """
    store = app.port(ObjectStore)
    pieces = [info.key async for info in store.list(assets.pieces_folder(asset_id))]
    there = [info.key async for info in store.list(assets.folder_of(asset_id)) if not downloads.is_download(info.key)]
    async with app.work(SYSTEM) as work:
        asset = await asset_queries.locked(work.db, asset_id)
        if asset is None or asset.state != AssetState.READY:
            return
        orphans = set[str]() if enciphering.is_working(asset) else await asset_queries.unknown_file_keys(work.db, there)
    # What was there before nobody was at it is of a former round.
    await store.delete(*pieces, *orphans)
    await asyncio.to_thread(benches.retire, benches.folder(app, asset_id).root)


async def clear_failed(app: App, asset_id: uuid.UUID) -> None:
    """Delete what was made of an asset that has failed; somebody may ask for it anew at the same moment."""
    await asyncio.to_thread(benches.retire, benches.folder(app, asset_id).root)
    store = app.port(ObjectStore)
    folders = (assets.pieces_folder(asset_id), assets.folder_of(asset_id))
    made = [info.key for folder in folders for info in [found async for found in store.list(folder)]]
    async with app.work(SYSTEM) as work:
        state = await asset_queries.state_of(work.db, asset_id)
    # What was there before the asset was still one that has failed is of a former round.
    if state == AssetState.FAILED:
        await store.delete(*made)


async def clear(app: App, asset_id: uuid.UUID) -> None:
    """Delete everything that was made of an asset, here and in the store."""
    await asyncio.to_thread(shutil.rmtree, benches.folder(app, asset_id).root, ignore_errors=True)
    store = app.port(ObjectStore)
    await store.delete_prefix(assets.pieces_folder(asset_id))
    await store.delete_prefix(assets.folder_of(asset_id))
