"""FfmpegEncoder: the Encoder port, put together from the modules of this folder."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from socialflow.adapters.encoder.ffmpeg import (
    binaries,
    encode,
    hardware,
    images,
    ladder,
    manifests,
    measure,
    package,
    probe,
    sampling,
    sniff,
    sound,
    sounds,
    validate,
)
from socialflow.adapters.encoder.ffmpeg import remux as repack
from socialflow.adapters.encoder.ffmpeg.describing import DASH_TYPE, HLS_TYPE, describe, write_text
from socialflow.adapters.encoder.ffmpeg.hardware import Wanted
from socialflow.adapters.encoder.ffmpeg.ladder import Wishes
from socialflow.adapters.encoder.ffmpeg.sandbox import LAYERS, Layer, Mode, Sandbox
from socialflow.adapters.encoder.ffmpeg.tool import Tool
from socialflow.ports.encoder import (
    Chunk,
    EncoderFailure,
    EncoderHealth,
    FailureCode,
    JobFolder,
    OutputFile,
    Piece,
    Plan,
    Poster,
    Progress,
    Rendition,
    Rung,
    Sample,
    SourceInfo,
    SourceRefused,
    Track,
)


class FfmpegEncoder:
    """The Encoder on ffmpeg. Cheap to make: binaries and sandbox are looked at on first use."""

    def __init__(
        self,
        *,
        ffmpeg: Path | None = None,
        ffprobe: Path | None = None,
        sandbox: Mode = "best-effort",
        layers: Sequence[Layer] = LAYERS,
        concurrency: int = 0,
        max_duration_s: float = 43_200,
        max_side_px: int = 4_096,
        wishes: Wishes | None = None,
        hardware_family: Wanted = "off",
    ) -> None:
        self._wanted = (ffmpeg, ffprobe)
        self._mode: Mode = sandbox
        self._layers = tuple(layers)
        self._threads = concurrency or os.cpu_count() or 1
        self._max_duration_s = max_duration_s
        self._max_side_px = max_side_px
        self._wishes = wishes or Wishes()
        self._hardware: Wanted = hardware_family
        self._tool: Tool | None = None
        self._finding = asyncio.Lock()

    def refusal_of(self, head: bytes) -> FailureCode | None:
        """See the port."""
        return sniff.refusal_of(head)

    async def health(self) -> EncoderHealth:
        """Find the binaries, test the sandbox, try the hardware; all of it is done once."""
        try:
            tool = await self._ready_tool()
        except EncoderFailure as failure:
            return EncoderHealth(False, "", "", "none", (failure.notes or failure.detail,))
        test = await tool.sandbox.self_test()
        found = tool.binaries
        ready = test.layer != "none" or self._mode != "required"
        return EncoderHealth(
            ready,
            f"{found.ffmpeg_version} ({found.ffmpeg})",
            f"{found.ffprobe_version} ({found.ffprobe})",
            test.layer,
            test.problems,
            tool.hardware.said,
            () if tool.hardware.family else tool.hardware.problems,
        )

    async def probe(self, job: JobFolder) -> SourceInfo:
        """Sniff, then let ffprobe look with that demuxer alone; a file that hides its length is read through."""
        demuxer = await asyncio.to_thread(sniff.demuxer_of, job.source)
        tool = await self._ready_tool()
        found = probe.parse(await tool.ffprobe(job, demuxer))
        source = probe.judge(
            found,
            demuxer,
            job.source.stat().st_size,
            max_duration_s=self._max_duration_s,
            max_side_px=self._max_side_px,
        )
        if not source.duration_s:
            source = probe.with_duration(source, await measure.duration(tool, job, source, self._max_duration_s))
        if source.duration_s < probe.SHORTEST_S:
            raise SourceRefused(FailureCode.TOO_SHORT, notes=f"{source.duration_s:.3f} s")
        if source.video and (build := await measure.x264_build(tool, job, source)):
            source = replace(source, video=replace(source.video, x264_build=build))
        return replace(source, keyframes_s=await measure.keyframes(tool, job, source))

    def plan(self, source: SourceInfo) -> Plan:
        """Choose the ladder, the chunks and what may be copied."""
        tool = self._tool
        wishes = self._wishes if tool and tool.binaries.has_vmaf else replace(self._wishes, titles=None)
        return ladder.plan(source, wishes, tool.hardware if tool else None)

    async def remux(self, job: JobFolder, source: SourceInfo, plan: Plan) -> tuple[Rendition, ...]:
        """Repack the source's own picture and sound."""
        tool, made = await self._ready_tool(), []
        picture = await repack.picture(tool, job, source, plan)
        if picture is not None and source.video is not None:
            validate.check_length(source.video.duration_s, picture.duration_s)
            made.append(describe(picture, "source", source.video.frame_rate))
        heard = await repack.sound(tool, job, source, plan)
        if heard is not None and source.audio is not None:
            validate.check_length(source.audio.duration_s, heard.duration_s)
            track = replace(plan.tracks[0], stem=sounds.STAND_IN_STEM, name=sounds.STAND_IN)
            made.append(describe(heard, track.name, Fraction(0), track))
        return tuple(made)

    async def audio(
        self, job: JobFolder, source: SourceInfo, tracks: Sequence[Track], progress: Progress
    ) -> tuple[Rendition, ...]:
        """Make the tracks of one sound."""
        made = await sound.make(await self._ready_tool(), job, source, tracks, progress)
        for track, packaged, _ in made:
            validate.check_length(source.sounds[track.stream].duration_s, packaged.duration_s)
        return tuple(describe(item, track.name, Fraction(0), track, found) for track, item, found in made)

    async def sample(
        self, job: JobFolder, source: SourceInfo, plan: Plan, span: int, progress: Progress
    ) -> tuple[Sample, ...]:
        """Try qualities on one span."""
        return await sampling.sample(await self._ready_tool(), job, source, plan, span, progress)

    async def chunks(
        self,
        job: JobFolder,
        source: SourceInfo,
        plan: Plan,
        rungs: Sequence[Rung],
        chunks: Sequence[Chunk],
        progress: Progress,
    ) -> tuple[Piece, ...]:
        """Encode some rungs of some chunks."""
        return await encode.encode_chunks(await self._ready_tool(), job, source, plan, rungs, chunks, progress)

    async def join(
        self, job: JobFolder, source: SourceInfo, plan: Plan, rungs: Sequence[Rung], pieces: Sequence[Piece]
    ) -> tuple[Rendition, ...]:
        """Join chunks to renditions."""
        assert source.video is not None
        made = await encode.join(job, plan, rungs, pieces)
        for packaged in made:
            validate.check_length(source.video.duration_s, packaged.duration_s)
        joined = zip(rungs, made, strict=True)
        return tuple(replace(describe(item, rung.name, plan.frame_rate), rung=rung) for rung, item in joined)

    async def join_streams(self, job: JobFolder) -> OutputFile:
        """Picture and sound as one file."""
        return await repack.join_streams(await self._ready_tool(), job)

    async def poster(self, job: JobFolder, source: SourceInfo) -> Poster:
        """Take the poster."""
        return await images.poster(await self._ready_tool(), job, source)

    async def storyboard(self, job: JobFolder, rendition: Rendition) -> tuple[OutputFile, ...]:
        """Make the sprite and its WebVTT."""
        rung = await asyncio.to_thread(package.index, rendition.files[0].path)
        return await images.storyboard(await self._ready_tool(), job, rung)

    def masters(self, job: JobFolder, renditions: Sequence[Rendition]) -> tuple[OutputFile, ...]:
        """Write the two manifests over what is finished."""
        texts = (
            ("master.m3u8", manifests.hls_master(renditions), HLS_TYPE),
            ("manifest.mpd", manifests.dash_manifest(renditions), DASH_TYPE),
        )
        return tuple(write_text(job.out / name, text, kind) for name, text, kind in texts)

    async def _ready_tool(self) -> Tool:
        async with self._finding:
            if self._tool is None:
                found = await binaries.find(*self._wanted)
                bars = Sandbox(self._mode, (found.ffmpeg, found.ffprobe), self._layers)
                devices = await hardware.find(self._hardware, bars, found.ffmpeg)
                self._tool = Tool(found, bars, self._threads, asyncio.Semaphore(self._threads), devices)
        return self._tool
