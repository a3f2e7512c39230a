"""Sealing anew: after the secret was replaced, every sealed column is brought under the one in force.

A row is found by the number of the secret that its value begins with, so a run that is killed has lost
nothing and the next one goes on where it stopped. What cannot be opened stays as it is, and is counted.
"""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import TextClause, text

from socialflow.kernel import faults, logs, vault
from socialflow.kernel.crypto import DERIVED, BadSignature, Keys
from socialflow.kernel.schedule import every
from socialflow.kernel.vault import ENVELOPE, SealedColumn
from socialflow.kernel.work import SYSTEM, App

BATCH = 200
NO_NUMBER = "none"

log = logs.named(__name__)


@dataclass(slots=True)
class Tally:
    """What came of one column."""

    sealed_anew: int = 0
    unreadable: int = 0
    under: Counter[str] = field(default_factory=Counter)


@every(hours=24)
async def seal_anew(app: App) -> None:
    """Bring everything that is kept sealed under the secret in force."""
    for column in vault.columns.values():
        tally = await rewrap_column(app, column)
        if tally.sealed_anew or tally.unreadable:
            log.info("sealed_anew", column=column.name, rows=tally.sealed_anew, unreadable=tally.unreadable)


async def rotate(app: App) -> dict[str, Tally]:
    """The same at once; the audit log is told, which also ties its head under the secret in force."""
    done = {column.name: await rewrap_column(app, column) for column in vault.columns.values()}
    async with app.work(SYSTEM) as work:
        work.note("instance:secret:rotated", rows=sum(each.sealed_anew for each in done.values()))
    return done


async def rewrap_column(app: App, column: SealedColumn) -> Tally:
    """Bring a column under the secret in force, some rows to a transaction."""
    tally, after = Tally(), None
    while True:
        async with app.work(SYSTEM) as work:
            values = {"one": DERIVED + app.keys.number, "two": ENVELOPE + app.keys.number, "after": after}
            rows = (await work.db.execute(_stale(column), values)).all()
            for row in rows:
                try:
                    fresh = column.rewrapped(app.keys, row.name, bytes(row.value))
                except BadSignature as error:
                    tally.unreadable += 1
                    log.warning("cannot_be_unsealed", column=column.name, row=str(row.name), error=str(error))
                    continue
                await work.db.execute(_write(column), {"name": row.name, "value": fresh})
                tally.sealed_anew += 1
            faults.point("rotation.batch")
        if len(rows) < BATCH:
            return tally
        after = rows[-1].name


async def standing(app: App) -> dict[str, Tally]:
    """How many values of each column are under which secret, by its number."""
    found: dict[str, Tally] = {}
    for column in vault.columns.values():
        tally = found[column.name] = Tally()
        async with app.work(SYSTEM) as work:
            for head, number in await work.db.execute(_heads(column)):
                under = vault.sealed_under(bytes(head))
                tally.under[under.hex() if under else NO_NUMBER] += number
                if under is not None and under not in app.keys.numbers:
                    tally.unreadable += number
    return found


def former(keys: Keys) -> list[str]:
    """The numbers of the secrets that were replaced."""
    return [number.hex() for number in keys.numbers[1:]]


def _stale(column: SealedColumn) -> TextClause:
    lines = [
        # `column` is of `vault.columns`, which modules fill at import.
        f'SELECT "{column.row}" AS name, "{column.column}" AS value FROM "{column.table}"',  # noqa: S608  # their names
        f'WHERE "{column.column}" IS NOT NULL AND substring("{column.column}" FROM 1 FOR 5) NOT IN (:one, :two)',
        f'AND (CAST(:after AS uuid) IS NULL OR "{column.row}" > CAST(:after AS uuid))',
        f'ORDER BY "{column.row}" LIMIT {BATCH} FOR NO KEY UPDATE',
    ]
    return text(" ".join(lines))


def _write(column: SealedColumn) -> TextClause:
    return text(f"""
        UPDATE "{column.table}" SET "{column.column}" = :value WHERE "{column.row}" = :name
    """)  # noqa: S608  # `column` is of `vault.columns`, filled at import


def _heads(column: SealedColumn) -> TextClause:
    return text(f"""
        SELECT substring("{column.column}" FROM 1 FOR 5) AS head, count(*) AS number FROM "{column.table}"
        WHERE "{column.column}" IS NOT NULL GROUP BY head
    """)  # noqa: S608  # `column` is of `vault.columns`, filled at import
