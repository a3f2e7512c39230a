"""Words that cameras hide between the pictures of H.264: place, time and device, blanked where a stream is copied.

Such words are supplemental enhancement information of the kinds 4 and 5, user data (ITU-T H.264, D.2.6 and D.2.7):
AVCHD cameras keep where and when they filmed there. The bytes are overwritten where they stand, so that no length and
no offset of the file changes; whatever else is said of a picture, such as where decoding may begin, stays.
"""

from socialflow.adapters.encoder.ffmpeg import boxes
from socialflow.adapters.encoder.ffmpeg.boxes import Malformed

SUPPLEMENT, NAL_TYPE = 6, 0x1F
USER_DATA = frozenset({4, 5})
BLANK, MORE, STUFFING = 0xFF, 0xFF, 0x80
AVC = b"avcC"
LENGTH_AT, LENGTH_BITS = 4, 3


def length_size(init: bytes) -> int:
    """How many bytes say how long a unit is, by the configuration of the decoder (ISO/IEC 14496-15, 5.3.3.1).

    0 for a stream that is no H.264.
    """
    at = init.find(AVC)
    return (init[at + 4 + LENGTH_AT] & LENGTH_BITS) + 1 if at >= 0 else 0


def blanked(data: bytes, length_bytes: int) -> bytes:
    """A fragment, a moof with its mdat, of one track, without any user data."""
    at = next((start + 8 for kind, start, _ in boxes.children(data) if kind == b"mdat"), len(data))
    fragment = bytearray(data)
    while at + length_bytes < len(fragment):
        size = int.from_bytes(fragment[at : at + length_bytes], "big")
        start = at + length_bytes
        at = start + size
        if at > len(fragment):
            raise Malformed("a unit does not fit into its fragment")
        if size and fragment[start] & NAL_TYPE == SUPPLEMENT:
            _blank_supplement(fragment, start + 1, at)
    return bytes(fragment)


def _blank_supplement(data: bytearray, start: int, end: int) -> None:
    """One unit of messages: kind, length and bytes of each, as written with emulation prevention (7.4.1)."""
    escapes = {at for at in range(start + 2, end) if data[at] == 3 and not data[at - 1] and not data[at - 2]}
    places = [at for at in range(start, end) if at not in escapes]
    kept = {before for at in escapes for before in (at - 1, at - 2)}
    at = 0
    while at < len(places) and not (data[places[at]] == STUFFING and at == len(places) - 1):
        kind, at = _number(data, places, at)
        size, at = _number(data, places, at)
        if kind in USER_DATA:
            for place in places[at : at + size]:
                if place not in kept:
                    data[place] = BLANK
        at += size


def _number(data: bytearray, places: list[int], at: int) -> tuple[int, int]:
    """A number in bytes of which all but the last are 255; and where the next one begins."""
    value = 0
    while at < len(places):
        byte = data[places[at]]
        value, at = value + byte, at + 1
        if byte != MORE:
            break
    return value, at
