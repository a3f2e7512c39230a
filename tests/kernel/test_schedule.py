"""The clock: each slot of time once, whoever looks at whichever clock."""

import asyncio

import pytest
from sqlalchemy import text

from socialflow.kernel import jobs, schedule
from socialflow.kernel.events import Handler
from socialflow.kernel.jobs import Outcome
from socialflow.kernel.schedule import every
from socialflow.kernel.work import App

Ticks = list[str]
HOLDERS = "FROM pg_locks WHERE locktype = 'advisory' AND objid = :lock AND granted"


@pytest.fixture
def ticks(handlers: dict[str, Handler]) -> Ticks:
    told: Ticks = []

    @every(hours=1)
    async def chime(app: App) -> None:
        told.append("chime")

    @every(minutes=30, queue="feed")
    async def half(app: App) -> None:
        told.append("half")

    return told


async def keys(app: App) -> list[str]:
    async with app.sessions() as session:
        return sorted(await session.scalars(text("SELECT key FROM jobs")))


async def test_a_slot_is_made_once_and_done_once(app: App, ticks: Ticks) -> None:
    assert await schedule.tick(app) == 2
    assert await schedule.tick(app) == 0

    async with app.sessions() as session:
        made = (await session.scalars(text("SELECT id FROM jobs"))).all()
    assert [await jobs.execute(app, job_id) for job_id in made * 2] == [Outcome.DONE] * 2 + [Outcome.SKIPPED] * 2
    assert sorted(ticks) == ["chime", "half"]


async def test_many_schedulers_at_once_make_a_slot_once(app: App, ticks: Ticks) -> None:
    assert sum(await asyncio.gather(*(schedule.tick(app) for _ in range(10)))) == 2


async def test_slots_that_were_missed_are_not_caught_up(app: App, ticks: Ticks) -> None:
    await schedule.tick(app)
    async with app.sessions() as session, session.begin():
        await session.execute(
            text("UPDATE jobs SET key = split_part(key, ':', 1) || ':' || split_part(key, ':', 2)::int - 600")
        )

    assert await schedule.tick(app) == 2
    assert len(await keys(app)) == 4


async def test_a_tick_also_hints_what_is_due(app: App, ticks: Ticks) -> None:
    await schedule.tick(app)
    async with app.sessions() as session:
        assert not (await session.scalars(text("SELECT id FROM jobs WHERE hinted_at IS NULL"))).all()


async def test_without_periods_there_is_nothing_to_do(app: App, handlers: dict[str, Handler]) -> None:
    assert await schedule.tick(app) == 0


def test_a_period_is_at_least_a_second() -> None:
    with pytest.raises(TypeError):
        every()


async def test_one_of_two_running_schedulers_ticks_and_the_other_takes_over(app: App, ticks: Ticks) -> None:
    stops = [asyncio.Event(), asyncio.Event()]
    running = [asyncio.create_task(schedule.run(app, stop)) for stop in stops]
    async with asyncio.timeout(6):
        while len(await keys(app)) < 2:
            await asyncio.sleep(0.02)
    assert await holders(app) == 1

    async with app.engine.begin() as connection:
        await connection.execute(text(f"SELECT pg_terminate_backend(pid) {HOLDERS}"), {"lock": schedule.SCHEDULER_LOCK})
        await connection.execute(text("DELETE FROM jobs"))
    async with asyncio.timeout(10):
        while len(await keys(app)) < 2:
            await asyncio.sleep(0.02)
    assert await holders(app) == 1

    for stop in stops:
        stop.set()
    await asyncio.gather(*running)
    assert await holders(app) == 0, "who stops gives the lock back"


async def holders(app: App) -> int:
    async with app.sessions() as session:
        return int(await session.scalar(text(f"SELECT count(*) {HOLDERS}"), {"lock": schedule.SCHEDULER_LOCK}) or 0)


async def test_a_tick_that_fails_is_not_the_last_one(app: App, ticks: Ticks, handlers: dict[str, Handler]) -> None:
    kept = handlers.pop(next(iter(handlers)))
    stop = asyncio.Event()
    running = asyncio.create_task(schedule.run(app, stop))
    await asyncio.sleep(0.3)
    handlers[kept.name] = kept

    async with asyncio.timeout(6):
        while len(await keys(app)) < 2:
            await asyncio.sleep(0.02)
    stop.set()
    await running
    async with app.sessions() as session:
        job_id = (await session.execute(text("SELECT id FROM jobs LIMIT 1"))).scalar_one()
    assert await jobs.execute(app, job_id) is Outcome.DONE
