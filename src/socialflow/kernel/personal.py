"""What is known of people: for every table whose it is, how it is protected, how it is handed out and how it goes.

A table is entered beside its model, in one line:

    personal.holds("notes", by="account_id", level=Level.PERSONAL, text=("text",), kept="until deleted", export="notes")

`by` is the column of the account, or a condition on the rows of `:account` where there is none. Rows of
an entry with `export` are in everybody's export and counted in their overview. On erasure they are
deleted, or (`erasure=CLEAR`, with `why`) what says something in them is emptied, or (`KEEP`, with `why`)
they stay. Where more than that is to be done, such as counting or deleting files, a domain registers a
step; steps come first, the rows after them.
"""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import TextClause, text
from sqlalchemy.dialects import postgresql

from socialflow.kernel import ids
from socialflow.kernel.db import Base

if TYPE_CHECKING:
    from socialflow.kernel.work import App, Work

BATCH = 1_000
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # it has no types


class Level(StrEnum):
    """How far something is to be protected; docs/explanation/data-protection.md says what each asks for."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SECRET = "secret"  # noqa: S105  # the name of a level


class Erasure(StrEnum):
    """What becomes of somebody's rows when they are erased."""

    DELETE = "delete"
    CLEAR = "clear"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Holding:
    """What is kept in a table."""

    table: str
    level: Level
    kept: str
    by: str | None
    text: tuple[str, ...]
    erasure: Erasure
    why: str
    export: str | None
    hidden: frozenset[str]
    prefix: str | None
    size: str | None
    shows: str | None

    @property
    def condition(self) -> str:
        """SQL that is true of the rows of `:account`."""
        return _condition(self.by)

    @property
    def shown_condition(self) -> str:
        """SQL that is true of those rows that are for their eyes."""
        return _condition(self.shows or self.by)

    @property
    def shown(self) -> list[str]:
        """The columns that their owner gets: no digests and no ciphertext."""
        columns = Base.metadata.tables[self.table].columns
        return [each.name for each in columns if each.name not in self.hidden and "BYTEA" not in _type(each)]


Opener = Callable[[], AbstractAsyncContextManager[AsyncIterator[bytes]]]


@dataclass(frozen=True, slots=True)
class File:
    """A file in somebody's export: `open` gives its bytes, `size` counts them."""

    name: str
    size: int
    open: Opener


Files = Callable[["App", uuid.UUID], AsyncIterator[File]]
Step = Callable[["App", uuid.UUID], Awaitable[None]]

holdings: dict[str, Holding] = {}
files: dict[str, Files] = {}
steps: dict[str, tuple[int, Step]] = {}
# Ids are shown in their outside form wherever the name of the column tells what they are of.
PREFIXES = {
    "account_id": "acc",
    "actor_id": "acc",
    "added_by": "acc",
    "app_id": "app",
    "created_by": "acc",
    "follower_id": "acc",
    "asset_id": "ast",
    "avatar_asset_id": "ast",
    "avatar_upload_id": "upl",
    "banner_asset_id": "ast",
    "banner_upload_id": "upl",
    "blocked_id": "acc",
    "channel_id": "chn",
    "list_id": "lst",
    "owner_id": "acc",
    "playlist_id": "ply",
    "session_id": "ses",
    "upload_id": "upl",
    "video_id": "vid",
}


def holds(
    table: str,
    *,
    level: Level,
    kept: str,
    by: str | None = None,
    text: tuple[str, ...] = (),
    erasure: Erasure = Erasure.DELETE,
    why: str = "",
    export: str | None = None,
    hidden: tuple[str, ...] = (),
    prefix: str | None = None,
    size: str | None = None,
    shows: str | None = None,
) -> None:
    """Enter a table: `text` are columns that say something of a person, `kept` for how long, in words.

    `hidden` columns are left out of exports, `prefix` is that of the ids in `id`, `size` a column of bytes, and
    `shows` a narrower `by` for exports, where some of the rows speak of others.
    """
    if erasure is not Erasure.DELETE and by is not None and not why:
        raise TypeError(f"{table}: say why rows stay after an erasure")
    holdings[table] = Holding(
        table, level, kept, by, text, erasure, why, export, frozenset(hidden), prefix, size, shows
    )


def exports_files(kind: str) -> Callable[[Files], Files]:
    """Add files to everybody's export: `async def f(app, account_id)` that yields `File`s."""

    def decorate(reader: Files) -> Files:
        files[kind] = reader
        return reader

    return decorate


def erases(*, step: int) -> Callable[[Step], Step]:
    """Do something when somebody is erased, before their rows go; lower steps first, each as often as it takes."""

    def decorate(act: Step) -> Step:
        steps[f"{act.__module__}.{act.__qualname__}"] = (step, act)
        return act

    return decorate


def in_order() -> list[tuple[str, Step]]:
    """The steps of an erasure, by name."""
    return [(name, act) for name, (_, act) in sorted(steps.items(), key=lambda each: (each[1][0], each[0]))]


def exported() -> list[Holding]:
    """What is in an export."""
    return [each for each in holdings.values() if each.export is not None]


async def rows(app: "App", holding: Holding, account_id: uuid.UUID) -> AsyncIterator[dict[str, Any]]:
    """Somebody's rows of a table, as an export shows them; read by the page, no transaction is held meanwhile."""
    table = Base.metadata.tables[holding.table]
    keys = [column.name for column in table.primary_key.columns]
    after: dict[str, Any] = {}
    while True:
        async with app.sessions() as session, session.begin():
            page = (await session.execute(_page(holding, keys, after), {"account": account_id, **after})).mappings()
            found = page.all()
        for row in found:
            yield {name: _shown(name, row[name], holding.prefix) for name in holding.shown}
        if len(found) < BATCH:
            return
        after = {f"k{at}": found[-1][f"key_{at}"] for at in range(len(keys))}


async def count(work: "Work", holding: Holding, account_id: uuid.UUID) -> tuple[int, int | None]:
    """How many rows somebody has in a table, and how many bytes they stand for, where they stand for any."""
    total = f"coalesce(sum({holding.size}), 0)" if holding.size else "NULL"
    statement = text(f"""
        SELECT count(*), {total} FROM "{holding.table}" WHERE {holding.shown_condition}
    """)  # noqa: S608  # `holding` is of `holdings`, which modules fill at import
    number, size = (await work.db.execute(statement, {"account": account_id})).one()
    return int(number), None if size is None else int(size)


async def erase_rows(app: "App", account_id: uuid.UUID) -> None:
    """Delete or empty somebody's rows in every table, the most dependent first, some at a time."""
    for table in reversed(Base.metadata.sorted_tables):
        holding = holdings[table.name]
        if holding.by is None or holding.erasure is Erasure.KEEP:
            continue
        statement = _delete(holding) if holding.erasure is Erasure.DELETE else _clear(holding)
        changed = BATCH
        while statement is not None and changed == BATCH:
            async with app.sessions() as session, session.begin():
                result = await session.execute(statement, {"account": account_id})
                changed = result.rowcount  # type: ignore[attr-defined]  # the result of a change has one


def _condition(by: str | None) -> str:
    if by is None:
        return "FALSE"
    return f"{by} = CAST(:account AS uuid)" if by.isidentifier() else by


def _page(holding: Holding, keys: list[str], after: dict[str, Any]) -> TextClause:
    chosen = [f'"{name}"' for name in holding.shown] + [f'"{name}" AS key_{at}' for at, name in enumerate(keys)]
    place = ", ".join(f'"{name}"' for name in keys)
    values = ", ".join(f":k{at}" for at in range(len(keys)))
    lines = ["SELECT", ", ".join(chosen), f'FROM "{holding.table}" WHERE', f"({holding.shown_condition})"]
    if after:
        lines.append(f"AND ({place}) > ({values})")
    return text(" ".join([*lines, "ORDER BY", place, f"LIMIT {BATCH}"]))


def _delete(holding: Holding) -> TextClause:
    inner = " ".join(["SELECT ctid FROM", f'"{holding.table}"', "WHERE", holding.condition, f"LIMIT {BATCH}"])
    return text(" ".join(["DELETE FROM", f'"{holding.table}"', "WHERE ctid = ANY(ARRAY(", inner, "))"]))


def _clear(holding: Holding) -> TextClause | None:
    """Empty what says something; rows that are empty already are left alone, so that this ends."""
    columns = Base.metadata.tables[holding.table].columns
    empty = {name: _empty(columns[name]) for name in holding.text}
    if not empty:
        return None
    differs = " OR ".join(f'"{name}" IS DISTINCT FROM {value}' for name, value in empty.items())
    inner = " ".join(
        ["SELECT ctid FROM", f'"{holding.table}"', "WHERE", f"({holding.condition}) AND ({differs})", f"LIMIT {BATCH}"]
    )
    changes = ", ".join(f'"{name}" = {value}' for name, value in empty.items())
    return text(" ".join(["UPDATE", f'"{holding.table}"', "SET", changes, "WHERE ctid = ANY(ARRAY(", inner, "))"]))


def _empty(column: Any) -> str:
    if column.nullable:
        return "NULL"
    return {"JSONB": "'{}'::jsonb", "BYTEA": "''::bytea", "TEXT[]": "'{}'::text[]"}.get(_type(column), "''")


def _type(column: Any) -> str:
    return str(column.type.compile(dialect=_DIALECT))


def _shown(name: str, value: Any, prefix: str | None) -> Any:
    if isinstance(value, uuid.UUID):
        known = prefix if name == "id" else PREFIXES.get(name)
        return ids.show(known, value) if known else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value
