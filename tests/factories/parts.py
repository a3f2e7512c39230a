"""Parts of the product as processes of their own, against the services of a test."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from socialflow.entrypoints.engines.identity import tethered
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.jobs import Job
from socialflow.kernel.work import App

OURS = re.compile(r"^(SF_|DATABASE_URL|REDIS_URL|TEST_)")
HARMLESS = "kernel.prune"  # a job that any database bears at any time


def kept() -> dict[str, str]:
    """The environment of this process without what is meant for us."""
    return {name: value for name, value in os.environ.items() if not OURS.match(name)}


def given(settings: Settings) -> dict[str, str]:
    """The environment in which a part finds these settings."""
    assert settings.database.url is not None
    assert settings.redis.url is not None
    assert settings.auth.secret is not None
    return {
        "SF_ENVIRONMENT": "test",
        "SF_DATA_DIR": str(settings.data_dir),
        "SF_DATABASE__URL": settings.database.url.get_secret_value(),
        "SF_REDIS__URL": settings.redis.url.get_secret_value(),
        "SF_AUTH__SECRET": settings.auth.secret.get_secret_value(),
        "SF_AUTH__PREVIOUS_SECRETS": ",".join(each.get_secret_value() for each in settings.auth.previous_secrets),
    }


@contextmanager
def part(settings: Settings, *arguments: str, log: Path, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`socialflow <arguments>` with these settings until the block ends."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            tethered([sys.executable, "-m", "socialflow", *arguments], stop=signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env={**kept(), **given(settings), **environment},
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        process.kill()
        process.wait()


async def add_jobs(app: App, count: int) -> list[uuid.UUID]:
    """Rows of harmless jobs, not yet hinted."""
    rows = [
        {
            "id": ids.new(),
            "kind": HARMLESS,
            "key": f"test:{ids.new()}",
            "queue": "default",
            "payload": {},
            "hinted_at": func.now(),
        }
        for _ in range(count)
    ]
    async with app.sessions() as session, session.begin():
        for row in rows:
            await session.execute(insert(Job).values(**row))
    return [row["id"] for row in rows]


async def states(app: App, job_ids: list[uuid.UUID]) -> list[tuple[str, int]]:
    """State and attempts of jobs."""
    async with app.sessions() as session:
        found = await session.execute(select(Job.state, Job.attempt).where(Job.id.in_(job_ids)))
        return [(state, attempt) for state, attempt in found]


async def all_done(app: App, job_ids: list[uuid.UUID], seconds: float) -> None:
    """Wait until all of them are done; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while any(state != "done" for state, _ in await states(app, job_ids)):
            await asyncio.sleep(0.02)
