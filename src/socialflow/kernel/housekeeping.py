"""What the kernel tidies up by itself: finished jobs, delivered events, old idempotency keys, waiting counts.

And what it looks after: the audit log.
"""

import asyncio

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from socialflow.kernel import chain, counters, faults, logs, metrics
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App

IDEMPOTENCY_SECONDS = 86_400
# How old the gauges may be: as often as Prometheus usually asks.
MEASURE_SECONDS = 15.0
_PRUNE = (
    """DELETE FROM jobs WHERE id IN (
        SELECT id FROM jobs WHERE state = 'done' AND finished_at < now() - make_interval(secs => :keep) LIMIT 10000)""",
    """DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox WHERE relayed_at < now() - make_interval(secs => :keep) LIMIT 10000)""",
)
_WAITING = text(
    "SELECT queue, count(*) FROM jobs WHERE state = 'queued' AND run_after <= now() GROUP BY queue"
    " UNION ALL SELECT 'outbox', count(*) FROM outbox WHERE relayed_at IS NULL"
)
# How long the log is, and when it was last found whole, or not.
_AUDIT = text("""
    SELECT 'length' AS name, seq::float8 AS value FROM audit_heads
    UNION ALL
    (SELECT tag, extract(epoch FROM at)::float8 FROM audit_events WHERE tag = :whole ORDER BY seq DESC LIMIT 1)
    UNION ALL
    (SELECT tag, extract(epoch FROM at)::float8 FROM audit_events WHERE tag = :broken ORDER BY seq DESC LIMIT 1)
""")

log = logs.named(__name__)


@every(hours=1)
async def prune(app: App) -> None:
    """Forget finished jobs and delivered events after their time."""
    async with app.sessions() as session, session.begin():
        for statement in _PRUNE:
            await session.execute(text(statement), {"keep": app.settings.jobs.keep_done_s})
        await session.execute(
            text("DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(secs => :keep)"),
            {"keep": IDEMPOTENCY_SECONDS},
        )


@every(seconds=5)
async def fold_counts(app: App) -> None:
    """Bring the counters of busy rows up to date."""
    async with app.sessions() as session, session.begin():
        await counters.fold(session)
        faults.point("fold_counts.folded")


@every(hours=1)
async def write_anchor(app: App) -> None:
    """Tell the log of this process, which is kept elsewhere, where the audit log stands: an anchor to verify by."""
    found = await chain.head(app)
    if found is not None:
        log.info("audit_head", anchor=str(found))


@every(hours=24)
async def verify_audit_log(app: App) -> None:
    """Go through the audit log, and enter in it what came of that."""
    report = await chain.verify(app)
    first = report.faults[0] if report.faults else None
    if first is not None:
        log.error("audit_log_broken", seq=first.seq, what=first.what, faults=len(report.faults))
    async with app.work(SYSTEM) as work:
        if first is None:
            work.note(chain.VERIFIED, checked=report.checked)
        else:
            work.note(chain.BROKEN, checked=report.checked, first=first.seq, faults=len(report.faults))


async def measure(app: App) -> None:
    """Read queue lengths into the gauges."""
    async with app.sessions() as session, session.begin():
        for name, waiting in await session.execute(_WAITING):
            gauge = metrics.OUTBOX_WAITING if name == "outbox" else metrics.JOBS_WAITING.labels(name)
            gauge.set(waiting)
        for name, value in await session.execute(_AUDIT, {"whole": chain.VERIFIED, "broken": chain.BROKEN}):
            if name == "length":
                metrics.AUDIT_LENGTH.set(value)
            else:
                metrics.AUDIT_VERIFIED.labels("whole" if name == chain.VERIFIED else "broken").set(value)


async def keep_measuring(app: App) -> None:
    """Measure again and again, until cancelled: for the process whose metrics are read."""
    while True:
        try:
            await measure(app)
        except (SQLAlchemyError, OSError) as error:
            # The gauges stay as they were; that the database is away is seen elsewhere.
            log.warning("gauges_unread", error=str(error)[:200])
        await asyncio.sleep(MEASURE_SECONDS)
