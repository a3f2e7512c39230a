"""How long the header of an H.264 slice is (ITU-T H.264, 7.3.2 and 7.3.3): what a cipher leaves in the clear.

Only what stands before the end of a slice header is read. What no encoder of ours writes, and no player of today
takes, is Malformed: slice groups, and switching slices.
"""

from dataclasses import dataclass

from socialflow.adapters.encoder.ffmpeg.boxes import Malformed

IDR, SLICE, SPS, PPS = 5, 1, 7, 8
P, B, I = 0, 1, 2  # noqa: E741  # the names of the standard
LONG_PROFILES = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
MOST = 32


class Bits:
    """Bits of a NAL unit without the bytes that prevent false starts (7.4.1), and where they stand in it."""

    def __init__(self, nal: bytes, start: int = 1) -> None:
        self._data = bytearray()
        self._places: list[int] = []
        zeros = 0
        for place in range(start, len(nal)):
            byte = nal[place]
            if zeros >= 2 and byte == 3:
                zeros = 0
                continue
            zeros = zeros + 1 if byte == 0 else 0
            self._data.append(byte)
            self._places.append(place)
        self._at = 0

    def u(self, count: int) -> int:
        """So many bits as a number."""
        value = 0
        for _ in range(count):
            byte, bit = divmod(self._at, 8)
            if byte >= len(self._data):
                raise Malformed("a slice header does not end")
            value = value << 1 | self._data[byte] >> (7 - bit) & 1
            self._at += 1
        return value

    def ue(self) -> int:
        """An unsigned Exp-Golomb code (9.1)."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > MOST:
                raise Malformed("a code without end")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """A signed one."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)

    def skip(self, count: int) -> None:
        """Signed codes that do not matter."""
        for _ in range(count):
            self.se()

    @property
    def bytes_read(self) -> int:
        """From the start of the NAL unit to the end of the byte that was read last."""
        return self._places[(self._at - 1) // 8] + 1


@dataclass(frozen=True, slots=True)
class Sequence:
    """What a sequence parameter set says that slice headers depend on."""

    separate_planes: bool
    chroma: bool
    frame_num_bits: int
    poc_type: int
    poc_bits: int
    poc_always_zero: bool
    frames_only: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """The same of a picture parameter set."""

    sequence: int
    cabac: bool
    bottom_order: bool
    refs: tuple[int, int]
    weighted: bool
    weighted_both: int
    deblocking: bool
    redundant: bool


@dataclass(frozen=True, slots=True)
class Parameters:
    """All sets of a stream, by their numbers."""

    sequences: dict[int, Sequence]
    pictures: dict[int, Picture]


def parameters(avcc: bytes) -> tuple[int, Parameters]:
    """(bytes of a NAL unit's length, parameter sets) of an avcC (ISO/IEC 14496-15, 5.3.3)."""
    sequences: dict[int, Sequence] = {}
    pictures: dict[int, Picture] = {}
    at, count = 6, avcc[5] & 0x1F
    for kind in (SPS, PPS):
        for _ in range(count):
            size = int.from_bytes(avcc[at : at + 2])
            nal, at = avcc[at + 2 : at + 2 + size], at + 2 + size
            if kind == SPS:
                number, sequence = _sequence(Bits(nal))
                sequences[number] = sequence
            else:
                number, picture = _picture(Bits(nal))
                pictures[number] = picture
        count, at = (avcc[at], at + 1) if kind == SPS else (0, at)
    return (avcc[4] & 3) + 1, Parameters(sequences, pictures)


def _sequence(bits: Bits) -> tuple[int, Sequence]:
    profile = bits.u(8)
    bits.u(16)
    number, chroma, separate = bits.ue(), 1, False
    if profile in LONG_PROFILES:
        chroma = bits.ue()
        separate = chroma == 3 and bool(bits.u(1))
        bits.ue()
        bits.ue()
        bits.u(1)
        if bits.u(1):
            for index in range(12 if chroma == 3 else 8):
                if bits.u(1):
                    _scaling(bits, 16 if index < 6 else 64)
    frame_num_bits, poc_type = bits.ue() + 4, bits.ue()
    poc_bits, always_zero = 0, False
    if poc_type == 0:
        poc_bits = bits.ue() + 4
    elif poc_type == 1:
        always_zero = bool(bits.u(1))
        bits.skip(2)
        bits.skip(bits.ue())
    bits.ue()
    bits.u(1)
    bits.ue()
    bits.ue()
    has_chroma = chroma != 0 and not separate
    return number, Sequence(separate, has_chroma, frame_num_bits, poc_type, poc_bits, always_zero, bool(bits.u(1)))


def _scaling(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _picture(bits: Bits) -> tuple[int, Picture]:
    number, sequence = bits.ue(), bits.ue()
    cabac, bottom = bool(bits.u(1)), bool(bits.u(1))
    if bits.ue():
        raise Malformed("slice groups")
    refs = bits.ue() + 1, bits.ue() + 1
    weighted, both = bool(bits.u(1)), bits.u(2)
    bits.skip(3)
    deblocking = bool(bits.u(1))
    bits.u(1)
    return number, Picture(sequence, cabac, bottom, refs, weighted, both, deblocking, bool(bits.u(1)))


def header_bytes(nal: bytes, known: Parameters) -> int:
    """Bytes of a slice's NAL unit up to the end of its header, the unit's own first byte among them."""
    bits = Bits(nal[: 1 << 12])
    unit, importance = nal[0] & 0x1F, nal[0] >> 5 & 3
    bits.ue()
    kind = bits.ue() % 5
    if kind > I:
        raise Malformed("a switching slice")
    picture = known.pictures.get(bits.ue())
    sequence = known.sequences.get(picture.sequence) if picture else None
    if picture is None or sequence is None:
        raise Malformed("a slice of no known parameters")
    _order(bits, unit, sequence, picture)
    if picture.redundant:
        bits.ue()
    refs = _references(bits, kind, picture)
    if (picture.weighted and kind == P) or (picture.weighted_both == 1 and kind == B):
        _weights(bits, refs if kind == B else refs[:1], chroma=sequence.chroma)
    if importance:
        _marking(bits, unit)
    if picture.cabac and kind != I:
        bits.ue()
    bits.se()
    if picture.deblocking and bits.ue() != 1:
        bits.skip(2)
    return bits.bytes_read


def _order(bits: Bits, unit: int, sequence: Sequence, picture: Picture) -> None:
    """Which picture it is of."""
    if sequence.separate_planes:
        bits.u(2)
    bits.u(sequence.frame_num_bits)
    field = not sequence.frames_only and bool(bits.u(1))
    if field:
        bits.u(1)
    if unit == IDR:
        bits.ue()
    bottom = picture.bottom_order and not field
    if sequence.poc_type == 0:
        bits.u(sequence.poc_bits)
        bits.skip(int(bottom))
    elif sequence.poc_type == 1 and not sequence.poc_always_zero:
        bits.skip(1 + int(bottom))


def _references(bits: Bits, kind: int, picture: Picture) -> tuple[int, int]:
    """How many pictures it refers to, before and after."""
    if kind == B:
        bits.u(1)
    if kind == I:
        return picture.refs
    refs = picture.refs
    if bits.u(1):
        refs = bits.ue() + 1, bits.ue() + 1 if kind == B else refs[1]
    if max(refs) > MOST:
        raise Malformed("too many references")
    for _ in range(2 if kind == B else 1):
        if bits.u(1):
            while bits.ue() != 3:
                bits.ue()
    return refs


def _weights(bits: Bits, lists: tuple[int, ...], *, chroma: bool) -> None:
    bits.ue()
    if chroma:
        bits.ue()
    for count in lists:
        for _ in range(count):
            if bits.u(1):
                bits.skip(2)
            if chroma and bits.u(1):
                bits.skip(4)


def _marking(bits: Bits, unit: int) -> None:
    if unit == IDR:
        bits.u(2)
    elif bits.u(1):
        while operation := bits.ue():
            # Five has no operand, three has two.
            for _ in range({5: 0, 3: 2}.get(operation, 1)):
                bits.ue()
