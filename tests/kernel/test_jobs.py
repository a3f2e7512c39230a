"""Jobs: claimed by one, renewed, fenced, tried again, and in the end done or dead."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from socialflow.kernel import events, ids, jobs
from socialflow.kernel.db import DatabaseAway
from socialflow.kernel.errors import Conflict, Unavailable
from socialflow.kernel.events import Event, Handler
from socialflow.kernel.jobs import GiveUp, Job, JobRun, LeaseLost, Outcome
from socialflow.kernel.work import SYSTEM, App

React = Callable[[App, JobRun], Awaitable[None]]
KIND = "tests.toil"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toiled(Event):
    """Something to be done."""

    name: str


@dataclass
class Toil:
    """A handler that does what a test says, and what became of it."""

    app: App
    does: React | None = None
    runs: list[JobRun] = field(default_factory=list)
    dead: list[tuple[str, str]] = field(default_factory=list)

    async def react(self, app: App, event: Toiled, run: JobRun) -> None:
        assert event == Toiled(name="x")
        self.runs.append(run)
        if self.does is not None:
            await self.does(app, run)

    async def on_dead(self, _: App, event: Toiled, code: str) -> None:
        self.dead.append((event.name, code))

    async def add(self, **columns: Any) -> uuid.UUID:
        """A queued job."""
        job_id = ids.new()
        payload = {"event": "Toiled", "data": {"name": "x"}}
        row = {"id": job_id, "kind": KIND, "key": str(job_id), "queue": "default", "payload": payload, **columns}
        async with self.app.sessions() as session, session.begin():
            await session.execute(insert(Job).values(**row))
        return job_id

    async def row(self, job_id: uuid.UUID) -> Any:
        async with self.app.sessions() as session:
            found = text("SELECT *, run_after - now() AS delay, lease_until - now() AS lease FROM jobs WHERE id = :id")
            return (await session.execute(found, {"id": job_id})).one()

    async def set(self, job_id: uuid.UUID, assignments: str) -> None:
        async with self.app.sessions() as session, session.begin():
            await session.execute(text(f"UPDATE jobs SET {assignments} WHERE id = :id"), {"id": job_id})


@pytest.fixture
def toil(app: App, handlers: dict[str, Handler]) -> Toil:
    made = Toil(app)
    handlers[KIND] = Handler(KIND, "default", made.react, Toiled, wants_run=True, on_dead=made.on_dead)
    return made


def with_jobs(app: App, **changes: Any) -> App:
    """The App with other settings of jobs."""
    chosen = app.settings.jobs.model_copy(update=changes)
    return replace(app, settings=app.settings.model_copy(update={"jobs": chosen}))


async def test_a_job_is_done_once(app: App, toil: Toil) -> None:
    job_id = await toil.add()

    assert await jobs.execute(app, job_id) is Outcome.DONE
    assert await jobs.execute(app, job_id) is Outcome.SKIPPED
    assert await jobs.execute(app, ids.new()) is Outcome.SKIPPED

    row = await toil.row(job_id)
    assert (row.state, row.attempt, row.lease_until, row.error) == ("done", 1, None, None)
    assert len(toil.runs) == 1


async def test_of_twenty_workers_one_gets_it(app: App, toil: Toil) -> None:
    async def slowly(_: App, run: JobRun) -> None:
        await asyncio.sleep(0.2)

    toil.does = slowly
    job_id = await toil.add()

    outcomes = await asyncio.gather(*(jobs.execute(app, job_id) for _ in range(20)))

    assert sorted(outcomes) == sorted([Outcome.DONE] + [Outcome.SKIPPED] * 19)
    assert len(toil.runs) == 1


async def test_a_job_that_is_not_due_is_left(app: App, toil: Toil) -> None:
    job_id = await toil.add()
    await toil.set(job_id, "run_after = now() + interval '1 minute'")

    assert await jobs.execute(app, job_id) is Outcome.SKIPPED
    assert await jobs.sweep(app) == 0


async def test_a_failure_is_tried_again_later_each_time_and_then_is_dead(app: App, toil: Toil) -> None:
    async def fail(_: App, run: JobRun) -> None:
        raise ValueError("no luck")

    toil.does = fail
    slow = with_jobs(app, retry_base_s=10.0)
    job_id = await toil.add()

    delays = []
    for expected in (Outcome.RETRY, Outcome.RETRY, Outcome.DEAD):
        assert await jobs.execute(slow, job_id) is expected
        delays.append((await toil.row(job_id)).delay.total_seconds())
        await toil.set(job_id, "run_after = now()")

    assert delays[:2] == [pytest.approx(10, abs=3), pytest.approx(20, abs=3)]
    assert [run.is_last for run in toil.runs] == [False, False, True]
    row = await toil.row(job_id)
    assert (row.state, row.error) == ("dead", "ValueError: no luck")
    assert toil.dead == [("x", "ValueError: no luck")]
    assert await jobs.execute(app, job_id) is Outcome.SKIPPED
    assert await jobs.sweep(app) == 0


async def test_giving_up_is_dead_at_once_with_its_code(app: App, toil: Toil) -> None:
    async def give_up(_: App, run: JobRun) -> None:
        raise GiveUp("not_a_video")

    toil.does = give_up
    job_id = await toil.add()

    assert await jobs.execute(app, job_id) is Outcome.DEAD
    assert toil.dead == [("x", "not_a_video")]


@pytest.mark.parametrize("error", [DatabaseAway("gone"), Unavailable("store"), ConnectionRefusedError()])
async def test_only_what_the_product_knows_to_be_away_is_waited_for_without_counting(
    error: Exception, app: App, toil: Toil
) -> None:
    async def fail(_: App, run: JobRun) -> None:
        raise error

    toil.does = fail
    job_id = await toil.add(attempt=2)
    is_known = not isinstance(error, ConnectionRefusedError)

    assert await jobs.execute(app, job_id) is (Outcome.RETRY if is_known else Outcome.DEAD)
    assert (await toil.row(job_id)).attempt == (2 if is_known else 3)


async def test_a_problem_is_a_failure_like_any_other(app: App, toil: Toil) -> None:
    async def fail(_: App, run: JobRun) -> None:
        raise Conflict("taken")

    toil.does = fail
    job_id = await toil.add(attempt=2)

    assert await jobs.execute(app, job_id) is Outcome.DEAD


async def test_a_job_whose_worker_died_is_taken_up_and_goes_on_from_its_checkpoint(app: App, toil: Toil) -> None:
    async def save_and_die(_: App, run: JobRun) -> None:
        await run.save({"done": ["360p"]})
        raise LeaseLost

    toil.does = save_and_die
    job_id = await toil.add()
    assert await jobs.execute(app, job_id) is Outcome.LOST
    assert (await toil.row(job_id)).state == "running"
    assert await jobs.execute(app, job_id) is Outcome.SKIPPED, "its lease is not over"

    await toil.set(job_id, "lease_until = now() - interval '1 second'")
    toil.does = None
    assert await jobs.execute(app, job_id) is Outcome.DONE

    assert toil.runs[1].checkpoint == {"done": ["360p"]}
    assert (toil.runs[0].token, toil.runs[1].token) == (1, 2)


async def test_a_job_that_kills_its_workers_is_dead_after_three(app: App, toil: Toil) -> None:
    async def die(_: App, run: JobRun) -> None:
        raise LeaseLost

    toil.does = die
    job_id = await toil.add()
    outcomes = []
    for _ in range(4):
        outcomes.append(await jobs.execute(app, job_id))
        await toil.set(job_id, "lease_until = now() - interval '1 second'")

    assert outcomes == [Outcome.LOST] * 3 + [Outcome.DEAD]
    assert len(toil.runs) == 3
    assert toil.dead == [("x", "worker_died")]


async def test_f6_a_worker_that_wakes_up_after_its_lease_writes_nothing(app: App, toil: Toil) -> None:
    woken, refused = asyncio.Event(), []

    async def hang(given: App, run: JobRun) -> None:
        if run.attempt > 1:
            return
        await woken.wait()
        for write in (run.beat, lambda: run.save({"mine": True}), lambda: fenced(given, run)):
            try:
                await write()
            except LeaseLost:
                refused.append(write)

    async def fenced(given: App, run: JobRun) -> None:
        async with given.work(SYSTEM) as work:
            await run.fence(work)
            await work.db.execute(text("UPDATE jobs SET error = 'a zombie was here'"))

    toil.does = hang
    job_id = await toil.add()
    zombie = asyncio.create_task(jobs.execute(with_jobs(app, heartbeat_s=60.0), job_id))
    while not toil.runs:
        await asyncio.sleep(0.01)
    await toil.set(job_id, "lease_until = now() - interval '1 second'")
    assert await jobs.execute(app, job_id) is Outcome.DONE

    woken.set()
    assert await zombie is Outcome.LOST

    assert len(refused) == 3
    row = await toil.row(job_id)
    assert (row.state, row.checkpoint, row.error, row.lease_token) == ("done", {}, None, 2)


async def test_a_fence_holds_the_row_until_the_work_ends(app: App, toil: Toil) -> None:
    async def guarded(given: App, run: JobRun) -> None:
        async with given.work(SYSTEM) as work:
            await run.fence(work)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(toil.set(run.job_id, "lease_token = 9"), 0.1)

    toil.does = guarded
    assert await jobs.execute(with_jobs(app, heartbeat_s=60.0), await toil.add()) is Outcome.DONE


async def test_a_long_job_keeps_its_lease_by_heartbeat(app: App, toil: Toil) -> None:
    async def long(_: App, run: JobRun) -> None:
        await asyncio.sleep(1.6)

    toil.does = long
    job_id = await toil.add()
    beating = asyncio.create_task(jobs.execute(with_jobs(app, lease_s=1, heartbeat_s=0.2), job_id))
    await asyncio.sleep(1.3)

    assert (await toil.row(job_id)).lease.total_seconds() > 0
    assert await jobs.execute(app, job_id) is Outcome.SKIPPED
    assert await beating is Outcome.DONE


async def test_a_worker_that_lost_its_lease_is_stopped(app: App, toil: Toil) -> None:
    ended = asyncio.Event()

    async def endless(_: App, run: JobRun) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    toil.does = endless
    job_id = await toil.add()
    running = asyncio.create_task(jobs.execute(with_jobs(app, heartbeat_s=0.05), job_id))
    while not toil.runs:
        await asyncio.sleep(0.01)
    await toil.set(job_id, "lease_token = 9")

    async with asyncio.timeout(5):
        assert await running is Outcome.LOST
        await ended.wait()


async def test_a_worker_that_cannot_renew_stops_when_its_lease_must_be_over(app: App, toil: Toil) -> None:
    async def endless(_: App, run: JobRun) -> None:
        async def fail() -> None:
            raise DatabaseAway("gone")

        run.beat = fail  # type: ignore[method-assign]  # a database that is away for this worker alone
        await asyncio.sleep(60)

    toil.does = endless
    job_id = await toil.add()

    async with asyncio.timeout(5):
        assert await jobs.execute(with_jobs(app, lease_s=1, heartbeat_s=0.1), job_id) is Outcome.LOST


async def test_a_worker_that_is_stopped_hands_its_job_back_uncounted(app: App, toil: Toil) -> None:
    async def endless(_: App, run: JobRun) -> None:
        await run.save({"half": True})
        await asyncio.sleep(60)

    toil.does = endless
    job_id = await toil.add()
    running = asyncio.create_task(jobs.execute(app, job_id))
    while not (toil.runs and toil.runs[0].checkpoint):
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    row = await toil.row(job_id)
    assert (row.state, row.attempt, row.lease_until, row.checkpoint) == ("queued", 0, None, {"half": True})
    toil.does = None
    assert await jobs.execute(app, job_id) is Outcome.DONE


async def test_what_cannot_be_written_down_is_left_to_the_lease(app: App, toil: Toil) -> None:
    async def lose(_: App, run: JobRun) -> None:
        await toil.set(run.job_id, "lease_token = 9")
        raise ValueError

    toil.does = lose
    assert await jobs.execute(with_jobs(app, heartbeat_s=60.0), await toil.add()) is Outcome.LOST
    last = await toil.add(attempt=2)
    assert await jobs.execute(with_jobs(app, heartbeat_s=60.0), last) is Outcome.LOST


async def test_a_job_is_not_dead_before_everybody_was_told(app: App, toil: Toil) -> None:
    async def fail(*_: Any) -> None:
        raise ValueError

    toil.does = fail
    events.handlers[KIND] = replace(events.handlers[KIND], on_dead=fail)
    job_id = await toil.add(attempt=2)

    assert await jobs.execute(app, job_id) is Outcome.LOST
    assert (await toil.row(job_id)).state == "running"


@dataclass
class Hints:
    """What the sweeper sends."""

    sent: list[tuple[str, uuid.UUID]] = field(default_factory=list)

    async def send(self, queue: str, job_ids: list[uuid.UUID]) -> None:
        self.sent.extend((queue, job_id) for job_id in job_ids)


async def test_the_sweeper_hints_what_may_have_been_lost_and_nothing_else(app: App, toil: Toil) -> None:
    hints = Hints()
    sweeping = replace(with_jobs(app, rehint_s=60.0), send_hints=hints.send)
    fresh, hinted = await toil.add(queue="feed"), await toil.add()
    stale, running, silent = await toil.add(), await toil.add(), await toil.add()
    done, dead = await toil.add(state="done"), await toil.add(state="dead")
    await toil.set(hinted, "hinted_at = now()")
    await toil.set(stale, "hinted_at = now() - interval '2 minutes'")
    await toil.set(running, "state = 'running', lease_until = now() + interval '1 minute'")
    await toil.set(
        silent, "state = 'running', lease_until = now() - interval '1 second', hinted_at = now() - interval '9 s'"
    )

    assert await jobs.sweep(sweeping) == 3

    assert sorted(hints.sent) == sorted([("feed", fresh), ("default", stale), ("default", silent)])
    assert not {done, dead} & {job_id for _, job_id in hints.sent}
    assert await jobs.sweep(sweeping) == 0, "a hint is given time to arrive"


async def test_a_hint_for_a_silent_worker_s_job_that_is_lost_is_sent_again(app: App, toil: Toil) -> None:
    hints = Hints()
    sweeping = replace(with_jobs(app, rehint_s=60.0), send_hints=hints.send)
    job_id = await toil.add()
    await toil.set(job_id, "state = 'running', lease_until = now() - interval '5 minutes'")
    assert await jobs.sweep(sweeping) == 1

    await toil.set(job_id, "hinted_at = now() - interval '2 minutes'")

    assert await jobs.sweep(sweeping) == 1


async def test_two_sweepers_hint_a_job_once(app: App, toil: Toil) -> None:
    for _ in range(20):
        await toil.add()

    assert sum(await asyncio.gather(*(jobs.sweep(app) for _ in range(4)))) == 20
