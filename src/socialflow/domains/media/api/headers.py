"""The headers of tus 1.0.0, read strictly.

https://tus.io/protocols/resumable-upload
"""

import base64
import binascii
import hashlib
import re
import uuid
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from starlette.datastructures import Headers

from socialflow.domains.media.errors import (
    InvalidUploadHeader,
    NotAnUploadPiece,
    UnknownChecksum,
    UnknownPart,
    UnsupportedTusVersion,
)
from socialflow.domains.media.models import Purpose, Upload, UploadKind, UploadState
from socialflow.domains.media.policy import MOST_PARTS, Wanted
from socialflow.domains.media.service.intake import Checksum, Position
from socialflow.kernel import ids

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination,concatenation"
ALGORITHMS = ("sha1", "sha256")
PIECE_TYPE = "application/offset+octet-stream"
LONGEST_METADATA = 8_192
MOST_METADATA = 32
_TEXTS = {
    "Tus-Resumable": "The version of the protocol: 1.0.0.",
    "Upload-Length": "Bytes of the whole file.",
    "Upload-Offset": "The first of these bytes, counted from 0; it must be where the upload stands.",
    "Upload-Metadata": "`key base64,key base64`: `filename`, `filetype`, `sha256`, `purpose`: video, avatar ...",
    "Upload-Checksum": "`sha1` or `sha256`, a space, and the digest of this body in base64.",
    "Upload-Concat": "`partial` for a part that is sent beside others; `final;` and the parts' addresses joins them.",
}
_EXAMPLES = {
    "Tus-Resumable": VERSION,
    "Upload-Length": "104857600",
    "Upload-Offset": "0",
    "Upload-Metadata": "filename aG9saWRheS5tcDQ=,filetype dmlkZW8vbXA0",
    "Upload-Checksum": "sha1 Lve95gjOVATpfV8EL5X4nxwjKHE=",
    "Upload-Concat": "partial",
}
_OPTIONAL = {"Upload-Metadata", "Upload-Checksum", "Upload-Concat"}
_PARTIAL, _FINAL = "partial", "final;"
_NUMBER = re.compile(r"\d{1,18}")
_KEY = re.compile(r"[!-+\--~]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://[^/ ]+)?/[^ ?#]*/uploads/([a-z0-9_]+)")


def described(*names: str, takes_bytes: bool = False) -> dict[str, Any]:
    """What the API's description says of an operation's headers and body."""
    told: dict[str, Any] = {
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": name not in _OPTIONAL,
                "description": _TEXTS[name],
                "schema": {"type": "string"},
                "example": _EXAMPLES[name],
            }
            for name in ("Tus-Resumable", *names)
        ]
    }
    if takes_bytes:
        told["requestBody"] = {"content": {PIECE_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
    return told


def require_version(headers: Headers) -> None:
    """Raise UnsupportedTusVersion unless the client speaks our version."""
    if headers.get("tus-resumable") != VERSION:
        raise UnsupportedTusVersion(headers={"Tus-Version": VERSION})


def wanted(headers: Headers) -> Wanted:
    """The upload that a creation asks for."""
    if "upload-defer-length" in headers:
        raise InvalidUploadHeader("Uploads of unknown length are not offered.")
    kind, parts = _concat(headers)
    if kind is UploadKind.FINAL and "upload-length" in headers:
        raise InvalidUploadHeader("The length of a joined upload follows from its parts.")
    return described_by(
        headers, length=0 if kind is UploadKind.FINAL else number(headers, "upload-length"), kind=kind, parts=parts
    )


def described_by(
    headers: Headers, *, length: int, kind: UploadKind = UploadKind.WHOLE, parts: tuple[uuid.UUID, ...] = ()
) -> Wanted:
    """An upload of this length with what Upload-Metadata says of it."""
    raw = headers.get("upload-metadata", "")
    metadata = _metadata(raw)
    return Wanted(
        length=length,
        kind=kind,
        parts=parts,
        sha256=_digest(metadata.get("sha256")),
        filename=metadata.get("filename", metadata.get("name", "")),
        filetype=metadata.get("filetype", metadata.get("type", "")),
        purpose=metadata.get("purpose", Purpose.VIDEO),
        client_metadata=raw,
    )


def number(headers: Headers, name: str) -> int:
    """A header that is a whole number; raises InvalidUploadHeader."""
    text = headers.get(name, "")
    if not (text.isascii() and _NUMBER.fullmatch(text)):
        raise InvalidUploadHeader(f"{name.title()} must be a whole number.")
    return int(text)


def declared_length(headers: Headers) -> int | None:
    """How many bytes the request says that it carries; None when it does not say."""
    return number(headers, "content-length") if "content-length" in headers else None


def require_piece_type(headers: Headers) -> None:
    """Raise NotAnUploadPiece unless the body is said to be bytes of an upload."""
    if headers.get("content-type", "").strip().lower() != PIECE_TYPE:
        raise NotAnUploadPiece


def checksum(headers: Headers) -> Checksum | None:
    """What the client says of the bytes; None when it says nothing."""
    header = headers.get("upload-checksum")
    if header is None:
        return None
    algorithm, _, encoded = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise UnknownChecksum
    try:
        digest = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidUploadHeader("Upload-Checksum must be an algorithm and base64.") from None
    if len(digest) != hashlib.new(algorithm).digest_size:
        raise InvalidUploadHeader("Upload-Checksum has the wrong length.")
    return Checksum(algorithm, digest)


def of_upload(upload: Upload) -> dict[str, str]:
    """Where an upload stands, for HEAD."""
    headers = {"Upload-Offset": str(upload.received), **_length_of(upload)}
    if upload.client_metadata:
        headers["Upload-Metadata"] = upload.client_metadata
    if upload.state == UploadState.RECEIVING:
        headers["Upload-Expires"] = http_date(upload.expires_at)
    return headers


def _length_of(upload: Upload) -> dict[str, str]:
    return {"Upload-Defer-Length": "1"} if upload.length is None else {"Upload-Length": str(upload.length)}


def of_position(position: Position) -> dict[str, str]:
    """Where an upload stands after bytes have come."""
    headers = {"Upload-Offset": str(position.offset)}
    if not position.complete:
        headers["Upload-Expires"] = http_date(position.expires_at)
    return headers


def http_date(moment: datetime) -> str:
    """A time as HTTP writes it (RFC 9110, IMF-fixdate)."""
    return format_datetime(moment, usegmt=True)


def concat_of(upload: Upload, collection: str) -> dict[str, str]:
    """What HEAD says of a part, and of an upload that was joined of some."""
    if upload.kind == UploadKind.PARTIAL:
        return {"Upload-Concat": _PARTIAL}
    addresses = " ".join(f"{collection}/{ids.show('upl', part)}" for part in upload.parts)
    return {"Upload-Concat": _FINAL + addresses} if upload.kind == UploadKind.FINAL else {}


def _concat(headers: Headers) -> tuple[UploadKind, tuple[uuid.UUID, ...]]:
    given = headers.get("upload-concat")
    if given is None:
        return UploadKind.WHOLE, ()
    if given.strip() == _PARTIAL:
        return UploadKind.PARTIAL, ()
    if not given.startswith(_FINAL):
        raise InvalidUploadHeader("Upload-Concat must be `partial`, or `final;` and addresses.")
    addresses = given.removeprefix(_FINAL).split()
    if not addresses or len(addresses) > MOST_PARTS or len(set(addresses)) < len(addresses):
        raise InvalidUploadHeader(f"Upload-Concat must name each part once, and {MOST_PARTS} at most.")
    return UploadKind.FINAL, tuple(_part(address) for address in addresses)


def _part(address: str) -> uuid.UUID:
    found = _ADDRESS.fullmatch(address)
    try:
        return ids.parse("upl", found[1] if found else "")
    except ids.MalformedId:
        raise UnknownPart from None


def _digest(given: str | None) -> str | None:
    if given is None:
        return None
    if not _SHA256.fullmatch(given):
        raise InvalidUploadHeader("`sha256` in Upload-Metadata must be 64 hexadecimal digits.")
    return given.lower()


def _metadata(raw: str) -> dict[str, str]:
    """`key base64,key base64`: values are UTF-8 text, keys are visible ASCII and come once."""
    if len(raw) > LONGEST_METADATA:
        raise InvalidUploadHeader("Upload-Metadata is too long.")
    found: dict[str, str] = {}
    for pair in raw.split(",") if raw else ():
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found or len(found) == MOST_METADATA:
            raise InvalidUploadHeader("Upload-Metadata has a bad or repeated key.")
        found[key] = _text(value)
    return found


def _text(encoded: str) -> str:
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise InvalidUploadHeader("Upload-Metadata must hold base64 of UTF-8 text.") from None
    if "\x00" in text:
        raise InvalidUploadHeader("Upload-Metadata must not hold NUL.")
    return text
