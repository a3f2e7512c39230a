"""Uploads whose bytes we fetch ourselves, from a link: everything but the fetching."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from socialflow.domains.media import policy
from socialflow.domains.media.errors import (
    ImportGoesOn,
    ImportRefusedAddress,
    ImportsNotOffered,
    QuotaExceeded,
    UploadTooLarge,
)
from socialflow.domains.media.events import ImportFailed, ImportRequested
from socialflow.domains.media.models import LinkImport, Origin, Purpose, Upload, UploadState
from socialflow.domains.media.queries import uploads as queries
from socialflow.domains.media.service import uploads
from socialflow.kernel import ids, vault
from socialflow.kernel.config import MediaSettings
from socialflow.kernel.errors import FieldError, NotFound, Unauthorized
from socialflow.kernel.vault import Place
from socialflow.kernel.work import SYSTEM, App, Work
from socialflow.ports.fetching import AddressRefused, Fetcher


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an import has come, and what is needed to go on with it."""

    upload_id: uuid.UUID
    account_id: uuid.UUID
    url: str
    received: int
    length: int | None
    validator: str | None
    quota_bytes: int
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What the other side says of the file: its length, and what it calls this version of it."""

    length: int | None
    validator: str | None
    fresh: bool
    """Whether its bytes come from the first one on, so that those that are here are of no use."""


async def start(app: App, work: Work, url: str, filename: str) -> Upload:
    """Have a file fetched into an upload of the actor's."""
    quota = await _may_import(app, work)
    address = vetted(app, url)
    parts = urlsplit(address)
    name = policy.shown_name(filename or PurePosixPath(unquote(parts.path)).name[: policy.LONGEST_FILENAME])
    upload = Upload(
        id=ids.new(),
        asset_id=ids.new(),
        account_id=work.actor.id,
        purpose=Purpose.VIDEO,
        filename=name or Purpose.VIDEO,
        filetype="",
        origin=Origin.LINK,
        received=0,
        state=UploadState.RECEIVING,
        expires_at=work.now + timedelta(seconds=app.settings.media.upload_expiry_s),
        created_at=work.now,
        updated_at=work.now,
    )
    work.db.add(upload)
    await work.db.flush()
    sealed = vault.seal(app.keys, _place(upload.id), address.encode())
    work.db.add(
        LinkImport(upload_id=upload.id, url=sealed, host=parts.hostname or "", quota_bytes=quota, begun_at=work.now)
    )
    _request(work, upload)
    return upload


async def retry(app: App, work: Work, upload_id: uuid.UUID) -> Upload:
    """Try a failed import again, from its first byte on; raises ImportGoesOn for one that has not failed."""
    upload = await queries.own(work.db, work.actor.id, upload_id, lock=True)
    if upload is None or upload.origin != Origin.LINK:
        raise NotFound
    if upload.state != UploadState.FAILED:
        raise ImportGoesOn
    quota = await _may_import(app, work)
    link = await work.db.get_one(LinkImport, upload_id)
    link.quota_bytes, link.begun_at, link.validator = quota, work.now, None
    upload.state, upload.failure_code, upload.failure_detail = UploadState.RECEIVING, None, None
    upload.expires_at = work.now + timedelta(seconds=app.settings.media.upload_expiry_s)
    upload.updated_at = work.now
    _request(work, upload)
    return upload


async def cancel(work: Work, upload_id: uuid.UUID) -> None:
    """Give up an import of the actor's, whether it goes on or has failed."""
    upload = await queries.own(work.db, work.actor.id, upload_id, lock=True)
    if upload is None or upload.origin != Origin.LINK:
        raise NotFound
    await uploads.discard(work, upload_id)


async def standing(app: App, upload_id: uuid.UUID) -> Standing | None:
    """Where an import stands; None when there is nothing left to fetch."""
    async with app.work(SYSTEM) as work:
        upload = await work.db.get(Upload, upload_id)
        link = await work.db.get(LinkImport, upload_id)
    if upload is None or link is None or link.url is None or upload.state != UploadState.RECEIVING:
        return None
    return Standing(
        upload_id=upload.id,
        account_id=upload.account_id,
        url=vault.unseal(app.keys, _place(upload_id), link.url).decode(),
        received=upload.received,
        length=upload.length,
        validator=link.validator,
        quota_bytes=link.quota_bytes,
        begun_at=link.begun_at,
    )


async def take_turn(work: Work, upload_id: uuid.UUID) -> None:
    """An import is at work again: of the time since it last moved, in which it has waited, nothing counts."""
    upload = await queries.locked(work.db, upload_id)
    link = await work.db.get(LinkImport, upload_id)
    if upload is not None and link is not None:
        link.begun_at = work.now - max(upload.updated_at - link.begun_at, timedelta())


async def learn(work: Work, upload_id: uuid.UUID, facts: Facts, settings: MediaSettings) -> list[str]:
    """Write down what the other side says of the file, and make room for it; objects that are of no use any more."""
    upload = await queries.locked(work.db, upload_id)
    if upload is None or upload.state != UploadState.RECEIVING:
        raise NotFound
    useless = await _begin_anew(work, upload) if facts.fresh else []
    link = await work.db.get_one(LinkImport, upload_id)
    link.validator = facts.validator
    if facts.length is not None and upload.length is None:
        if facts.length > settings.max_upload_bytes:
            raise UploadTooLarge
        # What has come counts already.
        if not await queries.reserve(work.db, upload.account_id, facts.length - upload.received, link.quota_bytes):
            raise QuotaExceeded
        upload.length = facts.length
    _tell(work, upload)
    return useless


async def fail(work: Work, upload_id: uuid.UUID, code: str, detail: str) -> list[str]:
    """Give an import up until its owner has it tried again; objects that are of no use any more."""
    upload = await queries.locked(work.db, upload_id)
    if upload is None or upload.state != UploadState.RECEIVING or upload.origin != Origin.LINK:
        return []
    useless = await _begin_anew(work, upload)
    upload.state, upload.failure_code, upload.failure_detail = UploadState.FAILED, code, detail
    upload.updated_at = work.now
    work.emit(
        ImportFailed(
            upload_id=upload.id, asset_id=upload.asset_id, account_id=upload.account_id, code=code, detail=detail
        )
    )
    _tell(work, upload)
    return useless


def vetted(app: App, url: str) -> str:
    """An address in its plain form; raises ImportRefusedAddress for what could never be fetched."""
    try:
        return app.port(Fetcher).vet(url)
    except AddressRefused:
        plain = ImportRefusedAddress()
        raise ImportRefusedAddress(errors=[FieldError("/url", plain.code(), plain.detail)]) from None


async def _may_import(app: App, work: Work) -> int:
    """The quota of who asks; raises what stands against another import."""
    if not app.settings.imports.enabled:
        raise ImportsNotOffered
    if work.actor.id is None:
        raise Unauthorized
    policy.may_upload(work.actor)
    quota = policy.quota_of(work.actor, app.settings.media)
    # Nothing is reserved yet; but whoever asks at the same time waits here, and is counted after us.
    if not await queries.reserve(work.db, work.actor.id, 0, quota):
        raise QuotaExceeded(extra={"quota_bytes": quota})
    policy.may_open_another((await queries.open_of(work.db, work.actor.id)).number)
    policy.may_import_another(await queries.count_fetching(work.db, work.actor.id), app.settings.imports.most_open)
    return quota


async def _begin_anew(work: Work, upload: Upload) -> list[str]:
    await queries.release(work.db, upload.account_id, upload.counted)
    upload.received, upload.length = 0, None
    return await queries.forget_pieces(work.db, upload.id)


def _request(work: Work, upload: Upload) -> None:
    work.emit(ImportRequested(upload_id=upload.id, asset_id=upload.asset_id, account_id=upload.account_id))
    _tell(work, upload)


def _tell(work: Work, upload: Upload) -> None:
    work.tell(f"upload:{ids.show('upl', upload.id)}", "upload.changed", {})


def _place(upload_id: uuid.UUID) -> Place:
    return Place("link_imports", "url", str(upload_id))
