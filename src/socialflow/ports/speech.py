"""Speech: writes down what is said.

Failures
├── SpeechOff        nothing here can do it
└── SpeechTrouble    it failed; trying again may help
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Progress = Callable[[float], None]
"""Told how much is heard, from 0 to 1; must be cheap and must not raise."""


class SpeechOff(Exception):
    """Nobody listens in this installation."""


class SpeechTrouble(Exception):
    """The sound could not be listened to because of a fault on our side."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words without a longer pause, by their times in seconds."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, in order, and in which language (a tag of BCP 47); `certainty` of that is from 0 to 1."""

    language: str
    certainty: float
    phrases: Sequence[Phrase]


@dataclass(frozen=True, slots=True)
class SpeechHealth:
    """Whether somebody listens, and who, or what is missing."""

    ready: bool
    name: str
    remedy: str = ""


class Speech(Protocol):
    """What is asked of whoever listens."""

    async def health(self) -> SpeechHealth:
        """Whether it can be asked; cheap."""
        ...

    async def listen(self, sound: Path, *, seconds: float, language: str | None, progress: Progress) -> Transcript:
        """Write down what is said in a WAV as `Glimpses.voice` makes it, so many seconds long.

        Without a language it is found out.
        """
        ...
