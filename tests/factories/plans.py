"""How PostgreSQL reads what it plans once for all values, as it does from the sixth time on that it is asked."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from socialflow.kernel.reads import Read
from socialflow.kernel.work import SYSTEM, App


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(value).upper()
    if isinstance(value, list):
        inner = ",".join(f'"{each}"' for each in value)
        return f"'{{{inner}}}'"
    shown = value.isoformat() if isinstance(value, datetime) else str(value)
    quoted = shown.replace("'", "''")
    return f"'{quoted}'"


async def plan_for_all(app: App, read: Read, **values: Any) -> str:
    """The plan that knows no value, and how it went with these."""
    async with app.work(SYSTEM) as work:
        connection = await work.db.connection()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.execute("SET plan_cache_mode = force_generic_plan")
        await driver.execute(f"PREPARE asked AS {read.sql}")
        try:
            given = ", ".join(_literal(values[name]) for name in read._names)
            rows = await driver.fetch(f"EXPLAIN (ANALYZE, TIMING OFF) EXECUTE asked({given})")
        finally:
            await driver.execute("DEALLOCATE asked")
            await driver.execute("RESET plan_cache_mode")
    return "\n".join(row[0] for row in rows)


async def analyze(app: App) -> None:
    """Let it know how much there is."""
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("ANALYZE"))
