"""Questions about what stands first on a channel's page."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.channels.models import Pin, PinKind
from socialflow.kernel.work import Work


async def of_channel(db: AsyncSession, channel_id: uuid.UUID) -> Sequence[Any]:
    """What is pinned, in its order: kinds and ids."""
    found = select(Pin.kind, Pin.subject_id).where(Pin.channel_id == channel_id).order_by(Pin.place)
    return (await db.execute(found)).all()


async def put(work: Work, channel_id: uuid.UUID, pins: Sequence[tuple[PinKind, uuid.UUID]]) -> None:
    """Pin these and nothing else."""
    await work.db.execute(delete(Pin).where(Pin.channel_id == channel_id))
    rows = [
        {"channel_id": channel_id, "subject_id": subject_id, "kind": kind, "place": place, "created_at": work.now}
        for place, (kind, subject_id) in enumerate(pins)
    ]
    if rows:
        await work.db.execute(insert(Pin), rows)


async def drop(db: AsyncSession, subject_id: uuid.UUID) -> None:
    """What is gone is pinned nowhere."""
    await db.execute(delete(Pin).where(Pin.subject_id == subject_id))
