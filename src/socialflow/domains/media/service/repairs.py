"""What can be done about objects that are missing, damaged or nobody's."""

import uuid
from collections.abc import Sequence

from socialflow.domains.media.models import Asset, AssetState, Origin, Purpose, Upload, UploadState
from socialflow.domains.media.queries import assets as asset_queries
from socialflow.domains.media.queries import uploads as upload_queries
from socialflow.domains.media.queries.inventory import NamedObject
from socialflow.domains.media.service import transcodes
from socialflow.domains.media.service.delivery import POSTER
from socialflow.domains.media.service.extras import OWN
from socialflow.domains.media.service.inventory import Fault, Finding, Report, at_once, fault_of
from socialflow.domains.media.service.redressing import dress_again
from socialflow.kernel import logs
from socialflow.kernel.work import SYSTEM, App, Work
from socialflow.ports.storage import ObjectStore

DELETE_BATCH = 500

log = logs.named(__name__)


async def repair(app: App, report: Report) -> None:
    """Repair what can be; every finding then tells what was done, or why nothing could be."""
    await _delete_orphans(app, [found for found in report.findings if found.fault is Fault.ORPHAN])
    broken = [(found, found.row) for found in report.findings if found.row is not None]
    pieces = [(found, row) for found, row in broken if row.is_piece]
    files = [(found, row) for found, row in broken if not row.is_piece]
    for upload_id in dict.fromkeys(row.owner for _, row in pieces):
        mine = [(found, row) for found, row in pieces if row.owner == upload_id]
        await _ask_again(app, upload_id, mine)
    for asset_id in dict.fromkeys(row.owner for _, row in files):
        mine = [(found, row) for found, row in files if row.owner == asset_id]
        told = await _make_again(app, asset_id, [row for _, row in mine])
        for found, row in mine:
            found.repaired, found.done = told[row.name]


async def _delete_orphans(app: App, orphans: list[Finding]) -> None:
    for at in range(0, len(orphans), DELETE_BATCH):
        batch = orphans[at : at + DELETE_BATCH]
        await app.port(ObjectStore).delete(*(found.key for found in batch))
        for found in batch:
            found.repaired, found.done = True, "deleted"
    if orphans:
        log.info("orphans_deleted", count=len(orphans))


async def _ask_again(app: App, upload_id: uuid.UUID, broken: Sequence[tuple[Finding, NamedObject]]) -> None:
    """An upload that is under way goes on from before its first lost piece; a finished one cannot."""
    hole = min(row.start for _, row in broken)
    async with app.work(SYSTEM) as work:
        upload = await work.db.get(Upload, upload_id)
        if upload is None:
            repaired, done = True, "the upload is gone meanwhile"
        elif upload.state == UploadState.RECEIVING and await upload_queries.rewind(
            work.db, upload_id, seen=upload.received, hole=hole, now=work.now
        ):
            if upload.length is None:
                # Of a length that nobody knows, what has come is what counts.
                await upload_queries.release(work.db, upload.account_id, upload.received - hole)
            whence = "the client is asked for it again" if upload.origin == Origin.SENT else "it is fetched again"
            repaired, done = True, f"{whence}, from byte {hole} on"
        elif upload.state == UploadState.RECEIVING:
            repaired, done = False, "bytes are arriving: verify again later"
        else:
            repaired, done = False, "the source is lost: only its owner can upload it again; what was made of it stays"
    for found, _ in broken:
        found.repaired, found.done = repaired, done


async def _make_again(app: App, asset_id: uuid.UUID, broken: Sequence[NamedObject]) -> dict[str, tuple[bool, str]]:
    """Make files again, each of as little as it takes; by their names whether that is done, and how."""
    async with app.work(SYSTEM) as work:
        dressed = await dress_again(work, asset_id, [row.name for row in broken])
    told = dict.fromkeys(dressed, (True, "is made again soon, of what else is there"))
    told |= {row.name: (False, "only its owner can bring this picture again") for row in broken if row.name == OWN}
    rest = [row for row in broken if row.name not in told]
    if rest:
        answer = await _process_if_whole(app, asset_id, rest)
        told |= {row.name: answer for row in rest}
    return told


async def _process_if_whole(app: App, asset_id: uuid.UUID, broken: Sequence[NamedObject]) -> tuple[bool, str]:
    """Process a finished video once more, when its whole source is there."""
    async with app.work(SYSTEM) as work:
        asset = await work.db.get(Asset, asset_id)
        pieces = await upload_queries.pieces(work.db, asset.upload_id) if asset and asset.upload_id else []
    if asset is None:
        return True, "the asset is gone meanwhile"
    if asset.state != AssetState.READY:
        return False, "it is being processed: verify again later"
    if asset.purpose != Purpose.VIDEO or not pieces or sum(piece.length for piece in pieces) != asset.source_size:
        return False, "cannot be made again: its source is not kept; only its owner can upload it again"
    rows = [NamedObject(asset_id, "", each.start, each.key, each.length, each.sha256, "") for each in pieces]
    if any(await at_once([fault_of(app.port(ObjectStore), row) for row in rows])):
        return False, "cannot be made again: its source is damaged, too; only its owner can upload it again"
    async with app.work(SYSTEM) as work:
        queued = await process_again(work, asset_id, [row.name for row in broken])
    return queued, "queued to be made again" if queued else "it has changed meanwhile: verify again"


async def process_again(work: Work, asset_id: uuid.UUID, lost: Sequence[str]) -> bool:
    """Have a ready asset processed once more; files that are not lost are served meanwhile.

    False: it is not ready, or what it is made of is not kept any more.
    """
    asset = await asset_queries.locked(work.db, asset_id)
    if asset is None or asset.state != AssetState.READY or not await transcodes.begin_repair(work, asset):
        return False
    # What is not there is not to be asked for meanwhile.
    await asset_queries.forget_named(work.db, asset_id, lost)
    if POSTER in lost:
        # The one that was chosen is lost, and would keep the place from any other.
        asset.extras = {name: value for name, value in asset.extras.items() if name not in {"poster", "chosen"}}
    return True
