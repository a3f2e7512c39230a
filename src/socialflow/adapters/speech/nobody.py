"""Nobody listens: what an installation does without the packages for it."""

from pathlib import Path

from socialflow.ports.speech import Progress, SpeechHealth, SpeechOff, Transcript


class NobodyListens:
    """Writes nothing down."""

    def __init__(self, remedy: str = "") -> None:
        self._remedy = remedy

    async def health(self) -> SpeechHealth:
        """Never ready."""
        return SpeechHealth(ready=False, name="off", remedy=self._remedy)

    async def listen(self, sound: Path, *, seconds: float, language: str | None, progress: Progress) -> Transcript:
        """Always refused."""
        del sound, seconds, language, progress
        raise SpeechOff
