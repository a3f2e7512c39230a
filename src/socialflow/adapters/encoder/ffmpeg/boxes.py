"""Reads the boxes of fragmented MP4 with one track (ISO/IEC 14496-12), as far as packaging needs."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MOST_BOX = 64 * 1024 * 1024
CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"})
ENCIPHERED = {b"encv": 86, b"enca": 36}
"""Sample entries that hide what they were, and bytes before their boxes, the header among them."""
NOT_SYNC = 0x0001_0000
TFHD_BASE, TFHD_DESCRIPTION, TFHD_DURATION, TFHD_SIZE, TFHD_FLAGS = 0x1, 0x2, 0x8, 0x10, 0x20
TRUN_OFFSET, TRUN_FIRST_FLAGS, TRUN_DURATION, TRUN_SIZE, TRUN_FLAGS, TRUN_CTS = 0x1, 0x4, 0x100, 0x200, 0x400, 0x800


class Malformed(Exception):
    """The bytes are not the fragmented MP4 that we asked for."""


@dataclass(frozen=True, slots=True)
class Init:
    """The initialisation of a stream: its bytes and what they say; `channels` and `sample_rate` are 0 for video."""

    data: bytes
    timescale: int
    codecs: str
    width: int
    height: int
    channels: int
    sample_rate: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof with its mdat: place in the file in bytes, time in units of the timescale."""

    offset: int
    size: int
    head: int
    """Bytes from the start of the moof to the end of its first sample: a keyframe alone."""
    time: int
    duration: int
    samples: int
    sync: bool
    tfdt: int
    """Where the 64-bit decode time stands, counted from the start of the moof."""


def top_level(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """(type, offset, size) of each box of the file."""
    size = file.seek(0, 2)
    offset = 0
    while offset + 8 <= size:
        file.seek(offset)
        length, kind, long_length = struct.unpack(">I4sQ", file.read(16).ljust(16, b"\0"))
        length = {0: size - offset, 1: long_length}.get(length, length)
        if length < 8 or offset + length > size:
            raise Malformed(f"{kind!r} at {offset} does not fit")
        yield kind, offset, length
        offset += length


def children(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """(type, offset, size) of the boxes inside a span of bytes; sizes are 32-bit there."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        length, kind = struct.unpack_from(">I4s", data, start)
        if length < 8 or start + length > end:
            raise Malformed(f"{kind!r} does not fit")
        yield kind, start, length
        start += length


def find(data: bytes, *path: bytes) -> tuple[int, int] | None:
    """Offset and size of the first box at a path of types, counted inside `data`."""
    start, end = 0, len(data)
    for depth, wanted in enumerate(path):
        place = next(((at, size) for kind, at, size in children(data, start, end) if kind == wanted), None)
        if place is None:
            return None
        if depth == len(path) - 1:
            return place
        start, end = place[0] + 8, place[0] + place[1]
    return None


def body(data: bytes, *path: bytes) -> bytes:
    """What the box at a path holds, without its header; raises Malformed when it is not there."""
    place = find(data, *path)
    if place is None:
        raise Malformed(f"no {b'/'.join(path)!r}")
    return data[place[0] + 8 : place[0] + place[1]]


def read_init(path: Path) -> Init:
    """The ftyp and moov of a file."""
    parts: dict[bytes, bytes] = {}
    with path.open("rb") as file:
        for kind, offset, size in top_level(file):
            if kind == b"moof":
                break
            if kind in (b"ftyp", b"moov"):
                if size > MOST_BOX:
                    raise Malformed(f"{kind!r} is too large")
                file.seek(offset)
                parts[kind] = file.read(size)
    if parts.keys() != {b"ftyp", b"moov"}:
        raise Malformed("no ftyp and moov before the first fragment")
    return parse_init(parts[b"ftyp"] + parts[b"moov"])


def entry_kind(entry: bytes) -> bytes:
    """What a sample entry is, or was before it was enciphered (ISO/IEC 14496-12, 8.12.2); what it says else stays."""
    kind = entry[4:8]
    return body(entry[ENCIPHERED[kind] :], b"sinf", b"frma") if kind in ENCIPHERED else kind


def parse_init(data: bytes) -> Init:
    """What an ftyp and moov say of their only track."""
    media = (b"moov", b"trak", b"mdia")
    header = body(data, *media, b"mdhd")
    timescale = struct.unpack_from(">I", header, 20 if header[0] else 12)[0]
    entries = body(data, *media, b"minf", b"stbl", b"stsd")[8:]
    kind, at, size = next(children(entries))
    kind = entry_kind(entries[at : at + size])
    entry = entries[at + 8 : at + size]
    if kind == b"avc1":
        width, height = struct.unpack_from(">HH", entry, 24)
        avcc = body(entry[78:], b"avcC")
        return Init(data, timescale, f"avc1.{avcc[1:4].hex()}", width, height, 0, 0)
    if kind in (b"hvc1", b"av01"):
        width, height = struct.unpack_from(">HH", entry, 24)
        codecs = _hevc(body(entry[78:], b"hvcC")) if kind == b"hvc1" else _av1(body(entry[78:], b"av1C"))
        return Init(data, timescale, codecs, width, height, 0, 0)
    if kind == b"mp4a":
        channels, rate = struct.unpack_from(">H6xI", entry, 16)
        return Init(
            data, timescale, f"mp4a.40.{_audio_object_type(body(entry[28:], b'esds'))}", 0, 0, channels, rate >> 16
        )
    if kind == b"Opus":
        return Init(
            data, timescale, "opus", 0, 0, body(entry[28:], b"dOps")[1], struct.unpack_from(">I", entry, 24)[0] >> 16
        )
    raise Malformed(f"unexpected codec {kind!r}")


def _hevc(hvcc: bytes) -> str:
    """What a decoder must be able to do, as ISO/IEC 14496-15, E.3 writes it: `hvc1.1.6.L90.90`."""
    space, tier, profile = hvcc[1] >> 6, hvcc[1] >> 5 & 1, hvcc[1] & 31
    compatible = int(f"{int.from_bytes(hvcc[2:6], 'big'):032b}"[::-1], 2)
    constraints = [f"{byte:x}" for byte in hvcc[6:12].rstrip(b"\0")]
    level = f"{'H' if tier else 'L'}{hvcc[12]}"
    return ".".join(["hvc1", f"{' ABC'[space].strip()}{profile}", f"{compatible:x}", level, *constraints])


def _av1(av1c: bytes) -> str:
    """The same as the AV1 Codec ISO Media File Format Binding, 5 writes it: `av01.0.04M.08`."""
    profile, level, high_tier = av1c[1] >> 5, av1c[1] & 31, av1c[2] >> 7
    depth = (12 if av1c[2] >> 5 & 1 else 10) if av1c[2] >> 6 & 1 else 8
    return f"av01.{profile}.{level:02}{'H' if high_tier else 'M'}.{depth:02}"


def _audio_object_type(esds: bytes) -> int:
    """The AAC flavour in a decoder specific info (ISO/IEC 14496-1, tag 5)."""
    at = 4
    while at + 2 < len(esds):
        tag, at = esds[at], at + 1
        length = 0
        while True:
            byte, at = esds[at], at + 1
            length = length << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        if tag == 3:
            at += 3
        elif tag == 4:
            at += 13
        elif tag == 5 and length:
            return esds[at] >> 3
        else:
            at += length
    raise Malformed("no decoder specific info")


def fragments(path: Path, default_duration: int = 0) -> list[Fragment]:
    """Every fragment of a file in order; an mdat must follow its moof at once."""
    found: list[Fragment] = []
    with path.open("rb") as file:
        pending: tuple[int, bytes] | None = None
        for kind, offset, size in top_level(file):
            if kind == b"moof":
                if size > MOST_BOX:
                    raise Malformed("moof is too large")
                file.seek(offset)
                pending = offset, file.read(size)
            elif kind == b"mdat" and pending is not None:
                start, moof = pending
                if start + len(moof) != offset:
                    raise Malformed("mdat does not follow its moof")
                found.append(_fragment(start, moof, size, default_duration))
                pending = None
    return found


def _fragment(offset: int, moof: bytes, mdat: int, default_duration: int) -> Fragment:
    traf_place = find(moof, b"moof", b"traf")
    if traf_place is None:
        raise Malformed("no traf")
    start, end = traf_place[0] + 8, traf_place[0] + traf_place[1]
    places = [(kind, at + 8) for kind, at, _ in children(moof, start, end)]
    at = dict(reversed(places))
    if not {b"tfhd", b"tfdt", b"trun"} <= at.keys() or moof[at[b"tfdt"]] != 1:
        raise Malformed("a fragment needs tfhd, tfdt (version 1) and trun")

    duration, size, flags = _defaults(moof, at[b"tfhd"])
    runs = [_run(moof, place, duration or default_duration, size, flags) for kind, place in places if kind == b"trun"]
    first_offset, first_size, first_flags = runs[0][2:]
    return Fragment(
        offset=offset,
        size=len(moof) + mdat,
        head=first_offset + first_size,
        time=struct.unpack_from(">Q", moof, at[b"tfdt"] + 4)[0],
        duration=sum(run[0] for run in runs),
        samples=sum(run[1] for run in runs),
        sync=not first_flags & NOT_SYNC,
        tfdt=at[b"tfdt"] + 4,
    )


def _defaults(moof: bytes, at: int) -> tuple[int, int, int]:
    """Default sample duration, size and flags of a tfhd; 0 where it has none."""
    present = struct.unpack_from(">I", moof, at)[0] & 0xFF_FFFF
    at += 8 + (8 if present & TFHD_BASE else 0) + (4 if present & TFHD_DESCRIPTION else 0)
    values = []
    for flag in (TFHD_DURATION, TFHD_SIZE, TFHD_FLAGS):
        values.append(struct.unpack_from(">I", moof, at)[0] if present & flag else 0)
        at += 4 if present & flag else 0
    return values[0], values[1], values[2]


def _run(moof: bytes, at: int, duration: int, size: int, flags: int) -> tuple[int, int, int, int, int]:
    """(total duration, samples, data offset, first size, first flags) of a trun."""
    word, count = struct.unpack_from(">II", moof, at)
    present, at = word & 0xFF_FFFF, at + 8
    data_offset = struct.unpack_from(">i", moof, at)[0] if present & TRUN_OFFSET else 0
    at += 4 if present & TRUN_OFFSET else 0
    first_flags = struct.unpack_from(">I", moof, at)[0] if present & TRUN_FIRST_FLAGS else None
    at += 4 if present & TRUN_FIRST_FLAGS else 0

    fields = [flag for flag in (TRUN_DURATION, TRUN_SIZE, TRUN_FLAGS, TRUN_CTS) if present & flag]
    width = len(fields)
    table = struct.unpack_from(f">{count * width}I", moof, at)
    durations = table[fields.index(TRUN_DURATION) :: width] if TRUN_DURATION in fields else (duration,) * count
    sizes = table[fields.index(TRUN_SIZE) :: width] if TRUN_SIZE in fields else (size,) * count
    marks = table[fields.index(TRUN_FLAGS) :: width] if TRUN_FLAGS in fields else (flags,) * count
    if not count:
        raise Malformed("an empty run")
    return sum(durations), count, data_offset, sizes[0], marks[0] if first_flags is None else first_flags
