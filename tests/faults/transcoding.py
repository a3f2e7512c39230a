"""Transcodes that are to be disturbed: the job, a worker of its own for it, and the end of its lease."""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text
from tests.factories.parts import given, kept

from socialflow.kernel import faults, outbox
from socialflow.kernel.work import App

ATTEMPT = Path(__file__).with_name("attempt.py")


async def media_job(app: App) -> uuid.UUID:
    """Relay the outbox; the one media job that is waiting."""
    while await outbox.relay_once(app):
        pass
    async with app.sessions() as session:
        found = await session.execute(text("SELECT id FROM jobs WHERE queue = 'media' AND kind = 'media.transcode'"))
        return uuid.UUID(str(found.scalar_one()))


async def expire_lease(app: App, job: uuid.UUID) -> None:
    """Time passes without a heartbeat."""
    async with app.sessions() as session, session.begin():
        past = "UPDATE jobs SET lease_until = now() - interval '1 second' WHERE id = :id AND state = 'running'"
        await session.execute(text(past), {"id": job})


async def make_due(app: App, job: uuid.UUID) -> None:
    """The pause before the next attempt is over."""
    async with app.sessions() as session, session.begin():
        past = "UPDATE jobs SET run_after = now() - interval '1 second' WHERE id = :id"
        await session.execute(text(past), {"id": job})


@asynccontextmanager
async def attempt(app: App, job: uuid.UUID, fault: str, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker process that makes one attempt and meets a fault."""
    environment = {**kept(), **given(app.settings), faults.VARIABLE: fault, **more}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ATTEMPT), str(job), env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
