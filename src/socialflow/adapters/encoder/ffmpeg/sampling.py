"""Encodes a few seconds in several qualities and says how good each looks: VMAF against the source at the rung's size.

A title's own ladder is chosen of such figures. Nothing made here is served, and nothing of it stays.
"""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ValidationError

from socialflow.adapters.encoder.ffmpeg import boxes, encode, hardware, probe, video
from socialflow.adapters.encoder.ffmpeg.boxes import Malformed
from socialflow.adapters.encoder.ffmpeg.tool import ANONYMOUS, LATER, Tool
from socialflow.ports.encoder import (
    Chunk,
    EncoderTrouble,
    FailureCode,
    JobFolder,
    Plan,
    Progress,
    Rung,
    Sample,
    SourceInfo,
)

STEPS = (-4.0, 1.0, 6.0)
"""Constant rate factors beside the usual one."""
EVERY = 3
"""Of so many frames one is looked at: VMAF costs about as much as encoding."""
SLOWEST = 120
"""Seconds allowed for each second of video and each rung."""


class _Pool(BaseModel):
    mean: float


class _Pools(BaseModel):
    vmaf: _Pool


class _Log(BaseModel):
    """What libvmaf writes, as far as it is believed."""

    pooled_metrics: _Pools


async def sample(
    tool: Tool, job: JobFolder, source: SourceInfo, plan: Plan, number: int, progress: Progress
) -> tuple[Sample, ...]:
    """Every rung beyond the lowest, in one span of the plan's; the runs of one group share a decode."""
    assert plan.sampling is not None
    first = plan.sampling.spans[number]
    span = Chunk(0, first, plan.sampling.frames, last=False)
    groups, made = plan.groups[1:], list[Sample]()
    for done, group in enumerate(groups):
        prefix = f"sample-{uuid.uuid4().hex[:12]}"
        try:
            made += await _group(tool, job, source, plan, group, span, prefix)
        finally:
            await asyncio.to_thread(_clear, job.out, prefix)
        progress((done + 1) / len(groups))
    return tuple(made)


async def _group(
    tool: Tool, job: JobFolder, source: SourceInfo, plan: Plan, group: Sequence[Rung], span: Chunk, prefix: str
) -> list[Sample]:
    seconds = float(span.frames / plan.frame_rate)
    allowed = 60 + seconds * SLOWEST * len(group) * len(STEPS)
    tries: list[tuple[Rung, Path]] = []
    for number, step in enumerate(STEPS):
        tried = _with_quality(plan, step)
        rungs = [rung for rung in tried.rungs if rung.stem in {each.stem for each in group}]
        paths = [job.out / f"{prefix}-{number}-{rung.stem}.mp4" for rung in rungs]
        arguments = encode.chunk_arguments(tool, source, tried, rungs, span, [f"out/{path.name}" for path in paths])
        on_hardware = any(hardware.is_hardware(rung.encoder) for rung in rungs)
        await tool.ffmpeg(job, arguments, paths, timeout_s=allowed, nice=LATER, on_hardware=on_hardware)
        tries += zip(rungs, paths, strict=True)

    await tool.ffmpeg(job, _looking(tool, source, plan, tries, span), [], timeout_s=allowed, nice=LATER)
    return [await asyncio.to_thread(_read, rung, path, span, seconds) for rung, path in tries]


def _with_quality(plan: Plan, step: float) -> Plan:
    """The plan with every rung a step better or worse than usual."""
    rungs = tuple(replace(rung, quality=video.QUALITIES[rung.codec] + step) for rung in plan.rungs)
    return replace(plan, rungs=rungs)


def _looking(tool: Tool, source: SourceInfo, plan: Plan, tries: Sequence[tuple[Rung, Path]], span: Chunk) -> list[str]:
    """Arguments of ffmpeg that decode the span once and hold every try against it, each at its own size."""
    assert source.video is not None
    plain = replace(plan, rungs=tuple(replace(rung, encoder="") for rung in plan.rungs))
    stems = list(dict.fromkeys(rung.stem for rung, _ in tries))
    rungs = [rung for rung in plain.rungs if rung.stem in stems]
    rate = f"{plan.frame_rate.numerator}/{plan.frame_rate.denominator}"
    graph = [encode.chunk_graph(tool, source.video, plain, rungs, span)]
    for stem in stems:
        labels = "".join(f"[r{at}]" for at, (rung, _) in enumerate(tries) if rung.stem == stem)
        graph.append(f"[{stem}]split={labels.count('[')}{labels}")
    for at, (_, path) in enumerate(tries):
        log = f"log_fmt=json:log_path=out/{path.stem}.json"
        graph.append(f"[{at + 1}:0]setpts=N/({rate})/TB[d{at}]")
        graph.append(f"[d{at}][r{at}]libvmaf=n_threads=1:n_subsample={EVERY}:{log}[o{at}]")
    start = span.first_frame / plan.frame_rate
    arguments = ["-noaccurate_seek", "-ss", f"{float(start):.6f}"] if span.first_frame else []
    arguments += ["-copyts", "-start_at_zero", "-threads", "1", *probe.source_options(source), "-i", "in/source"]
    for _, path in tries:
        arguments += ["-threads", "1", *probe.input_options("mov"), "-i", f"out/{path.name}"]
    arguments += ["-filter_complex_threads", "1", "-filter_complex", ";".join(graph)]
    for at in range(len(tries)):
        arguments += ["-map", f"[o{at}]", *ANONYMOUS, "-f", "null", "-"]
    return arguments


def _read(rung: Rung, path: Path, span: Chunk, seconds: float) -> Sample:
    assert rung.quality is not None
    try:
        found = _Log.model_validate_json(path.with_suffix(".json").read_bytes())
        fragments = boxes.fragments(path)
    except (OSError, ValidationError, Malformed) as error:
        raise EncoderTrouble(FailureCode.ENCODER_CRASHED, notes=f"no sample: {error}"[:300]) from None
    if sum(fragment.samples for fragment in fragments) < span.frames:
        raise EncoderTrouble(FailureCode.ENCODER_CRASHED, notes="a sample is too short")
    bits = sum(fragment.size for fragment in fragments) * 8 / seconds
    return Sample(rung.stem, rung.quality, round(found.pooled_metrics.vmaf.mean, 3), round(bits))


def _clear(folder: Path, prefix: str) -> None:
    for path in folder.glob(f"{prefix}*"):
        path.unlink(missing_ok=True)
