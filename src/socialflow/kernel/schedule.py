"""The clock: `@every(minutes=5)` makes a job per slot of time, each slot exactly once.

A slot is the number of whole periods since 1970 by the database's clock, and part of the job's
unique key: two schedulers, or a clock that jumps back, cannot make a slot twice. Slots missed
while nothing ran are not caught up; the present one is.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from socialflow.kernel import db as database
from socialflow.kernel import events, ids, jobs, logs
from socialflow.kernel.events import Handler, Reaction, name_of, register
from socialflow.kernel.jobs import Job

if TYPE_CHECKING:
    from socialflow.kernel.work import App

TICK_SECONDS = 1.0
# Any fixed number: the right to be the one scheduler of an installation.
SCHEDULER_LOCK = 7_364_201

log = logs.named(__name__)
periods: dict[str, int] = {}


def every(
    *, seconds: int = 0, minutes: int = 0, hours: int = 0, queue: str = "default"
) -> Callable[[Reaction], Reaction]:
    """Call `async def f(app)` once per period."""
    period = seconds + 60 * minutes + 3600 * hours
    if period < 1:
        raise TypeError("a period is at least a second")

    def decorate(react: Reaction) -> Reaction:
        name = name_of(react)
        register(Handler(name, queue, react))
        periods[name] = period
        return react

    return decorate


async def tick(app: "App") -> int:
    """Make the jobs of the present slots and hint what is due; returns how many jobs are new."""
    from_now = await _make_slots(app)
    await jobs.sweep(app)
    return from_now


async def _make_slots(app: "App") -> int:
    async with app.sessions() as session, session.begin():
        now = float((await session.execute(select(func.extract("epoch", func.now())))).scalar_one())
        rows = [
            {
                "id": ids.new(),
                "kind": name,
                "key": f"{name}:{int(now // period)}",
                "queue": events.handlers[name].queue,
                "payload": {},
            }
            for name, period in periods.items()
        ]
        if not rows:
            return 0
        made = insert(Job).values(rows).on_conflict_do_nothing(index_elements=["key"]).returning(Job.id)
        return len((await session.execute(made)).all())


async def run(app: "App", stop: asyncio.Event) -> None:
    """Tick every second while holding the scheduler's lock; wait for it otherwise."""
    while not stop.is_set():
        try:
            async with app.engine.connect() as connection:
                autonomous = await connection.execution_options(isolation_level="AUTOCOMMIT")
                try:
                    await _keep_time(app, autonomous, stop)
                finally:
                    # The lock belongs to the connection: back in the pool it would shut out everybody, us too.
                    await connection.invalidate()
            await _sleep(stop, TICK_SECONDS)
        except Exception as error:
            if database.as_problem(error) is None:
                log.exception("scheduler_failed")
            else:
                log.warning("scheduler_waits", error=str(error)[:200])
            await _sleep(stop, TICK_SECONDS)


async def _keep_time(app: "App", connection: AsyncConnection, stop: asyncio.Event) -> None:
    got = await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": SCHEDULER_LOCK})
    while got and not stop.is_set():
        started = time.monotonic()
        # Also proves that the connection, and with it the lock, is still ours.
        await connection.execute(text("SELECT 1"))
        await tick(app)
        await _sleep(stop, TICK_SECONDS - (time.monotonic() - started))


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(seconds, 0.05)):
            await stop.wait()
    except TimeoutError:
        return
