"""Uploads that are fetched from a link. Afterwards they are uploads as any other."""

from typing import Annotated

from fastapi import Response, Security

from socialflow.domains.media.errors import (
    ImportGoesOn,
    ImportRefusedAddress,
    ImportsNotOffered,
    InvalidFilename,
    QuotaExceeded,
    TooManyUploads,
    UploadComplete,
    UploadsNotAllowed,
)
from socialflow.domains.media.schemas import UploadImport, UploadRead
from socialflow.domains.media.service import imports as service
from socialflow.domains.media.service import uploads
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.ids import UploadId
from socialflow.kernel.web import CurrentApp, InWork, get_actor, problems, router
from socialflow.kernel.work import Actor

imports = router("uploads")

Uploader = Annotated[Actor, Security(get_actor, scopes=["write:uploads"])]
# What it costs us is much more than a row.
IMPORT_POINTS = 20


@imports.post(
    "/uploads/imports",
    operation_id="importUpload",
    status_code=201,
    response_model=UploadRead,
    responses=problems(
        Unauthorized,
        UploadsNotAllowed,
        ImportsNotOffered,
        ImportRefusedAddress,
        InvalidFilename,
        QuotaExceeded,
        TooManyUploads,
    ),
    openapi_extra={"x-points": IMPORT_POINTS},
)
async def import_upload(body: UploadImport, work: InWork, app: CurrentApp, actor: Uploader) -> UploadRead:
    """Have a video fetched from a link.

    The answer is an upload whose bytes come by themselves: a video can be made of it at once, `GET /uploads/{id}` and
    the topic `upload:{id}` tell how far it is, and `failure_code` why it could not be had. Only what is at a public
    address is fetched, and only files: no pages and no playlists.
    """
    del actor
    upload = await service.start(app, work, body.url, body.filename)
    return uploads.read(work, upload, None)


@imports.post(
    "/uploads/imports/{upload_id}/retry",
    operation_id="retryImport",
    response_model=UploadRead,
    responses=problems(
        Unauthorized, UploadsNotAllowed, ImportsNotOffered, NotFound, ImportGoesOn, QuotaExceeded, TooManyUploads
    ),
    openapi_extra={"x-points": IMPORT_POINTS},
)
async def retry_import(upload_id: UploadId, work: InWork, app: CurrentApp, actor: Uploader) -> UploadRead:
    """Try an import that has failed again, from the first byte on."""
    del actor
    upload = await service.retry(app, work, upload_id)
    return uploads.read(work, upload, None)


@imports.delete(
    "/uploads/imports/{upload_id}",
    operation_id="cancelImport",
    status_code=204,
    responses=problems(Unauthorized, NotFound, UploadComplete),
)
async def cancel_import(upload_id: UploadId, work: InWork, actor: Uploader) -> Response:
    """Give an import up, and what has come of it."""
    del actor
    await service.cancel(work, upload_id)
    return Response(status_code=204)
