"""What one can do with an upload, apart from sending its bytes."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, update

from socialflow.domains.media import policy
from socialflow.domains.media.errors import QuotaExceeded, UploadComplete, UploadExpired
from socialflow.domains.media.events import UploadCompleted, UploadDiscarded
from socialflow.domains.media.models import (
    Asset,
    AssetState,
    EditState,
    LinkImport,
    Origin,
    Purpose,
    Upload,
    UploadKind,
    UploadPiece,
    UploadState,
)
from socialflow.domains.media.policy import Wanted
from socialflow.domains.media.queries import assets, edits
from socialflow.domains.media.queries import uploads as queries
from socialflow.domains.media.queries.assets import Earlier
from socialflow.domains.media.schemas import Duplicate, UploadLimits, UploadProgress, UploadProtocol, UploadRead
from socialflow.kernel import ids
from socialflow.kernel.config import MediaSettings
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Work
from socialflow.ports.storage import ObjectStore

KEEP_EXPIRED = timedelta(days=7)
RECOUNT_BATCH = 100
# Of these no byte is kept, and they may be forgotten after a while.
OVER = (UploadState.EXPIRED, UploadState.FAILED)
# What is told of an edit that nothing has come of.
OVERDUE = "edit_timed_out", "The edit could not be made in two days. Ask for it again, or ask for help."


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
    quota = policy.quota_of(work.actor, settings)
    if not await queries.reserve(work.db, account_id, wanted.length, quota):
        raise QuotaExceeded(extra={"quota_bytes": quota})
    # Whoever asks at the same time waits at that row, and is counted after us.
    policy.may_open_another((await queries.open_of(work.db, account_id)).number)

    upload = row_of(work, account_id, wanted, filename, settings)
    work.db.add(upload)
    await work.db.flush()
    return upload


def row_of(work: Work, account_id: uuid.UUID, wanted: Wanted, filename: str, settings: MediaSettings) -> Upload:
    """A new upload that nothing has come of."""
    return Upload(
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
        kind=wanted.kind,
        parts=list(wanted.parts),
        sha256=wanted.sha256,
        expires_at=work.now + timedelta(seconds=settings.upload_expiry_s),
        created_at=work.now,
        updated_at=work.now,
    )


async def standing(work: Work, upload_id: uuid.UUID) -> Upload:
    """An upload of the actor that is not over; raises NotFound or UploadExpired."""
    upload = await queries.own(work.db, work.actor.id, upload_id)
    if upload is None:
        raise NotFound
    if is_over(upload, work):
        raise UploadExpired
    return upload


async def look(work: Work, upload_id: uuid.UUID) -> UploadRead:
    """An upload of the actor and what is being made of it."""
    upload, asset = await _own_with_asset(work, upload_id)
    sha256 = asset.sha256 if asset else upload.sha256
    earlier = await assets.earlier(work.db, upload.account_id, upload.asset_id, sha256) if sha256 else None
    return read(work, upload, asset, earlier)


async def card(work: Work, upload_id: uuid.UUID, purpose: Purpose, *, hold: bool = False) -> UploadCard:
    """An upload of the actor for one purpose, finished or not, and held if asked for.

    Raises NotFound, for parts of one as well.
    """
    if hold:
        await queries.own(work.db, work.actor.id, upload_id, lock=True)
    upload, asset = await _own_with_asset(work, upload_id)
    if upload.purpose != purpose or upload.kind == UploadKind.PARTIAL:
        raise NotFound
    return UploadCard(upload.id, upload.asset_id, upload.purpose, upload.filename, _progress(work, upload, asset))


async def discard(work: Work, upload_id: uuid.UUID) -> None:
    """Give up an unfinished upload; raises UploadComplete for one that is an asset already."""
    upload = await queries.own(work.db, work.actor.id, upload_id, lock=True)
    if upload is None:
        raise NotFound
    if upload.state == UploadState.RECEIVED:
        raise UploadComplete
    await abandon(work, upload_id)


async def abandon(work: Work, upload_id: uuid.UUID) -> None:
    """Give up an upload that nobody waits for any more, whosever it is; one that is an asset goes with that."""
    upload = await queries.locked(work.db, upload_id)
    if upload is None or upload.state == UploadState.RECEIVED:
        return
    if upload.state == UploadState.RECEIVING:
        await queries.release(work.db, upload.account_id, upload.counted)
        work.emit(_discarded(upload))
    if upload.origin == Origin.EDIT:
        await edits.end_of_upload(work.db, upload_id, EditState.CANCELLED, work.now, None, None)
    await work.db.delete(upload)


async def limits(work: Work, settings: MediaSettings, *, direct: bool, imports: bool) -> UploadLimits:
    """What the actor may upload; `direct` says whether the store takes bytes itself, `imports` whether we fetch."""
    quota, used = policy.quota_of(work.actor, settings), await queries.used_by(work.db, work.actor.id)
    open_ = await queries.open_of(work.db, work.actor.id)
    return UploadLimits(
        may_upload=work.actor.may("may_upload"),
        max_bytes=settings.max_upload_bytes,
        max_avatar_bytes=policy.AVATAR_BYTES,
        quota_bytes=quota,
        used_bytes=used,
        reserved_bytes=open_.missing,
        left_bytes=max(quota - used, 0),
        open_uploads=open_.number,
        max_open_uploads=policy.MOST_OPEN_UPLOADS,
        max_parts=policy.MOST_PARTS,
        piece_bytes=settings.piece_bytes,
        protocols=protocols(settings, direct=direct),
        accepted_types=list(policy.VIDEO_TYPES),
        accepted_avatar_types=list(policy.AVATAR_TYPES),
        expires_after_s=settings.upload_expiry_s,
        max_duration_s=settings.max_duration_s,
        imports=imports,
    )


def protocols(settings: MediaSettings, *, direct: bool) -> list[UploadProtocol]:
    """By which protocols bytes are taken."""
    draft = [UploadProtocol.RESUMABLE_DRAFT] if settings.resumable_draft else []
    return [UploadProtocol.TUS, *draft, *([UploadProtocol.DIRECT] if direct else [])]


async def complete(work: Work, upload: Upload) -> None:
    """The last byte is on the disk: there is an asset now."""
    work.db.add(
        Asset(
            id=upload.asset_id,
            account_id=upload.account_id,
            upload_id=upload.id,
            purpose=upload.purpose,
            source_key=pieces_of(upload.id),
            source_size=upload.received,
            source_name=upload.filename,
            counted=upload.received,
            priority=work.actor.rate,
            created_at=work.now,
            updated_at=work.now,
        )
    )
    upload.state = UploadState.RECEIVED
    if upload.origin == Origin.LINK:
        await work.db.execute(update(LinkImport).where(LinkImport.upload_id == upload.id).values(url=None))
    if upload.origin == Origin.EDIT:
        await edits.made(work.db, upload.id, work.now)
    work.emit(
        UploadCompleted(
            upload_id=upload.id, asset_id=upload.asset_id, account_id=upload.account_id, purpose=upload.purpose
        )
    )


async def close(work: Work, upload_id: uuid.UUID, *, ends_at: int | None = None) -> None:
    """Complete an upload whose bytes have all come; closing it twice is closing it once.

    One whose length nobody knew `ends_at` the last byte that came.
    """
    upload = await queries.own(work.db, work.actor.id, upload_id, lock=True)
    if upload is None:
        raise NotFound
    if upload.state == UploadState.RECEIVING and upload.length is None and upload.received == ends_at:
        upload.length = ends_at
    if upload.state == UploadState.RECEIVING and upload.received == upload.length:
        await complete(work, upload)


async def expire(work: Work) -> int:
    """Give up unfinished uploads whose time has run out, some at a time; returns how many."""
    late = await queries.overdue(work.db, work.now)
    # In the order in which a recount locks accounts: of two that meet, one waits.
    for upload in sorted(late, key=lambda each: each.account_id):
        upload.state = UploadState.EXPIRED
        await queries.release(work.db, upload.account_id, upload.counted)
        await work.db.execute(delete(UploadPiece).where(UploadPiece.upload_id == upload.id))
        if upload.origin == Origin.EDIT:
            await edits.end_of_upload(work.db, upload.id, EditState.FAILED, work.now, *OVERDUE)
        work.emit(_discarded(upload))
    await work.db.execute(delete(Upload).where(Upload.state.in_(OVER), Upload.expires_at < work.now - KEEP_EXPIRED))
    return len(late)


async def drop(work: Work, asset: Asset) -> tuple[uuid.UUID, ...]:
    """Forget the upload behind an asset that is being deleted, and give its room back; returns its parts."""
    await queries.release(work.db, asset.account_id, asset.counted)
    parts = await work.db.scalar(delete(Upload).where(Upload.id == asset.upload_id).returning(Upload.parts))
    return tuple(parts or ())


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


async def delete_objects(store: ObjectStore, upload_id: uuid.UUID) -> None:
    """Delete the bytes of an upload, and parts that the store holds ready of one that is sent to it."""
    folder = pieces_of(upload_id)
    for sending in [each async for each in store.unfinished_parts(folder)]:
        await store.abort_parts(sending.id)
    await store.delete_prefix(folder)


def read(work: Work, upload: Upload, asset: Asset | None, earlier: Earlier | None = None) -> UploadRead:
    """An upload as clients see it."""
    receiving = upload.state == UploadState.RECEIVING
    return UploadRead(
        id=upload.id,
        asset_id=upload.asset_id,
        purpose=Purpose(upload.purpose),
        kind=UploadKind(upload.kind),
        filename=upload.filename,
        filetype=upload.filetype,
        origin=Origin(upload.origin),
        length=upload.length,
        offset=upload.received,
        state=_progress(work, upload, asset),
        progress=asset.progress / 100 if asset else 0.0,
        seconds_left=asset.seconds_left if asset else None,
        failure_code=asset.failure_code if asset else upload.failure_code,
        failure_detail=asset.failure_detail if asset else upload.failure_detail,
        sha256=asset.sha256 if asset and asset.sha256 else upload.sha256,
        duplicate_of=Duplicate(**earlier._asdict()) if earlier else None,
        created_at=upload.created_at,
        expires_at=upload.expires_at if receiving else None,
    )


async def _own_with_asset(work: Work, upload_id: uuid.UUID) -> tuple[Upload, Asset | None]:
    found = await queries.own_with_asset(work.db, work.actor.id, upload_id)
    if found is None:
        raise NotFound
    return found


def _progress(work: Work, upload: Upload, asset: Asset | None) -> UploadProgress:
    if is_over(upload, work):
        return UploadProgress.EXPIRED
    if asset is None:
        whole = upload.received == upload.length and upload.kind == UploadKind.PARTIAL
        return UploadProgress.RECEIVED if whole else UploadProgress(upload.state)
    if asset.state == AssetState.QUEUED and asset.duration_ms is None:
        # No worker has looked at it yet.
        return UploadProgress.RECEIVED
    return UploadProgress(asset.state)


def is_over(upload: Upload, work: Work) -> bool:
    """Whether an upload was left alone for too long, whether or not anybody has collected it."""
    return upload.state == UploadState.EXPIRED or (
        upload.state == UploadState.RECEIVING and upload.expires_at <= work.now
    )


def _discarded(upload: Upload) -> UploadDiscarded:
    return UploadDiscarded(upload_id=upload.id, asset_id=upload.asset_id, account_id=upload.account_id)
