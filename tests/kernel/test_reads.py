"""Reads on the driver's own connection."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from socialflow.kernel import db
from socialflow.kernel.errors import Unavailable
from socialflow.kernel.reads import MOST_ROWS, Read
from socialflow.kernel.work import SYSTEM, App

PID = Read("SELECT pg_backend_pid() AS pid")


def test_names_become_numbers_in_order_of_their_first_place() -> None:
    read = Read("SELECT :b::int, CAST(:a AS text), :b")
    assert read.sql == "SELECT $1::int, CAST($2 AS text), $1"


async def test_rows_and_a_row(app: App) -> None:
    read = Read("SELECT number AS n FROM generate_series(1, CAST(:last AS int)) number")
    assert [row["n"] for row in await read.rows(app, last=3)] == [1, 2, 3]
    assert (await read.row(app, last=1, other="not asked for"))["n"] == 1
    assert await read.row(app, last=0) is None


async def test_a_read_within_a_work_sees_what_the_work_has_done(app: App) -> None:
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("CREATE TEMPORARY TABLE t ON COMMIT DROP AS SELECT 5 AS n"))
        assert [row["n"] for row in await Read("SELECT n FROM t").rows_in(work)] == [5]


async def test_connections_that_died_are_replaced_without_anybody_noticing(app: App) -> None:
    found = await asyncio.gather(*(Read("SELECT pg_backend_pid() AS pid, pg_sleep(0.2)").row(app) for _ in range(3)))
    async with app.engine.connect() as connection:
        me = await connection.scalar(text("SELECT pg_backend_pid()"))
        for row in found:
            if row["pid"] != me:
                await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": row["pid"]})
    await asyncio.sleep(0.1)

    rows = await asyncio.gather(*(PID.row(app) for _ in range(6)))
    assert all(row["pid"] for row in rows)


async def test_a_connection_that_dies_during_a_read_is_replaced(app: App) -> None:
    kill = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE query LIKE '% victim%' AND state = 'active' AND pid <> pg_backend_pid()"
    )

    async def killing() -> None:
        await asyncio.sleep(0.3)
        async with app.engine.connect() as connection:
            await connection.execute(kill)

    # Slow at the first try, quick at the next one.
    read = Read("SELECT 1 AS victim, pg_sleep(CASE WHEN now() < CAST(:until AS timestamptz) THEN 2 ELSE 0 END)")
    killer = asyncio.create_task(killing())
    row = await read.row(app, until=app.clock() + timedelta(seconds=0.2))
    await killer
    assert row is not None
    assert row["victim"] == 1


async def test_failures_of_the_driver_are_explained_as_those_of_sessions_are(app: App) -> None:
    slow = Read("SELECT pg_sleep(CAST(:seconds AS float8))")
    with pytest.raises(Exception, match="statement timeout") as caught:
        await slow.rows(app, seconds=6.0)
    assert isinstance(db.as_problem(caught.value), Unavailable)


async def test_a_page_is_as_long_as_it_was_asked_for_and_in_its_order(app: App) -> None:
    read = Read("""
        SELECT n, n AS again FROM generate_series(1, 2000) AS n WHERE n > :after ORDER BY n DESC
        LIMIT CAST(:limit AS int)
    """)
    assert f"LIMIT {MOST_ROWS}" in read.sql
    for limit in (0, 1, 20, MOST_ROWS, MOST_ROWS + 1, 500):
        found = [row["n"] for row in await read.rows(app, after=10, limit=limit)]
        assert found == list(range(2000, 2000 - limit, -1))
        async with app.work(SYSTEM) as work:
            assert [row["n"] for row in await read.rows_in(work, after=10, limit=limit)] == found
    assert [row["n"] for row in await read.rows(app, after=1_998, limit=500)] == [2_000, 1_999]


async def test_only_the_last_limit_is_that_of_a_page(app: App) -> None:
    read = Read("SELECT count(*) AS number FROM (SELECT 1 FROM pg_class LIMIT CAST(:limit AS int)) AS few")
    assert str(MOST_ROWS) not in read.sql
    assert (await read.rows(app, limit=150))[0]["number"] == 150


async def test_however_long_a_statement_is_it_is_planned_once(app: App) -> None:
    long = Read(f"SELECT :n + 1 AS next WHERE '{'x' * 40_000}' <> ''")
    async with app.work(SYSTEM) as work:
        found = [(await long.rows_in(work, n=n))[0]["next"] for n in range(10)]
        kept = await work.db.execute(
            text("SELECT generic_plans FROM pg_prepared_statements WHERE length(statement) > 40000")
        )
    assert found == list(range(1, 11))
    assert [row.generic_plans for row in kept] == [5]
