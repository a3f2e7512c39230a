"""How loud a sound is, and how it is made as loud as others: EBU R 128, in two passes.

The first pass reads the whole sound (ebur128: it costs a fifth of loudnorm's own); with what it found loudnorm is a
plain gain in the second, unless peaks would then exceed the limit, where it is dynamic. Nothing is done to silence,
nor to what already is as loud as it should be.
"""

import math
import re
from collections.abc import Callable

from pydantic import TypeAdapter

from socialflow.adapters.encoder.ffmpeg import probe
from socialflow.adapters.encoder.ffmpeg.tool import LATER, SOON, Tool
from socialflow.ports.encoder import AudioStream, JobFolder, Loudness, LoudnessTarget, SourceInfo

PREPARED = "aresample=async=1:first_pts=0:out_sample_rate=48000,aformat=channel_layouts=stereo"
"""Gaps filled with silence, beginning at 0, so that sound and picture share one clock; as it will be heard."""
SILENT = -70.0
"""LUFS: the absolute gate of ITU-R BS.1770; what lies below counts as silence."""
NEAR = 0.5
"""LU that nobody hears."""
MOST_GAIN = 20.0
"""dB: what is quieter is noise for the most part, and would be made louder with it."""
WIDEST = 50.0
LOUDNESS = TypeAdapter(Loudness | None)


_NUMBER = r"(-?(?:inf|nan|[\d.]+))"
_SUMMARY = re.compile(
    rf"Integrated loudness:\s+I:\s+{_NUMBER} LUFS\s+Threshold:\s+{_NUMBER} LUFS\s+"
    rf"Loudness range:\s+LRA:\s+{_NUMBER} LU\s[\s\S]*?True peak:\s+Peak:\s+{_NUMBER} dBFS"
)


async def measured(
    tool: Tool,
    job: JobFolder,
    source: SourceInfo,
    sound: AudioStream,
    target: LoudnessTarget,
    heard: Callable[[float], None],
    *,
    urgent: bool = True,
) -> Loudness | None:
    """Listen to all of a sound, or read what was found before; None for silence. `heard` is told seconds."""
    kept = job.out / f"loudness-{sound.index}.json"
    if kept.exists():
        return LOUDNESS.validate_json(kept.read_bytes())
    text = await tool.ffmpeg_report(
        job,
        [
            *(*probe.input_options(source.demuxer), "-i", "in/source", "-map", f"0:{sound.index}"),
            *("-af", f"{PREPARED},ebur128=peak=true:framelog=quiet", "-f", "null", "-"),
        ],
        timeout_s=120 + source.duration_s,
        nice=SOON if urgent else LATER,
        on_seconds=heard,
    )
    found = judge(text, target)
    scratch = kept.with_name(f".{kept.name}.part")
    scratch.write_bytes(LOUDNESS.dump_json(found))
    scratch.replace(kept)
    return found


def judge(text: str, target: LoudnessTarget) -> Loudness | None:
    """What the last summary in a text says; None for silence, and for what is too short to be measured (0.4 s)."""
    found = list(_SUMMARY.finditer(text))
    integrated, threshold, width, peak = map(float, found[-1].groups()) if found else (-math.inf,) * 4
    if not all(map(math.isfinite, (integrated, threshold, width, peak))) or integrated <= SILENT:
        return None
    wanted = min(target.integrated - integrated, MOST_GAIN)
    gain = 0.0 if abs(wanted) < NEAR else round(wanted, 2)
    return Loudness(integrated, width, peak, threshold, target.integrated, gain)


def filter_of(found: Loudness | None, target: LoudnessTarget | None) -> str:
    """The filters that make a sound ready, and as loud as it should be."""
    if found is None or target is None or not found.gain:
        return PREPARED
    # A range as wide as the sound's own leaves its dynamics alone.
    wished = LoudnessTarget(round(found.integrated + found.gain, 2), target.true_peak)
    known = f"measured_I={found.integrated}:measured_TP={found.true_peak}:measured_LRA={found.range}"
    known += f":measured_thresh={found.threshold}:LRA={min(WIDEST, max(1.0, math.ceil(found.range)))}:linear=true"
    return f"{PREPARED},{_loudnorm(wished)}:{known},aresample=48000"


def _loudnorm(target: LoudnessTarget) -> str:
    return f"loudnorm=I={target.integrated}:TP={target.true_peak}"
