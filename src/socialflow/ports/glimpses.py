"""Glimpses: what can be seen and heard in a finished rendition at a glance.

Everything is asked about files that the encoder made, one at a time, laid out as a `JobFolder`: the rendition, or a
part of it that can be decoded by itself, is its `source`. Failures are the encoder's (`ports/encoder.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from socialflow.ports.encoder import JobFolder


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture that can be entered, by its time in seconds; `look` is 48 x 27 pixels of brightness, row by row."""

    at_s: float
    look: bytes


LOOK_WIDTH, LOOK_HEIGHT = 48, 27


@dataclass(frozen=True, slots=True)
class Still:
    """A picture as JPEG, and its thumbhash (base64, about 25 bytes)."""

    jpeg: bytes
    thumbhash: str


class Glimpses(Protocol):
    """What is asked of a rendition."""

    async def frames(self, job: JobFolder, *, most: int) -> list[Frame]:
        """Its keyframes, at most so many, evenly spread."""
        ...

    async def still(self, job: JobFolder, *, width: int, height: int) -> Still:
        """The first picture of a part of it, of such a shape, at most 1280 pixels on the long side."""
        ...

    async def preview(self, job: JobFolder, spans: Sequence[tuple[float, float]]) -> bytes:
        """Parts of the picture one after the other, (start, length) in seconds, small and without sound, as MP4."""
        ...

    async def peaks(self, job: JobFolder, *, count: int) -> list[int]:
        """How loud the sound is at its loudest in each of `count` equal parts, from 0 to 100."""
        ...

    async def scenes(self, job: JobFolder) -> list[tuple[float, float]]:
        """When the picture changes, in seconds, and how much, from 0 to 100."""
        ...

    async def pauses(self, job: JobFolder) -> list[tuple[float, float]]:
        """When nobody speaks: start and end in seconds."""
        ...

    async def voice(self, job: JobFolder) -> Path:
        """The sound as people who listen to words have it: a WAV of one channel, 16 kHz, 16 bits, in the job's folder.

        Whoever reads it decodes nothing: of what a sender brought, only samples are left.
        """
        ...
