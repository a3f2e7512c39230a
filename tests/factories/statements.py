"""How many statements something costs: those of sessions, and those on the driver's own connection."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event

from socialflow.kernel.work import App

# Around a transaction, and what the driver asks once per connection about types that it meets.
NOT_OURS = ("BEGIN", "COMMIT", "ROLLBACK", "current_setting('jit')", "set_config(", "typeinfo_tree")
# What a process looks up every few seconds for all of its requests: which sessions and tokens have ended, and what all
# roles may do. Of roles only that look at the whole table is meant: one by a name, or in a join, is counted.
NOW_AND_THEN = "SELECT id, revoked_at AS at FROM sessions"
ALL_ROLES = re.compile(r"SELECT roles\.name, [^()]*FROM roles\s*")


@asynccontextmanager
async def counted(app: App) -> AsyncIterator[list[str]]:
    """A list that grows by every statement sent to the database."""
    seen: list[str] = []
    watched: list[tuple[Any, Any]] = []
    engine = app.engine.sync_engine

    def note(statement: str) -> None:
        if NOW_AND_THEN not in statement and not ALL_ROLES.fullmatch(statement):
            seen.append(statement)

    def by_session(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        note(statement)

    def by_driver(record: Any) -> None:
        if not any(mark in record.query for mark in NOT_OURS):
            note(record.query)

    def watch(connection: Any, *_: Any) -> None:
        driver = connection.driver_connection
        if all(driver is not known for known, _ in watched):
            driver.add_query_logger(by_driver)
            watched.append((driver, by_driver))

    event.listen(engine, "before_cursor_execute", by_session)
    event.listen(engine, "checkout", watch)
    try:
        yield seen
        # The driver tells its loggers in the loop's next turn.
        await asyncio.sleep(0)
    finally:
        event.remove(engine, "before_cursor_execute", by_session)
        event.remove(engine, "checkout", watch)
        for driver, logger in watched:
            driver.remove_query_logger(logger)
