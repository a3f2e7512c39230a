"""Events, outbox and relay: told if and only if it was committed, to everybody, in effect once."""

import asyncio
import dataclasses
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from tests.conftest import deliver_all

from socialflow.kernel import events, housekeeping, ids, jobs, metrics, outbox
from socialflow.kernel.config import Settings
from socialflow.kernel.events import Event, on
from socialflow.kernel.jobs import Outcome
from socialflow.kernel.work import SYSTEM, App

pytestmark = pytest.mark.usefixtures("handlers")


@dataclass(frozen=True, slots=True, kw_only=True)
class BellRang(Event):
    """Something happened."""

    bell_id: uuid.UUID
    times: int = 1
    at: datetime | None = None


async def ring(app: App, count: int = 1) -> list[BellRang]:
    rung = [BellRang(bell_id=ids.new(), times=number) for number in range(count)]
    async with app.work(SYSTEM) as work:
        for event in rung:
            work.emit(event)
    return rung


async def count(app: App, table: str, condition: str = "true") -> int:
    async with app.sessions() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table} WHERE {condition}")) or 0)


@dataclass
class Heard:
    """What two handlers were told."""

    near: list[BellRang]
    far: list[BellRang]


@pytest.fixture
def heard() -> Heard:
    told = Heard([], [])

    @on(BellRang)
    async def near(app: App, event: BellRang) -> None:
        told.near.append(event)

    @on(BellRang, queue="feed")
    async def far(app: App, event: BellRang, run: jobs.JobRun) -> None:
        assert run.attempt == 1
        told.far.append(event)

    return told


async def test_what_was_committed_is_told_to_everybody_who_listens(app: App, heard: Heard) -> None:
    rung = await ring(app, 3)

    assert await deliver_all(app, times=1, queues=events.QUEUES) == 6

    for told in (heard.near, heard.far):
        assert sorted(told, key=lambda event: event.times) == rung


async def test_what_was_rolled_back_is_told_to_nobody(app: App, heard: Heard) -> None:
    async def fail() -> None:
        async with app.work(SYSTEM) as work:
            work.emit(BellRang(bell_id=ids.new()))
            await work.db.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert await count(app, "outbox") == 0
    assert await outbox.relay_once(app) == 0


async def test_an_event_comes_back_as_it_was_written() -> None:
    event = BellRang(bell_id=ids.new(), times=7, at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC))

    assert events.decode("BellRang", events.encode(event)) == event
    assert dataclasses.asdict(event).keys() == events.encode(event).keys()


async def test_an_event_is_marked_and_becomes_one_job_per_handler_in_one_transaction(app: App, heard: Heard) -> None:
    await ring(app)

    assert await outbox.relay_once(app) == 1

    assert await count(app, "outbox", "relayed_at IS NOT NULL") == 1
    assert await count(app, "jobs") == 2
    assert await outbox.relay_once(app) == 0


async def test_an_event_relayed_again_makes_no_job_again(app: App, heard: Heard) -> None:
    await ring(app)
    await outbox.relay_once(app)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE outbox SET relayed_at = NULL"))

    assert await outbox.relay_once(app) == 1

    assert await count(app, "jobs") == 2


async def test_two_relays_share_the_work_and_nothing_comes_twice(app: App, heard: Heard) -> None:
    hinted: list[uuid.UUID] = []

    async def note(queue: str, job_ids: list[uuid.UUID]) -> None:
        hinted.extend(job_ids)

    total = outbox.BATCH * 2 + 50
    await ring(app, total)
    relaying = replace(app, send_hints=note)

    async def relay() -> int:
        taken = 0
        while got := await outbox.relay_once(relaying):
            taken += got
        return taken

    # A relay that finds all rows taken goes home; what a third would take is at most what these two left.
    assert sum(await asyncio.gather(relay(), relay())) == total
    assert await count(app, "jobs") == len(hinted) == len(set(hinted)) == total * 2


async def test_an_event_that_nobody_listens_to_is_simply_told(app: App) -> None:
    await ring(app)

    assert await outbox.relay_once(app) == 1
    assert await count(app, "jobs") == 0


async def test_an_event_of_another_version_waits_for_whom_knows_it(app: App, heard: Heard) -> None:
    await ring(app)
    await outbox.relay_once(app)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE jobs SET kind = 'kernel.unheard_of'"))
        job_id = (await session.execute(text("SELECT id FROM jobs LIMIT 1"))).scalar_one()

    assert await jobs.execute(app, job_id) is Outcome.RETRY

    assert await count(app, "jobs", f"id = '{job_id}' AND state = 'queued' AND attempt = 0 AND run_after > now()") == 1


async def test_the_running_relay_is_woken_by_a_commit(app: App, heard: Heard) -> None:
    stop = asyncio.Event()
    relaying = asyncio.create_task(outbox.run(app, stop))
    await asyncio.sleep(0.2)
    before = metrics.EVENTS_RELAYED._value.get()
    try:
        await ring(app)
        async with asyncio.timeout(outbox.IDLE_SECONDS * 0.8):
            while metrics.EVENTS_RELAYED._value.get() == before:
                await asyncio.sleep(0.01)
    finally:
        stop.set()
        await relaying


@pytest.fixture
async def nowhere(app: App, settings: Settings) -> AsyncIterator[App]:
    """The App with a database that has lost the outbox."""
    async with app.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE outbox RENAME TO outbox_elsewhere"))
    yield app
    async with app.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE IF EXISTS outbox_elsewhere RENAME TO outbox"))


async def test_the_running_relay_survives_whatever_fails(nowhere: App, heard: Heard) -> None:
    stop = asyncio.Event()
    relaying = asyncio.create_task(outbox.run(nowhere, stop))
    await asyncio.sleep(0.2)
    async with nowhere.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE outbox_elsewhere RENAME TO outbox"))
    await ring(nowhere)
    async with asyncio.timeout(5):
        while await count(nowhere, "jobs") < 2:
            await asyncio.sleep(0.05)

    async with nowhere.engine.begin() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid()"
            )
        )
    # Dead connections of the pool fail whoever is given one: here that is to be the relay alone.
    await nowhere.engine.dispose()
    await ring(nowhere)
    async with asyncio.timeout(5):
        while await count(nowhere, "jobs") < 4:
            await asyncio.sleep(0.05)
    stop.set()
    await relaying


def test_a_name_is_given_once_and_a_queue_must_exist(handlers: dict[str, events.Handler]) -> None:
    async def react(app: App, event: BellRang) -> None: ...

    async def other(app: App, event: BellRang) -> None: ...

    on(BellRang)(react)
    other.__module__, other.__name__ = "elsewhere.kernel", "react"
    name = events.name_of(react)
    with pytest.raises(TypeError, match="two handlers"):
        events.register(events.Handler(name, "default", other))
    with pytest.raises(TypeError, match="no queue"):
        on(BellRang, queue="nowhere")(react)
    react.__module__ = "socialflow.domains.media.handlers.pipeline"
    assert events.name_of(react) == "media.react"
    react.__module__ = "alone"
    assert events.name_of(react) == "alone.react"


def test_two_events_cannot_have_one_name() -> None:
    with pytest.raises(TypeError, match="two events"):
        type("BellRang", (Event,), {"__module__": "elsewhere"})


async def test_what_is_done_is_forgotten_after_its_time_and_what_is_not_never(app: App, heard: Heard) -> None:
    await ring(app, 3)
    await deliver_all(app, times=1, queues=("default",))
    await ring(app)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE jobs SET finished_at = finished_at - interval '8 days'"))
        await session.execute(text("UPDATE outbox SET relayed_at = relayed_at - interval '8 days'"))
        await session.execute(text("UPDATE outbox SET created_at = created_at - interval '8 days'"))

    await housekeeping.prune(app)

    assert await count(app, "jobs") == await count(app, "jobs", "state = 'queued'") == 3
    assert await count(app, "outbox") == await count(app, "outbox", "relayed_at IS NULL") == 1


async def test_what_waits_is_measured(app: App, heard: Heard) -> None:
    await ring(app, 2)
    await outbox.relay_once(app)
    await ring(app)

    await housekeeping.measure(app)

    assert metrics.OUTBOX_WAITING._value.get() == 1
    assert metrics.JOBS_WAITING.labels("feed")._value.get() == 2
