"""What is left over goes: uploads that nobody finished, and objects that no row names."""

import uuid
from datetime import timedelta

from socialflow.domains.media.events import UploadDiscarded
from socialflow.domains.media.queries import assets as pictures
from socialflow.domains.media.queries import edits
from socialflow.domains.media.queries import uploads as queries
from socialflow.domains.media.service import assets, originals, sources, uploads, watching
from socialflow.kernel import logs
from socialflow.kernel.events import on
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

SWEEP_BATCH = 500
ABANDONED = timedelta(days=7)
"""No sending of one object in parts takes so long; what expires before aborts its own."""

UNUSED = timedelta(days=7)
"""A picture that nobody has made the poster of a video in this time is wanted by nobody."""

log = logs.named(__name__)


@every(minutes=5)
async def expire_uploads(app: App) -> None:
    """Give up uploads that were left alone for too long."""
    while True:
        async with app.work(SYSTEM) as work:
            if await uploads.expire(work) == 0:
                return


@on(UploadDiscarded)
async def delete_pieces(app: App, event: UploadDiscarded) -> None:
    """Delete the bytes of an upload that was given up, and those that the store holds ready of one sent to it."""
    await uploads.delete_objects(app.port(ObjectStore), event.upload_id)


@every(minutes=1)
async def look_at_sendings(app: App) -> None:
    """End what comes to more than was reserved, where the store takes any size."""
    await watching.look(app)


@every(hours=1)
async def sweep_pieces(app: App) -> None:
    """Delete objects of uploads that no row names: a process died between the two, or a delete failed.

    Only old ones: a young one may belong to a request that has not come to its commit yet.
    """
    store = app.port(ObjectStore)
    before = app.clock() - timedelta(seconds=app.settings.media.upload_expiry_s)
    batch: list[str] = []
    async for info in store.list("uploads/"):
        if info.modified_at < before:
            batch.append(info.key)
        if len(batch) == SWEEP_BATCH:
            await _delete_unknown(app, batch)
            batch = []
    await _delete_unknown(app, batch)


@every(hours=24)
async def abort_abandoned_parts(app: App) -> None:
    """Give up objects sent in parts that nobody completed, a killed process of ours among them: they cost, unseen."""
    store, before = app.port(ObjectStore), app.clock() - ABANDONED
    abandoned = [found.id async for found in store.unfinished_parts("") if found.started_at < before]
    for parts in abandoned:
        await store.abort_parts(parts)
    if abandoned:
        log.info("parts_aborted", count=len(abandoned))


@every(hours=24)
async def forget_spare_pictures(app: App) -> None:
    """Delete pictures that were brought as posters, and that no video has taken: another was chosen, or none."""
    while True:
        async with app.work(SYSTEM) as work:
            spare = await pictures.spare_pictures(work.db, work.now - UNUSED)
            for picture_id in spare:
                await assets.delete_asset(work, picture_id)
        if not spare:
            return


@every(hours=24)
async def forget_spare_material(app: App) -> None:
    """Delete marks and sounds that were brought for edits, once none has asked for them for a while."""
    while True:
        async with app.work(SYSTEM) as work:
            spare = await edits.spare_material(work.db, work.now - UNUSED)
            for asset_id in spare:
                await assets.delete_asset(work, asset_id)
        if not spare:
            return


@every(hours=24)
async def recount_usage(app: App) -> None:
    """Make what accounts are said to keep equal to what they keep."""
    after: uuid.UUID | None = None
    while True:
        async with app.work(SYSTEM) as work:
            after, corrected = await uploads.recount(work, after)
        if corrected:
            log.warning("usage_corrected", accounts=corrected)
        if after is None:
            return


@every(minutes=5)
async def forget_originals(app: App) -> None:
    """Delete files as they were uploaded once the operator's policy says so: first the rows, then the objects."""
    while True:
        async with app.work(SYSTEM) as work:
            forgotten = await originals.forget_due(work, app.settings.media.keep_original)
        if not forgotten:
            return
        for upload_id in forgotten:
            await sources.delete_pieces(app, upload_id)


async def _delete_unknown(app: App, keys: list[str]) -> None:
    if not keys:
        return
    async with app.work(SYSTEM) as work:
        orphans = await queries.unknown_keys(work.db, keys)
    if orphans:
        log.info("orphans_deleted", count=len(orphans))
        await app.port(ObjectStore).delete(*orphans)
