"""Routes of uploads whose bytes go to the store and not through the API."""

from fastapi import Security

from socialflow.domains.media.api.tus import Uploader
from socialflow.domains.media.errors import (
    EmptyUpload,
    InvalidFilename,
    NotDirectHere,
    PartOutOfRange,
    PartsDiffer,
    QuotaExceeded,
    TooManyUploads,
    TypeNotAccepted,
    UploadComplete,
    UploadExpired,
    UploadsNotAllowed,
    UploadTooLarge,
)
from socialflow.domains.media.policy import Wanted
from socialflow.domains.media.schemas import (
    DirectUploadCreate,
    DirectUploadRead,
    PartAddresses,
    PartNumbers,
    SentParts,
    UploadRead,
)
from socialflow.domains.media.service import direct, uploads
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.ids import UploadId
from socialflow.kernel.web import CurrentApp, InWork, get_actor, problems, router
from socialflow.ports.storage import StoreUnavailable

direct_uploads = router("uploads")


@direct_uploads.post(
    "/direct-uploads",
    operation_id="createDirectUpload",
    status_code=201,
    response_model=DirectUploadRead,
    responses=problems(
        Unauthorized,
        UploadsNotAllowed,
        NotDirectHere,
        UploadTooLarge,
        QuotaExceeded,
        TypeNotAccepted,
        EmptyUpload,
        InvalidFilename,
        TooManyUploads,
    ),
    dependencies=[Security(get_actor, scopes=["write:uploads"])],
)
async def create_direct(body: DirectUploadCreate, work: InWork, app: CurrentApp) -> DirectUploadRead:
    """Start an upload that is sent to the store in parts, where `protocols` of the limits has `direct`."""
    wanted = Wanted(
        length=body.length, filename=body.filename, filetype=body.filetype, purpose=body.purpose, sha256=body.sha256
    )
    return await direct.begin(work, wanted, app)


@direct_uploads.post(
    "/direct-uploads/{upload_id}/parts",
    operation_id="getUploadPartAddresses",
    response_model=PartAddresses,
    responses=problems(
        Unauthorized, NotFound, NotDirectHere, PartOutOfRange, UploadComplete, UploadExpired, StoreUnavailable
    ),
    openapi_extra={"x-idempotent": False},
)
async def part_addresses(upload_id: UploadId, body: PartNumbers, app: CurrentApp, actor: Uploader) -> PartAddresses:
    """Where parts are sent, for an hour; ask again for those that did not arrive."""
    return PartAddresses(parts=await direct.addresses(app, actor, upload_id, body.numbers))


@direct_uploads.post(
    "/direct-uploads/{upload_id}/complete",
    operation_id="completeDirectUpload",
    response_model=UploadRead,
    responses=problems(Unauthorized, NotFound, NotDirectHere, PartsDiffer, UploadExpired, StoreUnavailable),
    openapi_extra={"x-idempotent": False},
)
async def complete_direct(upload_id: UploadId, body: SentParts, app: CurrentApp, actor: Uploader) -> UploadRead:
    """Say that all parts are in the store; processing begins. May be said again."""
    await direct.complete(app, actor, upload_id, body.parts)
    async with app.work(actor) as work:
        return await uploads.look(work, upload_id)
