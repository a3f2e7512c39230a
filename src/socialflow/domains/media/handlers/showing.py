"""A task is handed in: what it made is served, and the manifests are written anew where they may name more.

The manifests name what all tasks have made, and are in the store before the row says so. Whoever hands in therefore
writes them over what is done now, and looks again, holding the asset, whether that is still all: if another task was
handed in meanwhile, they are written once more.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from socialflow.domains.media.handlers.making import Making, Result, Stopped, keep_file, kept_of, renditions_of
from socialflow.domains.media.models import Asset, AssetState, TaskKind
from socialflow.domains.media.queries import assets as asset_queries
from socialflow.domains.media.queries import transcodes as queries
from socialflow.domains.media.service import assets, transcodes
from socialflow.domains.media.service.assets import KeptFile, Publication
from socialflow.domains.media.service.transcodes import Moved
from socialflow.kernel import faults
from socialflow.kernel.jobs import JobRun
from socialflow.kernel.work import SYSTEM, Work
from socialflow.ports.encoder import FileKind, JobFolder, Rendition

LEAST_GRACE = timedelta(hours=1)
PICTURE_STAND_IN, SOUND_STAND_IN = "source", "source-audio"

Cost = Callable[[int], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class View:
    """What is done, this task with it, as it was seen."""

    others: frozenset[str]
    renditions: tuple[Rendition, ...]
    is_last: bool
    may_show: bool
    """Sound and poster are there, or there are none, and something to play."""
    files: tuple[KeptFile, ...]
    """Of the other tasks."""


class Changed(Exception):
    """Another task was handed in meanwhile."""


async def hand_in(making: Making, run: JobRun, result: Result, cost: Cost) -> Asset | Moved | None:
    """End a task in one transaction; what is to be told of the asset then, if anything."""
    kind = making.task.kind
    if kind in (TaskKind.CHUNKS, TaskKind.SAMPLE):
        faults.point(f"task.{kind}.stored")
        async with making.app.work(SYSTEM) as work:
            await _end_task(making, work, run, result, cost)
            moved = await transcodes.count_progress(work, making.task.asset_id)
        faults.point(f"task.{kind}.published")
        return moved

    while True:
        async with making.app.work(SYSTEM) as work:
            view = await _view(making, work, result)
        manifests = await _manifests(making, view)
        faults.point(f"task.{making.task.kind}.stored")
        try:
            async with making.app.work(SYSTEM) as work:
                asset = await _publish(making, work, run, result, cost, view, manifests)
        except Changed:
            continue
        faults.point(f"task.{making.task.kind}.published")
        return asset


async def _publish(
    making: Making,
    work: Work,
    run: JobRun,
    result: Result,
    cost: Cost,
    view: View,
    manifests: Sequence[KeptFile],
) -> Asset | Moved | None:
    await _end_task(making, work, run, result, cost)
    now = await _view(making, work, result)
    if (now.others, now.is_last) != (view.others, view.is_last):
        raise Changed
    asset_id = making.task.asset_id
    made = Publication([*result.files, *manifests], result.renditions, result.thumbhash)
    if await _is_repair(work, asset_id):
        if not view.is_last:
            # What is served stays as it is until all of it is there again.
            return await transcodes.count_progress(work, asset_id)
        made = replace(made, files=[*view.files, *made.files], renditions=view.renditions)
    elif not view.is_last:
        return await assets.publish(work, asset_id, made)

    retired = _retired(making, view.renditions)
    grace = max(LEAST_GRACE, 2 * timedelta(seconds=making.source.duration_s))
    done = await assets.finish(work, asset_id, replace(made, retired=retired), keep_retired=grace)
    if done is not None and done.state == AssetState.READY:
        await transcodes.end(work, asset_id)
    return done


async def _is_repair(work: Work, asset_id: uuid.UUID) -> bool:
    asset = await asset_queries.locked(work.db, asset_id)
    return asset is not None and assets.is_repaired(asset)


async def _end_task(making: Making, work: Work, run: JobRun, result: Result, cost: Cost) -> None:
    """The row says that the task is done; raises Stopped where nobody wants it any more."""
    await run.fence(work)
    await asset_queries.locked(work.db, making.task.asset_id)
    if not await transcodes.finish_task(work, making.task, result.to_row(), cost(result.size)):
        raise Stopped


async def _view(making: Making, work: Work, result: Result) -> View:
    task = making.task
    others = [row for row in await queries.made(work.db, task.asset_id) if row.name != task.name]
    renditions = [*renditions_of([row.made for row in others], making.job.out), *result.renditions]
    kinds = {row.kind for row in others} | {task.kind}
    return View(
        others=frozenset(row.name for row in others),
        renditions=tuple(renditions),
        is_last=await queries.others_left(work.db, task) == 0,
        may_show=_may_show(making, kinds, renditions),
        files=tuple(kept for row in others for kept in kept_of(row.made)),
    )


def _may_show(making: Making, kinds: set[str], renditions: Sequence[Rendition]) -> bool:
    has_sound = not making.plan.tracks or any(item.track and item.track.default for item in renditions)
    if making.source.video is None:
        return has_sound
    has_picture = any(item.kind is FileKind.VIDEO for item in renditions)
    return has_sound and has_picture and TaskKind.POSTER in kinds


async def _manifests(making: Making, view: View) -> list[KeptFile]:
    """Both manifests over what is done; on the way in a folder of their own, since others write theirs beside."""
    if not view.may_show:
        return []
    root = making.job.root / f"manifests-{uuid.uuid4().hex}"
    folder = JobFolder(root, making.job.fingerprint)
    folder.create()
    listed = [item for item in view.renditions if item not in _unlisted(making, view)]
    return [await keep_file(making, file) for file in making.encoder.masters(folder, listed)]


def _unlisted(making: Making, view: View) -> tuple[Rendition, ...]:
    """What stood in for what is there now: the sound's own comes whole, the picture's rung by rung."""
    retired = _retired(making, view.renditions)
    if view.is_last:
        return retired
    heard = any(item.track and item.track.default and item.name != SOUND_STAND_IN for item in view.renditions)
    return tuple(item for item in retired if item.name == SOUND_STAND_IN) if heard else ()


def _retired(making: Making, renditions: Sequence[Rendition]) -> tuple[Rendition, ...]:
    """What only stood in until the ladder and the sound were there."""
    names = {PICTURE_STAND_IN} if making.plan.rungs else set()
    return tuple(item for item in renditions if item.name in {*names, SOUND_STAND_IN})
