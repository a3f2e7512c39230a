"""Reads that come by the thousand: statements built once, on the driver's own connection.

A session around a read costs three times what the read itself costs. These reads are single
statements outside of any transaction, see what has been committed, and share the pool with
everything else.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from socialflow.kernel import logs
from socialflow.kernel.db import DatabaseAway
from socialflow.kernel.errors import Unavailable
from socialflow.kernel.work import App, Work

MOST_ROWS = 101
"""The longest page, and the row by which one sees that there is another."""
_PAGE_OF = "LIMIT CAST(:limit AS int)"
_BIND = re.compile(r"(?<!:):([a-z_]+)")

log = logs.named(__name__)


class Read:
    """One SELECT; `:name` stands for a value.

    Of a page of `:limit` rows, 101 at most, PostgreSQL is told how long it may be. Where a limit is a value it plans
    for a tenth of all rows unless it plans anew with every request, which takes longer than most pages take to read.
    """

    def __init__(self, sql: str) -> None:
        names: list[str] = []
        begun, ending, rest = sql.rpartition(_PAGE_OF)
        self._is_page = bool(ending) and not rest.strip()
        if self._is_page:
            sql = f"SELECT * FROM ({begun} LIMIT {MOST_ROWS}) AS page {_PAGE_OF}"  # noqa: S608  # our own words

        def numbered(match: re.Match[str]) -> str:
            if match[1] not in names:
                names.append(match[1])
            return f"${names.index(match[1]) + 1}"

        self.sql = _BIND.sub(numbered, sql)
        self._names = tuple(names)

    async def rows(self, app: App, **values: Any) -> Sequence[Any]:
        """All rows, `row["name"]`. Not inside of a work: that holds a connection already."""
        given = self._given(values)
        # The pool itself, since the engine's connection object around it costs as much as a short read.
        pool = app.engine.sync_engine.pool
        # After a restart of the database every pooled connection is dead; each is dropped when met.
        for _ in range(app.settings.database.pool_size + 1):
            held = await greenlet_spawn(pool.connect)
            try:
                found = await _fetch(held, self.sql, given)
            finally:
                await greenlet_spawn(held.close)
            if found is not None:
                return found
        raise Unavailable(retry_after=1)

    async def rows_in(self, work: Work, **values: Any) -> Sequence[Any]:
        """All rows as this work sees them, its own changes among them, on the connection that it holds anyway."""
        await work.db.flush()
        connection = await work.db.connection()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        try:
            rows: Sequence[Any] = await driver.fetch(self.sql, *self._given(values))
        except TimeoutError as error:
            await connection.invalidate()
            raise DatabaseAway("no answer") from error
        return rows

    def _given(self, values: Mapping[str, Any]) -> list[Any]:
        if self._is_page and values["limit"] > MOST_ROWS:
            raise ValueError(f"a page of {values['limit']} rows")
        return [values[name] for name in self._names]

    async def row(self, app: App, **values: Any) -> Any | None:
        """The first row, or None."""
        found = await self.rows(app, **values)
        return found[0] if found else None


async def _fetch(held: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> Sequence[Any] | None:
    """Rows, or None when the connection turned out to be dead."""
    driver: Any = held.driver_connection
    try:
        if not driver.is_closed():
            rows: Sequence[Any] = await driver.fetch(sql, *values)
            return rows
    except TimeoutError as error:
        await greenlet_spawn(held.invalidate)
        raise DatabaseAway("no answer") from error
    except Exception:
        if not driver.is_closed():
            raise
        log.info("connection_lost")
    await greenlet_spawn(held.invalidate)
    return None
