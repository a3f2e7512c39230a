"""Transcodes that are to be disturbed: workers that meet a fault, the end of their leases, and who goes on."""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text
from tests.factories.parts import given, kept

from socialflow.kernel import faults, jobs, outbox
from socialflow.kernel.work import App

ATTEMPT = Path(__file__).with_name("attempt.py")
ROOT = ATTEMPT.parents[2]
EVERYTHING = "everything"
_WAITING = text("""
    SELECT id FROM jobs WHERE queue IN ('media', 'encode') AND state = 'queued' AND run_after <= now()
    ORDER BY due_by, id LIMIT 1
""")


async def media_job(app: App) -> uuid.UUID:
    """Relay the outbox; the one job that plans."""
    await relay_all(app)
    async with app.sessions() as session:
        found = await session.execute(text("SELECT id FROM jobs WHERE queue = 'media' AND kind = 'media.transcode'"))
        return uuid.UUID(str(found.scalar_one()))


async def relay_all(app: App) -> None:
    """Turn what has happened into jobs."""
    while await outbox.relay_once(app):
        pass


async def next_job(app: App) -> uuid.UUID | None:
    """Whichever media job is to be begun first."""
    await relay_all(app)
    async with app.sessions() as session:
        return await session.scalar(_WAITING)


async def work_off(app: App, *, leave: int = 0) -> list[jobs.Outcome]:
    """Be the only worker until nothing is left, or until so many tasks of the one asset are; what came of each job."""
    outcomes = []
    while (job := await next_job(app)) is not None:
        if leave and await tasks_left(app) == leave:
            break
        outcomes.append(await jobs.execute(app, job))
    return outcomes


async def tasks_left(app: App) -> int:
    """How many tasks are not done."""
    async with app.sessions() as session:
        return int(await session.scalar(text("SELECT count(*) FROM transcode_tasks WHERE state <> 'done'")) or 0)


async def expire_lease(app: App, job: uuid.UUID | None = None) -> None:
    """Time passes without a heartbeat, and the sweeper of jobs comes by; for every job if none is named."""
    async with app.sessions() as session, session.begin():
        past = (
            "UPDATE jobs SET state = 'queued', lease_token = lease_token + 1, run_after = now()"
            " WHERE state = 'running' AND id = coalesce(:id, id)"
        )
        await session.execute(text(past), {"id": job})


async def make_due(app: App, job: uuid.UUID | None = None) -> None:
    """The pause before the next attempt is over; of every job if none is named."""
    async with app.sessions() as session, session.begin():
        past = (
            "UPDATE jobs SET run_after = now() - interval '1 second' WHERE state = 'queued' AND id = coalesce(:id, id)"
        )
        await session.execute(text(past), {"id": job})


@asynccontextmanager
async def attempt(app: App, job: uuid.UUID | str, fault: str, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker process that makes one attempt, or does `EVERYTHING`, and meets a fault."""
    environment = {**kept(), **given(app.settings), faults.VARIABLE: fault, "PYTHONPATH": str(ROOT), **more}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ATTEMPT), str(job), env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
