"""Glimpses by ffmpeg, behind the encoder's bars."""

import array
import asyncio
import math
import os
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from socialflow.adapters.encoder.ffmpeg import binaries, images, package
from socialflow.adapters.encoder.ffmpeg.sandbox import Mode, Sandbox
from socialflow.adapters.encoder.ffmpeg.tool import ANONYMOUS, LATER, Tool
from socialflow.ports.encoder import FailureCode, JobFolder, SourceRefused
from socialflow.ports.glimpses import LOOK_HEIGHT, LOOK_WIDTH, Frame, Still

OURS = ("-threads", "1", "-protocol_whitelist", "file,pipe", "-f", "mov", "-i", "in/source")
POSTER_SIDE, HASH_SIDE, PREVIEW_SIDE = 1_280, 48, 320
PREVIEW_RATE = 12
LOUDNESS_HZ = 2_000
VOICE_HZ = 16_000
# Of 100: below it scenes are not told from movement.
SCENE_SCORE = 10
SILENCE_DB, SILENCE_S = -35, 0.8
_FOUND = re.compile(r"lavfi\.(scd\.time|scd\.score|silence_start|silence_end)(?:\.\d+)?=(-?[\d.]+)")


class FfmpegGlimpses:
    """The Glimpses on ffmpeg. Cheap to make: binaries and sandbox are looked at on first use."""

    def __init__(
        self, *, ffmpeg: Path | None = None, ffprobe: Path | None = None, sandbox: Mode = "best-effort"
    ) -> None:
        self._wanted = (ffmpeg, ffprobe)
        self._mode: Mode = sandbox
        self._tool: Tool | None = None
        self._finding = asyncio.Lock()

    async def frames(self, job: JobFolder, *, most: int) -> list[Frame]:
        """One decode of the keyframes alone; their times stand in the file's index."""
        rung = await asyncio.to_thread(package.index, job.source)
        times = [item.time / rung.init.timescale for item in rung.fragments if item.sync]
        step = max(1, math.ceil(len(times) / most))
        raw = job.out / "frames.gray"
        graph = f"select='not(mod(n,{step}))',scale={LOOK_WIDTH}:{LOOK_HEIGHT},format=gray"
        await self._run(
            job,
            [
                "-skip_frame",
                "nokey",
                *OURS,
                "-vf",
                graph,
                "-fps_mode",
                "passthrough",
                "-f",
                "rawvideo",
                f"out/{raw.name}",
            ],
            raw,
            seconds=rung.duration_s,
        )
        data, size = raw.read_bytes(), LOOK_WIDTH * LOOK_HEIGHT
        looks = [data[at : at + size] for at in range(0, len(data) - size + 1, size)]
        return [Frame(at_s, look) for at_s, look in zip(times[::step], looks, strict=False)]

    async def still(self, job: JobFolder, *, width: int, height: int) -> Still:
        """Its first picture, once for the eye and once, very small, for the thumbhash."""
        (wide, high), (small, low) = _fit(width, height, POSTER_SIDE), _fit(width, height, HASH_SIDE)
        picture, raw = job.out / "still.jpg", job.out / "still.rgba"
        graph = (
            f"[0:0]scale={wide}:{high}:out_range=pc,setsar=1,split[a][b];[a]format=yuvj420p[still];"
            f"[b]scale={small}:{low},format=rgba[hash]"
        )
        still = ["-map", "[still]", "-frames:v", "1", *ANONYMOUS, *images.JPEG, "out/still.jpg"]
        small_one = ["-map", "[hash]", "-frames:v", "1", "-f", "rawvideo", "out/still.rgba"]
        await self._run(job, [*OURS, "-filter_complex", graph, *still, *small_one], picture, raw)
        return Still(picture.read_bytes(), images.thumbhash_of(raw.read_bytes(), small, low))

    async def preview(self, job: JobFolder, spans: Sequence[tuple[float, float]]) -> bytes:
        """Each part is entered at its keyframe, so that a long video costs no more than a short one."""
        made = job.out / "preview.mp4"
        inputs: list[str] = []
        for start, length in spans:
            inputs += ["-ss", f"{start:.3f}", "-t", f"{length:.3f}", *OURS]
        side = f"scale='if(gte(iw,ih),{PREVIEW_SIDE},-2)':'if(gte(iw,ih),-2,{PREVIEW_SIDE})',setsar=1"
        parts = "".join(f"[{at}:0]fps={PREVIEW_RATE},{side}[p{at}];" for at in range(len(spans)))
        joined = "".join(f"[p{at}]" for at in range(len(spans)))
        graph = f"{parts}{joined}concat=n={len(spans)}:v=1:a=0,format=yuv420p[v]"
        code = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "31", "-threads", "1"]
        made_of = ["-filter_complex", graph, "-map", "[v]", "-an", *code, *ANONYMOUS, "-movflags", "+faststart"]
        await self._run(job, [*inputs, *made_of, "-f", "mp4", "out/preview.mp4"], made)
        return made.read_bytes()

    async def peaks(self, job: JobFolder, *, count: int) -> list[int]:
        """The sound with few samples a second, which keeps its outline."""
        raw = job.out / "peaks.raw"
        sound = ["-ac", "1", "-ar", str(LOUDNESS_HZ), "-f", "s16le", "out/peaks.raw"]
        await self._run(job, [*OURS, *sound], raw, seconds=await _length(job))
        return await asyncio.to_thread(_peaks, raw, count)

    async def scenes(self, job: JobFolder) -> list[tuple[float, float]]:
        """A look at every picture, made small first."""
        graph = f"scale=160:-2,scdet=threshold={SCENE_SCORE},metadata=print:file=-"
        made, score = [], 0.0
        # Every picture has a score, and those that begin a scene have their time behind it.
        for name, value in await self._listen(job, ["-vf", graph]):
            if name == "scd.score":
                score = value
            elif name == "scd.time":
                made.append((value, score))
        return made

    async def pauses(self, job: JobFolder) -> list[tuple[float, float]]:
        """Silences of some length; one at the end has no end of its own."""
        detect = f"silencedetect=noise={SILENCE_DB}dB:duration={SILENCE_S}"
        found = await self._listen(job, ["-af", f"{detect},ametadata=print:file=-"])
        made, start = [], 0.0
        for name, value in found:
            if name == "silence_start":
                start = max(0.0, value)
            elif name == "silence_end":
                made.append((start, value))
        return made

    async def voice(self, job: JobFolder) -> Path:
        """Decoded behind bars, for whoever listens without any."""
        made = job.out / "voice.wav"
        plain = ["-vn", "-ac", "1", "-ar", str(VOICE_HZ), "-c:a", "pcm_s16le", *ANONYMOUS, "-f", "wav", "out/voice.wav"]
        await self._run(job, [*OURS, *plain], made, seconds=await _length(job))
        return made

    async def _listen(self, job: JobFolder, filters: Sequence[str]) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = []

        def read(line: str) -> None:
            if match := _FOUND.fullmatch(line):
                found.append((match[1], float(match[2])))

        quiet = ["-hide_banner", "-v", "error", "-nostdin"]
        arguments = [*quiet, *OURS, *filters, "-f", "null", "-"]
        tool = await self._ready_tool()
        await tool.ffmpeg_text(job, arguments, timeout_s=120 + await _length(job), on_line=read)
        return found

    async def _run(self, job: JobFolder, arguments: Sequence[str], *outputs: Path, seconds: float = 0) -> None:
        tool = await self._ready_tool()
        await tool.ffmpeg(job, arguments, outputs, timeout_s=120 + seconds / 4, nice=LATER)

    async def _ready_tool(self) -> Tool:
        async with self._finding:
            if self._tool is None:
                found = await binaries.find(*self._wanted)
                bars = Sandbox(self._mode, (found.ffmpeg, found.ffprobe))
                turns = asyncio.Semaphore(os.cpu_count() or 1)
                self._tool = Tool(found, bars, 1, turns)
        return self._tool


async def _length(job: JobFolder) -> float:
    return (await asyncio.to_thread(package.index, job.source)).duration_s


def _peaks(raw: Path, count: int) -> list[int]:
    """One part after the other: twelve hours are too much to be held at once."""
    length = raw.stat().st_size // 2
    if not length:
        raise SourceRefused(FailureCode.CORRUPT, notes="there is no sound")
    edges = [length * at // count for at in range(count + 1)]
    with raw.open("rb") as file:
        return [_peak(_samples(file, start, max(end, start + 1))) for start, end in pairwise(edges)]


def _samples(file: BinaryIO, start: int, end: int) -> "array.array[int]":
    samples = array.array("h")
    file.seek(2 * start)
    samples.fromfile(file, end - start)
    return samples


def _peak(samples: "array.array[int]") -> int:
    highest, lowest = max(samples), min(samples)
    return min(100, round(max(highest, -lowest) * 100 / 32_767))


def _fit(width: int, height: int, side: int) -> tuple[int, int]:
    shrink = min(1.0, side / max(width, height))
    wide, high = (max(2, round(length * shrink / 2) * 2) for length in (width, height))
    return wide, high
