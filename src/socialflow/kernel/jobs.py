"""Jobs: every delivery of an event to a handler, and every tick of the clock, is a row here.

The row is the truth; a Celery message is only a hint that a row exists. A worker *claims* a row
by taking a lease under a fresh fencing token, renews it by heartbeat, and every write it makes
names that token (`JobRun.fence`). A worker that dies, hangs or is cut off loses the lease; the
sweeper hints the job again and another worker goes on from the checkpoint.

Where it matters which of many is begun first, a hint is a turn: the worker takes what of that
queue is due first (`due_by`), so that whatever waits long enough comes to its turn. Where jobs
have lanes, whoever has fewest at work comes first (`turns`).
"""

import asyncio
import contextlib
import uuid
from contextvars import ContextVar
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import db as database
from socialflow.kernel import events, faults, ids, logs, metrics
from socialflow.kernel.db import Base
from socialflow.kernel.errors import InsufficientStorage, Problem, Unavailable

if TYPE_CHECKING:
    from socialflow.kernel.work import App, Work

log = logs.named(__name__)

ERROR_CHARACTERS = 2_000
# How long a job waits for what is away, in first back-offs.
BLAMELESS_PERIODS = 8
LONGEST_PAUSE_S = 900.0
_running: ContextVar[uuid.UUID | None] = ContextVar("running_job", default=None)


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


class Outcome(StrEnum):
    """What came of one attempt."""

    DONE = "done"
    SKIPPED = "skipped"
    RETRY = "retry"
    DEAD = "dead"
    LOST = "lost"


class LeaseLost(Exception):
    """Another worker has the job now; whatever this one was about to write must not be written."""


class GiveUp(Exception):
    """No further attempt can help; the argument is a stable code."""


class HandedOn(Exception):
    """Others wait, and this one goes on when it is its turn again; no attempt is counted."""


class Job(Base):
    """One thing to be done, at least once and, by its handler's idempotency, in effect once."""

    __tablename__ = "jobs"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    queue: Mapped[str]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default=JobState.QUEUED, server_default=JobState.QUEUED)
    attempt: Mapped[int] = mapped_column(default=0, server_default="0")
    run_after: Mapped[datetime] = mapped_column(server_default=func.now())
    # Of those that wait in a queue, workers that choose take the one that is to be begun first.
    due_by: Mapped[datetime] = mapped_column(server_default=func.now())
    # Whose share of the queue it takes; jobs without one are nobody's in particular.
    lane: Mapped[str | None]
    hinted_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[int] = mapped_column(default=0, server_default="0")
    checkpoint: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_jobs_queued", "run_after", postgresql_where=text("state = 'queued'")),
        Index("ix_jobs_due", "queue", "due_by", postgresql_where=text("state = 'queued'")),
        Index("ix_jobs_running", "lease_until", postgresql_where=text("state = 'running'")),
        Index("ix_jobs_finished_at", "finished_at", postgresql_where=text("state IN ('done', 'dead')")),
    )


# All times are the database's: a worker whose clock is wrong cannot take or keep a lease by it.
_CLAIM = text("""
    UPDATE jobs SET state = 'running', attempt = attempt + 1, lease_token = lease_token + 1,
        lease_until = now() + make_interval(secs => :lease)
    WHERE id = (
        SELECT id FROM jobs WHERE id = :id AND (
            (state = 'queued' AND run_after <= now()) OR (state = 'running' AND lease_until < now())
        ) FOR UPDATE SKIP LOCKED
    )
    RETURNING id, kind, payload, attempt, lease_token, checkpoint
""")
# A hint says that there is something to do, not what: no hint is older than the row that it is taken for.
_CLAIM_FIRST = text("""
    UPDATE jobs SET state = 'running', attempt = attempt + 1, lease_token = lease_token + 1,
        lease_until = now() + make_interval(secs => :lease)
    WHERE id = (
        SELECT id FROM jobs WHERE queue = (SELECT queue FROM jobs WHERE id = :id) AND (
            (state = 'queued' AND run_after <= now()) OR (state = 'running' AND lease_until < now())
        ) ORDER BY due_by, id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id, kind, payload, attempt, lease_token, checkpoint
""")
_CLAIM_FAIRLY = text("""
    UPDATE jobs SET state = 'running', attempt = attempt + 1, lease_token = lease_token + 1,
        lease_until = now() + make_interval(secs => :lease)
    WHERE id = (
        SELECT j.id FROM jobs AS j WHERE j.queue = :queue AND (
            (j.state = 'queued' AND j.run_after <= now()) OR (j.state = 'running' AND j.lease_until < now())
        ) ORDER BY (
            SELECT count(*) FROM jobs AS r
            WHERE r.queue = j.queue AND r.state = 'running' AND r.lease_until >= now() AND r.lane = j.lane
        ), j.due_by, j.id LIMIT 1 FOR UPDATE OF j SKIP LOCKED
    )
    RETURNING id, kind, payload, attempt, lease_token, checkpoint
""")
_HEARTBEAT = text("""
    UPDATE jobs SET lease_until = now() + make_interval(secs => :lease)
    WHERE id = :id AND lease_token = :token AND state = 'running' RETURNING id
""")
_FENCE = text("SELECT id FROM jobs WHERE id = :id AND lease_token = :token AND state = 'running' FOR UPDATE")
_SAVE = text("""
    UPDATE jobs SET checkpoint = CAST(:checkpoint AS jsonb)
    WHERE id = :id AND lease_token = :token AND state = 'running' RETURNING id
""")
_FINISH = text("""
    UPDATE jobs SET state = :state, error = :error, lease_until = NULL, finished_at = now()
    WHERE id = :id AND lease_token = :token AND state = 'running' RETURNING id
""")
_RETRY = text("""
    UPDATE jobs SET state = 'queued', error = :error, lease_until = NULL, hinted_at = NULL,
        run_after = now() + make_interval(secs => :delay), attempt = attempt - :refund,
        due_by = CASE WHEN :behind THEN now() ELSE due_by END
    WHERE id = :id AND lease_token = :token AND state = 'running' RETURNING id
""")
_DUE = text("""
    UPDATE jobs SET hinted_at = now() WHERE id IN (
        SELECT id FROM jobs
        WHERE (state = 'queued' AND run_after <= now()
               AND (hinted_at IS NULL OR hinted_at < now() - make_interval(secs => :rehint)))
           OR (state = 'running' AND lease_until < now()
               AND (hinted_at IS NULL OR hinted_at < lease_until OR hinted_at < now() - make_interval(secs => :rehint)))
        ORDER BY run_after LIMIT 500 FOR UPDATE SKIP LOCKED
    ) RETURNING id, queue, state
""")


class JobRun:
    """One attempt at a job, as its handler sees it."""

    def __init__(
        self, app: "App", job_id: uuid.UUID, attempt: int, token: int, checkpoint: dict[str, Any], most: int
    ) -> None:
        self.app = app
        self.job_id = job_id
        self.attempt = attempt
        self.token = token
        self.checkpoint = checkpoint
        self.most = most

    @property
    def is_last(self) -> bool:
        """Whether no attempt follows this one."""
        return self.attempt >= self.most

    async def fence(self, work: "Work") -> None:
        """Go on only while this attempt holds the lease; call it first in every Work of a long handler."""
        found = await work.db.execute(_FENCE, {"id": self.job_id, "token": self.token})
        if found.first() is None:
            raise LeaseLost

    async def save(self, checkpoint: dict[str, Any]) -> None:
        """Keep what the next attempt needs in order to go on from here (JSON values)."""
        await self._write(_SAVE, checkpoint=database.dumps(checkpoint))
        self.checkpoint = checkpoint

    async def beat(self) -> None:
        """Renew the lease."""
        await self._write(_HEARTBEAT, lease=self.app.settings.jobs.lease_s)

    async def _write(self, statement: Any, **values: Any) -> None:
        async with self.app.sessions() as session, session.begin():
            found = await session.execute(statement, {"id": self.job_id, "token": self.token, **values})
            if found.first() is None:
                raise LeaseLost


def running() -> uuid.UUID | None:
    """The job whose handler this is called from, the same at every attempt; None outside of jobs."""
    return _running.get()


async def execute(app: "App", job_id: uuid.UUID, *, first_of_queue: bool = False) -> Outcome:
    """Claim and run one job; a job that somebody else holds, or that is done, is skipped.

    `first_of_queue` takes, instead of this one, whichever of its queue is to be begun first.
    """
    async with app.sessions() as session, session.begin():
        claimed = await _claim(session, job_id, app.settings.jobs.lease_s, first_of_queue=first_of_queue)
    if claimed is None:
        return Outcome.SKIPPED
    job_id = claimed.id

    most = _most_attempts(app, claimed.kind)
    run = JobRun(app, job_id, claimed.attempt, claimed.lease_token, claimed.checkpoint, most)
    logs.bind(job_id=ids.show("job", job_id), job=claimed.kind)
    with metrics.JOB_SECONDS.labels(claimed.kind).time():
        outcome = await _attempt(app, run, claimed.kind, claimed.payload)
    metrics.JOBS.labels(claimed.kind, outcome).inc()
    return outcome


async def _claim(session: AsyncSession, job_id: uuid.UUID, lease: int, *, first_of_queue: bool) -> Any:
    if not first_of_queue:
        return (await session.execute(_CLAIM, {"id": job_id, "lease": lease})).first()
    hinted = (await session.execute(select(Job.queue, Job.lane).where(Job.id == job_id))).one_or_none()
    if hinted is not None and hinted.lane is not None:
        return (await session.execute(_CLAIM_FAIRLY, {"queue": hinted.queue, "lease": lease})).first()
    return (await session.execute(_CLAIM_FIRST, {"id": job_id, "lease": lease})).first()


def _most_attempts(app: "App", kind: str) -> int:
    """How often a job is tried; mails often, since a mail server may be away for hours."""
    handler, settings = events.handlers.get(kind), app.settings.jobs
    return settings.mail_attempts if handler is not None and handler.queue == "mail" else settings.max_attempts


async def _attempt(app: "App", run: JobRun, kind: str, payload: dict[str, Any]) -> Outcome:
    handler = events.handlers.get(kind)
    if handler is None:
        # Another version of the product knows it: leave it for a worker of that version.
        return await _retry(run, f"no handler is called {kind}", refund=1, delay=60)
    if run.attempt > run.most:
        return await _bury(app, run, handler, payload, "worker_died")

    try:
        await _react(app, run, handler, payload)
        await run._write(_FINISH, state=JobState.DONE, error=None)
    except LeaseLost:
        log.warning("lease_lost", attempt=run.attempt)
        return Outcome.LOST
    except asyncio.CancelledError:
        # The worker is stopping: hand the job back at once and do not count the attempt.
        await asyncio.shield(_retry(run, "worker stopped", refund=1, delay=0))
        raise
    except Exception as error:
        return await _ended(app, run, handler, payload, error)
    return Outcome.DONE


async def _ended(
    app: "App", run: JobRun, handler: events.Handler, payload: dict[str, Any], error: Exception
) -> Outcome:
    match error:
        case HandedOn():
            return await _retry(run, "others wait", refund=1, delay=0, behind=True)
        case GiveUp():
            return await _bury(app, run, handler, payload, str(error))
    return await _failed(app, run, handler, payload, error)


async def _react(app: "App", run: JobRun, handler: events.Handler, payload: dict[str, Any]) -> None:
    task = asyncio.create_task(_call(app, run, handler, payload), name=handler.name)
    heart = asyncio.create_task(_beat_until_lost(run), name=f"{handler.name}.heartbeat")
    try:
        await asyncio.wait({task, heart}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise LeaseLost
        task.result()
    finally:
        for each in (heart, task):
            each.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await each


async def _call(app: "App", run: JobRun, handler: events.Handler, payload: dict[str, Any]) -> None:
    _running.set(run.job_id)
    arguments: list[Any] = [app]
    if handler.event is not None:
        arguments.append(events.decode(payload["event"], payload["data"]))
    if handler.wants_run:
        arguments.append(run)
    faults.point(f"{handler.name}.claimed")
    await handler.react(*arguments)
    faults.point(f"{handler.name}.reacted")


async def _beat_until_lost(run: JobRun) -> None:
    """Renew the lease until another has it, or until it must have run out unrenewed."""
    settings, loop = run.app.settings.jobs, asyncio.get_running_loop()
    renewed = loop.time()
    while loop.time() - renewed < settings.lease_s:
        await asyncio.sleep(settings.heartbeat_s)
        try:
            await run.beat()
            renewed = loop.time()
        except LeaseLost:
            return
        except Exception as error:
            log.warning("heartbeat_missed", error=str(error)[:200])


async def _failed(
    app: "App", run: JobRun, handler: events.Handler, payload: dict[str, Any], error: Exception
) -> Outcome:
    log.warning("job_failed", attempt=run.attempt, exc_info=error)
    # A database or a store that is away is not the job's fault: it waits, and no attempt is counted.
    cause = error if isinstance(error, Problem) else database.as_problem(error)
    blameless = isinstance(cause, (Unavailable, InsufficientStorage))
    if run.is_last and not blameless:
        return await _bury(app, run, handler, payload, f"{type(error).__name__}: {error}")
    delay = app.settings.jobs.retry_base_s * (BLAMELESS_PERIODS if blameless else 2 ** (run.attempt - 1))
    return await _retry(
        run, f"{type(error).__name__}: {error}", refund=int(blameless), delay=min(delay, LONGEST_PAUSE_S)
    )


async def _retry(run: JobRun, error: str, *, refund: int, delay: float, behind: bool = False) -> Outcome:
    try:
        await run._write(_RETRY, error=error[:ERROR_CHARACTERS], refund=refund, delay=float(delay), behind=behind)
    except Exception as fault:
        # The lease runs out by itself, and the sweeper takes the job up again.
        log.warning("retry_not_written", error=str(fault)[:200])
        return Outcome.LOST
    return Outcome.RETRY


async def _bury(app: "App", run: JobRun, handler: events.Handler, payload: dict[str, Any], error: str) -> Outcome:
    log.error("job_dead", error=error, attempt=run.attempt)
    try:
        if handler.on_dead is not None and handler.event is not None:
            await handler.on_dead(app, events.decode(payload["event"], payload["data"]), error)
        await run._write(_FINISH, state=JobState.DEAD, error=error[:ERROR_CHARACTERS])
    except Exception as fault:
        log.warning("burial_failed", error=str(fault)[:200])
        return Outcome.LOST
    return Outcome.DEAD


async def sweep(app: "App") -> int:
    """Hint every job whose hint may be lost or whose worker went silent; returns how many."""
    async with app.sessions() as session, session.begin():
        due = (await session.execute(_DUE, {"rehint": app.settings.jobs.rehint_s})).all()

    hints: dict[str, list[uuid.UUID]] = {}
    for job in due:
        hints.setdefault(job.queue, []).append(job.id)
        if job.state == JobState.RUNNING:
            metrics.LEASES_EXPIRED.inc()
    for queue, job_ids in hints.items():
        await app.send_hints(queue, job_ids)
    return len(due)
