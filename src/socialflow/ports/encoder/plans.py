"""What is to be made of a source: rungs of the picture in chunks of time, tracks of the sound."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from socialflow.ports.encoder.sources import Role


class VideoCodec(StrEnum):
    """How a picture is encoded; H.264 is always among them, since everybody can play it."""

    H264 = "h264"
    HEVC = "hevc"
    AV1 = "av1"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder in one codec: a picture size with its highest bit rate, in bits per second."""

    name: str
    stem: str
    width: int
    height: int
    maxrate: int
    bufsize: int
    codec: VideoCodec = VideoCodec.H264
    encoder: str = ""
    """An encoder in hardware; empty for the usual one."""
    preset: str = ""
    quality: float | None = None
    """Constant rate factor; None for the usual one."""
    vmaf: float | None = None
    """What it will look like, as far as samples tell: VMAF against the source at the rung's own size."""


class AudioCodec(StrEnum):
    """How a sound is encoded."""

    AAC = "aac"
    OPUS = "opus"


@dataclass(frozen=True, slots=True)
class LoudnessTarget:
    """How loud programmes shall be (EBU R 128): integrated loudness in LUFS, highest true peak in dBTP."""

    integrated: float
    true_peak: float


@dataclass(frozen=True, slots=True)
class Loudness:
    """How loud a sound was found to be, over its whole length, and what was done about it.

    LUFS, LU, dBTP and dB as EBU R 128 and EBU Tech 3342 define them; nothing is told of silence.
    """

    integrated: float
    range: float
    true_peak: float
    threshold: float
    target: float
    gain: float
    """How much louder it was made; 0 where it was left."""


@dataclass(frozen=True, slots=True)
class Track:
    """One sound to be made of a stream of the source, in one codec."""

    stem: str
    name: str
    stream: int
    """Which of the source's sounds, counted from 0."""
    codec: AudioCodec
    may_copy: bool
    """It already is what we would make, but perhaps for its loudness."""
    label: str
    language: str
    role: Role
    default: bool
    loudness: LoudnessTarget | None = None
    """None leaves it as it is."""
    urgent: bool = True
    """Something may wait to be shown for it; False where another sound is there before."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of output frames made by one run of the encoder; the last one runs to the end."""

    index: int
    first_frame: int
    frames: int
    last: bool


@dataclass(frozen=True, slots=True)
class Sampling:
    """Spans of a source that are encoded in several qualities before the ladder is, so that it is the title's own."""

    target: float
    """VMAF that each rung shall have at its own size."""
    spans: tuple[int, ...]
    """Their first frames."""
    frames: int
    """How long each of them is."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How good a rung looked in one span in one quality, and what it took: VMAF, and bits per second."""

    stem: str
    quality: float
    vmaf: float
    bits: int


@dataclass(frozen=True, slots=True)
class Plan:
    """All that will be made of a source; a pure function of its SourceInfo."""

    rungs: tuple[Rung, ...]
    frame_rate: Fraction
    gop_frames: int
    chunks: tuple[Chunk, ...]
    tracks: tuple[Track, ...]
    """The sounds, those of one stream beside each other, the default first."""
    may_remux: bool
    """The source's own picture may already be playable everywhere."""
    may_remux_sound: bool = False
    """The source's own sound may stand in until it has been made as loud as others."""
    sampling: Sampling | None = None
    """None where the ladder is the same for every title."""
    early_sound: Track | None = None
    """Of a long source: the first sound as it is, to be heard until all of it has been measured and made as loud."""

    @property
    def groups(self) -> tuple[tuple[Rung, ...], ...]:
        """What is encoded together: the lowest rung first and alone, then all others in one decode, codec by codec."""
        ladders = [tuple(rung for rung in self.rungs if rung.codec is codec) for codec in VideoCodec]
        return tuple(group for group in (ladders[0][:1], ladders[0][1:], *ladders[1:]) if group)

    @property
    def sounds(self) -> tuple[tuple[Track, ...], ...]:
        """What is made together: all tracks of one stream."""
        streams = dict.fromkeys(track.stream for track in self.tracks)
        return tuple(tuple(track for track in self.tracks if track.stream == stream) for stream in streams)
