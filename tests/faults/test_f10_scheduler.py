"""F10: two schedulers, one that was away, and a clock that jumps: each slot exactly once."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from tests.factories.clocks import stopped_clock
from tests.factories.forks import Forks, end
from tests.factories.parts import given

from socialflow.kernel import schedule
from socialflow.kernel.work import App

HOLDERS = text("""
    SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE locktype = 'advisory' AND objid = :lock AND granted AND datname = current_database()
""")
PATIENCE_SECONDS = 60
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


async def holder(app: App) -> int | None:
    """The connection of the scheduler that works."""
    async with app.sessions() as session:
        found: int | None = await session.scalar(HOLDERS, {"lock": schedule.SCHEDULER_LOCK})
        return found


async def keys(app: App) -> list[str]:
    async with app.sessions() as session:
        return sorted(await session.scalars(text("SELECT key FROM jobs")))


def slots(moments: Iterable[datetime]) -> list[str]:
    """The keys of every slot in which one of these moments is."""
    made = {
        f"{name}:{int(at.timestamp()) // period}" for name, period in schedule.periods.items() for at in set(moments)
    }
    return sorted(made)


async def until_made(app: App, wanted: list[str], log: Path) -> None:
    """Wait for a first complete tick; says what is known when there is none."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not set(wanted) <= set(await keys(app)):
                await asyncio.sleep(0.05)
    except TimeoutError:
        missing = sorted(set(wanted) - set(await keys(app)))
        said = log.read_text()[-3_000:] if log.exists() else "nothing"
        pytest.fail(f"not made: {missing}; connection with the lock: {await holder(app)}; the scheduler said: {said}")


async def until_ready(log: Path) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (log.exists() and "scheduler_ready" in log.read_text()):
            await asyncio.sleep(0.05)


@contextmanager
def scheduler(app: App, forks: Forks, log: Path) -> Iterator[psutil.Process]:
    """A scheduler until the block ends, which is killed then."""
    process = forks.start("scheduler", environment=given(app.settings), log=log)
    try:
        yield process
    finally:
        end(process)


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("fleet")
async def test_f10_of_two_schedulers_one_works_and_the_other_takes_over(app: App, forks: Forks, tmp_path: Path) -> None:
    logs = [tmp_path / "first.log", tmp_path / "second.log"]
    later = NOON + timedelta(days=2)
    async with stopped_clock(app) as clock:
        await clock.set(NOON)
        with scheduler(app, forks, logs[0]) as first:
            await until_made(app, slots([NOON]), logs[0])
            working = await holder(app)
            with scheduler(app, forks, logs[1]) as second:
                await until_ready(logs[1])
                # Long enough for it to push itself forward, if it could.
                await asyncio.sleep(1.5 * schedule.TICK_SECONDS)
                assert await holder(app) == working

                end(first)
                await clock.set(later)
                await until_made(app, slots([later]), logs[1])
                assert await holder(app) not in {None, working}
                assert second.is_running()

        assert await keys(app) == slots([NOON, later])


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("fleet")
async def test_f10_what_was_missed_while_nobody_was_there_is_not_caught_up_but_the_present_is(
    app: App, forks: Forks, tmp_path: Path
) -> None:
    back = NOON + timedelta(minutes=10)
    async with stopped_clock(app) as clock:
        for moment in (NOON, back):
            await clock.set(moment)
            with scheduler(app, forks, tmp_path / "scheduler.log"):
                await until_made(app, slots([moment]), tmp_path / "scheduler.log")

        assert await keys(app) == slots([NOON, back])


def walk(start: datetime, step: timedelta, count: int) -> list[datetime]:
    return [start + number * step for number in range(count)]


def jumps(start: datetime, unit: timedelta, *to: int) -> list[datetime]:
    return [start + number * unit for number in to]


MOMENTS = {
    "an hour back and forth": jumps(NOON, timedelta(hours=1), 0, 1, 0, -1, 0, 1, 2),
    # In Berlin two o'clock is left out on the one night and comes twice on the other.
    "into summer time": walk(datetime(2026, 3, 29, 0, tzinfo=UTC), timedelta(minutes=20), 10),
    "out of summer time": walk(datetime(2026, 10, 25, 0, tzinfo=UTC), timedelta(minutes=20), 10),
    # POSIX time has no 23:59:60: the clock shows midnight a second too early, and is set back.
    "a leap second": jumps(datetime(2017, 1, 1, tzinfo=UTC), timedelta(seconds=1), -2, -1, 0, -1, 0, 1),
}


@pytest.mark.parametrize("moments", MOMENTS.values(), ids=MOMENTS)
async def test_f10_a_slot_is_made_once_whatever_the_clock_does(app: App, moments: list[datetime]) -> None:
    made = 0
    async with stopped_clock(app, zone="Europe/Berlin") as clock:
        for moment in moments:
            await clock.set(moment)
            made += await schedule.tick(app)
            made += await schedule.tick(app)

        assert await keys(app) == slots(moments)
        assert made == len(slots(moments))
