"""Puts into other boxes what is not encoded anew: the source's own picture and sound, and our own streams."""

import asyncio

from socialflow.adapters.encoder.ffmpeg import package, probe, sounds, validate
from socialflow.adapters.encoder.ffmpeg.boxes import Malformed
from socialflow.adapters.encoder.ffmpeg.package import Packaged
from socialflow.adapters.encoder.ffmpeg.sound import FRAGMENT
from socialflow.adapters.encoder.ffmpeg.tool import ANONYMOUS, FRAGMENTED, LATER, Tool
from socialflow.ports.encoder import (
    AudioStream,
    JobFolder,
    OutputFile,
    Plan,
    SourceInfo,
    SourceRefused,
    VideoStream,
)

PICTURE = ("-movflags", f"+frag_keyframe{FRAGMENTED}", "-use_editlist", "0", "-f", "mp4")
SLOWEST_COPY = 4_000_000
"""Bytes per second that any disk manages."""


async def picture(tool: Tool, job: JobFolder, source: SourceInfo, plan: Plan) -> Packaged | None:
    """The source's picture as fragmented MP4; None if not every player could play it or it cannot be copied."""
    if not plan.may_remux or source.video is None:
        return None
    return await _copied(tool, job, source, source.video, "src", PICTURE)


async def sound(tool: Tool, job: JobFolder, source: SourceInfo, plan: Plan) -> Packaged | None:
    """The same of its sound, to be heard until it has been made as loud as others."""
    if not plan.may_remux_sound or source.audio is None:
        return None
    return await _copied(tool, job, source, source.audio, sounds.STAND_IN_STEM, FRAGMENT)


async def _copied(
    tool: Tool,
    job: JobFolder,
    source: SourceInfo,
    stream: VideoStream | AudioStream,
    stem: str,
    boxes: tuple[str, ...],
) -> Packaged | None:
    target, piece = job.out / f"{stem}.mp4", job.out / f"piece-{stem}.mp4"
    if target.exists():
        made = await asyncio.to_thread(package.index, target)
        return None if validate.shows_what_is_hidden(stream.duration_s, made.duration_s) else made
    arguments = [*probe.input_options(source.demuxer), "-i", "in/source", "-map", f"0:{stream.index}", "-c", "copy"]
    try:
        await tool.ffmpeg(
            job, [*arguments, *ANONYMOUS, *boxes, f"out/{piece.name}"], [piece], timeout_s=300 + source.duration_s
        )
        made = await asyncio.to_thread(package.join, [piece], target, is_foreign=True)
        return None if validate.shows_what_is_hidden(stream.duration_s, made.duration_s) else made
    except (SourceRefused, Malformed):
        return None
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
