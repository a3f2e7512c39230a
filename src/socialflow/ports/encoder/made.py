"""What an encoder has made."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from socialflow.ports.encoder.plans import Loudness, Rung, Track


@dataclass(frozen=True, slots=True)
class Piece:
    """One rung of one chunk, encoded: a file in the out folder, named by all that its bytes depend on."""

    chunk: int
    stem: str
    path: Path


class FileKind(StrEnum):
    """What a rendition carries."""

    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A finished file in the job's out folder, by its public name."""

    name: str
    path: Path
    content_type: str


@dataclass(frozen=True, slots=True)
class Rendition:
    """One playable stream: a single fragmented MP4 and the text that describes it; rates in bits per second."""

    name: str
    stem: str
    kind: FileKind
    width: int
    height: int
    frame_rate: Fraction
    channels: int
    sample_rate: int
    codecs: str
    bandwidth: int
    average_bandwidth: int
    iframe_bandwidth: int
    duration_s: float
    index_start: int
    index_end: int
    """First and last byte of the segment index (sidx); all before it is the initialisation."""
    files: tuple[OutputFile, ...]
    track: Track | None = None
    """Of a sound: what it was made for."""
    loudness: Loudness | None = None
    """Of a sound: how loud its source was, where that was measured."""
    rung: Rung | None = None
    """Of an encoded picture: how it was made."""

    @property
    def size(self) -> int:
        """Bytes of the media file."""
        return self.files[0].path.stat().st_size


@dataclass(frozen=True, slots=True)
class Poster:
    """A still picture, and its thumbhash (base64, about 25 bytes) to show before it has loaded."""

    file: OutputFile
    thumbhash: str


@dataclass(frozen=True, slots=True)
class EncoderHealth:
    """What the encoder found on this machine, for readiness checks and `doctor`."""

    ready: bool
    ffmpeg: str
    ffprobe: str
    sandbox: str
    """The layer in use: `bubblewrap`, `landlock` or `none`."""
    problems: tuple[str, ...]
    hardware: str = ""
    """The hardware in use, and what it encodes; empty where all is done in software."""
    hardware_problems: tuple[str, ...] = ()
    """Why hardware that was asked for is not in use."""
