"""Joins pieces of fragmented MP4 into one file per rendition that HLS and DASH share by byte range.

    ftyp moov sidx (moof mdat)+

The pieces' bytes are copied; only sequence numbers and decode times are written anew, so the file
depends on nothing but its pieces. A segment is one or more whole fragments, each beginning with a
keyframe: 2 s long during the first ten seconds, so that playing starts soon, then 4 s and more.
"""

import os
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from socialflow.adapters.encoder.ffmpeg import boxes, userdata
from socialflow.adapters.encoder.ffmpeg.boxes import Fragment, Init, Malformed

SOON_S, SHORT_S, LONG_S = 10, 2, 4
NEARLY = 0.75
SEQUENCE_AT = 20


@dataclass(frozen=True, slots=True)
class Segment:
    """What a player fetches at once: a byte range and how long it plays, in units of the timescale."""

    offset: int
    size: int
    duration: int


@dataclass(frozen=True, slots=True)
class Packaged:
    """A finished rendition file, as indexed."""

    path: Path
    init: Init
    index_start: int
    index_end: int
    segments: tuple[Segment, ...]
    fragments: tuple[Fragment, ...]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return sum(segment.duration for segment in self.segments) / self.init.timescale


def join(pieces: Sequence[Path], target: Path, *, is_foreign: bool = False) -> Packaged:
    """Write `target` from its pieces, by rename; empty pieces are skipped.

    Of pictures that we have not encoded, what their encoder has written between them is blanked (`userdata`).
    """
    full = [piece for piece in pieces if piece.stat().st_size]
    used = [(boxes.read_init(piece), piece, found) for piece in full if (found := boxes.fragments(piece))]
    if not used:
        raise Malformed("no fragments")
    first = used[0][0]
    if any(init.data != first.data for init, _, _ in used):
        raise Malformed("the pieces were not made by one recipe")

    laid = _lay_out([(piece, found) for _, piece, found in used])
    ends = laid[-1][2]
    head = _with_duration(first.data, ends.time + ends.duration)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    _write(temporary, head, first.timescale, laid, userdata.length_size(first.data) if is_foreign else 0)
    temporary.replace(target)
    return index(target)


def index(path: Path) -> Packaged:
    """Describe a file that `join` wrote."""
    init = boxes.read_init(path)
    found = tuple(boxes.fragments(path))
    if not found:
        raise Malformed("no fragments")
    segments = tuple(_segments(found, init.timescale))
    return Packaged(path, init, len(init.data), found[0].offset - 1, segments, found)


def _lay_out(parts: Sequence[tuple[Path, Sequence[Fragment]]]) -> list[tuple[Path, Fragment, Fragment]]:
    """(piece, fragment there, fragment as it will be): times follow on without gap, offsets count from 0."""
    laid: list[tuple[Path, Fragment, Fragment]] = []
    time = offset = 0
    for piece, found in parts:
        for old in found:
            new = Fragment(offset, old.size, old.head, time, old.duration, old.samples, old.sync, old.tfdt)
            laid.append((piece, old, new))
            time, offset = time + old.duration, offset + old.size
    return laid


def _write(
    target: Path, head: bytes, timescale: int, laid: Sequence[tuple[Path, Fragment, Fragment]], length_bytes: int
) -> None:
    segments = list(_segments([new for _, _, new in laid], timescale))
    with target.open("wb") as out:
        out.write(head)
        out.write(sidx(timescale, segments))
        source, opened = None, None
        try:
            for number, (piece, old, new) in enumerate(laid, start=1):
                if piece != opened:
                    if source is not None:
                        source.close()
                    source, opened = piece.open("rb"), piece
                assert source is not None
                source.seek(old.offset)
                data = source.read(old.size)
                if length_bytes:
                    data = userdata.blanked(data, length_bytes)
                _copy_fragment(data, out.write, number, new)
        finally:
            if source is not None:
                source.close()
        out.flush()
        os.fsync(out.fileno())


def _copy_fragment(data: bytes, write: Callable[[bytes | memoryview], object], number: int, fragment: Fragment) -> None:
    moof = bytearray(data[: fragment.tfdt + 8])
    struct.pack_into(">I", moof, SEQUENCE_AT, number)
    struct.pack_into(">Q", moof, fragment.tfdt, fragment.time)
    write(bytes(moof))
    write(memoryview(data)[len(moof) :])


def _segments(found: Sequence[Fragment], timescale: int) -> Iterator[Segment]:
    """Group fragments: a new segment begins at a keyframe once the present one is long enough."""
    start = 0
    for at in range(1, len(found) + 1):
        begun = found[start]
        length = sum(fragment.duration for fragment in found[start:at])
        wanted = (SHORT_S if begun.time < SOON_S * timescale else LONG_S) * timescale
        if at == len(found) or (found[at].sync and length >= wanted * NEARLY):
            yield Segment(begun.offset, sum(fragment.size for fragment in found[start:at]), length)
            start = at


def sidx(timescale: int, segments: Sequence[Segment]) -> bytes:
    """A segment index (ISO/IEC 14496-12, 8.16.3), version 0, right before the first segment."""
    if len(segments) > 0xFFFF:
        raise Malformed("too many segments for one index")
    rows = b"".join(struct.pack(">III", segment.size, segment.duration, 0x9000_0000) for segment in segments)
    content = struct.pack(">IIIII HH", 0, 1, timescale, 0, 0, 0, len(segments)) + rows
    return struct.pack(">I4s", len(content) + 8, b"sidx") + content


def _with_duration(data: bytes, duration: int) -> bytes:
    """The initialisation with a movie extends header (mehd), so that the file alone tells its length.

    Its duration is in the movie's timescale, which ffmpeg sets to 1000.
    """
    moov, mvex = boxes.find(data, b"moov"), boxes.find(data, b"moov", b"mvex")
    if moov is None or mvex is None:
        raise Malformed("no moov/mvex")
    movie_scale = struct.unpack_from(">I", boxes.body(data, b"moov", b"mvhd"), 12)[0]
    media_scale = boxes.parse_init(data).timescale
    mehd = struct.pack(">I4sIQ", 20, b"mehd", 0x0100_0000, duration * movie_scale // media_scale)
    grown = bytearray(data)
    for at, size in (moov, mvex):
        struct.pack_into(">I", grown, at, size + len(mehd))
    return bytes(grown[: mvex[0] + 8]) + mehd + bytes(grown[mvex[0] + 8 :])
