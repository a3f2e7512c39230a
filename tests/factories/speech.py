"""Somebody who listens, for tests: hears every sound between two silences as a phrase, and calls it by its number.

Whoever else listens writes better words; that it keeps the promises of the port is checked by the same tests.
"""

import asyncio
import math
import wave
from pathlib import Path

from socialflow.ports.speech import Phrase, Progress, SpeechHealth, SpeechTrouble, Transcript
from tests.factories.clips import ffmpeg

FORM = (1, 2, 16_000)
SILENCE = "silencedetect=noise=-35dB:duration=0.4"
NUMBERS = ("one", "two", "three", "four", "five")


class CountsSounds:
    """Needs no weights: ffmpeg tells where it is silent."""

    async def health(self) -> SpeechHealth:
        """Always there."""
        return SpeechHealth(ready=True, name="counting")

    async def listen(self, sound: Path, *, seconds: float, language: str | None, progress: Progress) -> Transcript:
        """One phrase a sound; nothing is decoded here, as the port says."""
        try:
            with wave.open(str(sound), "rb") as file:
                form = file.getparams()[:3]
        except (wave.Error, EOFError) as error:
            raise SpeechTrouble(str(error)) from error
        if form != FORM:
            raise SpeechTrouble(f"not of this form: {form}")
        told = await asyncio.to_thread(_silences, sound)
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


def voice_of(source: Path, folder: Path) -> Path:
    """A sound as whoever listens has it."""
    made = folder / "voice.wav"
    ffmpeg("-v", "error", "-y", "-i", str(source), "-vn", "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", str(made))
    return made
