"""Addresses that take any size are watched until they have run out: what comes to more than was reserved goes at once.

A shared access signature of Azure binds neither a size nor which blocks are sent, nor whether the blob is there
already. So nobody can be kept from sending too much; but whoever does loses all of it within a minute.
"""

import uuid
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from socialflow.domains.media.models import Asset, AssetState, Upload, UploadState, WatchedSending
from socialflow.domains.media.queries import uploads as queries
from socialflow.domains.media.service import sources, transcodes, uploads
from socialflow.kernel import logs
from socialflow.kernel.work import SYSTEM, App, Work
from socialflow.ports.storage import ObjectStore, PartsId

MARGIN = timedelta(minutes=5)
"""A request that began while its address was good may still be sending."""
BATCH = 500
TOO_LARGE = "upload_exceeds"
DETAIL = "More was sent than this upload had said. Upload the file again."

log = logs.named(__name__)


async def watch(app: App, upload: Upload, sending: PartsId, lasts: timedelta) -> None:
    """From now on, until addresses of this moment have run out; written down before they are told."""
    async with app.work(SYSTEM) as work:
        row = {
            "upload_id": upload.id,
            "key": sending.key,
            "token": sending.token,
            "most": upload.total,
            "until": work.now + lasts + MARGIN,
        }
        statement = insert(WatchedSending).values(**row)
        await work.db.execute(
            statement.on_conflict_do_update(index_elements=["upload_id"], set_={"until": statement.excluded.until})
        )


async def look(app: App) -> int:
    """Look at all that is watched; returns how many sendings were ended."""
    ended, after = 0, uuid.UUID(int=0)
    while True:
        async with app.work(SYSTEM) as work:
            found = select(WatchedSending).where(WatchedSending.upload_id > after)
            rows = (await work.db.scalars(found.order_by(WatchedSending.upload_id).limit(BATCH))).all()
        if not rows:
            return ended
        after = rows[-1].upload_id
        for row in rows:
            ended += await _look_at(app, row)


async def _look_at(app: App, row: WatchedSending) -> bool:
    store, sending, now = app.port(ObjectStore), PartsId(row.key, row.token), app.clock()
    async with app.work(SYSTEM) as work:
        upload = await work.db.get(Upload, row.upload_id)
        wanted = upload is not None and upload.state in {UploadState.RECEIVING, UploadState.RECEIVED}
        kept = wanted and await _is_kept(work, row)
    sent = await store.sent_bytes(sending)
    exceeds = sent > (row.most if kept else 0)
    if exceeds:
        await store.purge_parts(sending)
        log.warning("sending_exceeds", upload=str(row.upload_id), sent=sent, most=row.most)
        async with app.work(SYSTEM) as work:
            await _end(work, row.upload_id)
    if row.until < now:
        # The last look was after the end of the last address.
        async with app.work(SYSTEM) as work:
            over = delete(WatchedSending).where(WatchedSending.upload_id == row.upload_id)
            await work.db.execute(over.where(WatchedSending.until < now))
    return exceeds


async def _is_kept(work: Work, row: WatchedSending) -> bool:
    """Whether what is sent has still a use: an original that was forgotten has none."""
    asset = await work.db.scalar(select(Asset).where(Asset.upload_id == row.upload_id))
    return asset is None or asset.source_key is not None


async def _end(work: Work, upload_id: uuid.UUID) -> None:
    """An upload that is under way is given up; of a finished one nothing more can be made."""
    upload = await queries.locked(work.db, upload_id)
    if upload is None:
        return
    if upload.state == UploadState.RECEIVING:
        await uploads.abandon(work, upload_id)
        return
    asset = await work.db.scalar(select(Asset).where(Asset.upload_id == upload_id).with_for_update())
    if asset is None:
        return
    if asset.state not in {AssetState.READY, AssetState.FAILED}:
        await transcodes.fail(work, asset.id, TOO_LARGE, DETAIL)
    await sources.forget_pieces(work, asset.id)
