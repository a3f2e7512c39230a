"""Names the only demuxer that may open a file, from its first bytes; text never gets that far."""

import struct
from pathlib import Path

from socialflow.ports.encoder import FailureCode, SourceRefused

HEAD = 4_096
TS_PACKET, M2TS_PACKET, TS_SYNC = 188, 192, 0x47
PLAYLIST_STARTS = (
    b"#extm3u",
    b"ffconcat",
    b"v=0",
    b"<?xml",
    b"<mpd",
    b"<smil",
    b"<asx",
    b"[playlist]",
    b"rtsp",
    b"http",
)
PICTURES = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"II*\x00",
    b"MM\x00*",
    b"BM",
    b"\x00\x00\x01\x00",
    b"8BPS",
    b"%PDF",
    b"PK\x03\x04",
)
STILL_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"jxl ", b"crx ")
MOV_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid", b"styp")
TAIL_BOXES = (b"moov", b"moof")
MAGIC = (
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"FLV\x01", "flv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"ID3", "mp3"),
    (b"GIF8", "gif"),
)
INDEXED = frozenset({"mov", "matroska"})
"""Containers in which ffmpeg finds the keyframe before any time exactly."""


def demuxer_of(path: Path) -> str:
    """The demuxer for the file's container; raises SourceRefused for what is no audio or video container."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    refusal = refusal_of(head)
    if refusal is not None:
        raise SourceRefused(refusal)
    demuxer = _by_magic(head) or _by_structure(head)
    if demuxer == "mov":
        _check_boxes(path)
    return demuxer


def refusal_of(head: bytes) -> FailureCode | None:
    """Why a file that begins so is no audio or video container; None where it may be one."""
    if not head:
        return FailureCode.EMPTY_FILE
    if head[4:8] == b"ftyp" and head[8:12] in STILL_BRANDS:
        return FailureCode.NOT_A_VIDEO
    if _by_magic(head) or _by_structure(head):
        return None
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(PLAYLIST_STARTS):
        return FailureCode.PLAYLIST_REFUSED
    if head.startswith(PICTURES) or head[:4] == b"RIFF" or not any(head) or looks_like_text(head):
        return FailureCode.NOT_A_VIDEO
    return FailureCode.UNSUPPORTED_CONTAINER


def looks_like_text(head: bytes) -> bool:
    """No byte that text would not have."""
    return not any(byte < 9 or (13 < byte < 32 and byte != 27) for byte in head)


def _by_magic(head: bytes) -> str:
    return next((demuxer for magic, demuxer in MAGIC if head.startswith(magic)), "")


def _by_structure(head: bytes) -> str:
    if head[:4] == b"RIFF":
        return {b"AVI ": "avi", b"WAVE": "wav"}.get(head[8:12], "")
    if head[4:8] in MOV_BOXES:
        return "mov"
    for first, step in ((0, TS_PACKET), (4, M2TS_PACKET)):
        if len(head) > first + 3 * step and all(head[first + k * step] == TS_SYNC for k in range(4)):
            return "mpegts"
    if len(head) > 4 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "aac"
    if len(head) > 4 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 == 0x02:
        return "mp3"
    return ""


def _check_boxes(path: Path) -> None:
    """Walk the top-level boxes: a missing index or a box that runs past the end is refused."""
    size, offset, kinds = path.stat().st_size, 0, set()
    with path.open("rb") as file:
        while offset + 8 <= size:
            file.seek(offset)
            length, kind, long_length = struct.unpack(">I4sQ", file.read(16).ljust(16, b"\0"))
            length = {0: size - offset, 1: long_length}.get(length, length)
            if length < 8 or not kind.isascii():
                break
            kinds.add(kind)
            if offset + length > size:
                raise SourceRefused(
                    FailureCode.TRUNCATED, notes=f"{kind!r} at {offset} ends at {offset + length} of {size}"
                )
            offset += length
    if b"mdat" in kinds and not kinds.intersection(TAIL_BOXES):
        raise SourceRefused(FailureCode.TRUNCATED, notes="no index (moov)")
