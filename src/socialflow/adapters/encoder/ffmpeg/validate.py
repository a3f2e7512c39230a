"""Compares what came out with what the source promised: ffmpeg ends truncated and damaged files with success."""

from socialflow.ports.encoder import FailureCode, SourceRefused

MOST_MISSING = 0.05
LEAST_MISSING_S = 1.0
HIDDEN_S = 0.1
"""What encoders put before the first sample is shorter."""


def check_length(promised_s: float, found_s: float) -> None:
    """Refuse a file of which more than a second and a twentieth could not be decoded; lengths in seconds."""
    if promised_s - found_s > max(LEAST_MISSING_S, promised_s * MOST_MISSING):
        lengths = f"The file says it lasts {promised_s:.0f} s, but only {found_s:.0f} s could be read."
        raise SourceRefused(FailureCode.TRUNCATED, detail=f"{lengths} Upload the whole file again.")


def shows_what_is_hidden(promised_s: float, copied_s: float) -> bool:
    """Whether a copy is longer than the stream that was copied; lengths in seconds.

    What phones trim stays in the file, and an edit list says from where on it is to be shown. Our copies have no edit
    list: they would show what was taken away, and picture and sound would be out of step.
    """
    return copied_s > promised_s + HIDDEN_S
