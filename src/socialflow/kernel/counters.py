"""Counters on a row, kept right while thousands count at once.

A counter is moved on its row when nobody else is at it. Otherwise the change is put into a queue,
in the same transaction, and folded in a moment later: nobody ever waits for the row of something
that everybody likes, and two transactions that count on each other's rows cannot deadlock.
Counter and queue together are exact at every moment.
"""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import Index, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from socialflow.kernel import ids, logs
from socialflow.kernel.db import Base
from socialflow.kernel.work import SYSTEM, App, Work

Counter = InstrumentedAttribute[int]
# Counts some rows anew: takes the row to go on after, returns the next such row or None, and how many were wrong.
Recount = Callable[[Work, uuid.UUID], Awaitable[tuple[uuid.UUID | None, int]]]
FOLD_BATCH = 5_000
# Any fixed number: the right to fold.
FOLD_LOCK = 7_364_202

log = logs.named(__name__)


class CountChange(Base):
    """A change that waits to be folded into its row."""

    __tablename__ = "count_changes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    counter: Mapped[str]
    row_id: Mapped[uuid.UUID]
    by: Mapped[int]

    __table_args__ = (Index("ix_count_changes_row_id", "row_id", "counter"),)


async def adjust(db: AsyncSession, counter: Counter, row_id: uuid.UUID, by: int) -> None:
    """Move a counter, `adjust(db, Video.like_count, video_id, +1)`, without waiting for anybody."""
    table: Any = counter.class_
    name = name_of(counter)
    # While changes wait, later ones queue up behind them: a taking back never comes before what it takes back.
    waiting = select(CountChange.id).where(CountChange.row_id == row_id, CountChange.counter == name).exists()
    free = select(table.id).where(table.id == row_id, ~waiting).with_for_update(skip_locked=True, key_share=True)
    moved = await db.execute(
        update(table)
        .where(table.id == free.scalar_subquery())
        .values({counter.key: counter + by})
        .returning(table.id)
        .execution_options(synchronize_session=False)
    )
    if moved.first() is None:
        await db.execute(insert(CountChange).values(id=ids.new(), counter=name, row_id=row_id, by=by))


async def waiting_for(db: AsyncSession, counter: Counter, row_id: uuid.UUID) -> int:
    """The sum of what is not folded in yet."""
    waiting = select(func.coalesce(func.sum(CountChange.by), 0)).where(
        CountChange.row_id == row_id, CountChange.counter == name_of(counter)
    )
    return int((await db.execute(waiting)).scalar_one())


async def fold(db: AsyncSession) -> int:
    """Fold waiting changes into their rows; returns how many rows were moved."""
    if not (await db.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": FOLD_LOCK})).scalar_one():
        return 0
    names = list(await db.scalars(select(CountChange.counter).distinct()))
    return sum([await _fold(db, name) for name in names])


async def recount(db: AsyncSession, counter: Counter, row_ids: Sequence[uuid.UUID], truth: Any) -> int:
    """Set a counter of some rows to what `truth`, a scalar subquery, finds; returns how many were wrong.

    The rows are locked first, so that the counting statement sees everything that was ever counted on them.
    """
    table: Any = counter.class_
    await db.execute(select(table.id).where(table.id.in_(row_ids)).order_by(table.id).with_for_update(key_share=True))
    name = name_of(counter)
    waiting = (
        select(func.coalesce(func.sum(CountChange.by), 0))
        .where(CountChange.row_id == table.id, CountChange.counter == name)
        .scalar_subquery()
    )
    corrected = (
        update(table)
        .where(table.id.in_(row_ids), counter != truth - waiting)
        .values({counter.key: func.greatest(truth - waiting, 0)})
        .returning(table.id)
        .execution_options(synchronize_session=False)
    )
    return len((await db.execute(corrected)).all())


async def recount_all(app: App, recount: Recount) -> int:
    """Count everything anew, some rows in a work; returns how many numbers were wrong, each a bug worth a line."""
    after: uuid.UUID | None = uuid.UUID(int=0)
    total = 0
    while after is not None:
        async with app.work(SYSTEM) as work:
            after, wrong = await recount(work, after)
        total += wrong
    if total:
        log.warning("counters_corrected", by=getattr(recount, "__name__", "?"), count=total)
    return total


def name_of(counter: Counter) -> str:
    """`videos.like_count`."""
    return f"{counter.class_.__tablename__}.{counter.key}"


async def _fold(db: AsyncSession, name: str) -> int:
    table_name, _, column_name = name.partition(".")
    table = Base.metadata.tables[table_name]
    column = table.c[column_name]
    # Whole rows at a time: half of a row's changes could make its counter negative.
    rows = select(CountChange.row_id).where(CountChange.counter == name).group_by(CountChange.row_id).limit(FOLD_BATCH)
    taken = (
        delete(CountChange)
        .where(CountChange.counter == name, CountChange.row_id.in_(rows))
        .returning(CountChange.row_id, CountChange.by)
        .cte("taken")
    )
    sums = select(taken.c.row_id, func.sum(taken.c.by).label("by")).group_by(taken.c.row_id).cte("sums")
    moved = await db.execute(
        update(table)
        .where(table.c.id == sums.c.row_id, sums.c.by != 0)
        .values({column_name: column + sums.c.by})
        .returning(table.c.id)
    )
    return len(moved.all())
