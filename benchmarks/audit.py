"""What a note in the audit log costs: chained notes beside plain inserts of the same rows, in the same run.

A note takes its place in one chain, so those who note stand in line for one lock, from just before their
commit until it is done. `python benchmarks/audit.py [SECONDS]` starts a throwaway PostgreSQL (without
fsync: read the ratio, and not the rate), writes with 1, 4 and 16 writers, verifies what was written, and
prints how many notes a second that comes to.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

from rich.console import Console
from rich.table import Table
from sqlalchemy import insert

from socialflow.entrypoints import schema
from socialflow.entrypoints.bootstrap import open_app
from socialflow.entrypoints.engines.throwaway import Pair, throwaway
from socialflow.kernel import audit, chain, ids
from socialflow.kernel.audit import AuditDetails, AuditEvent
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App

WRITERS = (1, 4, 16)
DETAILS = {"address": "192.0.2.7", "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "methods": ["pwd"]}
SECONDS = 3.0
# Far behind every place that the chain comes to.
PLAIN_FROM = 10**12


def main(seconds: float) -> None:
    """Measure and print one table."""
    with throwaway() as pair:
        schema.upgrade(pair.database_url)
        asyncio.run(_measure(pair, seconds))


async def _measure(pair: Pair, seconds: float) -> None:
    settings = Settings.model_validate(
        {
            "environment": "test",
            "database": {"url": pair.database_url, "pool_size": max(WRITERS)},
            "redis": {"url": pair.redis_url},
            "auth": {"secret": "of a benchmark, of no use to anybody else 0123"},
        }
    )
    table = Table("writers", "plain inserts/s", "chained notes/s", "ratio", "wait for the lock and all, median")
    async with open_app(settings) as app:
        plain = _Plain(app)
        for writers in WRITERS:
            inserted, _ = await _rate(plain.write, writers, seconds)
            noted, median = await _rate(lambda: _note(app), writers, seconds)
            table.add_row(
                str(writers), f"{inserted:,.0f}", f"{noted:,.0f}", f"{inserted / noted:.2f}", f"{median * 1e3:.1f} ms"
            )
        await plain.clear()
        began = time.perf_counter()
        report = await chain.verify(app)
        spent = time.perf_counter() - began
    Console(width=120).print(table)
    rate = report.checked / spent
    print(f"verified {report.checked} rows in {spent:.1f} s, {rate:,.0f} a second, {len(report.faults)} faults")


async def _rate(write: Callable[[], Awaitable[None]], writers: int, seconds: float) -> tuple[float, float]:
    """Writes a second by so many at once, and the median of what one took."""
    taken: list[float] = []
    until = time.perf_counter() + seconds

    async def go_on() -> None:
        while (began := time.perf_counter()) < until:
            await write()
            taken.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(go_on() for _ in range(writers)))
    return len(taken) / (time.perf_counter() - began), sorted(taken)[len(taken) // 2]


async def _note(app: App) -> None:
    async with app.work(SYSTEM) as work:
        work.note("account:session:started", ids.new(), **DETAILS)


class _Plain:
    """The same two rows, without a chain: nobody waits for anybody."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._seq = PLAIN_FROM

    async def write(self) -> None:
        """One fact and its details."""
        self._seq += 1
        event_id, now = ids.new(), self._app.clock()
        async with self._app.work(SYSTEM) as work:
            await work.db.execute(
                insert(AuditEvent).values(
                    seq=self._seq,
                    id=event_id,
                    at=now,
                    tag="account:session:started",
                    account_id=ids.new(),
                    actor_role="system",
                    details_digest=audit.GENESIS,
                    digest=audit.GENESIS,
                )
            )
            await work.db.execute(insert(AuditDetails).values(event_id=event_id, details=DETAILS))

    async def clear(self) -> None:
        """Take them away again, so that the log is whole."""
        async with self._app.engine.begin() as owner:
            await owner.exec_driver_sql("SET LOCAL session_replication_role = replica")
            await owner.exec_driver_sql(f"DELETE FROM audit_events WHERE seq > {PLAIN_FROM}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
