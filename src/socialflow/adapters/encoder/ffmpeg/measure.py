"""What a probe does not tell: where keyframes are, and the length of files whose header lacks it."""

import re
from fractions import Fraction

from socialflow.adapters.encoder.ffmpeg import probe, rates
from socialflow.adapters.encoder.ffmpeg.tool import Tool
from socialflow.ports.encoder import FailureCode, JobFolder, SourceInfo, SourceRefused

CLOSEST_S = 0.5
FULL_COLOUR = "High 4:4:4"
_BUILD = re.compile(rb"x264 - core (\d{1,6})")
SLOWEST_DISK = 10_000_000


async def duration(tool: Tool, job: JobFolder, source: SourceInfo, most_s: float) -> float:
    """Seconds from the first to the last packet; raises SourceRefused beyond `most_s`."""
    longest = 0.0

    def heard(seconds: float) -> None:
        nonlocal longest
        longest = max(longest, seconds)

    stream = source.video or source.audio
    assert stream is not None
    arguments = [*probe.input_options(source.demuxer), "-i", "in/source", "-map", f"0:{stream.index}", "-c", "copy"]
    await tool.ffmpeg(job, [*arguments, "-f", "null", "-"], [], timeout_s=_patience(source), on_seconds=heard)
    if longest > most_s:
        raise SourceRefused(FailureCode.TOO_LONG, notes=f"{longest:.0f} s")
    return longest


async def x264_build(tool: Tool, job: JobFolder, source: SourceInfo) -> int:
    """Which x264 made a picture of full colour (4:4:4), as its first packet says; 0 where none does, or nobody asks."""
    video = source.video
    if video is None or video.codec != "h264" or not video.profile.startswith(FULL_COLOUR):
        return 0
    first = job.out / "first.h264"
    arguments = [*probe.input_options(source.demuxer), "-i", "in/source", "-map", f"0:{video.index}", "-c", "copy"]
    try:
        await tool.ffmpeg(
            job, [*arguments, "-frames:v", "1", "-f", "h264", f"out/{first.name}"], [first], timeout_s=60, at_once=True
        )
        found = _BUILD.search(first.read_bytes())
    except SourceRefused:
        return 0
    finally:
        first.unlink(missing_ok=True)
    return int(found[1]) if found else 0


async def keyframes(tool: Tool, job: JobFolder, source: SourceInfo) -> tuple[float, ...]:
    """Seconds from the start of the file to its keyframes, thinned to one in half a second.

    Nothing is decoded, and an MP4 is not even read: its index tells.
    """
    if source.video is None or not source.indexed:
        return ()
    found: list[float] = []
    base = Fraction(1)

    def heard(line: str) -> None:
        nonlocal base
        if line.startswith("#tb 0:"):
            base = rates.parse(line.partition(":")[2].strip())
        columns = line.split(",")
        if not line.startswith("#") and len(columns) > 3 and columns[2].strip().lstrip("-").isdigit():
            at = float(int(columns[2]) * base) - source.start_s
            if not found or at >= found[-1] + CLOSEST_S:
                found.append(at)

    argv = [
        "-hide_banner",
        "-v",
        "error",
        "-nostdin",
        "-copyts",
        "-discard",
        "nokey",
        *probe.input_options(source.demuxer),
    ]
    argv += ["-i", "in/source", "-map", f"0:{source.video.index}", "-c", "copy", "-f", "framecrc", "pipe:1"]
    await tool.ffmpeg_text(job, argv, timeout_s=_patience(source), on_line=heard)
    return tuple(found)


def _patience(source: SourceInfo) -> float:
    """Seconds in which even a slow disk (10 MB/s) has been read through."""
    return 60 + source.size / SLOWEST_DISK
