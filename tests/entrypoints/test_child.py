"""A pool process of the worker: jobs that take long, or must stop, are handed back uncounted."""

import asyncio
import os
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from socialflow.entrypoints.bootstrap import open_app
from socialflow.entrypoints.worker.child import STOP_SIGNAL, Child
from socialflow.kernel import events, ids
from socialflow.kernel.config import Settings
from socialflow.kernel.events import Handler
from socialflow.kernel.jobs import Job
from socialflow.kernel.work import App

SLOW = "tests.slow"


async def slow(app: App) -> None:
    """A job that nobody waits for."""
    await asyncio.sleep(30)


async def stopping(app: App) -> None:
    """A job during which the worker is asked to stop."""
    os.kill(os.getpid(), STOP_SIGNAL)
    await asyncio.sleep(30)


@pytest.fixture
def handled() -> Iterator[None]:
    """Two handlers that the product does not have."""
    for name, react in ((SLOW, slow), ("tests.stopping", stopping)):
        events.register(Handler(name, "default", react))
    yield
    for name in (SLOW, "tests.stopping"):
        del events.handlers[name]


def add(settings: Settings, kind: str) -> uuid.UUID:
    async def insert_one() -> uuid.UUID:
        job_id = ids.new()
        async with open_app(settings) as app, app.sessions() as session, session.begin():
            row = {"id": job_id, "kind": kind, "key": str(job_id), "queue": "default", "payload": {}}
            await session.execute(insert(Job).values(**row))
        return job_id

    return asyncio.run(insert_one())


def look(settings: Settings, job_id: uuid.UUID) -> Any:
    async def find() -> Any:
        async with open_app(settings) as app, app.sessions() as session:
            return (await session.execute(select(Job.state, Job.attempt).where(Job.id == job_id))).one()

    return asyncio.run(find())


def test_a_job_is_handed_back_when_its_slice_is_over(app: App, handled: None) -> None:
    settings = app.settings
    job_id = add(settings, SLOW)
    child = Child(settings, slice_seconds=0.3, grace_seconds=5)
    try:
        child.run(job_id)
    finally:
        child.close()

    assert tuple(look(settings, job_id)) == ("queued", 0)


def test_a_worker_that_must_stop_hands_its_job_back_after_the_grace(app: App, handled: None) -> None:
    settings = app.settings
    job_id = add(settings, "tests.stopping")
    child = Child(settings, slice_seconds=None, grace_seconds=0.3)
    began = time.monotonic()
    try:
        child.run(job_id)
    finally:
        child.close()

    assert 0.3 <= time.monotonic() - began < 10
    assert tuple(look(settings, job_id)) == ("queued", 0)


def test_a_hint_of_a_job_that_is_not_there_is_nothing(app: App) -> None:
    child = Child(app.settings, slice_seconds=None, grace_seconds=1)
    try:
        child.run(ids.new())
    finally:
        child.close()
