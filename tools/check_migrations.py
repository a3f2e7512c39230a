"""One head, a way up from nothing, and no difference between the models and what the migrations make."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from socialflow import migrations
from socialflow.entrypoints import schema
from socialflow.entrypoints.engines.throwaway import Pair, throwaway
from socialflow.kernel.db import Base, async_url

# Where the models alone make the tables, to be laid beside what the migrations make.
PLAIN = "plain"
# What Alembic does not compare, as PostgreSQL itself writes it down: checks, conditions, what is computed.
_SHAPE = text("""
    SELECT conrelid::regclass || ': ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
    UNION ALL
    SELECT tablename || ': ' || indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    UNION ALL
    SELECT table_name || ': ' || concat_ws(
        ' ', column_name, data_type, 'null ' || is_nullable, 'default ' || column_default,
        'computed ' || generation_expression
    )
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
""")


def main() -> int:
    """Exit code 1 when the history forks or the models have moved on."""
    heads = migrations.heads()
    if len(heads) != 1:
        print(f"migrations: {len(heads)} heads ({', '.join(sorted(heads))}); there must be one")
        return 1
    with throwaway() as pair:
        schema.upgrade(pair.database_url)
        schema.upgrade(pair.database_url)
        found = asyncio.run(differences(pair))
    for difference in found:
        print(f"migrations: {difference}")
    if not found:
        print(f"migrations: one head ({next(iter(heads))}), models and migrations agree")
    return int(bool(found))


async def differences(pair: Pair) -> list[str]:
    """Where a migrated database is not what the models say: first as Alembic sees it, then line by line."""
    await _make_plain(pair)
    seen = [f"models differ: {each}" for each in await _run(pair.database_url, _by_alembic)]
    migrated, plain = [set(await _run(url, _shape)) for url in (pair.database_url, pair.database(PLAIN))]
    return [*seen, *_lines("only in the migrations", migrated - plain), *_lines("only in the models", plain - migrated)]


async def _make_plain(pair: Pair) -> None:
    engine = create_async_engine(async_url(pair.database_url), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {PLAIN}"))
    await engine.dispose()
    await _run(pair.database(PLAIN), _make_all)


async def _run(url: str, ask: Callable[[Connection], list[Any]]) -> list[Any]:
    engine = create_async_engine(async_url(url))
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(ask)
    finally:
        await engine.dispose()


def _make_all(connection: Connection) -> list[Any]:
    Base.metadata.create_all(connection)
    return []


def _by_alembic(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def _shape(connection: Connection) -> list[Any]:
    return list(connection.scalars(_SHAPE))


def _lines(where: str, shapes: set[str]) -> Iterator[str]:
    return (f"{where}: {line}" for line in sorted(shapes))


if __name__ == "__main__":
    sys.exit(main())
