"""Questions about transcodes and their tasks, and the statements by which these change."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Interval, bindparam, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.media.models import Asset, TaskKind, TaskState, Transcode, TranscodeState, TranscodeTask
from socialflow.kernel import db as database


class BegunRow(NamedTuple):
    """A task that was taken, with all that it needs to know."""

    id: uuid.UUID
    asset_id: uuid.UUID
    name: str
    kind: str
    rung_group: int | None
    rungs: list[str]
    first_chunk: int | None
    chunks: int | None
    attempts: int
    round: int
    source: dict[str, Any]
    plan: dict[str, Any]


class QueuedRow(NamedTuple):
    """A task that may be taken from now on."""

    id: uuid.UUID
    asset_id: uuid.UUID
    kind: str
    patience_s: float
    # When it was planned, where it counts from then how long it may wait.
    planned_at: datetime | None = None


class MadeRow(NamedTuple):
    """A task that is done, but for chunks."""

    name: str
    kind: str
    made: dict[str, Any]


class Share(NamedTuple):
    """How much is made, from 0 to 1, and for how long the tasks have been there, in seconds."""

    made: float
    passed_s: float


_BEGIN = text("""
    INSERT INTO transcodes (asset_id, state, created_at) VALUES (:asset_id, 'running', :now)
    ON CONFLICT (asset_id) DO NOTHING
""")
_PLAN = text("""
    UPDATE transcodes SET source = CAST(:source AS jsonb), plan = CAST(:plan AS jsonb), planned_at = :now
    WHERE asset_id = :asset_id AND state = 'running' AND planned_at IS NULL RETURNING asset_id
""")
_START = text("""
    UPDATE transcode_tasks AS t
    SET state = 'running', attempts = t.attempts + 1, worker = :worker, started_at = :now, progress = 0
    FROM transcodes AS w
    WHERE t.id = :id AND w.asset_id = t.asset_id AND t.state IN ('queued', 'running') AND w.state = 'running'
    RETURNING t.id, t.asset_id, t.name, t.kind, t.rung_group, t.rungs, t.first_chunk, t.chunks, t.attempts,
        w.round, w.source, w.plan
""")
_TELL = text("""
    UPDATE transcode_tasks SET progress = greatest(progress, :progress)
    WHERE id = :id AND attempts = :attempts AND state = 'running' RETURNING id
""")
_FINISH = text("""
    UPDATE transcode_tasks SET state = 'done', progress = 1, made = CAST(:made AS jsonb), cpu_s = cpu_s + :cpu_s,
        wall_s = wall_s + :wall_s, bytes_made = :bytes_made, failure_code = NULL, failure_notes = NULL,
        finished_at = :now
    WHERE id = :id AND attempts = :attempts AND state = 'running' RETURNING id
""")
_COST = text("""
    UPDATE transcodes SET cpu_s = cpu_s + :cpu_s, work_s = work_s + :wall_s, bytes_made = bytes_made + :bytes_made
    WHERE asset_id = :asset_id
""")
_PUT_BACK = text("""
    UPDATE transcode_tasks SET state = 'queued', progress = 0, failure_code = :code, failure_notes = :notes,
        cpu_s = cpu_s + :cpu_s, wall_s = wall_s + :wall_s
    WHERE id = :id AND attempts = :attempts AND state = 'running'
""")
_FAIL_TASK = text("""
    UPDATE transcode_tasks SET state = 'failed', failure_code = :code,
        failure_notes = coalesce(CAST(:notes AS text), failure_notes), finished_at = :now
    WHERE id = :id AND state IN ('queued', 'running')
""")
_END = text("""
    UPDATE transcodes SET state = :state, finished_at = :now, failure_code = :code, failure_notes = :notes
    WHERE asset_id = :asset_id AND state = 'running'
""")
_FAILED_REPAIR = text("UPDATE transcodes SET failed_repairs = failed_repairs + 1 WHERE asset_id = :asset_id")
_MENDED = text("UPDATE transcodes SET failed_repairs = 0 WHERE asset_id = :asset_id AND failed_repairs > 0")
_REPAIRS_DUE = text("""
    SELECT w.asset_id FROM transcodes AS w JOIN assets AS a ON a.id = w.asset_id
    WHERE w.state = 'failed' AND a.state = 'ready' AND w.failed_repairs BETWEEN 1 AND :most
        AND w.finished_at + power(4, w.failed_repairs - 1) * CAST(:first AS interval) <= :now
    ORDER BY w.finished_at LIMIT 100
""").bindparams(bindparam("now", type_=Transcode.created_at.type), bindparam("first", type_=Interval))
_STOP = text("""
    UPDATE transcode_tasks SET state = 'cancelled', finished_at = :now
    WHERE asset_id = :asset_id AND state IN ('waiting', 'queued', 'running')
""")
_CHUNKS_LEFT = text("""
    SELECT count(*) FROM transcode_tasks
    WHERE asset_id = :asset_id AND kind = 'chunks' AND rung_group = :rung_group AND state <> 'done'
""")
_TASKS_LEFT = text("SELECT count(*) FROM transcode_tasks WHERE asset_id = :asset_id AND id <> :id AND state <> 'done'")
_RELEASE = text("""
    UPDATE transcode_tasks SET state = 'queued', queued_at = :now FROM transcodes
    WHERE transcode_tasks.asset_id = :asset_id AND transcode_tasks.name = :name AND transcode_tasks.state = 'waiting'
        AND transcodes.asset_id = transcode_tasks.asset_id
    RETURNING transcode_tasks.id, transcode_tasks.asset_id, kind, patience_s, transcodes.planned_at
""")
_RELEASE_CHUNKS = text("""
    UPDATE transcode_tasks SET state = 'queued', queued_at = :now
    WHERE asset_id = :asset_id AND kind = 'chunks' AND state = 'waiting' RETURNING id, asset_id, kind, patience_s
""")
_SAMPLES_LEFT = text("""
    SELECT count(*) FROM transcode_tasks WHERE asset_id = :asset_id AND kind = 'sample' AND state <> 'done'
""")
_SAMPLES = text("""
    SELECT made FROM transcode_tasks WHERE asset_id = :asset_id AND kind = 'sample' ORDER BY first_chunk
""").columns(made=TranscodeTask.made.type)
_REPLAN = text("UPDATE transcodes SET plan = CAST(:plan AS jsonb) WHERE asset_id = :asset_id AND state = 'running'")
_SKIP = text("""
    UPDATE transcode_tasks SET state = 'done', progress = 1, made = '{}', finished_at = :now
    WHERE id = :id AND kind = 'sample' AND state IN ('queued', 'running') RETURNING id
""")
_SHARE = text("""
    SELECT coalesce(sum(t.share * t.progress), 0) AS made, extract(epoch FROM :now - w.planned_at) AS passed_s
    FROM transcodes AS w LEFT JOIN transcode_tasks AS t ON t.asset_id = w.asset_id
    WHERE w.asset_id = :asset_id AND w.planned_at IS NOT NULL GROUP BY w.planned_at
""").bindparams(bindparam("now", type_=Transcode.created_at.type))
_PROGRESS = text("""
    UPDATE assets SET progress = greatest(progress, :progress), seconds_left = :seconds_left, updated_at = :now
    WHERE id = :id AND state NOT IN ('ready', 'failed')
        AND (progress < :progress OR seconds_left IS DISTINCT FROM :seconds_left)
    RETURNING state, version, progress
""")
_FORGET_TASKS = text("DELETE FROM transcode_tasks WHERE asset_id = :asset_id")
_AGAIN = text("""
    UPDATE transcodes SET state = 'running', round = round + 1, source = NULL, plan = NULL, planned_at = NULL,
        finished_at = NULL, failure_code = NULL, failure_notes = NULL
    WHERE asset_id = :asset_id RETURNING round
""")
_made = (
    select(TranscodeTask.name, TranscodeTask.kind, TranscodeTask.made)
    .where(
        TranscodeTask.asset_id == bindparam("asset_id"),
        TranscodeTask.kind.not_in([TaskKind.CHUNKS, TaskKind.SAMPLE]),
        TranscodeTask.state == TaskState.DONE,
    )
    .order_by(TranscodeTask.name)
)
_pieces = (
    select(TranscodeTask.made)
    .where(
        TranscodeTask.asset_id == bindparam("asset_id"),
        TranscodeTask.kind == TaskKind.CHUNKS,
        TranscodeTask.rung_group == bindparam("rung_group"),
    )
    .order_by(TranscodeTask.first_chunk)
)
_account = select(Asset.account_id, Asset.priority).where(Asset.id == bindparam("asset_id"))


async def begin(db: AsyncSession, asset_id: uuid.UUID, now: datetime) -> None:
    """Write down that an asset is being worked at."""
    await db.execute(_BEGIN, {"asset_id": asset_id, "now": now})


async def plan(
    db: AsyncSession, asset_id: uuid.UUID, source: dict[str, Any], planned: dict[str, Any], now: datetime
) -> bool:
    """Write down the plan; whether it is the first one."""
    values = {"source": database.dumps(source), "plan": database.dumps(planned), "asset_id": asset_id, "now": now}
    return (await db.execute(_PLAN, values)).one_or_none() is not None


async def is_planned(db: AsyncSession, asset_id: uuid.UUID) -> bool:
    """Whether an asset's tasks have been written down."""
    return await db.scalar(select(Transcode.planned_at).where(Transcode.asset_id == asset_id)) is not None


async def add_tasks(db: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write down tasks."""
    await db.execute(insert(TranscodeTask), rows)


async def start(db: AsyncSession, task_id: uuid.UUID, worker: str, now: datetime) -> BegunRow | None:
    """Take a task; None where there is nothing to do any more."""
    row = (await db.execute(_START, {"id": task_id, "worker": worker, "now": now})).one_or_none()
    return BegunRow(*row) if row else None


async def tell(db: AsyncSession, task: BegunRow, progress: float) -> bool:
    """Write down how much of a task is made, from 0 to 1; whether it is still to be made, and by this attempt."""
    values = {"id": task.id, "attempts": task.attempts, "progress": progress}
    return (await db.execute(_TELL, values)).one_or_none() is not None


async def finish(
    db: AsyncSession, task: BegunRow, made: Mapping[str, Any], cost: Mapping[str, float], now: datetime
) -> bool:
    """A task is done; whether it still was this attempt's."""
    values = {"id": task.id, "attempts": task.attempts, "made": database.dumps(dict(made)), "now": now, **cost}
    if (await db.execute(_FINISH, values)).one_or_none() is None:
        return False
    await db.execute(_COST, {"asset_id": task.asset_id, **cost})
    return True


async def put_back(db: AsyncSession, task: BegunRow, code: str, notes: str, cost: Mapping[str, float]) -> None:
    """An attempt has failed, and there will be another."""
    values = {"id": task.id, "attempts": task.attempts, "code": code, "notes": notes, **cost}
    await db.execute(_PUT_BACK, values)


async def fail_task(db: AsyncSession, task_id: uuid.UUID, code: str, notes: str | None, now: datetime) -> None:
    """The last attempt has failed."""
    await db.execute(_FAIL_TASK, {"id": task_id, "code": code, "notes": notes, "now": now})


async def end(
    db: AsyncSession, asset_id: uuid.UUID, state: str, now: datetime, *, code: str | None = None, notes: str = ""
) -> None:
    """Nothing is made of an asset any more; tasks that are left are stopped."""
    values = {"asset_id": asset_id, "state": state, "code": code, "notes": notes or None, "now": now}
    await db.execute(_END, values)
    await db.execute(_STOP, {"asset_id": asset_id, "now": now})


async def count_failed_repair(db: AsyncSession, asset_id: uuid.UUID) -> None:
    """What was ready could not be made anew once more."""
    await db.execute(_FAILED_REPAIR, {"asset_id": asset_id})


async def mended(db: AsyncSession, asset_id: uuid.UUID) -> None:
    """All of an asset is there: what failed before does not count any more."""
    await db.execute(_MENDED, {"asset_id": asset_id})


async def repairs_due(db: AsyncSession, now: datetime, *, first: timedelta, most: int) -> list[uuid.UUID]:
    """Some assets whose last repair failed long enough ago: `first` the first time, then four times as long."""
    return list(await db.scalars(_REPAIRS_DUE, {"now": now, "first": first, "most": most}))


async def ended_badly(db: AsyncSession, asset_id: uuid.UUID) -> bool:
    """Whether what was made of an asset last has failed or was stopped."""
    state = await db.scalar(select(Transcode.state).where(Transcode.asset_id == asset_id))
    return state in {TranscodeState.FAILED, TranscodeState.CANCELLED}


async def again(db: AsyncSession, asset_id: uuid.UUID, now: datetime) -> int:
    """Begin anew; how often that is."""
    await begin(db, asset_id, now)
    await db.execute(_FORGET_TASKS, {"asset_id": asset_id})
    return int((await db.execute(_AGAIN, {"asset_id": asset_id})).scalar_one())


async def chunks_left(db: AsyncSession, asset_id: uuid.UUID, rung_group: int) -> int:
    """How many tasks of a group of rungs are not done."""
    return int((await db.execute(_CHUNKS_LEFT, {"asset_id": asset_id, "rung_group": rung_group})).scalar_one())


async def others_left(db: AsyncSession, task: BegunRow) -> int:
    """How many other tasks of the asset are not done."""
    return int((await db.execute(_TASKS_LEFT, {"asset_id": task.asset_id, "id": task.id})).scalar_one())


async def release(db: AsyncSession, asset_id: uuid.UUID, name: str, now: datetime) -> QueuedRow | None:
    """What a task has waited for is there; None when others have seen that."""
    row = (await db.execute(_RELEASE, {"asset_id": asset_id, "name": name, "now": now})).one_or_none()
    return QueuedRow(*row) if row else None


async def tasks_left(db: AsyncSession, asset_id: uuid.UUID) -> int:
    """How many tasks of an asset are not done."""
    return int((await db.execute(_TASKS_LEFT, {"asset_id": asset_id, "id": uuid.UUID(int=0)})).scalar_one())


async def made(db: AsyncSession, asset_id: uuid.UUID) -> list[MadeRow]:
    """What is made so far, but for chunks."""
    return [MadeRow(*row) for row in await db.execute(_made, {"asset_id": asset_id})]


async def pieces(db: AsyncSession, asset_id: uuid.UUID, rung_group: int) -> list[dict[str, Any]]:
    """What the tasks of a group have made, in order."""
    return list(await db.scalars(_pieces, {"asset_id": asset_id, "rung_group": rung_group}))


async def release_chunks(db: AsyncSession, asset_id: uuid.UUID, now: datetime) -> list[QueuedRow]:
    """Chunks that have waited for samples may be taken."""
    found = await db.execute(_RELEASE_CHUNKS, {"asset_id": asset_id, "now": now})
    return sorted((QueuedRow(*row) for row in found), key=lambda row: row.patience_s)


async def samples_left(db: AsyncSession, asset_id: uuid.UUID) -> int:
    """How many spans have not been looked at."""
    return int((await db.execute(_SAMPLES_LEFT, {"asset_id": asset_id})).scalar_one())


async def samples(db: AsyncSession, asset_id: uuid.UUID) -> list[dict[str, Any]]:
    """What was found in each span, in order."""
    return [row.made or {} for row in await db.execute(_SAMPLES, {"asset_id": asset_id})]


async def sampled_asset(db: AsyncSession, task_id: uuid.UUID) -> uuid.UUID | None:
    """The asset of a task that is a sample; None for other tasks."""
    found = select(TranscodeTask.asset_id).where(TranscodeTask.id == task_id, TranscodeTask.kind == TaskKind.SAMPLE)
    return await db.scalar(found)


async def skip(db: AsyncSession, task_id: uuid.UUID, now: datetime) -> bool:
    """Do without a sample; whether it was still wanted."""
    return (await db.execute(_SKIP, {"id": task_id, "now": now})).one_or_none() is not None


async def planned(db: AsyncSession, asset_id: uuid.UUID) -> dict[str, Any] | None:
    """The plan of an asset."""
    return await db.scalar(select(Transcode.plan).where(Transcode.asset_id == asset_id))


async def replan(db: AsyncSession, asset_id: uuid.UUID, plan: dict[str, Any]) -> None:
    """Write down another plan with the same tasks."""
    await db.execute(_REPLAN, {"asset_id": asset_id, "plan": database.dumps(plan)})


async def share(db: AsyncSession, asset_id: uuid.UUID, now: datetime) -> Share | None:
    """How much of an asset's tasks is made; None before there are any."""
    row = (await db.execute(_SHARE, {"asset_id": asset_id, "now": now})).one_or_none()
    return Share(float(row.made), float(row.passed_s)) if row else None


async def set_progress(
    db: AsyncSession, asset_id: uuid.UUID, percent: int, now: datetime, seconds_left: int | None = None
) -> tuple[str, int, int] | None:
    """Move progress forward: (state, version, percent), or None where there is nothing new."""
    values = {"id": asset_id, "progress": percent, "seconds_left": seconds_left, "now": now}
    row = (await db.execute(_PROGRESS, values)).one_or_none()
    return (row.state, row.version, row.progress) if row else None


async def priority_of(db: AsyncSession, asset_id: uuid.UUID) -> float:
    """What the role of an asset's owner is worth."""
    row = (await db.execute(_account, {"asset_id": asset_id})).one_or_none()
    return float(row.priority) if row else 1.0
