"""The outbox: an event is a row of the transaction that made it true; the relay turns rows into jobs.

Relay and transaction never disagree: marking an event as delivered and writing one job per
subscribed handler is one transaction, and a job's key makes a second delivery a no-op.
"""

import asyncio
import uuid
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import db as database
from socialflow.kernel import ids, logs, metrics, signals
from socialflow.kernel.db import Base
from socialflow.kernel.events import Event, encode, subscribers
from socialflow.kernel.jobs import Job

if TYPE_CHECKING:
    from socialflow.kernel.work import App

BATCH = 200
IDLE_SECONDS = 1.0
FAULT_SECONDS = 1.0

log = logs.named(__name__)


class OutboxEvent(Base):
    """A fact waiting to be delivered, or delivered."""

    __tablename__ = "outbox"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    relayed_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_outbox_waiting", "id", postgresql_where=text("relayed_at IS NULL")),
        Index("ix_outbox_relayed_at", "relayed_at"),
    )


def row_of(event: Event, now: datetime) -> OutboxEvent:
    """The row that carries an event."""
    return OutboxEvent(id=ids.new(), kind=event.kind(), payload=encode(event), created_at=now)


_take = (
    select(OutboxEvent.id, OutboxEvent.kind, OutboxEvent.payload)
    .where(OutboxEvent.relayed_at.is_(None))
    .order_by(OutboxEvent.id)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)
_mark = update(OutboxEvent).where(OutboxEvent.id.in_(bindparam("taken", expanding=True)))


async def relay_once(app: "App") -> int:
    """Deliver one batch of events; returns how many were taken."""
    hints: dict[str, list[uuid.UUID]] = defaultdict(list)
    async with app.sessions() as session, session.begin():
        taken = (await session.execute(_take)).all()
        if not taken:
            return 0
        rows = [row for event in taken for row in _jobs_of(event.id, event.kind, event.payload)]
        if rows:
            made = insert(Job).values(rows).on_conflict_do_nothing(index_elements=["key"]).returning(Job.id, Job.queue)
            for job_id, queue in await session.execute(made):
                hints[queue].append(job_id)
        await session.execute(_mark.values(relayed_at=func.now()), {"taken": [event.id for event in taken]})

    metrics.EVENTS_RELAYED.inc(len(taken))
    for queue, job_ids in hints.items():
        await app.send_hints(queue, job_ids)
    return len(taken)


def _jobs_of(event_id: uuid.UUID, kind: str, payload: dict[str, Any]) -> list[dict[str, Any]]:
    # An event may say when it is to be dealt with; for most that is as soon as they come.
    due = datetime.fromisoformat(payload["due_by"]) if "due_by" in payload else func.now()
    return [
        {
            "id": ids.new(),
            "kind": handler.name,
            "key": f"{handler.name}:{event_id}",
            "queue": handler.queue,
            "payload": {"event": kind, "data": payload},
            "due_by": due,
            "lane": payload[handler.shares] if handler.shares else None,
            "hinted_at": func.now(),
        }
        for handler in subscribers(kind)
    ]


async def run(app: "App", stop: asyncio.Event) -> None:
    """Relay until told to stop; woken by signals, and looking by itself every second."""
    async with app.signals.wakes("outbox") as woken:
        while not stop.is_set():
            try:
                if await relay_once(app) == 0:
                    await signals.pause(woken, IDLE_SECONDS)
            except Exception as error:
                if database.as_problem(error) is None:
                    log.exception("relay_failed")
                else:
                    log.warning("relay_waits", error=str(error)[:200])
                await asyncio.sleep(FAULT_SECONDS)
