"""Uploads over HTTP: the tus 1.0.0 protocol, and what is of an upload as JSON."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Security
from starlette.requests import Request
from starlette.responses import Response

from socialflow.domains.media.api import drafts
from socialflow.domains.media.api import headers as tus
from socialflow.domains.media.api.bodies import receive
from socialflow.domains.media.errors import (
    BeyondLength,
    ChecksumMismatch,
    EmptyUpload,
    InconsistentLength,
    InvalidFilename,
    InvalidUploadHeader,
    JoinedUpload,
    LengthUnknown,
    NotAnUploadPiece,
    PartsIncomplete,
    QuotaExceeded,
    SentDirectly,
    TooManyUploads,
    TypeNotAccepted,
    UnknownChecksum,
    UnknownPart,
    UnknownPurpose,
    UnsupportedTusVersion,
    UploadComplete,
    UploadExpired,
    UploadIsComplete,
    UploadIsFetched,
    UploadsNotAllowed,
    UploadStalled,
    UploadTooLarge,
    WrongOffset,
)
from socialflow.domains.media.models import Upload, UploadKind
from socialflow.domains.media.schemas import UploadLimits, UploadRead
from socialflow.domains.media.service import joining, uploads
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound, Problem, Unauthorized
from socialflow.kernel.ids import UploadId
from socialflow.kernel.web import CurrentApp, InWork, Route, get_actor, get_reader, problems, router
from socialflow.kernel.work import Actor, App
from socialflow.ports.storage import ObjectStore, StoreFull, StoreUnavailable

Uploader = Annotated[Actor, Security(get_actor, scopes=["write:uploads"])]
Owner = Annotated[Actor, Security(get_actor, scopes=["read"])]


class TusRoute(Route):
    """An endpoint of the protocol: asks for its version, and says its own in every answer.

    It never reads a body for the sake of an idempotency key: an offset is the protocol's own.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of other routes, in the protocol's clothes."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            asks = request.method == "OPTIONS"
            if not asks and drafts.spoken(request):
                return await self._by_draft(request, inner)
            try:
                if not asks:
                    tus.require_version(request.headers)
                response = await inner(request)
            except Problem as problem:
                problem.headers.setdefault("Tus-Resumable", tus.VERSION)
                raise
            response.headers["Tus-Resumable"] = tus.VERSION
            response.headers["Cache-Control"] = "no-store"
            return response

        return handle

    async def _by_draft(self, request: Request, inner: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
        try:
            response = await inner(request)
        except Problem as problem:
            raise drafts.translated(problem, request) from problem
        response.headers["Cache-Control"] = "no-store"
        return response

    async def _claimed(self, request: Request, actor: Actor) -> None:
        del request, actor


protocol = APIRouter(tags=["uploads"], route_class=TusRoute, redirect_slashes=False)
states = router("uploads", reads="own")


def _capabilities(app: App) -> dict[str, str]:
    return {
        "Tus-Version": tus.VERSION,
        "Tus-Extension": tus.EXTENSIONS,
        "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
        "Tus-Max-Size": str(app.settings.media.max_upload_bytes),
        **drafts.capabilities(app),
    }


@protocol.options(
    "/uploads",
    operation_id="getUploadCapabilities",
    status_code=204,
    dependencies=[Security(get_reader, scopes=["read"])],
)
async def capabilities(app: CurrentApp) -> Response:
    """What of the tus protocol is offered, in headers."""
    return Response(status_code=204, headers=_capabilities(app))


@protocol.options(
    "/uploads/{upload_id}",
    operation_id="getUploadCapabilitiesOfOne",
    status_code=204,
    dependencies=[Security(get_reader, scopes=["read"])],
)
async def capabilities_of_one(upload_id: UploadId, app: CurrentApp) -> Response:
    """The same, asked of an upload."""
    del upload_id
    return Response(status_code=204, headers=_capabilities(app))


@protocol.post(
    "/uploads",
    operation_id="createUpload",
    status_code=201,
    responses=problems(
        Unauthorized,
        UploadsNotAllowed,
        InvalidUploadHeader,
        UnknownChecksum,
        UnsupportedTusVersion,
        UploadTooLarge,
        QuotaExceeded,
        BeyondLength,
        NotAnUploadPiece,
        TypeNotAccepted,
        EmptyUpload,
        UnknownPurpose,
        InvalidFilename,
        TooManyUploads,
        ChecksumMismatch,
        StoreFull,
        StoreUnavailable,
        JoinedUpload,
        UnknownPart,
        PartsIncomplete,
        UploadExpired,
        InconsistentLength,
        LengthUnknown,
        UploadStalled,
    ),
    openapi_extra=tus.described(
        "Upload-Length", "Upload-Metadata", "Upload-Checksum", "Upload-Concat", takes_bytes=True
    )
    | {"x-idempotent": False},
)
async def create(request: Request, app: CurrentApp, actor: Uploader) -> Response:
    """Start an upload (tus creation); its first bytes may come along (creation-with-upload).

    `Upload-Length` is the file's size; `Upload-Metadata` may name `filename`, `filetype`, `purpose` (`video`,
    `avatar`, `banner`, `poster` or `photo`) and the file's `sha256`. The answer's `Location` takes the bytes. Parts
    that are sent in parallel are begun with `Upload-Concat: partial` and joined with `final;` and their addresses
    (concatenation).
    """
    if drafts.spoken(request):
        return await drafts.create(request, app, actor)
    wanted = tus.wanted(request.headers)
    carries = "content-type" in request.headers
    if carries:
        tus.require_piece_type(request.headers)
    final = wanted.kind is UploadKind.FINAL
    if carries and final:
        raise JoinedUpload
    async with app.work(actor) as work:
        upload = await (joining.join if final else uploads.start)(work, wanted, app.settings.media)

    headers = {"Location": f"{request.url.path}/{ids.show('upl', upload.id)}", **tus.of_upload(upload)}
    if carries:
        checksum = tus.checksum(request.headers)
        position = await receive(request, app, actor, upload.id, offset=0, checksum=checksum)
        headers.update(tus.of_position(position))
    return Response(status_code=201, headers=headers)


@protocol.head(
    "/uploads/{upload_id}",
    operation_id="headUpload",
    responses=problems(Unauthorized, NotFound, UploadExpired, UnsupportedTusVersion, InvalidUploadHeader),
    openapi_extra=tus.described(),
)
async def head(upload_id: UploadId, request: Request, app: CurrentApp, actor: Uploader) -> Response:
    """Where an upload stands: go on from `Upload-Offset`."""
    if drafts.spoken(request):
        return await drafts.head(request, app, actor, upload_id)
    async with app.work(actor) as work:
        upload: Upload = await uploads.standing(work, upload_id)
    collection = request.url.path.rpartition("/")[0]
    return Response(status_code=200, headers=tus.of_upload(upload) | tus.concat_of(upload, collection))


@protocol.patch(
    "/uploads/{upload_id}",
    operation_id="appendToUpload",
    status_code=204,
    responses=problems(
        Unauthorized,
        NotFound,
        InvalidUploadHeader,
        UnknownChecksum,
        UploadStalled,
        WrongOffset,
        UploadComplete,
        UploadExpired,
        UploadIsFetched,
        UnsupportedTusVersion,
        BeyondLength,
        NotAnUploadPiece,
        ChecksumMismatch,
        StoreFull,
        StoreUnavailable,
        JoinedUpload,
        SentDirectly,
        InconsistentLength,
        UploadIsComplete,
    ),
    # A fast sender brings many: what costs is the bytes, and the quota counts those.
    openapi_extra=tus.described("Upload-Offset", "Upload-Checksum", takes_bytes=True) | {"x-points": 1},
)
async def append(upload_id: UploadId, request: Request, app: CurrentApp, actor: Uploader) -> Response:
    """Send bytes that begin at `Upload-Offset`; when the last one has been kept, processing begins."""
    if drafts.spoken(request):
        return await drafts.append(request, app, actor, upload_id)
    tus.require_piece_type(request.headers)
    offset, checksum = tus.number(request.headers, "upload-offset"), tus.checksum(request.headers)
    position = await receive(request, app, actor, upload_id, offset=offset, checksum=checksum)
    return Response(status_code=204, headers=tus.of_position(position))


@protocol.delete(
    "/uploads/{upload_id}",
    operation_id="discardUpload",
    status_code=204,
    responses=problems(Unauthorized, NotFound, UploadComplete, UnsupportedTusVersion),
    openapi_extra=tus.described(),
)
async def discard(upload_id: UploadId, app: CurrentApp, actor: Uploader) -> Response:
    """Give up an unfinished upload."""
    async with app.work(actor) as work:
        await uploads.discard(work, upload_id)
    return Response(status_code=204)


@states.get(
    "/uploads/limits",
    operation_id="getUploadLimits",
    response_model=UploadLimits,
    responses=problems(Unauthorized),
)
async def limits(work: InWork, app: CurrentApp, actor: Owner) -> UploadLimits:
    """What may be uploaded, and how much room is left."""
    del actor
    direct = app.settings.media.direct_uploads and app.port(ObjectStore).direct is not None
    return await uploads.limits(work, app.settings.media, direct=direct, imports=app.settings.imports.enabled)


@states.get(
    "/uploads/{upload_id}",
    operation_id="getUpload",
    response_model=UploadRead,
    responses=problems(Unauthorized, NotFound),
)
async def get_upload(upload_id: UploadId, work: InWork, actor: Owner) -> UploadRead:
    """An upload and what is being made of it."""
    del actor
    return await uploads.look(work, upload_id)
