"""The Editor on ffmpeg, behind the encoder's bars.

What is cut is encoded anew, the whole of it: a cut is exact to the picture wherever it is made, and nothing depends on
where the source has keyframes. The quality is one at which a second encoding shows no loss. Only where the picture
stays as it is, as with another sound, it is copied.
"""

import asyncio
import hashlib
import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from socialflow.adapters.editing import graphs
from socialflow.adapters.encoder.ffmpeg import binaries, boxes, ladder, package, probe, rates, remux
from socialflow.adapters.encoder.ffmpeg.sandbox import Mode, Sandbox
from socialflow.adapters.encoder.ffmpeg.tool import ANONYMOUS, FRAGMENTED, LATER, Tool
from socialflow.ports.editing import EditPlan, Part, Script, Sound, input_of, track_of
from socialflow.ports.encoder import FailureCode, JobFolder, OutputFile, Progress, SourceInfo, SourceRefused

RECIPE = 1
"""Raise it when the same arguments would mean other bytes."""
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "17", "-profile:v", "high", "-sc_threshold", "0")
AAC = ("-c:a", "aac", "-b:a", "192k")
SOUND_BITS = 200_000
GENEROUS = 3
"""So many times the bits of a rendition of the same size, for what is encoded once more."""
ROOM = 1_000_000
SLOWEST = 60
"""Seconds allowed for each second of a part."""
CONTENT_TYPE = "video/mp4"


class FfmpegEditor:
    """The Editor on ffmpeg. Cheap to make: binaries and sandbox are looked at on first use."""

    def __init__(
        self,
        *,
        ffmpeg: Path | None = None,
        ffprobe: Path | None = None,
        sandbox: Mode = "best-effort",
        concurrency: int = 0,
    ) -> None:
        self._wanted = (ffmpeg, ffprobe)
        self._mode: Mode = sandbox
        self._threads = concurrency or os.cpu_count() or 1
        self._tool: Tool | None = None
        self._finding = asyncio.Lock()

    def most_bytes(self, width: int | None, height: int | None, frame_rate: float | None, seconds: float) -> int:
        """As many bits as the encoder is allowed, and some room for the container."""
        bits = SOUND_BITS
        if width and height:
            bits += _maxrate(width, height, Fraction(frame_rate or float(rates.FASTEST_OUT)))
        return int(bits * seconds / 8 * 1.02) + ROOM

    def plan(self, script: Script, inputs: Sequence[SourceInfo]) -> EditPlan:
        """Frames, parts, and what may be copied."""
        return graphs.plan(script, inputs)

    async def copy(self, job: JobFolder, inputs: Sequence[SourceInfo]) -> Path | None:
        """The encoder's own repacking, without the sound."""
        made = await remux.picture(await self._ready_tool(), job, inputs[0], ladder.plan(inputs[0]))
        return made.path if made is not None else None

    async def name_of(
        self, job: JobFolder, script: Script, inputs: Sequence[SourceInfo], plan: EditPlan, part: Part
    ) -> str:
        """Its place, and a digest of all that its bytes depend on."""
        tool = await self._ready_tool()
        arguments = part_arguments(tool, script, inputs, plan, part, "")
        recipe = "\0".join([str(RECIPE), job.fingerprint, tool.binaries.ffmpeg_version, *arguments])
        return f"e{part.index:05d}-{hashlib.sha256(recipe.encode()).hexdigest()[:24]}.mp4"

    async def part(
        self, job: JobFolder, script: Script, inputs: Sequence[SourceInfo], plan: EditPlan, part: Part
    ) -> Path:
        """One run of one encoder with one thread: its bytes are the same on every machine."""
        target = job.out / await self.name_of(job, script, inputs, plan, part)
        if target.exists():
            return target
        tool = await self._ready_tool()
        seconds = float(part.frames / plan.frame_rate)
        # What cannot be entered is decoded from its beginning.
        read = seconds if inputs[part.input].indexed else part.start_s + seconds
        arguments = part_arguments(tool, script, inputs, plan, part, f"out/{target.name}")
        await tool.ffmpeg(job, arguments, [target], timeout_s=60 + read * SLOWEST, nice=LATER)
        made = await asyncio.to_thread(_frames_in, target)
        if made != part.frames:
            target.unlink(missing_ok=True)
            raise SourceRefused(FailureCode.CORRUPT, notes=f"part {part.index}: {made} of {part.frames} frames")
        return target

    async def assemble(
        self,
        job: JobFolder,
        script: Script,
        inputs: Sequence[SourceInfo],
        plan: EditPlan,
        picture: Sequence[Path],
        track: SourceInfo | None,
        progress: Progress,
    ) -> OutputFile:
        """The picture is copied; the sound is encoded in the same run, so that one clock holds for both."""
        target, whole = job.out / "edited.mp4", job.out / "picture.mp4"
        if picture:
            await asyncio.to_thread(package.join, picture, whole)
        arguments = assemble_arguments(script, inputs, plan, track, has_picture=bool(picture))
        await (await self._ready_tool()).ffmpeg(
            job,
            [*arguments, *ANONYMOUS, "-movflags", "+faststart", "-f", "mp4", f"out/{target.name}"],
            [target],
            timeout_s=300 + 2 * max(plan.duration_s, *(source.duration_s for source in inputs)),
            nice=LATER,
            on_seconds=lambda at: progress(min(1.0, at / max(plan.duration_s, 0.1))),
        )
        whole.unlink(missing_ok=True)
        return OutputFile(target.name, target, CONTENT_TYPE)

    async def _ready_tool(self) -> Tool:
        async with self._finding:
            if self._tool is None:
                found = await binaries.find(*self._wanted)
                bars = Sandbox(self._mode, (found.ffmpeg, found.ffprobe))
                self._tool = Tool(found, bars, self._threads, asyncio.Semaphore(self._threads))
        return self._tool


def part_arguments(
    tool: Tool, script: Script, inputs: Sequence[SourceInfo], plan: EditPlan, part: Part, name: str
) -> list[str]:
    """Arguments of ffmpeg for one part.

    As with the encoder's chunks, timestamps are kept as the source has them, so that the filter for the rate, given the
    exact first time, begins with what is on screen then, even if it was shown long before.
    """
    source = inputs[part.input]
    seek = ["-noaccurate_seek", "-ss", f"{part.start_s:.6f}"] if source.indexed and part.start_s else []
    arguments = ["-filter_complex_threads", "1", *seek, "-copyts", "-start_at_zero", "-threads", "1"]
    arguments += [*probe.input_options(source.demuxer), "-i", f"in/{input_of(JOB, part.input).name}"]
    if script.mark is not None:
        arguments += ["-protocol_whitelist", "file,pipe", "-f", "png_pipe", "-i", "in/mark"]
    graph = graphs.picture(plan, part, source, script.mark, tonemap=tool.binaries.has_tonemap)
    gop = str(max(1, round(plan.frame_rate * ladder.GOP_S)))
    rate = str(_maxrate(plan.width, plan.height, plan.frame_rate))
    arguments += ["-filter_complex", graph, "-map", "[v]", *X264, "-pix_fmt", "yuv420p", "-threads", "1"]
    arguments += ["-maxrate", rate, "-bufsize", rate, "-g", gop, "-keyint_min", gop, *ANONYMOUS]
    return [*arguments, "-movflags", f"+frag_keyframe{FRAGMENTED}", "-use_editlist", "0", "-f", "mp4", name]


def assemble_arguments(
    script: Script, inputs: Sequence[SourceInfo], plan: EditPlan, track: SourceInfo | None, *, has_picture: bool
) -> list[str]:
    """Arguments of ffmpeg for picture and sound in one file."""
    before = ["-protocol_whitelist", "file,pipe", "-f", "mov", "-i", "out/picture.mp4"] if has_picture else []
    maps = ["-map", "0:0", "-c:v", "copy"] if has_picture else []
    if not plan.has_sound:
        return [*before, *maps]
    number, graph = int(has_picture), ""
    if script.sound is Sound.REPLACED:
        assert track is not None
        assert track.audio is not None
        before += [*probe.input_options(track.demuxer), "-vn", "-i", f"in/{track_of(JOB).name}"]
        graph = graphs.replaced(plan, f"[{number}:{track.audio.index}]")
    else:
        streams, starts = {}, {}
        for at, (start, end) in graphs.heard(script.spans, inputs).items():
            source = inputs[at]
            assert source.audio is not None
            seek = ["-ss", f"{start:.6f}"] if start else []
            # A second more than is needed: what is delayed in the file comes as well.
            before += [*seek, "-t", f"{end - start + 1:.6f}", *probe.input_options(source.demuxer), "-vn"]
            before += ["-i", f"in/{input_of(JOB, at).name}"]
            streams[at], starts[at] = f"[{number}:{source.audio.index}]", start
            number += 1
        graph = graphs.sound(script, plan, streams, starts)
    return [*before, *maps, "-filter_complex", graph, "-map", "[a]", *AAC]


def _maxrate(width: int, height: int, rate: Fraction) -> int:
    return GENEROUS * ladder.maxrate(width * height, rate)


def _frames_in(piece: Path) -> int:
    return sum(fragment.samples for fragment in boxes.fragments(piece)) if piece.stat().st_size else 0


JOB = JobFolder(Path(), "")
"""For names alone."""
