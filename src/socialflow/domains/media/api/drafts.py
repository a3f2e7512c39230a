"""Uploads by draft-ietf-httpbis-resumable-upload, which is to follow tus.

https://datatracker.ietf.org/doc/draft-ietf-httpbis-resumable-upload

Offered where a setting says so, at the same addresses: whoever sends no `Tus-Resumable` speaks this. An upload may be
begun by one protocol and go on by the other. What the draft leaves open: the length must be known from the first
request on, and interim answers (104) are not given, since ASGI has no way to send them; a client learns the address
of its upload from the answer to a creation, which may be without content.
"""

import base64
import binascii
import hashlib
import re
import uuid
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Any, cast

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from socialflow.domains.media.api import headers as tus
from socialflow.domains.media.api.bodies import receive
from socialflow.domains.media.errors import (
    BeyondLength,
    InconsistentLength,
    InvalidUploadHeader,
    LengthUnknown,
    NotAnUploadPiece,
    TypeNotAccepted,
    UnknownChecksum,
    UploadComplete,
    UploadIsComplete,
    WrongOffset,
)
from socialflow.domains.media.models import Origin, Upload, UploadKind, UploadState
from socialflow.domains.media.policy import Wanted
from socialflow.domains.media.service import uploads
from socialflow.domains.media.service.intake import Checksum, Position
from socialflow.kernel import ids
from socialflow.kernel.errors import Problem, TooLarge
from socialflow.kernel.work import Actor, App

PIECE_TYPE = "application/partial-upload"
INTEROP_VERSION = "8"
_TYPES = "https://iana.org/assignments/http-problem-types#"
_INTEGER = re.compile(r"\d{1,15}", re.ASCII)
_SHA256 = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):\s*(?:,|$)")


def spoken(request: Request) -> bool:
    """Whether the draft is offered, and this request is not one of tus."""
    app = cast("App", request.app.state.app)
    return app.settings.media.resumable_draft and "tus-resumable" not in request.headers


def capabilities(app: App) -> dict[str, str]:
    """What OPTIONS says of the draft; nothing where it is not offered."""
    if not app.settings.media.resumable_draft:
        return {}
    return {
        "Accept-Patch": f"{tus.PIECE_TYPE}, {PIECE_TYPE}",
        "Upload-Limit": _limit(app, app.settings.media.upload_expiry_s),
        "Upload-Draft-Interop-Version": INTEROP_VERSION,
    }


async def create(request: Request, app: App, actor: Actor) -> Response:
    """Begin an upload; with `Upload-Complete: ?1` the whole file comes along."""
    headers = request.headers
    whole = _flag(headers)
    wanted = _wanted(headers, whole=whole)
    checksum = _checksum(headers)
    async with app.work(actor) as work:
        upload = await uploads.start(work, wanted, app.settings.media)

    told = {"Location": f"{request.url.path}/{ids.show('upl', upload.id)}"}
    try:
        position = await receive(request, app, actor, upload.id, offset=0, checksum=checksum, closes=whole)
        _expect_end(position, whole=whole)
    except Problem as problem:
        # There is an upload by now, and there is no interim answer that could have told so.
        problem.headers.update(told)
        raise
    return Response(status_code=201, headers={**told, **_standing(app, upload, position)})


async def head(request: Request, app: App, actor: Actor, upload_id: uuid.UUID) -> Response:
    """Where an upload stands; a request that says anything of that itself is mistaken for another."""
    if {"upload-offset", "upload-complete", "upload-length"} & set(request.headers):
        raise InvalidUploadHeader("Whoever asks where an upload stands does not say it.")
    async with app.work(actor) as work:
        upload = await uploads.standing(work, upload_id)
        age = max(int((upload.expires_at - work.now).total_seconds()), 0)
    complete = upload.state == UploadState.RECEIVED
    told = _standing(app, upload, Position(upload.received, upload.length or 0, upload.expires_at, complete), age)
    length = {} if upload.length is None else {"Upload-Length": str(upload.length)}
    return Response(status_code=204, headers={**told, **length})


async def append(request: Request, app: App, actor: Actor, upload_id: uuid.UUID) -> Response:
    """Add bytes; with `Upload-Complete: ?1` they are the last ones."""
    headers = request.headers
    if headers.get("content-type", "").strip().lower() != PIECE_TYPE:
        raise NotAnUploadPiece(f"Bytes are appended as {PIECE_TYPE}.", headers={"Accept-Patch": PIECE_TYPE})
    last, offset = _flag(headers), _integer(headers, "upload-offset")
    if offset is None:
        raise InvalidUploadHeader("Upload-Offset must be a whole number.")
    checksum = _checksum(headers)
    async with app.work(actor) as work:
        upload = await uploads.standing(work, upload_id)
    _expect_fit(upload, headers, offset, last=last)
    position = await receive(request, app, actor, upload_id, offset=offset, checksum=checksum, closes=last)
    _expect_end(position, whole=last)
    told = _standing(app, upload, position)
    if not last:
        return Response(status_code=204, headers=told)
    return Response(status_code=200, headers={**told, "Location": request.url.path})


def translated(problem: Problem, request: Request) -> Problem:
    """A failure in the words of the draft, which has names of its own for some."""
    if isinstance(problem, UploadComplete | BeyondLength):
        problem = InconsistentLength(headers=problem.headers)
    if isinstance(problem, WrongOffset):
        provided = _integer(request.headers, "upload-offset")
        expected = problem.extra.get("offset")
        problem.extra |= {
            "type": f"{_TYPES}mismatching-upload-offset",
            "expected-offset": expected,
            "provided-offset": provided,
        }
    if isinstance(problem, InconsistentLength):
        problem.extra["type"] = f"{_TYPES}inconsistent-upload-length"
    if isinstance(problem, UploadIsComplete):
        problem.extra["type"] = f"{_TYPES}completed-upload"
    if isinstance(problem, TooLarge):
        app = cast("App", request.app.state.app)
        problem.headers["Upload-Limit"] = _limit(app, app.settings.media.upload_expiry_s)
    return problem


def _wanted(headers: Headers, *, whole: bool) -> Wanted:
    length, declared = _integer(headers, "upload-length"), tus.declared_length(headers)
    if whole and declared is not None:
        if length not in (None, declared):
            raise InconsistentLength
        length = declared
    if length is None:
        raise LengthUnknown
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise TypeNotAccepted("Files are taken as they are, without a content coding.")
    found = tus.described_by(headers, length=length)
    digest = _digest(headers, "repr-digest")
    return Wanted(
        length=length,
        filename=_filename(headers.get("content-disposition", "")) or found.filename,
        filetype=headers.get("content-type", found.filetype),
        purpose=found.purpose,
        client_metadata=found.client_metadata,
        sha256=digest.hex() if digest else found.sha256,
    )


def _filename(disposition: str) -> str:
    """The name in a Content-Disposition; of two the one that says how it is encoded (RFC 6266, section 4.3)."""
    message = Message()
    message["Content-Disposition"] = disposition
    parameters = message.get_params([], header="content-disposition")
    # A parameter that says how it is encoded is given as (charset, language, text), whatever the annotation says.
    names: list[Any] = [value for name, value in parameters if name == "filename"]
    encoded = [value for value in names if isinstance(value, tuple)]
    return collapse_rfc2231_value((encoded or names or [""])[0])


def _expect_fit(upload: Upload, headers: Headers, offset: int, *, last: bool) -> None:
    """What a request says of the length must be what is known of it, unless it is refused for something else anyway."""
    if offset != upload.received or upload.origin != Origin.SENT:
        return
    declared = tus.declared_length(headers)
    if upload.state == UploadState.RECEIVED and declared == 0:
        raise UploadIsComplete
    if _integer(headers, "upload-length") not in (None, upload.length):
        raise InconsistentLength
    if last and declared is not None and offset + declared != upload.length:
        raise InconsistentLength


def _expect_end(position: Position, *, whole: bool) -> None:
    if whole and position.offset < position.length:
        raise InconsistentLength(headers={"Upload-Offset": str(position.offset)})


def _standing(app: App, upload: Upload, position: Position, age: int | None = None) -> dict[str, str]:
    # Parts are of tus: for this protocol one is complete when it is whole.
    whole_part = upload.kind == UploadKind.PARTIAL and position.offset == position.length
    return {
        "Upload-Offset": str(position.offset),
        "Upload-Complete": "?1" if position.complete or whole_part else "?0",
        "Upload-Limit": _limit(app, app.settings.media.upload_expiry_s if age is None else age),
    }


def _limit(app: App, age: int) -> str:
    # A least size also says that uploads of unknown length are not begun.
    return f"max-size={app.settings.media.max_upload_bytes}, min-size=1, max-age={age}"


def _flag(headers: Headers) -> bool:
    given = headers.get("upload-complete", "").strip()
    if given not in ("?0", "?1"):
        raise InvalidUploadHeader("Upload-Complete must be ?0 or ?1.")
    return given == "?1"


def _integer(headers: Headers, name: str) -> int | None:
    """A structured integer; what is none is as if it were not there (RFC 9651, section 4.2)."""
    given = headers.get(name, "").strip()
    return int(given) if _INTEGER.fullmatch(given) else None


def _checksum(headers: Headers) -> Checksum | None:
    digest = _digest(headers, "content-digest")
    return Checksum("sha256", digest) if digest else None


def _digest(headers: Headers, name: str) -> bytes | None:
    """The SHA-256 in a digest field (RFC 9530); None without the field."""
    given = headers.get(name)
    if given is None:
        return None
    found = _SHA256.search(given)
    if found is None:
        raise UnknownChecksum(f"{name.title()} must hold a sha-256.")
    try:
        digest = base64.b64decode(found[1], validate=True)
    except (binascii.Error, ValueError):
        raise InvalidUploadHeader(f"{name.title()} must hold base64.") from None
    if len(digest) != hashlib.sha256().digest_size:
        raise InvalidUploadHeader(f"{name.title()} has the wrong length.")
    return digest
