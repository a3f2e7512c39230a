"""What becomes of a transcode: its tasks are planned, taken, finished in any order, stopped, and asked for anew."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from socialflow.domains.media.errors import NotToCancel, NotToRetry, SourceGone
from socialflow.domains.media.events import ChunksQueued, ProcessingRequested, TaskQueued
from socialflow.domains.media.models import Asset, AssetState, TaskKind, TaskState, TranscodeState
from socialflow.domains.media.queries import assets as asset_queries
from socialflow.domains.media.queries import transcodes as queries
from socialflow.domains.media.queries.transcodes import BegunRow, QueuedRow
from socialflow.domains.media.queries.uploads import pieces as pieces_of_upload
from socialflow.domains.media.service import assets, titles
from socialflow.domains.media.service.plans import PLAN, PROBED, SAMPLES, SOURCE, TaskPlan, remaining_s, shares
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work
from socialflow.ports.encoder import Plan, SourceInfo

CANCELLED = "cancelled"
FIRST_PAUSE, MOST_REPAIRS = timedelta(minutes=15), 5
"""A repair that failed is tried again after so long, then after four times as long, and so often."""
CANCELLED_DETAIL = "Processing was stopped. It can be started again."


@dataclass(frozen=True, slots=True)
class Moved:
    """An asset's progress as it is told."""

    state: str
    version: int
    percent: int
    seconds_left: int | None


async def write_plan(
    work: Work, asset_id: uuid.UUID, source: SourceInfo, plan: Plan, tasks: Sequence[TaskPlan]
) -> None:
    """Write a plan down as rows; what waits for nothing may be taken as soon as this work commits."""
    # Keyframes have told where to cut; a film has thousands, and no task asks for them.
    said = {**SOURCE.dump_python(source, mode="json"), "keyframes_s": []}
    if not await queries.plan(work.db, asset_id, said, PLAN.dump_python(plan, mode="json"), work.now):
        return
    rows: list[dict[str, Any]] = [
        {
            "id": ids.new(),
            "asset_id": asset_id,
            "name": task.name,
            "kind": task.kind,
            "rung_group": task.rung_group,
            "rungs": list(task.rungs),
            "first_chunk": task.first_chunk,
            "chunks": task.chunks,
            "state": TaskState.WAITING if task.waits else TaskState.QUEUED,
            "share": share,
            "patience_s": task.patience_s,
            "queued_at": None if task.waits else work.now,
        }
        for task, share in zip(tasks, shares(tasks), strict=True)
    ]
    await queries.add_tasks(work.db, rows)
    for row in rows:
        if row["state"] == TaskState.QUEUED:
            _announce(work, QueuedRow(row["id"], asset_id, row["kind"], row["patience_s"]))


async def finish_task(work: Work, task: BegunRow, made: Mapping[str, Any], cost: Mapping[str, float]) -> bool:
    """A task is done: what has waited for it may be taken. False when it was not this attempt's any more.

    The caller holds the asset: of two that end at once the later one sees the other, so one of them is the last.
    """
    if not await queries.finish(work.db, task, made, cost, work.now):
        return False
    if task.kind == TaskKind.SAMPLE:
        await _choose(work, task.asset_id)
        return True
    waiting = ""
    if task.kind == TaskKind.CHUNKS and task.rung_group is not None:
        left = await queries.chunks_left(work.db, task.asset_id, task.rung_group)
        waiting = "" if left else f"join-{task.rung_group}"
    elif task.name == "join-0":
        waiting = TaskKind.STORYBOARD.value
    if waiting:
        released = await queries.release(work.db, task.asset_id, waiting, work.now)
        if released is not None:
            _announce(work, released)
    return True


async def skip_sample(work: Work, task_id: uuid.UUID) -> bool:
    """A span could not be sampled, however often it was tried: do without. False for tasks of other kinds."""
    asset_id = await queries.sampled_asset(work.db, task_id)
    if asset_id is None:
        return False
    await asset_queries.locked(work.db, asset_id)
    if await queries.skip(work.db, task_id, work.now):
        await _choose(work, asset_id)
    return True


async def _choose(work: Work, asset_id: uuid.UUID) -> None:
    """Once all spans have been looked at, the ladder is the title's own, and its larger rungs may be made.

    The caller holds the asset. Tasks that run now make the lowest rung, which is the same in every plan.
    """
    if await queries.samples_left(work.db, asset_id):
        return
    planned = await queries.planned(work.db, asset_id)
    if planned is None:
        return
    spans = [SAMPLES.validate_python(one.get("samples", [])) for one in await queries.samples(work.db, asset_id)]
    plan = titles.chosen(PLAN.validate_python(planned), spans)
    await queries.replan(work.db, asset_id, PLAN.dump_python(plan, mode="json"))
    for released in await queries.release_chunks(work.db, asset_id, work.now):
        _announce(work, released)


async def tell_progress(work: Work, task: BegunRow, progress: float) -> tuple[bool, Moved | None]:
    """Write down how far a task is, from 0 to 1: (whether to go on, what is to be told of the asset)."""
    asset = await asset_queries.locked(work.db, task.asset_id)
    if asset is None or not await queries.tell(work.db, task, progress):
        return False, None
    return True, await count_progress(work, asset.id)


async def count_progress(work: Work, asset_id: uuid.UUID) -> Moved | None:
    """Bring an asset's progress to where its tasks are; None where there is nothing new to tell."""
    share = await queries.share(work.db, asset_id, work.now)
    if share is None:
        return None
    made = min(1.0, PROBED + share.made)
    left = remaining_s(made, PROBED, share.passed_s)
    percent = min(99, int(made * 100))
    moved = await queries.set_progress(work.db, asset_id, percent, work.now, left)
    return Moved(moved[0], moved[1], moved[2], left) if moved else None


async def fail(work: Work, asset_id: uuid.UUID, code: str, detail: str, *, notes: str = "") -> Asset | None:
    """Nothing can be made of an asset: what was served of it is withdrawn, and all its tasks are stopped.

    What was ready stays, and is tried again after a while.
    """
    failed = await assets.fail(work, asset_id, code, detail)
    if failed is not None:
        await queries.end(work.db, asset_id, TranscodeState.FAILED, work.now, code=code, notes=notes)
        if failed.state == AssetState.READY:
            await queries.count_failed_repair(work.db, asset_id)
    return failed


async def end(work: Work, asset_id: uuid.UUID) -> None:
    """All of an asset is made and shown."""
    await queries.end(work.db, asset_id, TranscodeState.DONE, work.now)
    await queries.mended(work.db, asset_id)


async def cancel(work: Work, asset_id: uuid.UUID) -> Asset:
    """Stop what is being made of an asset; whoever is at it notices within seconds. It can be asked for anew."""
    asset = await asset_queries.locked(work.db, asset_id)
    if asset is None:
        raise NotFound
    if asset.state in asset_queries.FINISHED:
        raise NotToCancel
    failed = await assets.fail(work, asset_id, CANCELLED, CANCELLED_DETAIL)
    assert failed is not None
    await queries.end(work.db, asset_id, TranscodeState.CANCELLED, work.now, code=CANCELLED)
    return failed


async def retry(work: Work, asset_id: uuid.UUID, *, repairs: bool = False) -> Asset:
    """Begin anew with an asset that has failed or was cancelled, from its source; with a failed repair if asked for."""
    asset = await asset_queries.locked(work.db, asset_id)
    if asset is None:
        raise NotFound
    if repairs and asset.state == AssetState.READY and await queries.ended_badly(work.db, asset_id):
        if not await begin_repair(work, asset):
            raise SourceGone
        return asset
    if asset.state != AssetState.FAILED or asset.purpose != "video":
        raise NotToRetry
    if asset.upload_id is None or not await pieces_of_upload(work.db, asset.upload_id):
        raise SourceGone
    asset.state = AssetState.QUEUED
    asset.failure_code = asset.failure_detail = None
    asset.progress, asset.seconds_left, asset.playable_at, asset.ready_at = 0, None, None, None
    asset.version += 1
    asset.updated_at = work.now
    again = await queries.again(work.db, asset_id, work.now)
    work.emit(ProcessingRequested(asset_id=asset_id, account_id=asset.account_id, round=again))
    return asset


async def begin_repair(work: Work, asset: Asset) -> bool:
    """Have a ready asset made anew, which the caller holds; what it has is served until all is there.

    False: what it is made of is not kept any more.
    """
    if asset.upload_id is None or asset.source_key is None:
        return False
    asset.state, asset.progress, asset.seconds_left = AssetState.PARTIALLY_PLAYABLE, 0, None
    asset.updated_at = work.now
    again = await queries.again(work.db, asset.id, work.now)
    work.emit(ProcessingRequested(asset_id=asset.id, account_id=asset.account_id, round=again))
    return True


async def repair_again(work: Work) -> int:
    """Begin anew with repairs that failed, each a while after that, and not for ever; returns how many."""
    found = await queries.repairs_due(work.db, work.now, first=FIRST_PAUSE, most=MOST_REPAIRS)
    begun = 0
    for asset_id in found:
        asset = await asset_queries.locked(work.db, asset_id)
        if asset is not None and asset.state == AssetState.READY:
            begun += await begin_repair(work, asset)
    return begun


def _announce(work: Work, task: QueuedRow) -> None:
    """Tell workers that there is something to take, and how long it may wait.

    What was released by others has waited since it was planned: without that, what only makes it better, and whose
    patience is over by now, would come before what makes it playable.
    """
    kind = ChunksQueued if task.kind in (TaskKind.CHUNKS, TaskKind.SAMPLE) else TaskQueued
    due_by = (task.planned_at or work.now) + timedelta(seconds=task.patience_s)
    work.emit(kind(task_id=task.id, asset_id=task.asset_id, due_by=due_by))
