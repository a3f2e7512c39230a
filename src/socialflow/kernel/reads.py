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


def paged(rows: str) -> str:
    """Rows, of which a page of `:limit`, at most `MOST_ROWS`, is taken: planned well without knowing how long it is."""
    return f"SELECT * FROM ({rows} LIMIT {MOST_ROWS}) AS page {_PAGE_OF}"  # noqa: S608  # constants, around what is given


def begins(column: str, beginning: str = ":beginning") -> str:
    """Whether a text begins so, as an index with `text_pattern_ops` can find it.

    With LIKE it can only where the beginning stands in the statement: not in a plan that is made once for all values.
    """
    # No text goes on with the last code point, which stands for no letter; of what begins so none is behind it.
    return f"({column} ~>=~ {beginning} AND {column} ~<~ ({beginning} || chr(1114111)))"


def one_by_one(condition: str) -> str:
    """The condition, asked of row after row until a page is full.

    The planner takes many conditions together for a very rare thing, and would rather join and sort all rows. It goes
    through them in order where they come from a subquery that is ordered as the page is, and ends with OFFSET 0.
    """
    return f"(CASE WHEN {condition} THEN TRUE ELSE FALSE END)"


class Read:
    """One SELECT; `:name` stands for a value.

    Of what ends with a limit of `:limit` rows PostgreSQL is told how long a page may be. Where a limit is a value it
    plans for a tenth of all rows unless it plans anew with every request, which takes longer than most pages take to
    read. What is longer than a page is asked for as it was written: `sql` is the one, `written` the other.
    """

    def __init__(self, sql: str) -> None:
        names: list[str] = []

        def numbered(match: re.Match[str]) -> str:
            if match[1] not in names:
                names.append(match[1])
            return f"${names.index(match[1]) + 1}"

        self.written = self.sql = _BIND.sub(numbered, sql)
        self._names = tuple(names)
        begun, ending, rest = sql.rpartition(_PAGE_OF)
        if ending and not rest.strip():
            self.sql = _BIND.sub(numbered, paged(begun))

    async def rows(self, app: App, **values: Any) -> Sequence[Any]:
        """All rows, `row["name"]`. Not inside of a work: that holds a connection already."""
        sql, given = self._asked(values)
        # The pool itself, since the engine's connection object around it costs as much as a short read.
        pool = app.engine.sync_engine.pool
        # After a restart of the database every pooled connection is dead; each is dropped when met.
        for _ in range(app.settings.database.pool_size + 1):
            held = await greenlet_spawn(pool.connect)
            try:
                found = await _fetch(held, sql, given)
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
            sql, given = self._asked(values)
            rows: Sequence[Any] = await driver.fetch(sql, *given)
        except TimeoutError as error:
            await connection.invalidate()
            raise DatabaseAway("no answer") from error
        return rows

    def _asked(self, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The statement for so many rows, and its values."""
        is_long = self.written is not self.sql and values["limit"] > MOST_ROWS
        return self.written if is_long else self.sql, [values[name] for name in self._names]

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
