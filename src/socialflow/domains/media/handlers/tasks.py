"""One task of a transcode, done by whichever worker took it.

What a task makes is in the store before its row says so, under names that depend on the bytes alone: a worker that
dies leaves a task that another one takes, and at worst an object that nobody names. The transaction that ends a task
begins at the fence and holds the asset, so that of two that end at once one comes last, and only that one goes on.
"""

import asyncio
import os
import resource
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

from socialflow.domains.media.errors import SourceDamaged
from socialflow.domains.media.events import ChunksQueued, TaskQueued
from socialflow.domains.media.handlers.making import MAKERS, Making, Result, Stopped
from socialflow.domains.media.handlers.showing import hand_in
from socialflow.domains.media.handlers.transcode import failed, give_up_asset, tidy_if_over
from socialflow.domains.media.models import AssetState
from socialflow.domains.media.queries import transcodes as queries
from socialflow.domains.media.queries.transcodes import BegunRow
from socialflow.domains.media.service import assets, benches, plans, transcodes
from socialflow.domains.media.service.transcodes import Moved
from socialflow.kernel import faults, logs, metrics
from socialflow.kernel.errors import NotFound
from socialflow.kernel.events import on
from socialflow.kernel.jobs import JobRun, LeaseLost
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import Encoder, EncoderFailure, EncoderTrouble, SourceRefused
from socialflow.ports.storage import ObjectMissing, ObjectStore

TICK_S = 1.0
"""How often progress is told, and looked whether it is still wanted."""
UNKNOWN = "trouble"

log = logs.named(__name__)


@dataclass(slots=True)
class Meter:
    """Seconds that this process and its children spend."""

    cpu: float
    wall: float

    @classmethod
    def begun(cls) -> "Meter":
        """From now on."""
        return cls(_cpu(), time.monotonic())

    def read(self, bytes_made: int = 0) -> dict[str, float]:
        """What was spent so far."""
        return {"cpu_s": _cpu() - self.cpu, "wall_s": time.monotonic() - self.wall, "bytes_made": bytes_made}


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


async def give_up(app: App, event: TaskQueued | ChunksQueued, code: str) -> None:
    """The last attempt at a task has failed, and with it all of its asset; a sample alone is done without."""
    async with app.work(SYSTEM) as work:
        if await transcodes.skip_sample(work, event.task_id):
            return
    await give_up_asset(app, event.asset_id, code, task_id=event.task_id)


@on(TaskQueued, queue="media", on_dead=give_up)
async def run_task(app: App, event: TaskQueued, run: JobRun) -> None:
    """Do a task that is done soon."""
    await perform(app, event, run)


@on(ChunksQueued, queue="encode", on_dead=give_up)
async def encode_chunks(app: App, event: ChunksQueued, run: JobRun) -> None:
    """Encode some chunks of some rungs."""
    await perform(app, event, run)


async def perform(app: App, event: TaskQueued | ChunksQueued, run: JobRun) -> None:
    """Take a task, make what it asks for, hand it in; what is not wanted any more is left."""
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        task = await queries.start(work.db, event.task_id, f"{socket.gethostname()}:{os.getpid()}", work.now)
    if task is None:
        await tidy_if_over(app, event.asset_id)
        return

    meter = Meter.begun()
    outcome = "failed"
    try:
        outcome = await _do(app, task, run, meter)
    except (SourceRefused, SourceDamaged, EncoderTrouble) as failure:
        await _put_back(app, run, task, failure, meter)
        await failed(app, run, task.asset_id, failure, task_id=task.id)
    except (LeaseLost, asyncio.CancelledError):
        raise
    except Exception as failure:
        await _put_back(app, run, task, failure, meter)
        raise
    finally:
        metrics.TASKS.labels(task.kind, outcome).inc()
        metrics.TASK_CPU.labels(task.kind).inc(meter.read()["cpu_s"])


async def _do(app: App, task: BegunRow, run: JobRun, meter: Meter) -> str:
    source, plan = plans.SOURCE.validate_python(task.source), plans.PLAN.validate_python(task.plan)
    try:
        async with benches.bench(app, task.asset_id) as job:
            making = Making(app, task, source, plan, job, app.port(Encoder), app.port(ObjectStore))
            result = await _made(making)
            faults.point(f"task.{task.kind}.made")
            told = await hand_in(making, run, result, meter.read)
        metrics.TASK_BYTES.labels(task.kind).inc(result.size)
    except (Stopped, NotFound, ObjectMissing) as gone:
        if isinstance(gone, ObjectMissing) and await _is_wanted(app, task):
            raise
        log.info("task_stopped", asset=str(task.asset_id), task=task.name)
        await tidy_if_over(app, task.asset_id)
        return "stopped"

    if isinstance(told, Moved):
        await _signal(app, task, told)
    elif told is not None:
        await assets.tell(app, told)
        if told.state == AssetState.READY:
            faults.point("transcode.finished")
            await tidy_if_over(app, task.asset_id)
    return "done"


async def _made(making: Making) -> Result:
    """Make it, while progress is told beside, and as long as it is wanted."""
    work = asyncio.create_task(MAKERS[making.task.kind](making))
    telling = asyncio.create_task(_tell_progress(making))
    try:
        await asyncio.wait({work, telling}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise Stopped
        return work.result()
    finally:
        for each in (work, telling):
            each.cancel()
        await asyncio.gather(work, telling, return_exceptions=True)


async def _tell_progress(making: Making) -> None:
    """Every second; ends when it is not wanted any more. What cannot be told now is told with the next."""
    while True:
        await asyncio.sleep(TICK_S)
        try:
            async with making.app.work(SYSTEM) as work:
                wanted, moved = await transcodes.tell_progress(work, making.task, making.progress)
        except Exception as error:
            log.warning("progress_not_told", asset=str(making.task.asset_id), error=str(error)[:200])
            continue
        if not wanted:
            return
        if moved is not None:
            await _signal(making.app, making.task, moved)


async def _signal(app: App, task: BegunRow, moved: Moved) -> None:
    await assets.signal(app, task.asset_id, moved.state, moved.percent, moved.version, moved.seconds_left)


async def _put_back(app: App, run: JobRun, task: BegunRow, failure: Exception, meter: Meter) -> None:
    """Keep the reason; the next attempt begins where this one stopped."""
    code = failure.code.value if isinstance(failure, EncoderFailure) else UNKNOWN
    notes = failure.notes if isinstance(failure, EncoderFailure) else f"{type(failure).__name__}: {failure}"
    cost: Mapping[str, float] = {key: value for key, value in meter.read().items() if key != "bytes_made"}
    try:
        async with app.work(SYSTEM) as work:
            await run.fence(work)
            await queries.put_back(work.db, task, code, notes[:2_000], cost)
    except LeaseLost:
        raise
    except Exception as error:
        log.warning("reason_not_kept", asset=str(task.asset_id), error=str(error)[:200])


async def _is_wanted(app: App, task: BegunRow) -> bool:
    async with app.work(SYSTEM) as work:
        return await queries.tell(work.db, task, 0.0)
