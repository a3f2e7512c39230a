"""The database's schema: brought up to date, and compared with what the code expects."""

import re

from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from socialflow import migrations
from socialflow.entrypoints import registry
from socialflow.kernel.db import async_url

__all__ = ["at", "registry", "restricted", "upgrade"]

ROLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def upgrade(url: str, revision: str = "head") -> None:
    """Run every migration that the database lacks; a second call finds nothing to do."""
    command.upgrade(migrations.configuration(url), revision)


async def at(url: str) -> frozenset[str]:
    """The revisions that a database has; empty before its first migration."""
    engine = create_async_engine(async_url(url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return frozenset(await connection.scalars(text("SELECT version_num FROM alembic_version")))
    except ProgrammingError:
        return frozenset()
    finally:
        await engine.dispose()


def restricted(role: str) -> list[str]:
    """Statements of the owner that let a role run the product, and neither change its tables nor the audit log.

    Raises ValueError for what is no plain name of a role.
    """
    if not ROLE_NAME.fullmatch(role):
        raise ValueError(f"{role} is no plain name: lower-case letters, digits and underscores")
    return [
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"REVOKE UPDATE, DELETE ON audit_events FROM {role}",
        # The one row is moved on, and never taken away; what is erased with a person stands in audit_details.
        f"REVOKE DELETE ON audit_heads FROM {role}",
        f"REVOKE UPDATE ON audit_details FROM {role}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}",
        # Of later migrations, which the owner runs.
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {role}",
    ]
