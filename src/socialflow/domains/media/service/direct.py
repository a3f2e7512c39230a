"""Uploads whose bytes go to the store without passing through us: addresses out, one object in.

Room, states, expiry and what is made of the file are those of every upload. No transaction is open while the store
is asked, and everything may be asked again.
"""

import math
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from socialflow.domains.media.errors import (
    NotDirectHere,
    PartOutOfRange,
    PartsDiffer,
    UploadComplete,
    UploadExpired,
    UploadTooLarge,
)
from socialflow.domains.media.models import Upload, UploadKind, UploadState
from socialflow.domains.media.policy import Wanted
from socialflow.domains.media.queries import uploads as queries
from socialflow.domains.media.schemas import DirectUploadRead, PartAddress, SentPart
from socialflow.domains.media.service import uploads, watching
from socialflow.kernel import faults
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Actor, App, Work
from socialflow.ports.storage import Direct, ObjectMissing, ObjectStore, Part, PartsId, PartsMismatch

PART_BYTES = 16 * 1024**2
ADDRESS_LASTS = timedelta(hours=1)
UNBOUND_LASTS = timedelta(minutes=15)
"""Of addresses that take any size."""
CONTENT_TYPE = "application/octet-stream"


async def begin(work: Work, wanted: Wanted, app: App) -> DirectUploadRead:
    """Make room for a file that is to be sent to the store; raises NotDirectHere where it takes nothing."""
    if not app.settings.media.direct_uploads:
        raise NotDirectHere
    direct = _offered(app)
    if wanted.length > _part_bytes(wanted.length, direct) * direct.most_parts:
        raise UploadTooLarge(extra={"max_bytes": direct.largest_part * direct.most_parts})
    upload = await uploads.start(work, replace(wanted, kind=UploadKind.DIRECT), app.settings.media)
    size = _part_bytes(upload.total, direct)
    return DirectUploadRead(
        id=upload.id,
        asset_id=upload.asset_id,
        part_bytes=size,
        part_count=math.ceil(upload.total / size),
        expires_at=upload.expires_at,
    )


async def addresses(app: App, actor: Actor, upload_id: uuid.UUID, numbers: Sequence[int]) -> list[PartAddress]:
    """Where to send parts, each for an hour at most; asking keeps the upload from expiring."""
    upload = await _awaited(app, actor, upload_id)
    sizes = _sizes(upload, _offered(app))
    if any(number > len(sizes) for number in numbers):
        raise PartOutOfRange
    sending = await _sending(app, actor, upload)
    lasts = ADDRESS_LASTS
    if not _offered(app).binds_size:
        lasts = UNBOUND_LASTS
        await watching.watch(app, upload, sending, lasts)
    store, found = app.port(ObjectStore), list[PartAddress]()
    for number in dict.fromkeys(numbers):
        size = sizes[number - 1]
        try:
            one = await store.part_address(sending, number, size=size, lasts=lasts)
        except ObjectMissing:
            raise UploadComplete from None
        found.append(
            PartAddress(
                number=number,
                size=size,
                method=one.method,
                url=one.url,
                headers=dict(one.headers),
                expires_at=one.expires_at,
            )
        )
    return found


async def complete(app: App, actor: Actor, upload_id: uuid.UUID, sent: Sequence[SentPart]) -> None:
    """All parts are in the store: they are one file now. Completing twice is completing once."""
    async with app.work(actor) as work:
        upload = await uploads.standing(work, upload_id)
    if upload.kind != UploadKind.DIRECT:
        raise NotDirectHere
    if upload.state == UploadState.RECEIVED:
        return
    sizes = _sizes(upload, _offered(app))
    if sorted(part.number for part in sent) != list(range(1, len(sizes) + 1)) or upload.store_token is None:
        raise PartsDiffer
    parts = [Part(part.number, sizes[part.number - 1], part.etag) for part in sent]
    try:
        await app.port(ObjectStore).complete_parts(
            PartsId(_key(upload), upload.store_token), sorted(parts, key=lambda part: part.number), size=upload.total
        )
    except (PartsMismatch, ObjectMissing):
        raise PartsDiffer from None

    faults.point("media.parts_completed")
    async with app.work(actor) as work:
        await _arrived(work, upload_id)


async def _arrived(work: Work, upload_id: uuid.UUID) -> None:
    upload = await queries.own(work.db, work.actor.id, upload_id, lock=True)
    if upload is None:
        raise NotFound
    if upload.state == UploadState.EXPIRED:
        raise UploadExpired
    if upload.state == UploadState.RECEIVED:
        return
    piece = {"upload_id": upload.id, "start": 0, "length": upload.total, "key": _key(upload), "sha256": None}
    await queries.add_pieces(work.db, [piece])
    upload.received = upload.total
    upload.updated_at = work.now
    await uploads.complete(work, upload)


async def _awaited(app: App, actor: Actor, upload_id: uuid.UUID) -> Upload:
    async with app.work(actor) as work:
        upload = await uploads.standing(work, upload_id)
        if upload.kind != UploadKind.DIRECT:
            raise NotDirectHere
        if upload.state == UploadState.RECEIVED:
            raise UploadComplete
        upload.expires_at = work.now + timedelta(seconds=app.settings.media.upload_expiry_s)
    return upload


async def _sending(app: App, actor: Actor, upload: Upload) -> PartsId:
    """The store's sending of an upload; of several who begin it at once one has, and the others end theirs."""
    if upload.store_token is not None:
        return PartsId(_key(upload), upload.store_token)
    store = app.port(ObjectStore)
    begun = await store.start_parts(_key(upload), content_type=CONTENT_TYPE)
    async with app.work(actor) as work:
        token = await queries.set_token(work.db, upload.id, begun.token)
    if token != begun.token:
        await store.abort_parts(begun)
    if token is None:
        raise NotFound
    return PartsId(begun.key, token)


def _offered(app: App) -> Direct:
    direct = app.port(ObjectStore).direct
    if direct is None:
        raise NotDirectHere
    return direct


def _part_bytes(length: int, direct: Direct) -> int:
    """Bytes of each part: as many as needed for the store to take so many parts."""
    wanted = max(PART_BYTES, direct.least_part, math.ceil(length / direct.most_parts))
    return min(wanted, direct.largest_part)


def _sizes(upload: Upload, direct: Direct) -> list[int]:
    size = _part_bytes(upload.total, direct)
    return [min(size, upload.total - start) for start in range(0, upload.total, size)]


def _key(upload: Upload) -> str:
    return f"{uploads.pieces_of(upload.id)}{queries.WHOLE}"
