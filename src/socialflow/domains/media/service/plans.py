"""The plan of a transcode: which tasks it is made of, and how long each may wait. Pure functions.

The unit is a second of one core's work, estimated from pixels. What is wrong with the estimate is the same for
every task, so their order and shares hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from socialflow.domains.media.models import TaskKind
from socialflow.ports.encoder import Chunk, Plan, Rendition, Rung, Sample, SourceInfo, Track, VideoCodec
from socialflow.ports.packaging import Packager, Protection

PIXELS_PER_S = 150_000_000
"""Encoded in a second by one core at the preset in use; decoding counts a fifth."""
WEIGHTS = {VideoCodec.H264: 1.0, VideoCodec.HEVC: 3.0, VideoCodec.AV1: 2.0}
"""How much more work a codec is than H.264."""
SLOWER = {"faster": 1.6, "fast": 2.0, "medium": 2.4, "slow": 3.6}
"""How much more work a preset of x264 is than the usual one."""
SAMPLED = 5.0
"""Times that a span is encoded or looked at, about."""
TASK_S = 8.0
"""Least work of a task, where there is enough for all: less would be spent on taking and handing in."""
LEAST_TASKS = 12
"""So many tasks at least are made of a group whose chunks allow it, or workers would wait for the last one."""
APART_TASKS = 32
"""Up to so many, the last ones are split."""
PROBED = 0.02
"""Share of the whole at which the source has been looked at."""
LIGHT = {TaskKind.REMUX: 0.3, TaskKind.AUDIO: 0.3, TaskKind.POSTER: 0.5, TaskKind.JOIN: 0.3, TaskKind.STORYBOARD: 0.5}
SOUND_SPEED, LISTENING_SPEED = 60.0, 100.0
"""Seconds of sound that are encoded, and measured, in one."""
PATIENCE = {
    TaskKind.REMUX: 0.0,
    TaskKind.AUDIO: 0.0,
    TaskKind.POSTER: 0.5,
    TaskKind.JOIN: 0.0,
    TaskKind.STORYBOARD: 5.0,
}
FIRST_CHUNK_S, LOWEST_S, LATER_S = 1.0, 2.0, 5.0
LONGEST_WAIT_S = 3_600.0
"""Nobody's tasks stand behind others that came so much later."""
IN_TURN_S = 0.01
TELLING = 0.01
"""Share that must be made before it tells the speed."""

SAMPLE_ENTRIES = {VideoCodec.H264: "avc1", VideoCodec.HEVC: "hvc1", VideoCodec.AV1: "av01"}
"""How RFC 6381 begins to name them."""
SAMPLES = TypeAdapter(tuple[Sample, ...])
SOURCE, PLAN, RENDITION = TypeAdapter(SourceInfo), TypeAdapter(Plan), TypeAdapter(Rendition)


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """One task as planned; `cost` in seconds of work, `patience_s` before it is as urgent as what comes then."""

    name: str
    kind: TaskKind
    cost: float
    patience_s: float
    waits: bool = False
    rung_group: int | None = None
    rungs: tuple[str, ...] = ()
    first_chunk: int | None = None
    chunks: int | None = None


def tasks_of(source: SourceInfo, plan: Plan, *, lanes: int, priority: float = 1.0) -> tuple[TaskPlan, ...]:
    """Every task of a transcode; `lanes` is how many encoders one machine has.

    Short before long: what belongs to a whole of an hour of work may wait an hour, but not longer, and by
    `priority` times less. What makes it playable does not wait.
    """
    groups = [_chunk_tasks(source, plan, number, lanes) for number in range(len(plan.groups))]
    whole = sum(task.cost for tasks in groups for task in tasks)
    # What only makes it better comes behind all of the lowest rung.
    later = _patience(0, len(groups[0]), whole) if groups else 0.0
    tasks = [*_light_tasks(source, plan, later), *_sample_tasks(source, plan, later)]
    for number, made in enumerate(groups):
        waits = number > 0 and plan.sampling is not None
        tasks += [replace(task, patience_s=_patience(number, at, whole), waits=waits) for at, task in enumerate(made)]
    return tuple(replace(task, patience_s=task.patience_s / priority) for task in tasks)


def shares(tasks: Sequence[TaskPlan]) -> list[float]:
    """What part of the whole each task is; with the probe they make one."""
    whole = sum(task.cost for task in tasks)
    return [(1 - PROBED) * task.cost / whole for task in tasks]


def rungs_named(plan: Plan, stems: Sequence[str]) -> tuple[Rung, ...]:
    """The rungs of these stems, the lowest first."""
    return tuple(rung for rung in plan.rungs if rung.stem in stems)


def tracks_named(plan: Plan, stems: Sequence[str]) -> tuple[Track, ...]:
    """The tracks of these stems."""
    early = (plan.early_sound,) if plan.early_sound else ()
    return tuple(track for track in (*early, *plan.tracks) if track.stem in stems)


def protectable(plan: Plan, packager: Packager, protection: Protection) -> Plan:
    """Without the rungs whose codec could not be enciphered so: what may not be served is not made."""
    rungs = tuple(rung for rung in plan.rungs if packager.takes(SAMPLE_ENTRIES[rung.codec], protection))
    return replace(plan, rungs=rungs)


def portable(rendition: Rendition) -> Rendition:
    """The same without paths of this machine."""
    return placed(rendition, Path())


def placed(rendition: Rendition, folder: Path) -> Rendition:
    """The same with its files in a folder."""
    return replace(rendition, files=tuple(replace(file, path=folder / file.name) for file in rendition.files))


def _light_tasks(source: SourceInfo, plan: Plan, later: float) -> list[TaskPlan]:
    """What needs no encoding of the picture; join and storyboard wait for what they are made of."""
    made = [_light(TaskKind.REMUX)] if plan.may_remux or plan.may_remux_sound else []
    made += [_sound_task(source, [plan.early_sound], later)] if plan.early_sound else []
    made += [_sound_task(source, tracks, later) for tracks in plan.sounds]
    if source.video:
        made.append(_light(TaskKind.POSTER))
    for number, group in enumerate(plan.groups):
        stems = tuple(rung.stem for rung in group)
        join = _light(TaskKind.JOIN)
        made.append(replace(join, name=f"join-{number}", waits=True, rung_group=number, rungs=stems))
    if plan.groups:
        made.append(replace(_light(TaskKind.STORYBOARD), waits=True))
    return made


def _sound_task(source: SourceInfo, tracks: Sequence[Track], later: float) -> TaskPlan:
    """One sound of the source in each of its codecs; without an urgent one a video is not shown."""
    first = tracks[0]
    cost = source.duration_s / LISTENING_SPEED if first.loudness else 0.0
    cost += source.duration_s / SOUND_SPEED * sum(not track.may_copy for track in tracks)
    patience = PATIENCE[TaskKind.AUDIO] if first.urgent else max(LATER_S, later)
    stems = tuple(track.stem for track in tracks)
    cost = max(cost, LIGHT[TaskKind.AUDIO])
    return TaskPlan(first.name, TaskKind.AUDIO, cost, patience, rungs=stems)


def _sample_tasks(source: SourceInfo, plan: Plan, later: float) -> list[TaskPlan]:
    """One for each span; the larger rungs wait for all of them."""
    if plan.sampling is None:
        return []
    rungs = tuple(rung for group in plan.groups[1:] for rung in group)
    cost = SAMPLED * work_s(source, rungs, plan.sampling.frames)
    stems = tuple(rung.stem for rung in rungs)
    return [
        TaskPlan(f"sample-{at:02}", TaskKind.SAMPLE, cost, max(LOWEST_S, later), rungs=stems, first_chunk=at)
        for at in range(len(plan.sampling.spans))
    ]


def _light(kind: TaskKind) -> TaskPlan:
    return TaskPlan(kind.value, kind, LIGHT[kind], PATIENCE[kind])


def _chunk_tasks(source: SourceInfo, plan: Plan, number: int, lanes: int) -> list[TaskPlan]:
    """The tasks of one group: chunks that follow each other, and of the last ones the largest rung apart.

    A chunk that is cut in this way is decoded twice: no more than there are lanes.
    """
    group = plan.groups[number]
    costs = [work_s(source, group, chunk.frames) for chunk in plan.chunks]
    batches = _batches(plan.chunks, costs, alone=number == 0)
    cut = len(batches) - (len(batches) % lanes or lanes)
    if lanes == 1 or len(group) == 1 or len(batches) > APART_TASKS:
        cut = len(batches)
    tasks = [_chunk_task(source, number, group, batch) for batch in batches[: max(cut, 0)]]
    last = batches[max(cut, 0) :]
    tasks += [_chunk_task(source, number, group[-1:], batch, "top") for batch in last]
    return tasks + [_chunk_task(source, number, group[:-1], batch, "rest") for batch in last]


def _chunk_task(
    source: SourceInfo, number: int, rungs: tuple[Rung, ...], batch: Sequence[Chunk], part: str = ""
) -> TaskPlan:
    first = batch[0].index
    name = f"chunks-{number}-{first:05d}" + (f"-{part}" if part else "")
    cost = work_s(source, rungs, sum(chunk.frames for chunk in batch))
    stems = tuple(rung.stem for rung in rungs)
    return TaskPlan(name, TaskKind.CHUNKS, cost, 0.0, False, number, stems, first, len(batch))


def work_s(source: SourceInfo, rungs: Sequence[Rung], frames: int) -> float:
    """Seconds of one core for so many frames of these rungs, and the decoding of them."""
    decoded = source.video.width * source.video.height / 5 if source.video else 0.0
    encoded = sum(rung.width * rung.height * WEIGHTS[rung.codec] * SLOWER.get(rung.preset, 1.0) for rung in rungs)
    return max(0.01, frames * (decoded + encoded) / PIXELS_PER_S)


def _batches(chunks: Sequence[Chunk], costs: Sequence[float], *, alone: bool) -> list[list[Chunk]]:
    """Chunks that follow each other, put together until there is enough work; the first may stay `alone`."""
    least = min(TASK_S, sum(costs) / LEAST_TASKS)
    batches: list[list[Chunk]] = []
    for chunk, cost in zip(chunks, costs, strict=True):
        full = not batches or (alone and len(batches) == 1) or _sum(batches[-1], chunks, costs) + cost / 2 > least
        if full:
            batches.append([chunk])
        else:
            batches[-1].append(chunk)
    return batches


def _sum(batch: Sequence[Chunk], chunks: Sequence[Chunk], costs: Sequence[float]) -> float:
    first = batch[0].index
    return sum(costs[first - chunks[0].index : first - chunks[0].index + len(batch)])


def _patience(number: int, at: int, whole: float) -> float:
    """How long a group's task may wait: the first chunk of the lowest rung hardly, larger ones by the whole's size."""
    if number == 0:
        return FIRST_CHUNK_S if at == 0 else LOWEST_S + min(whole / 10, LONGEST_WAIT_S / 10) + at * IN_TURN_S
    # Other codecs follow when everybody can see everything.
    return LATER_S + min(whole * number, LONGEST_WAIT_S) + at * IN_TURN_S


def remaining_s(share: float, at_first: float, passed_s: float) -> int | None:
    """Seconds left when `share` is made and `at_first` was when the clock began; None while nobody can tell."""
    made = share - at_first
    return round(passed_s * (1 - share) / made) if made > TELLING and passed_s > 0 else None
