"""Turns: long jobs of one queue share its workers by whose they are (`@on(..., shares=...)`).

A lane is whose share a job takes. Whoever has fewest jobs at work is served first, and in a lane what has waited
longest. A job that goes on for long asks now and then whether it stands in somebody's way.
"""

from dataclasses import dataclass

from sqlalchemy import text

from socialflow.kernel.jobs import JobRun

PATIENCE_S = 2.0
"""What has waited for less may be about to be taken by a worker that is free."""
# Counts are of the others in a lane: what would be at work there if this job stood aside.
_ASK = text("""
    WITH me AS (SELECT id, queue, lane FROM jobs WHERE id = :id),
    held AS (
        SELECT r.lane, count(*) AS n, max(r.id::text) AS latest FROM jobs AS r JOIN me ON r.queue = me.queue
        WHERE r.state = 'running' AND r.lease_until >= now() AND r.lane IS NOT NULL AND r.id <> me.id GROUP BY r.lane
    ),
    mine AS (SELECT coalesce((SELECT n FROM held JOIN me USING (lane)), 0) AS n,
                    coalesce((SELECT latest FROM held JOIN me USING (lane)), '') AS latest),
    waiting AS (
        SELECT w.lane, coalesce(held.n, 0) AS n FROM jobs AS w JOIN me ON w.queue = me.queue
        LEFT JOIN held ON held.lane = w.lane
        WHERE w.state = 'queued' AND w.run_after <= now() - make_interval(secs => :patience)
    )
    SELECT
        coalesce(bool_or(w.n <= mine.n), false) AS anybody,
        coalesce(bool_or(w.n <= mine.n AND w.lane IS DISTINCT FROM me.lane), false) AS others,
        coalesce(bool_or(w.n < mine.n AND w.lane IS DISTINCT FROM me.lane AND me.id::text > mine.latest), false)
            AS poorer
    FROM waiting AS w, mine, me
""")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who would be served instead of a job that stood aside."""

    anybody: bool
    """Somebody, perhaps of the same lane."""
    others: bool
    """Somebody of another lane."""
    poorer: bool
    """Another lane that has less at work than this one would still have; told to one job of a lane alone."""


async def waiting_for(run: JobRun) -> Waiting:
    """In whose way a job stands."""
    async with run.app.sessions() as session:
        row = (await session.execute(_ASK, {"id": run.job_id, "patience": PATIENCE_S})).one()
    return Waiting(row.anybody, row.others, row.poorer)
