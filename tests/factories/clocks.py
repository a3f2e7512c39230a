"""The database's clock in a test's hands: `now()` is what the test says, for all who connect from then on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from socialflow.kernel.work import App

# A function found before the server's own of that name: what was compiled into defaults of columns is not moved.
OURS = (
    "CREATE SCHEMA moved",
    "CREATE TABLE moved.clock AS SELECT pg_catalog.now() AS moment",
    "CREATE FUNCTION moved.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT moment FROM moved.clock'",
)


@dataclass(frozen=True, slots=True)
class Clock:
    """Stands still until it is set."""

    app: App

    async def set(self, moment: datetime) -> None:
        """It is this time now."""
        async with self.app.engine.begin() as connection:
            await connection.execute(text("UPDATE moved.clock SET moment = :moment"), {"moment": moment})


@asynccontextmanager
async def stopped_clock(app: App, *, zone: str = "UTC") -> AsyncIterator[Clock]:
    """Until the block ends `now()` is what the clock was set to, and sessions are in a time zone."""
    async with app.engine.begin() as connection:
        name = await connection.scalar(text("SELECT current_database()"))
        for statement in (
            *OURS,
            f"ALTER DATABASE {name} SET search_path = moved, pg_catalog, public",
            f"ALTER DATABASE {name} SET timezone = '{zone}'",
        ):
            await connection.execute(text(statement))
    await app.engine.dispose()
    try:
        yield Clock(app)
    finally:
        async with app.engine.begin() as connection:
            await connection.execute(text(f"ALTER DATABASE {name} RESET ALL"))
            await connection.execute(text("DROP SCHEMA moved CASCADE"))
        await app.engine.dispose()
