"""Encoder: turns the bytes somebody uploaded into files that every player can play.

All work happens in one `JobFolder`: the source lies in `in/` and is only read, everything made
lies in `out/`. Every verb may be called again after a crash: what is complete is kept, what is
missing is made, and the result is the same to the byte.

EncoderFailure
├── SourceRefused     the file is at fault; trying again cannot help
└── EncoderTrouble    we are at fault; trying again may help
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Protocol

Progress = Callable[[float], None]
"""Told how much is done, from 0 to 1; called often, must be cheap and must not raise."""


class FailureCode(StrEnum):
    """Why a source was refused or could not be encoded; stable, part of the public API."""

    EMPTY_FILE = "empty_file"
    NOT_A_VIDEO = "not_a_video"
    PLAYLIST_REFUSED = "playlist_refused"
    UNSUPPORTED_CONTAINER = "unsupported_container"
    UNSUPPORTED_CODEC = "unsupported_codec"
    NO_STREAMS = "no_streams"
    TOO_MANY_STREAMS = "too_many_streams"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    TOO_LARGE_PICTURE = "too_large_picture"
    FRAME_RATE = "frame_rate"
    CORRUPT = "corrupt"
    TRUNCATED = "truncated"
    TIMED_OUT = "timed_out"
    ENCODER_CRASHED = "encoder_crashed"
    ENCODER_UNAVAILABLE = "encoder_unavailable"
    SANDBOX_UNAVAILABLE = "sandbox_unavailable"
    DISK_FULL = "disk_full"


SENTENCES: dict[FailureCode, str] = {
    FailureCode.EMPTY_FILE: "The file is empty.",
    FailureCode.NOT_A_VIDEO: "The file is not a video or sound recording.",
    FailureCode.PLAYLIST_REFUSED: "The file is a playlist that points at other files; upload the video itself.",
    FailureCode.UNSUPPORTED_CONTAINER: "This kind of file is not supported; MP4, MOV, MKV and WebM always work.",
    FailureCode.UNSUPPORTED_CODEC: "The video is stored in a format that cannot be decoded here; H.264 always works.",
    FailureCode.NO_STREAMS: "The file holds neither picture nor sound.",
    FailureCode.TOO_MANY_STREAMS: "The file holds more tracks than are accepted.",
    FailureCode.TOO_LONG: "The video is longer than allowed.",
    FailureCode.TOO_SHORT: "The video is too short to be played.",
    FailureCode.TOO_LARGE_PICTURE: "The picture has more pixels than are accepted; 4096 on a side is the most.",
    FailureCode.FRAME_RATE: "The video has more frames in a second than are accepted.",
    FailureCode.CORRUPT: "The file is damaged and cannot be decoded.",
    FailureCode.TRUNCATED: "The file ends too early: part of the video is missing. Upload the whole file again.",
    FailureCode.TIMED_OUT: "The video took too long to process.",
    FailureCode.ENCODER_CRASHED: "The encoder stopped unexpectedly while reading this file.",
    FailureCode.ENCODER_UNAVAILABLE: "Videos cannot be processed at the moment.",
    FailureCode.SANDBOX_UNAVAILABLE: "Videos cannot be processed safely on this machine at the moment.",
    FailureCode.DISK_FULL: "There is no room left to process the video.",
}


class EncoderFailure(Exception):
    """Base of everything that goes wrong: a stable code, a sentence for people, and notes for operators."""

    def __init__(self, code: FailureCode, *, detail: str = "", notes: str = "") -> None:
        self.code = code
        self.detail = detail or SENTENCES[code]
        self.notes = notes
        super().__init__(f"{code.value}: {self.detail}" + (f" [{notes}]" if notes else ""))


class SourceRefused(EncoderFailure):
    """The uploaded file cannot become a video, today or tomorrow."""


class EncoderTrouble(EncoderFailure):
    """The machinery failed; the same file may succeed another time."""


@dataclass(frozen=True, slots=True)
class JobFolder:
    """One job's folder: `in/source` is read only, `out/` is where results appear by rename."""

    root: Path
    fingerprint: str
    """Names the source's bytes; parts made for one fingerprint are never used for another."""

    @property
    def source(self) -> Path:
        """The uploaded bytes, under a name that says nothing about them."""
        return self.root / "in" / "source"

    @property
    def sound(self) -> Path:
        """The sound beside the source, where two streams are to be joined."""
        return self.root / "in" / "sound"

    @property
    def out(self) -> Path:
        """Where everything made is put."""
        return self.root / "out"

    def create(self) -> None:
        """Make the folders; does nothing where they exist."""
        self.source.parent.mkdir(parents=True, exist_ok=True)
        self.out.mkdir(parents=True, exist_ok=True)


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


@dataclass(frozen=True, slots=True)
class AudioStream:
    """The sound of a source; `start_s` counts from the start of the file, `duration_s` is what the file promises."""

    index: int
    codec: str
    profile: str
    channels: int
    sample_rate: int
    bit_rate: int
    start_s: float
    duration_s: float


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


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder: a picture size with its highest bit rate, in bits per second."""

    name: str
    stem: str
    width: int
    height: int
    maxrate: int
    bufsize: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of output frames made by one run of the encoder; the last one runs to the end."""

    index: int
    first_frame: int
    frames: int
    last: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """All that will be made of a source; a pure function of its SourceInfo."""

    rungs: tuple[Rung, ...]
    frame_rate: Fraction
    gop_frames: int
    chunks: tuple[Chunk, ...]
    audio: str
    """`copy`, `encode` or `none`."""
    may_remux: bool
    """The source's own picture may already be playable everywhere."""

    @property
    def groups(self) -> tuple[tuple[Rung, ...], ...]:
        """What is encoded together: the lowest rung first and alone, then all others in one decode."""
        return tuple(group for group in (self.rungs[:1], self.rungs[1:]) if group)


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


class Encoder(Protocol):
    """What the pipeline asks of an encoder."""

    def refusal_of(self, head: bytes) -> FailureCode | None:
        """Why a file that begins so could never be a video, by its first four kilobytes; None where it may be one."""
        ...

    async def health(self) -> EncoderHealth:
        """Check the binaries and the sandbox; the answer is remembered."""
        ...

    async def probe(self, job: JobFolder) -> SourceInfo:
        """Say what the source is, or raise SourceRefused."""
        ...

    def plan(self, source: SourceInfo) -> Plan:
        """Choose what to make of it."""
        ...

    async def remux(self, job: JobFolder, source: SourceInfo, plan: Plan) -> Rendition | None:
        """Repack the source's own picture without encoding; None when it is not fit for every player."""
        ...

    async def audio(self, job: JobFolder, source: SourceInfo, plan: Plan, progress: Progress) -> Rendition | None:
        """Make the sound rendition, once for all rungs; None when there is no sound."""
        ...

    async def chunks(
        self,
        job: JobFolder,
        source: SourceInfo,
        plan: Plan,
        rungs: Sequence[Rung],
        chunks: Sequence[Chunk],
        progress: Progress,
    ) -> tuple[Piece, ...]:
        """Encode some rungs of one group, chunk after chunk; what an earlier try finished is kept.

        A piece's bytes depend on its name alone: on no other rung or chunk, nor on the machine.
        """
        ...

    async def join(
        self, job: JobFolder, source: SourceInfo, plan: Plan, rungs: Sequence[Rung], pieces: Sequence[Piece]
    ) -> tuple[Rendition, ...]:
        """Make renditions of the pieces of all chunks, which must lie in the out folder and are removed."""
        ...

    async def join_streams(self, job: JobFolder) -> OutputFile:
        """Put two renditions of our own, `job.source` and perhaps `job.sound`, into one MP4; encodes nothing."""
        ...

    async def poster(self, job: JobFolder, source: SourceInfo) -> Poster:
        """Take a telling picture out of the source."""
        ...

    async def storyboard(self, job: JobFolder, rendition: Rendition) -> tuple[OutputFile, ...]:
        """Make the sprite of small pictures and its WebVTT, from a low rung."""
        ...

    def masters(self, job: JobFolder, renditions: Sequence[Rendition]) -> tuple[OutputFile, ...]:
        """Write master.m3u8 and manifest.mpd over what is finished, lowest first; may be called again with more."""
        ...
