"""What a probe finds in the bytes that somebody uploaded."""

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The picture of a source; width and height in pixels as shown: rotated, square pixels, even or odd.

    `start_s` is counted from the start of the file, `duration_s` is what the file promises.
    """

    index: int
    codec: str
    profile: str
    pixel_format: str
    width: int
    height: int
    rotated: bool
    frame_rate: Fraction
    bit_rate: int
    start_s: float
    duration_s: float
    interlaced: bool
    hdr: bool
    x264_build: int = 0
    """Which x264 made an H.264 of full colour: what decodes it must know, and only the file's first packet tells."""


class Role(StrEnum):
    """What a sound is for; the values are those of DASH (urn:mpeg:dash:role:2011)."""

    MAIN = "main"
    DUB = "dub"
    COMMENTARY = "commentary"
    DESCRIPTION = "description"


@dataclass(frozen=True, slots=True)
class AudioStream:
    """A sound of a source; `start_s` counts from the start of the file, `duration_s` is what the file promises."""

    index: int
    codec: str
    profile: str
    channels: int
    sample_rate: int
    bit_rate: int
    start_s: float
    duration_s: float
    language: str = ""
    """A language tag (BCP 47) as the container names it; empty where it does not."""
    title: str = ""
    """What the file calls it: a stranger's words, in one line."""
    role: Role = Role.MAIN


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a probe found; `demuxer` is the only one that may read the file from then on."""

    demuxer: str
    indexed: bool
    """The file can be entered at any time without reading all that precedes."""
    size: int
    duration_s: float
    start_s: float
    video: VideoStream | None
    audio: AudioStream | None
    keyframes_s: tuple[float, ...] = field(default=(), repr=False)
    """When the picture can be entered, from the start of the file, not closer than half a second; empty if unknown."""
    other_sounds: tuple[AudioStream, ...] = ()
    """Sounds beside `audio`: other languages, commentaries."""

    @property
    def sounds(self) -> tuple[AudioStream, ...]:
        """Every sound, the one that is heard unless another is chosen first."""
        return (self.audio, *self.other_sounds) if self.audio else ()
