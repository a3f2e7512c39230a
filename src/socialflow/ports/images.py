"""ImageMaker: turns a picture that somebody uploaded into pictures that may be shown.

Failures
├── ImageRefused    the file is at fault; trying again cannot help
└── ImageTrouble    we are at fault; trying again may help
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

MOST_PIXELS = 40_000_000


class ImageFault(StrEnum):
    """Why a picture was refused; stable, part of the public API."""

    NOT_AN_IMAGE = "not_an_image"
    TOO_MANY_PIXELS = "too_many_pixels"
    DAMAGED_IMAGE = "damaged_image"
    TOO_MUCH_WORK = "too_much_work"


SENTENCES: dict[ImageFault, str] = {
    ImageFault.NOT_AN_IMAGE: "The file is not a picture; JPEG, PNG, WebP and GIF are taken.",
    ImageFault.TOO_MANY_PIXELS: "The picture has too many pixels; 40 million are the most.",
    ImageFault.DAMAGED_IMAGE: "The picture is damaged and cannot be read.",
    ImageFault.TOO_MUCH_WORK: "The picture takes too long to read.",
}


class ImageRefused(Exception):
    """The file is no picture that can be shown."""

    def __init__(self, fault: ImageFault) -> None:
        self.fault = fault
        super().__init__(fault.value)


class ImageTrouble(Exception):
    """The picture could not be looked at because of a fault on our side."""


@dataclass(frozen=True, slots=True)
class Crops:
    """Cuts of the middle of a picture, by width and height in pixels, and the thumbhash of the first of them."""

    files: dict[tuple[int, int], bytes]
    thumbhash: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in its own shape, as JPEG, with its pixels and its thumbhash (base64, about 25 bytes)."""

    jpeg: bytes
    thumbhash: str
    width: int
    height: int


class ImageMaker(Protocol):
    """Makes pictures anew: nothing of the bytes that came is in the bytes that are shown."""

    async def crops(self, source: Path, sizes: Sequence[tuple[int, int]]) -> Crops:
        """The middle of a picture as WebP of these widths and heights in pixels; no metadata is kept."""
        ...

    async def picture(self, source: Path, side: int) -> Picture:
        """The whole of a picture, at most so many pixels on its long side; no metadata is kept."""
        ...

    async def mark(self, source: Path, side: int) -> bytes:
        """The same as PNG, which keeps what is transparent; no metadata is kept."""
        ...
