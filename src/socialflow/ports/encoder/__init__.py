"""Encoder: turns the bytes somebody uploaded into files that every player can play.

All work happens in one `JobFolder`: the source lies in `in/` and is only read, everything made
lies in `out/`. Every verb may be called again after a crash: what is complete is kept, what is
missing is made, and the result is the same to the byte.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from socialflow.ports.encoder.failures import SENTENCES, EncoderFailure, EncoderTrouble, FailureCode, SourceRefused
from socialflow.ports.encoder.made import EncoderHealth, FileKind, OutputFile, Piece, Poster, Rendition
from socialflow.ports.encoder.plans import (
    AudioCodec,
    Chunk,
    Loudness,
    LoudnessTarget,
    Plan,
    Rung,
    Sample,
    Sampling,
    Track,
    VideoCodec,
)
from socialflow.ports.encoder.sources import AudioStream, Role, SourceInfo, VideoStream

__all__ = [
    "SENTENCES",
    "AudioCodec",
    "AudioStream",
    "Chunk",
    "Encoder",
    "EncoderFailure",
    "EncoderHealth",
    "EncoderTrouble",
    "FailureCode",
    "FileKind",
    "JobFolder",
    "Loudness",
    "LoudnessTarget",
    "OutputFile",
    "Piece",
    "Plan",
    "Poster",
    "Progress",
    "Rendition",
    "Role",
    "Rung",
    "Sample",
    "Sampling",
    "SourceInfo",
    "SourceRefused",
    "Track",
    "VideoCodec",
    "VideoStream",
]

Progress = Callable[[float], None]
"""Told how much is done, from 0 to 1; called often, must be cheap and must not raise."""


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

    async def remux(self, job: JobFolder, source: SourceInfo, plan: Plan) -> tuple[Rendition, ...]:
        """Repack the source's own picture and sound without encoding, what of them is fit for every player."""
        ...

    async def audio(
        self, job: JobFolder, source: SourceInfo, tracks: Sequence[Track], progress: Progress
    ) -> tuple[Rendition, ...]:
        """Make all tracks of one of the source's sounds, once for all rungs."""
        ...

    async def sample(
        self, job: JobFolder, source: SourceInfo, plan: Plan, span: int, progress: Progress
    ) -> tuple[Sample, ...]:
        """Try every rung beyond the lowest in one of the spans of `plan.sampling`; nothing made stays."""
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
