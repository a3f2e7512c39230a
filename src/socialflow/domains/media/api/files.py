"""Files over HTTP: segments, playlists, posters. Outside of the API's prefix, without log-in, limits or sessions.

Plain Starlette routes: a segment costs one look into memory and its bytes, nothing else. Types
come from the table and never from a name; nothing here is ever run as a page.

With `media.x_accel` there is an nginx in front, as `socialflow nginx` sets it up, that has the same
store before it. It is told which object to send, or it asks first (`/_grants/...`) and keeps the
answer for a second.
"""

import hmac
import re
import uuid

from fastapi import APIRouter
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from socialflow.domains.media.models import Access
from socialflow.domains.media.service import delivery as service
from socialflow.domains.media.service.delivery import BY_CDN, Served, Shelf
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound, Problem
from socialflow.kernel.web.pieces import PiecesResponse
from socialflow.kernel.web.ranges import span_of
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectMissing, ObjectStore

# Where nginx finds the store, for itself alone.
OBJECTS = "/_objects/"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\.[a-z0-9]{2,5}")
_CHANGING = ("application/vnd.apple.mpegurl", "application/dash+xml", "text/vtt")
SAFE_HEADERS = {
    "Accept-Ranges": "bytes",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

delivery = APIRouter()


async def serve_open(request: Request) -> Response:
    """A file of an open asset."""
    return await _serve(request, None)


async def serve_signed(request: Request) -> Response:
    """A file for the holder of a token."""
    return await _serve(request, request.path_params["token"])


async def serve_cdn(request: Request) -> Response:
    """A file for our own CDN, which gives it to whoever it was signed for.

    At no other address the CDN is trusted: it sends the same secret with what it gives to everybody, unasked.
    """
    if not is_cdn(request):
        raise NotFound
    return await _serve(request, None, by_cdn=True)


async def grant(request: Request) -> Response:
    """Which object nginx may send for an address, and what it says beside it; 403 whatever the reason against it.

    The visitor is not told: nginx asks us for the whole answer then.
    """
    app: App = request.app.state.app
    if not app.settings.media.x_accel:
        raise NotFound
    try:
        asset_id, file, shelf = await _find(request, request.path_params.get("token"))
    except Problem:
        return Response(status_code=403)
    return Response(status_code=204, headers={**_headers(asset_id, file, shelf), "X-Object": file.key})


async def refuse(request: Request) -> Response:
    """No grant."""
    del request
    return Response(status_code=403)


for _path, _endpoint in (
    ("/media/~{token}/{asset_id}/{name}", serve_signed),
    (BY_CDN + "{asset_id}/{name}", serve_cdn),
    ("/media/{asset_id}/{name}", serve_open),
    ("/_grants/media/~{token}/{asset_id}/{name}", grant),
    # nginx keeps a grant for whoever asks next: the CDN shows its secret to us alone.
    ("/_grants" + BY_CDN + "{asset_id}/{name}", refuse),
    ("/_grants/media/{asset_id}/{name}", grant),
):
    delivery.add_route(_path, _endpoint, methods=["GET", "HEAD"], include_in_schema=False)


async def _find(request: Request, token: str | None, *, by_cdn: bool = False) -> tuple[uuid.UUID, Served, Shelf]:
    name = request.path_params["name"]
    if not _NAME.fullmatch(name):
        raise NotFound
    asset_id = asset_id_of(request)
    app: App = request.app.state.app
    return asset_id, *(await service.find(app, asset_id, name, token, by_cdn=by_cdn))


def is_cdn(request: Request) -> bool:
    """Whether our own CDN asks, which has checked a signature before: by a secret that nobody else has.

    A path in other letters for the same may be one of those for which it checks nothing.
    """
    app: App = request.app.state.app
    path: bytes = request.scope.get("raw_path") or b""
    if not path.startswith(BY_CDN.encode()) or b"%" in path:
        return False
    secret, given = app.settings.cdn.origin_token, request.headers.get("x-origin-token", "")
    return secret is not None and hmac.compare_digest(given.encode(), secret.get_secret_value().encode())


async def _serve(request: Request, token: str | None, *, by_cdn: bool = False) -> Response:
    app: App = request.app.state.app
    asset_id, file, shelf = await _find(request, token, by_cdn=by_cdn)
    headers = _headers(asset_id, file, shelf)
    if by_cdn and shelf.access == Access.SIGNED:
        headers |= _for_cdn(app, asset_id, file, shelf)
    if _unchanged(request.headers, file):
        return Response(status_code=304, headers=headers)
    if app.settings.media.x_accel:
        # Of ranges nginx knows enough by itself.
        return Response(headers={**headers, "X-Accel-Redirect": OBJECTS + file.key})

    span = span_of(request.headers, etag=file.etag, size=file.size)
    start, end = span or (0, file.size)
    if span is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    headers["Content-Length"] = str(end - start)
    status = 206 if span is not None else 200
    if request.method == "HEAD" or start == end:
        return Response(status_code=status, headers=headers)
    pieces = app.port(ObjectStore).stream(file.key, start, end)
    try:
        # Before the status: a file that is missing is a 404 and no broken answer.
        first = await anext(pieces)
    except ObjectMissing:
        service.shelves.forget(asset_id)
        raise NotFound from None
    if len(first) == end - start:
        await pieces.aclose()
        return Response(first, status, headers)
    return PiecesResponse(pieces, status, headers, first=first)


def asset_id_of(request: Request) -> uuid.UUID:
    """The asset that an address names; raises NotFound."""
    try:
        return ids.parse("ast", request.path_params["asset_id"])
    except ids.MalformedId:
        raise NotFound from None


def _headers(asset_id: uuid.UUID, file: Served, shelf: Shelf) -> dict[str, str]:
    headers = {"Content-Type": file.content_type, "ETag": file.etag, **SAFE_HEADERS}
    if shelf.access == Access.OPEN:
        headers["Access-Control-Allow-Origin"] = "*"
        # By these a CDN is told which answers to forget.
        headers["Surrogate-Key"] = headers["Cache-Tag"] = ids.show("ast", asset_id)
    headers["Cache-Control"] = _cache_control(file, shelf)
    return headers


def _for_cdn(app: App, asset_id: uuid.UUID, file: Served, shelf: Shelf) -> dict[str, str]:
    """What a CDN that checks signatures may keep; the cookies of our own pages go along with requests to it."""
    changing = file.content_type in _CHANGING
    kept = ("max-age=60" if shelf.settled else "max-age=2") if changing else "max-age=300, s-maxage=86400"
    mark = ids.show("ast", asset_id)
    return {
        "Cache-Control": kept,
        "Surrogate-Key": mark,
        "Cache-Tag": mark,
        **credentialed(app),
    }


def credentialed(app: App) -> dict[str, str]:
    """Lets pages of ours read what they ask the CDN for, with its cookies."""
    return {
        "Access-Control-Allow-Origin": app.settings.public_url,
        "Access-Control-Allow-Credentials": "true",
    }


def _cache_control(file: Served, shelf: Shelf) -> str:
    """How long a file may be kept. A name may be given to other bytes when an asset is processed anew."""
    changing = file.content_type in _CHANGING
    if shelf.access != Access.OPEN:
        return "private, no-cache" if changing else "private, max-age=300"
    if changing:
        return "public, max-age=60" if shelf.settled else "public, max-age=2"
    return "public, max-age=86400"


def _unchanged(headers: Headers, file: Served) -> bool:
    header = headers.get("if-none-match")
    return header is not None and (
        header == "*" or file.etag in {tag.strip().removeprefix("W/") for tag in header.split(",")}
    )
