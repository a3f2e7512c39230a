"""What one can do with an upload, apart from sending its bytes."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from socialflow.domains.media import policy
from socialflow.domains.media.errors import QuotaExceeded, UploadComplete, UploadExpired
from socialflow.domains.media.events import UploadCompleted, UploadDiscarded
from socialflow.domains.media.models import Asset, AssetState, Purpose, Upload, UploadPiece, UploadState
from socialflow.domains.media.policy import Wanted
from socialflow.domains.media.queries import uploads as queries
from socialflow.domains.media.schemas import UploadLimits, UploadProgress, UploadRead
from socialflow.kernel import ids
from socialflow.kernel.config import MediaSettings
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Work

KEEP_EXPIRED = timedelta(days=7)
RECOUNT_BATCH = 100


@dataclass(frozen=True, slots=True)
class UploadCard:
    """What other domains may know of an upload: the asset it will be, and whether that exists yet."""

    id: uuid.UUID
    asset_id: uuid.UUID
    purpose: str
    filename: str
    state: UploadProgress


async def start(work: Work, wanted: Wanted, settings: MediaSettings) -> Upload:
    """Make room for a file in the actor's account; the bytes may come now."""
    account_id = work.actor.id
    if account_id is None:
        raise Unauthorized
    policy.may_upload(work.actor)
    filename = policy.shown_name(wanted.filename)
    policy.may_start(wanted, settings)
    policy.may_open_another(await queries.count_receiving(work.db, account_id))
    quota = policy.quota_of(work.actor, settings)
    if not await queries.reserve(work.db, account_id, wanted.length, quota):
        raise QuotaExceeded(extra={"quota_bytes": quota})

    upload = Upload(
        id=ids.new(),
        asset_id=ids.new(),
        account_id=account_id,
        purpose=wanted.purpose,
        filename=filename or wanted.purpose,
        filetype=wanted.filetype,
        client_metadata=wanted.client_metadata,
        length=wanted.length,
        received=0,
        state=UploadState.RECEIVING,
        expires_at=work.now + timedelta(seconds=settings.upload_expiry_s),
        created_at=work.now,
        updated_at=work.now,
    )
    work.db.add(upload)
    await work.db.flush()
    return upload


async def standing(work: Work, upload_id: uuid.UUID) -> Upload:
    """An upload of the actor that is not over; raises NotFound or UploadExpired."""
    upload = await queries.own(work.db, work.actor.id, upload_id)
    if upload is None:
        raise NotFound
    if _is_over(upload, work):
        raise UploadExpired
    return upload


async def look(work: Work, upload_id: uuid.UUID) -> UploadRead:
    """An upload of the actor and what is being made of it."""
    upload, asset = await _own_with_asset(work, upload_id)
    return read(work, upload, asset)


async def card(work: Work, upload_id: uuid.UUID, purpose: Purpose) -> UploadCard:
    """An upload of the actor for one purpose, finished or not; raises NotFound."""
    upload, asset = await _own_with_asset(work, upload_id)
    if upload.purpose != purpose:
        raise NotFound
    return UploadCard(upload.id, upload.asset_id, upload.purpose, upload.filename, _progress(work, upload, asset))


async def discard(work: Work, upload_id: uuid.UUID) -> None:
    """Give up an unfinished upload; raises UploadComplete for one that is an asset already."""
    upload = await queries.own(work.db, work.actor.id, upload_id, lock=True)
    if upload is None:
        raise NotFound
    if upload.state == UploadState.RECEIVED:
        raise UploadComplete
    if upload.state == UploadState.RECEIVING:
        await queries.release(work.db, upload.account_id, upload.length)
        work.emit(_discarded(upload))
    await work.db.delete(upload)


async def limits(work: Work, settings: MediaSettings) -> UploadLimits:
    """What the actor may upload."""
    return UploadLimits(
        max_bytes=settings.max_upload_bytes,
        max_avatar_bytes=policy.AVATAR_BYTES,
        quota_bytes=policy.quota_of(work.actor, settings),
        used_bytes=await queries.used_by(work.db, work.actor.id),
        piece_bytes=settings.piece_bytes,
        accepted_types=list(policy.VIDEO_TYPES),
        accepted_avatar_types=list(policy.AVATAR_TYPES),
        expires_after_s=settings.upload_expiry_s,
        max_duration_s=settings.max_duration_s,
    )


async def complete(work: Work, upload: Upload) -> None:
    """The last byte is on the disk: there is an asset now."""
    work.db.add(
        Asset(
            id=upload.asset_id,
            account_id=upload.account_id,
            upload_id=upload.id,
            purpose=upload.purpose,
            source_key=pieces_of(upload.id),
            source_size=upload.length,
            source_name=upload.filename,
            priority=work.actor.rate,
            created_at=work.now,
            updated_at=work.now,
        )
    )
    upload.state = UploadState.RECEIVED
    work.emit(
        UploadCompleted(
            upload_id=upload.id, asset_id=upload.asset_id, account_id=upload.account_id, purpose=upload.purpose
        )
    )


async def expire(work: Work) -> int:
    """Give up unfinished uploads whose time has run out, some at a time; returns how many."""
    late = await queries.overdue(work.db, work.now)
    for upload in late:
        upload.state = UploadState.EXPIRED
        await queries.release(work.db, upload.account_id, upload.length)
        await work.db.execute(delete(UploadPiece).where(UploadPiece.upload_id == upload.id))
        work.emit(_discarded(upload))
    await work.db.execute(
        delete(Upload).where(Upload.state == UploadState.EXPIRED, Upload.expires_at < work.now - KEEP_EXPIRED)
    )
    return len(late)


async def drop(work: Work, asset: Asset) -> None:
    """Forget the upload behind an asset that is being deleted, and give its room back."""
    await queries.release(work.db, asset.account_id, asset.source_size)
    await work.db.execute(delete(Upload).where(Upload.id == asset.upload_id))


async def forget(work: Work, upload_id: uuid.UUID | None) -> None:
    """Forget an upload in whatever state; its owner is being erased, and needs no room any more."""
    await work.db.execute(delete(Upload).where(Upload.id == upload_id))


async def recount(work: Work, after: uuid.UUID | None) -> tuple[uuid.UUID | None, int]:
    """Set the usage of the next accounts to what they keep: (the last one looked at, how many were off)."""
    accounts = await queries.accounts_after(work.db, after, RECOUNT_BATCH)
    if not accounts:
        return None, 0
    return accounts[-1], await queries.recount(work.db, accounts)


def pieces_of(upload_id: uuid.UUID) -> str:
    """The folder of an upload's pieces in the store."""
    return f"uploads/{upload_id}/"


def read(work: Work, upload: Upload, asset: Asset | None) -> UploadRead:
    """An upload as clients see it."""
    receiving = upload.state == UploadState.RECEIVING
    return UploadRead(
        id=upload.id,
        asset_id=upload.asset_id,
        purpose=Purpose(upload.purpose),
        filename=upload.filename,
        filetype=upload.filetype,
        length=upload.length,
        offset=upload.received,
        state=_progress(work, upload, asset),
        progress=asset.progress / 100 if asset else 0.0,
        seconds_left=asset.seconds_left if asset else None,
        failure_code=asset.failure_code if asset else None,
        failure_detail=asset.failure_detail if asset else None,
        created_at=upload.created_at,
        expires_at=upload.expires_at if receiving else None,
    )


async def _own_with_asset(work: Work, upload_id: uuid.UUID) -> tuple[Upload, Asset | None]:
    found = await queries.own_with_asset(work.db, work.actor.id, upload_id)
    if found is None:
        raise NotFound
    return found


def _progress(work: Work, upload: Upload, asset: Asset | None) -> UploadProgress:
    if _is_over(upload, work):
        return UploadProgress.EXPIRED
    if asset is None:
        return UploadProgress(upload.state)
    if asset.state == AssetState.QUEUED and asset.duration_ms is None:
        # No worker has looked at it yet.
        return UploadProgress.RECEIVED
    return UploadProgress(asset.state)


def _is_over(upload: Upload, work: Work) -> bool:
    return upload.state == UploadState.EXPIRED or (
        upload.state == UploadState.RECEIVING and upload.expires_at <= work.now
    )


def _discarded(upload: Upload) -> UploadDiscarded:
    return UploadDiscarded(upload_id=upload.id, asset_id=upload.asset_id, account_id=upload.account_id)
