"""Editor: makes one film of parts of several, with a picture laid over it or with another sound.

All work happens in one `JobFolder`: inputs lie in `in/` under the names that this module gives them, everything made
lies in `out/`. Parts of the picture are made one by one and named by all that their bytes depend on, so that whoever
goes on after a crash makes those that are missing. Failures are the encoder's (`ports/encoder.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from socialflow.ports.encoder import JobFolder, OutputFile, Progress, SourceInfo


class Place(StrEnum):
    """Where a mark stands in the picture."""

    TOP_LEFT = "top_left"
    TOP_RIGHT = "top_right"
    BOTTOM_LEFT = "bottom_left"
    BOTTOM_RIGHT = "bottom_right"
    CENTER = "center"


class Sound(StrEnum):
    """What is heard: the sound of the parts, none, or that of a file of its own."""

    KEPT = "kept"
    MUTED = "muted"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Span:
    """Some of an input, in milliseconds from its beginning; inputs are counted from 0."""

    input: int
    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        """How long it is, in milliseconds."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class Mark:
    """A picture that is laid over the film; opacity from 0 to 1.

    It fits into a box that is `size` of the film's picture across and down, `size` from 0 to 1.
    """

    place: Place
    opacity: float
    size: float


@dataclass(frozen=True, slots=True)
class Script:
    """What is to be shown, one span after another, and what is to be heard."""

    spans: tuple[Span, ...]
    mark: Mark | None = None
    sound: Sound = Sound.KEPT


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive pictures of the film, all of one input: the first is what that shows at `start_s`."""

    index: int
    input: int
    start_s: float
    frames: int


@dataclass(frozen=True, slots=True)
class EditPlan:
    """How a script is made of its inputs; a film without a picture has no parts.

    Each span lasts whole frames, so that sound and picture cannot part from each other: `frames` says how many.
    """

    width: int
    height: int
    frame_rate: Fraction
    frames: tuple[int, ...]
    parts: tuple[Part, ...]
    has_sound: bool
    may_copy: bool
    """The picture of the only input may be taken as it is."""
    duration_s: float


def input_of(job: JobFolder, number: int) -> Path:
    """Where an input lies."""
    return job.source if number == 0 else job.source.with_name(f"input-{number}")


def mark_of(job: JobFolder) -> Path:
    """Where the picture lies that is laid over the film, a PNG of our own making."""
    return job.source.with_name("mark")


def track_of(job: JobFolder) -> Path:
    """Where the file lies whose sound is heard instead."""
    return job.source.with_name("track")


class Editor(Protocol):
    """What is asked of who edits."""

    def most_bytes(self, width: int | None, height: int | None, frame_rate: float | None, seconds: float) -> int:
        """How large a film may become at most; without a picture its size and rate are None."""
        ...

    def plan(self, script: Script, inputs: Sequence[SourceInfo]) -> EditPlan:
        """How to make it. The picture has the size and the rate of the first input's."""
        ...

    async def copy(self, job: JobFolder, inputs: Sequence[SourceInfo]) -> Path | None:
        """The first input's picture as it is; None where that cannot be."""
        ...

    async def part(
        self, job: JobFolder, script: Script, inputs: Sequence[SourceInfo], plan: EditPlan, part: Part
    ) -> Path:
        """Make a part of the picture, unless it is there."""
        ...

    async def name_of(
        self, job: JobFolder, script: Script, inputs: Sequence[SourceInfo], plan: EditPlan, part: Part
    ) -> str:
        """What the file of a part is called in the out folder."""
        ...

    async def assemble(
        self,
        job: JobFolder,
        script: Script,
        inputs: Sequence[SourceInfo],
        plan: EditPlan,
        picture: Sequence[Path],
        track: SourceInfo | None,
        progress: Progress,
    ) -> OutputFile:
        """Put the parts of the picture one behind the other, with the sound, into one file without any metadata."""
        ...
