"""Uploads over HTTP: the tus 1.0.0 protocol, and what is of an upload as JSON."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Security
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from socialflow.domains.media.api import headers as tus
from socialflow.domains.media.errors import (
    BeyondLength,
    ChecksumMismatch,
    EmptyUpload,
    InvalidFilename,
    InvalidUploadHeader,
    NotAnUploadPiece,
    QuotaExceeded,
    TooManyUploads,
    TypeNotAccepted,
    UnknownChecksum,
    UnknownPurpose,
    UnsupportedTusVersion,
    UploadComplete,
    UploadExpired,
    UploadsNotAllowed,
    UploadStalled,
    UploadTooLarge,
    WrongOffset,
)
from socialflow.domains.media.models import Upload
from socialflow.domains.media.schemas import UploadLimits, UploadRead
from socialflow.domains.media.service import intake, uploads
from socialflow.domains.media.service.intake import Position
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound, Problem, Unauthorized, Unavailable
from socialflow.kernel.ids import UploadId
from socialflow.kernel.web import CurrentApp, InWork, Route, get_actor, get_reader, problems, router
from socialflow.kernel.work import Actor, App
from socialflow.ports.storage import StoreFull, StoreUnavailable

# Without a byte for so long the sender is taken for gone; what it sent is kept.
STALL_SECONDS = 60.0

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
            try:
                if request.method != "OPTIONS":
                    tus.require_version(request.headers)
                response = await inner(request)
            except Problem as problem:
                problem.headers.setdefault("Tus-Resumable", tus.VERSION)
                raise
            response.headers["Tus-Resumable"] = tus.VERSION
            response.headers["Cache-Control"] = "no-store"
            return response

        return handle

    async def _claimed(self, request: Request, actor: Actor) -> None:
        del request, actor


protocol = APIRouter(tags=["uploads"], route_class=TusRoute, redirect_slashes=False)
states = router("uploads")


class Body:
    """The bytes of a request, until they end, stop, or the server wants to go."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._draining: asyncio.Event = request.app.state.draining
        self.failure: Problem | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """As they come; a broken connection is the end and no failure, since what came is kept."""
        stream = self._request.stream()
        while True:
            try:
                async with asyncio.timeout(STALL_SECONDS):
                    chunk = await anext(stream)
            except (StopAsyncIteration, ClientDisconnect):
                return
            except TimeoutError:
                self.failure = UploadStalled(headers={"Connection": "close"})
                return
            if chunk:
                yield chunk
            if self._draining.is_set():
                self.failure = Unavailable(retry_after=1, headers={"Connection": "close"})
                return


def _capabilities(app: App) -> dict[str, str]:
    return {
        "Tus-Version": tus.VERSION,
        "Tus-Extension": tus.EXTENSIONS,
        "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
        "Tus-Max-Size": str(app.settings.media.max_upload_bytes),
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
    ),
    openapi_extra=tus.described("Upload-Length", "Upload-Metadata", "Upload-Checksum", takes_bytes=True)
    | {"x-idempotent": False},
)
async def create(request: Request, app: CurrentApp, actor: Uploader) -> Response:
    """Start an upload (tus creation); its first bytes may come along (creation-with-upload).

    `Upload-Length` is the file's size; `Upload-Metadata` may name `filename`, `filetype` and
    `purpose` (`video`, `avatar` or `poster`). The answer's `Location` takes the bytes.
    """
    wanted = tus.wanted(request.headers)
    carries = "content-type" in request.headers
    if carries:
        tus.require_piece_type(request.headers)
    async with app.work(actor) as work:
        upload = await uploads.start(work, wanted, app.settings.media)

    headers = {"Location": f"{request.url.path}/{ids.show('upl', upload.id)}", **tus.of_upload(upload)}
    if carries:
        position = await _receive(request, app, actor, upload.id, 0)
        headers.update(tus.of_position(position))
    return Response(status_code=201, headers=headers)


@protocol.head(
    "/uploads/{upload_id}",
    operation_id="headUpload",
    responses=problems(Unauthorized, NotFound, UploadExpired, UnsupportedTusVersion),
    openapi_extra=tus.described(),
)
async def head(upload_id: UploadId, app: CurrentApp, actor: Uploader) -> Response:
    """Where an upload stands: go on from `Upload-Offset`."""
    async with app.work(actor) as work:
        upload: Upload = await uploads.standing(work, upload_id)
    return Response(status_code=200, headers=tus.of_upload(upload))


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
        UnsupportedTusVersion,
        BeyondLength,
        NotAnUploadPiece,
        ChecksumMismatch,
        StoreFull,
        StoreUnavailable,
    ),
    # A fast sender brings many: what costs is the bytes, and the quota counts those.
    openapi_extra=tus.described("Upload-Offset", "Upload-Checksum", takes_bytes=True) | {"x-points": 1},
)
async def append(upload_id: UploadId, request: Request, app: CurrentApp, actor: Uploader) -> Response:
    """Send bytes that begin at `Upload-Offset`; when the last one has been kept, processing begins."""
    tus.require_piece_type(request.headers)
    position = await _receive(request, app, actor, upload_id, tus.number(request.headers, "upload-offset"))
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
    return await uploads.limits(work, app.settings.media)


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


async def _receive(request: Request, app: App, actor: Actor, upload_id: UploadId, offset: int) -> Position:
    body = Body(request)
    position = await intake.receive(
        app,
        actor,
        upload_id,
        offset=offset,
        chunks=body.chunks(),
        declared=tus.declared_length(request.headers),
        checksum=tus.checksum(request.headers),
    )
    if body.failure is not None:
        body.failure.headers["Upload-Offset"] = str(position.offset)
        raise body.failure
    return position
