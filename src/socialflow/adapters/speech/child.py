"""Listens to one sound: `child.py MODEL SOUND LANGUAGE THREADS`, where `-` is a language to be found out.

Runs in a process of its own, of low priority, where nothing of this project can be imported. Says a line of JSON a
phrase, in the end the language and that it is done. The sound is a WAV of one channel, 16 kHz and 16 bits, and is
read as such: whatever has to be decoded was decoded in a sandbox before, since there is none around this process.
"""

import json
import os
import sys
import wave
from typing import Any

import numpy as np
from faster_whisper import WhisperModel

FORM = (1, 2, 16_000)


def say(**what: object) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def samples(path: str) -> Any:
    """What is in a WAV, from -1 to 1; raises wave.Error for anything else."""
    with wave.open(path, "rb") as file:
        if file.getparams()[:3] != FORM:
            raise wave.Error(f"not of this form: {file.getparams()[:3]}")
        whole = file.readframes(file.getnframes())
    return np.frombuffer(whole, np.int16).astype(np.float32) / 32_768


def main() -> None:
    """Beam 1 and eight bits: a third of the work for a hundredth more of wrong words; silence is left out before."""
    model, sound, language, threads = sys.argv[1:]
    os.nice(10)
    whisper = WhisperModel(
        model, device="cpu", compute_type="int8", cpu_threads=int(threads), num_workers=1, local_files_only=True
    )
    segments, about = whisper.transcribe(
        samples(sound),
        language=None if language == "-" else language,
        beam_size=1,
        vad_filter=True,
        condition_on_previous_text=False,
    )
    for segment in segments:
        say(start=segment.start, end=segment.end, text=segment.text.strip())
    say(language=about.language, certainty=about.language_probability, done=True)


main()
