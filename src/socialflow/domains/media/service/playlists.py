"""What is read of the playlists that were made of an asset: which renditions there are, and where their bytes lie.

Only playlists of our own come here; what does not look like one is no playlist.
"""

import re
from dataclasses import dataclass

# H.264 alone: what is made of renditions must be decoded wherever this runs.
_VARIANT = re.compile(r'^#EXT-X-STREAM-INF:.*?CODECS="avc1[^"]*".*?RESOLUTION=(\d+)x(\d+).*\n([\w.-]+)$', re.MULTILINE)
_SOUND = re.compile(r'^#EXT-X-MEDIA:TYPE=AUDIO,.*?URI="([\w.-]+)"', re.MULTILINE)
_ALONE = re.compile(r"^#EXT-X-STREAM-INF:(?!.*RESOLUTION).*\n([\w.-]+)$", re.MULTILINE)
_MAP = re.compile(r'^#EXT-X-MAP:URI="([\w.-]+)",BYTERANGE="(\d+)@0"', re.MULTILINE)
_SEGMENT = re.compile(r"^#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Variant:
    """A rendition of the picture: its size in pixels, and its playlist."""

    width: int
    height: int
    playlist: str

    @property
    def keyframes(self) -> str:
        """The playlist of its keyframes alone."""
        return self.playlist.removesuffix(".m3u8") + "-iframes.m3u8"


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes of a rendition's file that can be decoded behind its head."""

    start_s: float
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A rendition's file: its name, the bytes of its head, and its segments in order."""

    file: str
    head: int
    segments: tuple[Segment, ...]
    seconds: float

    def at(self, seconds: float) -> Segment:
        """The segment that is shown then."""
        return next((each for each in reversed(self.segments) if each.start_s <= seconds), self.segments[0])


def variants(master: str) -> list[Variant]:
    """The renditions of the picture in H.264, the smallest first; each once, in however many ways it is offered."""
    found = {Variant(int(width), int(height), name) for width, height, name in _VARIANT.findall(master)}
    return sorted(found, key=lambda each: each.width * each.height)


def sound(master: str) -> str | None:
    """The playlist of the sound that is heard first, beside a picture or alone."""
    found = _SOUND.search(master) or _ALONE.search(master)
    return found[1] if found else None


def layout(playlist: str) -> Layout | None:
    """Where a rendition's bytes lie; None for what is no such playlist."""
    head = _MAP.search(playlist)
    rows = _SEGMENT.findall(playlist)
    if head is None or not rows:
        return None
    segments, at = [], 0.0
    for duration, size, offset in rows:
        segments.append(Segment(at, int(offset), int(size)))
        at += float(duration)
    return Layout(head[1], int(head[2]), tuple(segments), at)
