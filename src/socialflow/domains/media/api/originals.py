"""Originals over HTTP: outside of the API's prefix, for whoever holds an address that runs out."""

from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from socialflow.domains.media.api.files import SAFE_HEADERS, asset_id_of
from socialflow.domains.media.service import originals as service
from socialflow.domains.media.service.originals import Kept
from socialflow.kernel.errors import NotFound
from socialflow.kernel.web.pieces import PiecesResponse
from socialflow.kernel.web.ranges import span_of
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectMissing, ObjectStore

CONTENT_TYPE = "application/octet-stream"

originals = APIRouter()


async def serve_original(request: Request) -> Response:
    """A file as it was uploaded: to be saved, never to be shown."""
    app: App = request.app.state.app
    kept = await service.find(app, asset_id_of(request), request.path_params["token"])
    headers = _headers(kept)
    span = span_of(request.headers, etag=kept.etag, size=kept.size)
    start, end = span or (0, kept.size)
    if span is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{kept.size}"
    headers["Content-Length"] = str(end - start)
    status = 206 if span is not None else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    parts = service.read(app.port(ObjectStore), kept, start, end)
    try:
        # Before the status: a file that is missing is a 404 and no broken answer.
        first = await anext(parts)
    except (ObjectMissing, StopAsyncIteration):
        raise NotFound from None
    return PiecesResponse(parts, status, headers, first=first)


originals.add_route(
    "/media/originals/~{token}/{asset_id}", serve_original, methods=["GET", "HEAD"], include_in_schema=False
)


def _headers(kept: Kept) -> dict[str, str]:
    return {
        **SAFE_HEADERS,
        "Content-Type": CONTENT_TYPE,
        "ETag": kept.etag,
        "Content-Disposition": f"attachment; filename=\"video\"; filename*=UTF-8''{quote(kept.name, safe='')}",
        "Cache-Control": "private, no-store",
        "Cross-Origin-Resource-Policy": "same-site",
    }
