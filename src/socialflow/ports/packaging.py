"""Streams that are enciphered, and made plain again."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from socialflow.ports.encoder import OutputFile, Rendition, Track


class Protection(StrEnum):
    """How streams are enciphered."""

    NONE = "none"
    AES128 = "aes128"
    """Whole segments by AES-128-CBC: for HLS alone (RFC 8216, 4.3.2.4)."""
    CLEARKEY = "clearkey"
    """Samples by Common Encryption, scheme cbcs (ISO/IEC 23001-7), for HLS and DASH; keys are given in the clear."""


@dataclass(frozen=True, slots=True)
class Shield:
    """A key, its public number, and the constant IV of cbcs; key and IV are 16 bytes each."""

    protection: Protection
    key_id: uuid.UUID
    key: bytes
    iv: bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """A rendition's file as it is kept: what its playlist says of it, and what it is enciphered with, if at all.

    `segments` are offset and size of each, in bytes, `head` those before the index.
    """

    name: str
    stem: str
    frame_rate: Fraction
    path: Path
    head: int
    segments: tuple[tuple[int, int], ...]
    shield: Shield | None
    track: Track | None = None
    """Of a sound: what it was made for; without it no manifest lists it."""


class StreamDamaged(Exception):
    """A file is not what we made, or is enciphered with another key."""


class Packager(Protocol):
    """Writes the files of finished renditions anew, without encoding anything."""

    def takes(self, codecs: str, protection: Protection) -> bool:
        """Whether streams of a codec, as RFC 6381 names it, can be enciphered so; what cannot is not to be offered."""
        ...

    async def package(self, streams: Sequence[Stream], folder: Path, shield: Shield | None) -> tuple[Rendition, ...]:
        """The same renditions under another shield, or none; raises StreamDamaged.

        Their media files have names that tell the key, since whoever plays goes on with the former ones.
        """
        ...

    async def reveal(self, stream: Stream, target: Path) -> None:
        """The plain file of a rendition; raises StreamDamaged."""
        ...

    def open_part(self, stream: Stream, head: bytes, segment: bytes, number: int) -> bytes:
        """Head and one segment, counted from 0, as a plain file; raises StreamDamaged."""
        ...

    def manifests(self, renditions: Sequence[Rendition], folder: Path, shield: Shield | None) -> tuple[OutputFile, ...]:
        """master.m3u8, and manifest.mpd where DASH can have it."""
        ...
