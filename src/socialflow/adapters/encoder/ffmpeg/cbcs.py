"""Common Encryption of fragmented MP4 by the scheme `cbcs` (ISO/IEC 23001-7:2023, 10.4), and back.

Of the picture every tenth block of a slice behind its header is enciphered, of the sound every whole block. The IV is
constant, so samples need no more beside them than which bytes are in the clear (senc, saiz, saio). Sizes of samples
stay; heads of fragments grow by those three boxes, and go back to what they were when they are taken out.
"""

import struct
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from socialflow.adapters.encoder.ffmpeg import boxes, slices
from socialflow.adapters.encoder.ffmpeg.boxes import (
    TFHD_BASE,
    TFHD_DESCRIPTION,
    TFHD_DURATION,
    TRUN_CTS,
    TRUN_DURATION,
    TRUN_FIRST_FLAGS,
    TRUN_FLAGS,
    TRUN_OFFSET,
    TRUN_SIZE,
    Malformed,
)

BLOCK = 16
PERIOD = 10
"""One block in so many, of the picture."""
COMMON_SYSTEM = uuid.UUID("1077efec-c0b2-4d02-ace3-3c1e52e2fb4b")
"""Of the pssh that names keys and no vendor (https://www.w3.org/TR/eme-initdata-cenc/)."""
MEDIA = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
HIDDEN = {b"avc1": b"encv", b"mp4a": b"enca", b"Opus": b"enca"}
"""What can be enciphered. Slices of HEVC and tiles of AV1 have headers of their own, which are not read here."""
NAMES = frozenset(kind.decode().lower() for kind in HIDDEN)
OURS = frozenset({b"senc", b"saiz", b"saio"})
MOST_CLEAR = 0xFFFF

Ranges = list[tuple[int, int]]
"""Of a sample: bytes in the clear, bytes that are protected, and so on."""


@dataclass(frozen=True, slots=True)
class Codec:
    """What has to be known of a stream; nothing where it is sound."""

    length_bytes: int = 0
    known: slices.Parameters | None = None


def codec_of(init: bytes) -> Codec:
    """From the initialisation, in the clear or not."""
    entry = _entry(init)
    kind = boxes.entry_kind(entry)
    if kind not in HIDDEN:
        raise Malformed(f"{kind!r} cannot be enciphered")
    if kind != b"avc1":
        return Codec()
    return Codec(*slices.parameters(boxes.body(entry[boxes.ENCIPHERED[HIDDEN[kind]] :], b"avcC")))


def hide_init(init: bytes, key_id: uuid.UUID, iv: bytes) -> bytes:
    """The initialisation of the enciphered stream: the sample entry tells what it was, and by which key."""
    entry = _entry(init)
    kind = entry[4:8]
    if kind not in HIDDEN:
        raise Malformed(f"{kind!r} cannot be enciphered")
    pattern = 1 << 4 | PERIOD - 1 if kind == b"avc1" else 0
    tenc = _full(b"tenc", 1, 0, bytes((0, pattern, 1, 0)) + key_id.bytes + bytes([len(iv)]) + iv)
    schm = _full(b"schm", 0, 0, b"cbcs" + struct.pack(">I", 0x0001_0000))
    sinf = _box(b"sinf", _box(b"frma", kind) + schm + _box(b"schi", tenc))
    named = _replaced(init, entry, _box(HIDDEN[kind], entry[8:] + sinf))
    pssh = _full(b"pssh", 1, 0, COMMON_SYSTEM.bytes + struct.pack(">I", 1) + key_id.bytes + struct.pack(">I", 0))
    return _grown(named, (b"moov",), pssh)


def show_init(init: bytes) -> bytes:
    """The initialisation as it was."""
    entry = _entry(init)
    shown, head = boxes.entry_kind(entry), boxes.ENCIPHERED[entry[4:8]]
    sinf = boxes.find(entry[head:], b"sinf")
    if sinf is None or shown not in HIDDEN:
        raise Malformed("no sinf")
    start = head + sinf[0]
    named = _replaced(init, entry, _box(shown, entry[8:start] + entry[start + sinf[1] :]))
    pssh = boxes.find(named, b"moov", b"pssh")
    return _grown(named, (b"moov",), b"", pssh) if pssh else named


def hide(fragment: bytes, codec: Codec, key: bytes, iv: bytes) -> bytes:
    """A moof and its mdat, enciphered."""
    moof, mdat = _parts(fragment)
    data = bytearray(mdat)
    listed: list[Ranges] = []
    for start, size in _samples(moof):
        at = start - len(moof)
        ranges = _ranges(bytes(data[at : at + size]), codec) if codec.known else [(0, size)]
        listed.append(ranges)
        _cipher(data, at, ranges, Cipher(AES(key), CBC(iv)), hide=True, whole=codec.known is None)
    return (_with_ranges(moof, listed) if codec.known else moof) + data


def show(fragment: bytes, codec: Codec, key: bytes, iv: bytes) -> bytes:
    """A moof and its mdat as they were; of one that is cut off, the samples that are there."""
    moof, mdat = _parts(fragment)
    data = bytearray(mdat)
    listed = _read_ranges(moof) if codec.known else None
    for number, (start, size) in enumerate(_samples(moof)):
        if start - len(moof) + size > len(data):
            break
        ranges = listed[number] if listed is not None else [(0, size)]
        _cipher(data, start - len(moof), ranges, Cipher(AES(key), CBC(iv)), hide=False, whole=codec.known is None)
    return (_without_ranges(moof) if codec.known else moof) + data


def _cipher(data: bytearray, at: int, ranges: Ranges, cipher: "Cipher[CBC]", *, hide: bool, whole: bool) -> None:
    step = BLOCK if whole else BLOCK * PERIOD
    for clear, protected in ranges:
        at += clear
        places = range(at, at + protected - BLOCK + 1, step)
        turned = cipher.encryptor() if hide else cipher.decryptor()
        if whole:
            end = at + len(places) * BLOCK
            data[at:end] = turned.update(bytes(data[at:end]))
        else:
            made = turned.update(b"".join(data[place : place + BLOCK] for place in places))
            for number, place in enumerate(places):
                data[place : place + BLOCK] = made[number * BLOCK : (number + 1) * BLOCK]
        at += protected


def _ranges(sample: bytes, codec: Codec) -> Ranges:
    """Slices behind their headers are protected, everything else is in the clear."""
    found: Ranges = []
    clear = at = 0
    while at + codec.length_bytes < len(sample):
        size = int.from_bytes(sample[at : at + codec.length_bytes])
        begin, end = at + codec.length_bytes, at + codec.length_bytes + size
        if not size or end > len(sample):
            raise Malformed("a NAL unit does not fit")
        if sample[begin] & 0x1F in {slices.SLICE, slices.IDR}:
            assert codec.known is not None
            head = slices.header_bytes(sample[begin:end], codec.known)
            clear += codec.length_bytes + head
            found += [*_split(clear), (clear % MOST_CLEAR, size - head)]
            clear = 0
        elif sample[begin] & 0x1F in {2, 3, 4}:
            raise Malformed("slices in partitions")
        else:
            clear += codec.length_bytes + size
        at = end
    return [*found, *_split(clear), (clear % MOST_CLEAR, 0)] if clear else found


def _split(clear: int) -> Ranges:
    return [(MOST_CLEAR, 0)] * (clear // MOST_CLEAR)


def _with_ranges(moof: bytes, listed: Sequence[Ranges]) -> bytes:
    rows = [struct.pack(">H", len(each)) + b"".join(struct.pack(">HI", *pair) for pair in each) for each in listed]
    if any(len(row) > 0xFF for row in rows):
        raise Malformed("too many slices in one picture")
    saiz = _full(b"saiz", 0, 0, struct.pack(">BI", 0, len(rows)) + bytes(map(len, rows)))
    senc = _full(b"senc", 0, 2, struct.pack(">I", len(rows)) + b"".join(rows))
    saio_size = 20
    grown = len(saiz) + saio_size + len(senc)
    traf = boxes.find(moof, b"moof", b"traf")
    if traf is None:
        raise Malformed("no traf")
    # The first row stands behind the head of senc, which comes last in the traf.
    first = traf[0] + traf[1] + len(saiz) + saio_size + 16
    saio = _full(b"saio", 0, 0, struct.pack(">II", 1, first))
    return _moved(_grown(moof, (b"moof", b"traf"), saiz + saio + senc), grown)


def _without_ranges(moof: bytes) -> bytes:
    gone = 0
    while True:
        traf = boxes.find(moof, b"moof", b"traf")
        assert traf is not None
        place = next(
            ((at, size) for kind, at, size in boxes.children(moof, traf[0] + 8, sum(traf)) if kind in OURS), None
        )
        if place is None:
            return _moved(moof, -gone)
        moof = _grown(moof, (b"moof", b"traf"), b"", place)
        gone += place[1]


def _read_ranges(moof: bytes) -> list[Ranges]:
    body = boxes.body(moof, b"moof", b"traf", b"senc")
    count, at = struct.unpack_from(">I", body, 4)[0], 8
    listed: list[Ranges] = []
    for _ in range(count):
        pairs = struct.unpack_from(">H", body, at)[0]
        listed.append([struct.unpack_from(">HI", body, at + 2 + 6 * index) for index in range(pairs)])
        at += 2 + 6 * pairs
    return listed


def _samples(moof: bytes) -> Iterator[tuple[int, int]]:
    """(offset from the start of the moof, size) of every sample."""
    traf = boxes.find(moof, b"moof", b"traf")
    if traf is None:
        raise Malformed("no traf")
    default = 0
    for kind, place, _ in boxes.children(moof, traf[0] + 8, sum(traf)):
        at = place + 8
        if kind == b"tfhd":
            present = struct.unpack_from(">I", moof, at)[0] & 0xFF_FFFF
            skipped = (8 if present & TFHD_BASE else 0) + (4 if present & TFHD_DESCRIPTION else 0)
            skipped += 4 if present & TFHD_DURATION else 0
            default = struct.unpack_from(">I", moof, at + 8 + skipped)[0] if present & boxes.TFHD_SIZE else 0
        elif kind == b"trun":
            yield from _of_run(moof, at, default)


def _of_run(moof: bytes, at: int, default: int) -> Iterator[tuple[int, int]]:
    word, count = struct.unpack_from(">II", moof, at)
    present = word & 0xFF_FFFF
    if not present & TRUN_OFFSET:
        raise Malformed("a run without a place")
    place = struct.unpack_from(">i", moof, at + 8)[0]
    at += 12 + (4 if present & TRUN_FIRST_FLAGS else 0)
    fields = [flag for flag in (TRUN_DURATION, TRUN_SIZE, TRUN_FLAGS, TRUN_CTS) if present & flag]
    for index in range(count):
        size = default
        if TRUN_SIZE in fields:
            size = struct.unpack_from(">I", moof, at + 4 * (index * len(fields) + fields.index(TRUN_SIZE)))[0]
        yield place, size
        place += size


def _moved(moof: bytes, by: int) -> bytes:
    """The same, its samples so many bytes further on."""
    changed = bytearray(moof)
    traf = boxes.find(moof, b"moof", b"traf")
    assert traf is not None
    for kind, at, _ in boxes.children(moof, traf[0] + 8, sum(traf)):
        if kind == b"trun":
            place = struct.unpack_from(">i", moof, at + 16)[0]
            struct.pack_into(">i", changed, at + 16, place + by)
    return bytes(changed)


def _parts(fragment: bytes) -> tuple[bytes, bytes]:
    size, kind = struct.unpack_from(">I4s", fragment)
    if kind != b"moof":
        raise Malformed("no moof")
    return fragment[:size], fragment[size:]


def _entry(init: bytes) -> bytes:
    """The only sample entry, with its header."""
    stsd = boxes.find(init, *MEDIA)
    if stsd is None:
        raise Malformed("no stsd")
    _, at, size = next(boxes.children(init, stsd[0] + 16, sum(stsd)))
    return init[at : at + size]


def _replaced(init: bytes, old: bytes, new: bytes) -> bytes:
    stsd = boxes.find(init, *MEDIA)
    assert stsd is not None
    return _grown(init, MEDIA, new, (stsd[0] + 16, len(old)))


def _grown(data: bytes, path: Sequence[bytes], more: bytes, instead: tuple[int, int] | None = None) -> bytes:
    """Boxes that hold other bytes: `more` at the end of the last one of a path, or instead of a span."""
    holders = [boxes.find(data, *path[: depth + 1]) for depth in range(len(path))]
    assert all(holders)
    at, gone = instead or (sum(holders[-1] or ()), 0)
    changed = bytearray(data)
    for holder in holders:
        if holder is not None:
            struct.pack_into(">I", changed, holder[0], holder[1] + len(more) - gone)
    return bytes(changed[:at]) + more + bytes(changed[at + gone :])


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def _full(kind: bytes, version: int, flags: int, content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags) + content)
