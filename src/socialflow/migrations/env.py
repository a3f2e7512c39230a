"""How migrations run: one transaction each, giving up on a lock rather than stopping the traffic."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from socialflow.kernel.db import async_url

# Any fixed number: the right to be the one migrator of a database.
LOCK = 7_364_200


def migrate(connection: Connection) -> None:
    """Run what is wanted on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes.get("metadata"),
        compare_type=True,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def online(url: str) -> None:
    """Connect, let one migrator in at a time, and run."""
    engine = create_async_engine(async_url(url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SET statement_timeout = 0"))
            await connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
            await connection.execute(text("SET lock_timeout = '2s'"))
            await connection.commit()
            await connection.run_sync(migrate)
            await connection.commit()
    finally:
        await engine.dispose()


if context.config.attributes.get("connection") is not None:
    migrate(context.config.attributes["connection"])
else:
    asyncio.run(online(context.config.attributes["url"]))
