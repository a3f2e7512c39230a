"""Somebody who listens, for tests: hears every sound between two silences as a phrase, and calls it by its number.

Whoever else listens writes better words; that it keeps the promises of the port is checked by the same tests.
"""

import asyncio
import math
from pathlib import Path

from socialflow.ports.speech import Phrase, Progress, SpeechHealth, SpeechTrouble, Transcript
from tests.factories.clips import ffmpeg

SILENCE = "silencedetect=noise=-35dB:duration=0.4"
NUMBERS = ("one", "two", "three", "four", "five")


class CountsSounds:
    """Needs no weights: ffmpeg tells where it is silent."""

    async def health(self) -> SpeechHealth:
        """Always there."""
        return SpeechHealth(ready=True, name="counting")

    async def listen(self, sound: Path, *, seconds: float, language: str | None, progress: Progress) -> Transcript:
        """One phrase a sound."""
        try:
            told = await asyncio.to_thread(_silences, sound)
        except AssertionError as error:
            raise SpeechTrouble(str(error)[:200]) from error
        phrases, at = [], 0.0
        for start, end in [*told, (seconds, seconds)]:
            if start - at > 0.2:
                phrases.append(Phrase(at, start, f"Sound number {NUMBERS[len(phrases) % len(NUMBERS)]}."))
                progress(min(1.0, start / seconds))
            at = end
        progress(1.0)
        return Transcript(language or "en", 1.0, phrases)


def _silences(sound: Path) -> list[tuple[float, float]]:
    graph = f"{SILENCE},ametadata=print:file=-"
    text = ffmpeg("-nostdin", "-v", "error", "-i", str(sound), "-vn", "-af", graph, "-f", "null", "-")
    found: list[tuple[float, float]] = []
    start, is_open = 0.0, False
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name == "lavfi.silence_start":
            start, is_open = max(0.0, float(value)), True
        elif name == "lavfi.silence_end":
            found.append((start, float(value)))
            is_open = False
    # What is silent until the end has none of its own.
    return [*found, (start, math.inf)] if is_open else found
