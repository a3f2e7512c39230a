"""The ladder by itself: what a title's own saves, and what cutting it into tasks costs.

`python benchmarks/ladder.py quality FILE...` holds the title's own ladder against the fixed one: the bits of each
rung, its VMAF over the whole clip, and the bits that the fixed recipe needs for the same VMAF: that is the ratio.
`python benchmarks/ladder.py speed FILE...` makes all rungs by tasks, as one worker and as two do, beside one bare
ffmpeg that makes the same rungs with the same settings at once. `--seconds N` takes the first of each clip only.
Without arguments both are done with clips that are made.

Wall times on a shared machine are noise, and so are those of a process that yields to others: read the ratios of CPU.
"""

import argparse
import asyncio
import math
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean

from rich.console import Console
from rich.table import Table

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, Titles, Wishes, binaries, encode, probe, video
from socialflow.domains.media.models import TaskKind
from socialflow.domains.media.service import plans, titles
from socialflow.ports.encoder import Chunk, JobFolder, Plan, Rung, Sample, SourceInfo

CURVE = (19.0, 23.0, 27.0, 31.0)
ROOM = 4
"""How much higher the curve's highest rates are: a recipe that may not spend more cannot look better."""
WORKERS = (1, 2)
ONE_OF = 3
# Colours and places that are not named are drawn by lot, whatever the seed.
GRADIENT = "gradients=size=1280x720:rate=30:speed=0.01:nb_colors=2:c0=navy:c1=teal:x0=0:y0=0:x1=1279:y1=719"
"""Frames of which one is looked at."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a rung took and how it looks: bits per second, VMAF."""

    bits: float
    vmaf: float


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["quality", "speed"])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--target", type=float, default=Titles().target)
    parser.add_argument("--preset", default=Titles().preset)
    asked = parser.parse_intermixed_args()
    wishes = Wishes(titles=Titles(asked.target, asked.preset, from_s=4.0))
    with tempfile.TemporaryDirectory(prefix="sf-ladder-") as folder:
        asked.files = asked.files or made_clips(Path(folder))
        for name, measure in (("quality", quality), ("speed", speed)):
            if asked.what in (None, name):
                Console(width=170).print(measure(asked, wishes, Path(folder)))


def made_clips(folder: Path) -> list[Path]:
    """Eight seconds that need many bits, and eight that need few; where no clips are named."""
    sources = {"busy": "testsrc2=size=1280x720:rate=30", "calm": GRADIENT}
    for name, picture in sources.items():
        given = ["-f", "lavfi", "-i", picture, "-t", "8", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "12"]
        path = str(folder / f"{name}.mp4")
        subprocess.run(
            [ffmpeg(), "-v", "error", "-nostdin", *given, "-pix_fmt", "yuv420p", "-g", "60", path], check=True
        )
    return [folder / f"{name}.mp4" for name in sources]


def quality(asked: argparse.Namespace, wishes: Wishes, folder: Path) -> Table:
    """One line for each rung of each clip, and the mean of their ratios."""
    table = Table(title=f"The title's own ladder ({asked.preset}, VMAF {asked.target:g}) beside the fixed one")
    for column in (
        "clip",
        "rung",
        "fixed kb/s",
        "VMAF",
        "CRF",
        "own kb/s",
        "expected",
        "VMAF",
        "fixed recipe kb/s",
        "ratio",
    ):
        table.add_column(column, justify="left" if column in {"clip", "rung"} else "right")
    means = []
    for file in asked.files:
        ratios = asyncio.run(compare(cut(file, asked.seconds, folder), wishes, folder, table))
        means.append(fmean(ratios))
        table.add_row(file.name, "mean", *[""] * 7, f"{means[-1]:.3f}", end_section=True)
    table.add_row("all clips", "mean", *[""] * 7, f"{fmean(means):.3f}")
    return table


async def compare(file: Path, wishes: Wishes, folder: Path, table: Table) -> list[float]:
    """The ratios of a clip's rungs."""
    encoder = FfmpegEncoder(wishes=wishes, concurrency=1)
    job = job_of(file, folder / f"quality-{file.stem}")
    source = await encoder.probe(job)
    plan = encoder.plan(source)
    if plan.sampling is None:
        raise SystemExit(f"{file.name} is not sampled: too short, too small, or no libvmaf")
    own = titles.chosen(plan, await sampled(encoder, job, source, plan))
    ratios = []
    for rung in (rung for group in own.groups[1:] for rung in group):
        plain = titles.fixed(rung)
        given = await point(encoder, job, source, own, plain)
        mine = await point(encoder, job, source, own, rung)
        wide = replace(plain, maxrate=rung.maxrate * ROOM, bufsize=rung.maxrate * ROOM)
        curve = [await point(encoder, job, source, own, replace(wide, quality=crf)) for crf in CURVE]
        same = bits_at(curve, mine.vmaf)
        ratios.append(mine.bits / same)
        cells = [f"{given.bits / 1e3:.0f}", f"{given.vmaf:.2f}", f"{rung.quality or 0:g}", f"{mine.bits / 1e3:.0f}"]
        cells += [f"{rung.vmaf or 0:.2f}", f"{mine.vmaf:.2f}", f"{same / 1e3:.0f}", f"{ratios[-1]:.3f}"]
        table.add_row(file.name, rung.name, *cells)
    return ratios


async def sampled(encoder: FfmpegEncoder, job: JobFolder, source: SourceInfo, plan: Plan) -> list[tuple[Sample, ...]]:
    """Samples of every span."""
    assert plan.sampling is not None
    return [await encoder.sample(job, source, plan, at, ignore) for at in range(len(plan.sampling.spans))]


async def point(encoder: FfmpegEncoder, job: JobFolder, source: SourceInfo, plan: Plan, rung: Rung) -> Point:
    """Encode one rung of the whole clip, and look at it."""
    alone = replace(plan, rungs=tuple(rung if each.stem == rung.stem else each for each in plan.rungs))
    pieces = await encoder.chunks(job, source, alone, [rung], alone.chunks, ignore)
    (made,) = await encoder.join(job, source, alone, [rung], pieces)
    path = made.files[0].path
    found = Point(
        made.size * 8 / made.duration_s, await asyncio.to_thread(vmaf, encoder, job, source, alone, rung, path)
    )
    path.unlink()
    return found


def vmaf(encoder: FfmpegEncoder, job: JobFolder, source: SourceInfo, plan: Plan, rung: Rung, made: Path) -> float:
    """Mean VMAF of a rendition against its source, at its own size."""
    assert encoder._tool is not None
    assert source.video is not None
    whole = Chunk(0, 0, sum(chunk.frames for chunk in plan.chunks), last=True)
    rate = f"{plan.frame_rate.numerator}/{plan.frame_rate.denominator}"
    graph = encode.chunk_graph(encoder._tool, source.video, plan, [rung], whole)
    graph += f";[1:v]setpts=N/({rate})/TB[d];[d][{rung.stem}]libvmaf=n_threads=1:n_subsample={ONE_OF}:shortest=1[o]"
    inputs = ["-copyts", "-start_at_zero", *probe.source_options(source), "-i", str(job.source), "-i", str(made)]
    argv = [ffmpeg(), "-hide_banner", "-nostats", "-nostdin", "-v", "info", *inputs]
    done = subprocess.run(
        [*argv, "-filter_complex", graph, "-map", "[o]", "-f", "null", "-"], capture_output=True, text=True, check=True
    )
    return float(done.stderr.rpartition("VMAF score: ")[2].split()[0])


def bits_at(curve: Sequence[Point], wanted: float) -> float:
    """Bits of a recipe at a VMAF: their logarithm between the two nearest qualities, or beyond them."""
    known = sorted(curve, key=lambda each: each.vmaf)
    pairs = list(pairwise(known))
    low, high = next((pair for pair in pairs if pair[1].vmaf >= wanted), pairs[-1])
    share = (wanted - low.vmaf) / (high.vmaf - low.vmaf)
    return math.exp(math.log(low.bits) * (1 - share) + math.log(high.bits) * share)


def speed(asked: argparse.Namespace, wishes: Wishes, folder: Path) -> Table:
    """One line for each clip, ladder and number of workers."""
    table = Table(title="All rungs by tasks beside one bare ffmpeg")
    for column in (
        "clip",
        "ladder",
        "workers",
        "tasks",
        "wall",
        "bare",
        "wall / bare",
        "CPU",
        "bare CPU",
        "CPU / bare",
    ):
        table.add_column(column, justify="left" if column in {"clip", "ladder"} else "right")
    cores = sorted(os.sched_getaffinity(0))
    for file in asked.files:
        short = cut(file, asked.seconds, folder)
        for name, wished in (("fixed", Wishes()), ("own", wishes)):
            for workers in (number for number in WORKERS if number <= len(cores)):
                os.sched_setaffinity(0, cores[:workers])
                table.add_row(file.name, name, *asyncio.run(race(short, wished, workers, folder / f"{name}{workers}")))
    return table


async def race(file: Path, wishes: Wishes, workers: int, folder: Path) -> list[str]:
    """Tasks first, then the bare ffmpeg, on the same cores."""
    encoder = FfmpegEncoder(wishes=wishes, concurrency=workers)
    job = job_of(file, folder / file.stem)
    source = await encoder.probe(job)
    plan = encoder.plan(source)
    began, before = time.monotonic(), spent()
    count, made = await by_tasks(encoder, job, source, plan, workers)
    wall, cpu = time.monotonic() - began, spent() - before

    began, before = time.monotonic(), spent()
    await asyncio.to_thread(subprocess.run, bare(source, made, file, folder), check=True)
    bare_wall, bare_cpu = time.monotonic() - began, spent() - before
    cells = [str(workers), str(count), f"{wall:.1f} s", f"{bare_wall:.1f} s", f"{wall / bare_wall:.2f}"]
    return [*cells, f"{cpu:.1f} s", f"{bare_cpu:.1f} s", f"{cpu / bare_cpu:.2f}"]


async def by_tasks(
    encoder: FfmpegEncoder, job: JobFolder, source: SourceInfo, plan: Plan, workers: int
) -> tuple[int, Plan]:
    """Make every rung, as so many workers would; how many tasks that were, and the plan with its qualities."""
    tasks = plans.tasks_of(source, plan, lanes=workers)
    turns = asyncio.Semaphore(workers)

    async def take(task: plans.TaskPlan, now: Plan) -> tuple[Sample, ...]:
        async with turns:
            if task.kind is TaskKind.SAMPLE:
                return await encoder.sample(job, source, now, task.first_chunk or 0, ignore)
            first = task.first_chunk or 0
            rungs = plans.rungs_named(now, task.rungs)
            await encoder.chunks(job, source, now, rungs, now.chunks[first : first + (task.chunks or 0)], ignore)
            return ()

    samples = [task for task in tasks if task.kind is TaskKind.SAMPLE]
    chunks = sorted((task for task in tasks if task.kind is TaskKind.CHUNKS), key=lambda task: task.patience_s)
    found = await asyncio.gather(*(take(task, plan) for task in samples))
    own = titles.chosen(plan, found)
    await asyncio.gather(*(take(task, own) for task in chunks))
    return len(samples) + len(chunks), own


def bare(source: SourceInfo, plan: Plan, file: Path, folder: Path) -> list[str]:
    """One ffmpeg, one decode, every rung, as many threads as it likes."""
    assert source.video is not None
    rate, count = plan.frame_rate, len(plan.rungs)
    graph = [f"[0:{source.video.index}]fps={rate.numerator}/{rate.denominator},split={count}"]
    graph[0] += "".join(f"[s{n}]" for n in range(count))
    graph += [f"[s{n}]scale={r.width}:{r.height},setsar=1,format=yuv420p[v{n}]" for n, r in enumerate(plan.rungs)]
    arguments = [ffmpeg(), "-v", "error", "-nostdin", "-y", "-i", str(file), "-filter_complex", ";".join(graph)]
    for number, rung in enumerate(plan.rungs):
        arguments += ["-map", f"[v{number}]", *unthreaded(video.arguments(plan, rung)), str(folder / f"{number}.mp4")]
    return arguments


def unthreaded(arguments: Sequence[str]) -> list[str]:
    """The same, with as many threads as the encoder takes by itself."""
    at = arguments.index("-threads") if "-threads" in arguments else len(arguments)
    return [*arguments[:at], *arguments[at + 2 :]]


def cut(file: Path, seconds: float, folder: Path) -> Path:
    """The first seconds of a clip, copied; all of it for 0."""
    if not seconds:
        return file
    short = folder / file.name
    if not short.exists():
        subprocess.run(
            [ffmpeg(), "-v", "error", "-i", str(file), "-t", str(seconds), "-c", "copy", str(short)], check=True
        )
    return short


def job_of(file: Path, root: Path) -> JobFolder:
    """A job folder around a clip."""
    job = JobFolder(root, "benchmark")
    job.create()
    job.source.unlink(missing_ok=True)
    shutil.copyfile(file, job.source)
    return job


def spent() -> float:
    """Processor seconds of this process and of those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def ignore(_: float) -> None:
    """Progress that nobody watches."""


def ffmpeg() -> str:
    """The ffmpeg that the product brings."""
    found = binaries.bundled_ffmpeg()
    if found is None:
        raise SystemExit("no bundled ffmpeg")
    return str(found)


if __name__ == "__main__":
    main()
