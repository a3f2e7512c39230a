"""Listens to one sound: `child.py MODEL SOUND LANGUAGE THREADS`, where `-` is a language to be found out.

Runs in a process of its own, of low priority, where nothing of this project can be imported. Says a line of JSON a
phrase, in the end the language and that it is done.
"""

import json
import os
import sys

from faster_whisper import WhisperModel


def say(**what: object) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Beam 1 and eight bits: a third of the work for a hundredth more of wrong words; silence is left out before."""
    model, sound, language, threads = sys.argv[1:]
    os.nice(10)
    whisper = WhisperModel(
        model, device="cpu", compute_type="int8", cpu_threads=int(threads), num_workers=1, local_files_only=True
    )
    segments, about = whisper.transcribe(
        sound,
        language=None if language == "-" else language,
        beam_size=1,
        vad_filter=True,
        condition_on_previous_text=False,
    )
    for segment in segments:
        say(start=segment.start, end=segment.end, text=segment.text.strip())
    say(language=about.language, certainty=about.language_probability, done=True)


main()
