"""PostgreSQL: the declarative base, the engine and which failures are worth a retry."""

import re
from datetime import datetime
from typing import Any, ClassVar

import asyncpg
import orjson
from sqlalchemy import DateTime, MetaData, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from socialflow.kernel.config import InvalidSettings, Settings
from socialflow.kernel.errors import InsufficientStorage, Problem, Unavailable, Unprocessable

# Names are fixed so that a migration can drop what another made. https://alembic.sqlalchemy.org/en/latest/naming.html
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# A server that does not answer at all is given up a little after it should have given up by itself.
ANSWER_SECONDS = 2.0

# SQLSTATE classes: connection lost, operator intervention, lock and serialisation failures, too many connections.
TRANSIENT = re.compile(r"^(08|57P|55P03|57014|40001|40P01|53300|25P03|25P02)")
DISK_FULL = {"53100"}
# Text that PostgreSQL cannot store or a number it cannot hold: the caller's fault, wherever it slipped through.
BAD_VALUE = {"22021", "22P05", "22003", "22008", "22P02", "22P03", "22007"}


class DatabaseAway(ConnectionError):
    """The database cannot be reached, or does not answer."""


# Whatever a database can fail with, before `as_problem` has judged it.
FAILURES = (SQLAlchemyError, DatabaseAway, asyncpg.PostgresError, asyncpg.InterfaceError)


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: JSONB,
    }


def async_url(url: str) -> str:
    """The same address, naming the asyncpg driver."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+asyncpg://", url)


def connect(settings: Settings, *, pool_size: int | None = None) -> AsyncEngine:
    """An engine for `settings.database`; nothing is opened before the first statement."""
    url = settings.database.url
    if url is None:
        raise InvalidSettings("no database: set DATABASE_URL, or use `socialflow run`, which brings one")
    database = settings.database
    patience = database.statement_timeout_ms / 1000
    engine = create_async_engine(
        async_url(url.get_secret_value()),
        pool_size=pool_size or database.pool_size,
        max_overflow=0,
        pool_timeout=database.pool_timeout_seconds,
        pool_pre_ping=False,
        pool_use_lifo=True,
        # What failed is logged; what it was called with is not: it may be a secret.
        hide_parameters=True,
        json_serializer=dumps,
        json_deserializer=orjson.loads,
        connect_args={
            "async_creator_fn": _open,
            "timeout": 5,
            "command_timeout": patience + ANSWER_SECONDS if patience else None,
            # The driver forgets what is longer than 15 kB, as the rules of visibility make many a list: such a list
            # would be planned anew for every page, which takes several times as long as reading it.
            "max_cacheable_statement_size": 0,
            "server_settings": {
                "application_name": "socialflow",
                "statement_timeout": str(database.statement_timeout_ms),
                "lock_timeout": str(database.lock_timeout_ms),
                "idle_in_transaction_session_timeout": str(database.idle_in_transaction_timeout_ms),
                "jit": "off",
            },
        },
    )
    event.listen(engine.sync_engine, "handle_error", _give_up_the_silent, retval=True)
    return engine


async def _open(*args: Any, **options: Any) -> Any:
    try:
        return await asyncpg.connect(*args, **options)
    except OSError as error:
        raise DatabaseAway(str(error)) from error


def _give_up_the_silent(context: ExceptionContext) -> BaseException | None:
    """A connection whose statement got no answer is in no known state: close it."""
    if not isinstance(context.original_exception, TimeoutError):
        return None
    context.is_disconnect = True
    return DatabaseAway("no answer")


def dumps(value: Any) -> str:
    """JSON text of plain values."""
    return orjson.dumps(value).decode()


def sqlstate(error: BaseException) -> str:
    """The five-character SQLSTATE behind a driver error, or an empty string."""
    seen: BaseException | None = error
    while seen is not None:
        state = getattr(seen, "sqlstate", None)
        if isinstance(state, str):
            return state
        seen = getattr(seen, "orig", None) or seen.__cause__
    return ""


def as_problem(error: BaseException) -> Problem | None:
    """What a caller is told about a database failure; None when it is a bug of ours."""
    if isinstance(error, (PoolTimeout, DatabaseAway)):
        return Unavailable(retry_after=1)
    state = sqlstate(error)
    # Reads on the driver's own connection bring the driver's own errors.
    if not isinstance(error, DBAPIError) and not state:
        return None

    if state in DISK_FULL:
        return InsufficientStorage(retry_after=30)
    if state in BAD_VALUE:
        return Unprocessable("A value cannot be stored.")
    lost = isinstance(error, DBAPIError) and (
        error.connection_invalidated or (isinstance(error, (InterfaceError, OperationalError)) and not state)
    )
    return Unavailable(retry_after=1) if lost or TRANSIENT.match(state) else None
