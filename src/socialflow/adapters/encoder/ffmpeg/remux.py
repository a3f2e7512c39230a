"""Makes renditions without encoding the picture: the source's own, repacked, and the sound."""

import asyncio

from socialflow.adapters.encoder.ffmpeg import package, probe
from socialflow.adapters.encoder.ffmpeg.boxes import Malformed
from socialflow.adapters.encoder.ffmpeg.package import Packaged
from socialflow.adapters.encoder.ffmpeg.tool import ANONYMOUS, FRAGMENTED, LATER, Tool
from socialflow.ports.encoder import JobFolder, OutputFile, Plan, Progress, SourceInfo, SourceRefused

AUDIO_FRAGMENT_US = 2_000_000
SLOWEST_COPY = 4_000_000
"""Bytes per second that any disk manages."""
AAC = ("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000")
ALIGNED = "aresample=async=1:first_pts=0"
"""Fill gaps with silence and begin at 0, so that sound and picture share one clock."""


async def remux(tool: Tool, job: JobFolder, source: SourceInfo, plan: Plan) -> Packaged | None:
    """The source's picture as fragmented MP4; None if not every player could play it or it cannot be copied."""
    target, piece = job.out / "src.mp4", job.out / "piece-src.mp4"
    if target.exists():
        return await asyncio.to_thread(package.index, target)
    if not plan.may_remux or source.video is None:
        return None

    index = source.video.index
    try:
        await tool.ffmpeg(
            job,
            [
                *(
                    *probe.input_options(source.demuxer),
                    "-i",
                    "in/source",
                    "-map",
                    f"0:{index}",
                    "-c",
                    "copy",
                    *ANONYMOUS,
                ),
                *("-movflags", f"+frag_keyframe{FRAGMENTED}", "-use_editlist", "0", "-f", "mp4", f"out/{piece.name}"),
            ],
            [piece],
            timeout_s=300 + source.duration_s,
        )
        return await asyncio.to_thread(package.join, [piece], target, is_foreign=True)
    except (SourceRefused, Malformed):
        return None
    finally:
        piece.unlink(missing_ok=True)


async def audio(tool: Tool, job: JobFolder, source: SourceInfo, plan: Plan, progress: Progress) -> Packaged | None:
    """The sound as AAC in fragmented MP4, copied when it already is what we would make."""
    target, piece = job.out / "a.mp4", job.out / "piece-a.mp4"
    if target.exists():
        return await asyncio.to_thread(package.index, target)
    if plan.audio == "none" or source.audio is None:
        return None

    index, seconds = source.audio.index, max(source.audio.duration_s, 0.1)
    how = ("-c", "copy") if plan.audio == "copy" else (*AAC, "-af", ALIGNED)
    try:
        await tool.ffmpeg(
            job,
            [
                *(*probe.input_options(source.demuxer), "-i", "in/source", "-map", f"0:{index}", *how, *ANONYMOUS),
                *("-frag_duration", str(AUDIO_FRAGMENT_US), "-movflags", FRAGMENTED, "-use_editlist", "0"),
                *("-f", "mp4", f"out/{piece.name}"),
            ],
            [piece],
            timeout_s=120 + source.duration_s,
            on_seconds=lambda at: progress(min(1.0, at / seconds)),
        )
        return await asyncio.to_thread(package.join, [piece], target)
    finally:
        piece.unlink(missing_ok=True)


async def join_streams(tool: Tool, job: JobFolder) -> OutputFile:
    """Our own renditions, copied into one file whose index comes first."""
    target = job.out / "whole.mp4"
    names = ["source", *(["sound"] if job.sound.exists() else [])]
    inputs = [word for name in names for word in (*probe.input_options("mov"), "-i", f"in/{name}")]
    maps = [word for number in range(len(names)) for word in ("-map", f"{number}:0")]
    size = sum(path.stat().st_size for path in (job.source, job.sound) if path.exists())
    await tool.ffmpeg(
        job,
        [*inputs, *maps, "-c", "copy", *ANONYMOUS, "-movflags", "+faststart", "-f", "mp4", f"out/{target.name}"],
        [target],
        timeout_s=120 + size / SLOWEST_COPY,
        nice=LATER,
    )
    return OutputFile(target.name, target, "video/mp4")
