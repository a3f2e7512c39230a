"""Questions about the audit log: what happened around an account, and what staff look for."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.kernel.audit import AuditDetails, AuditEvent


@dataclass(frozen=True, slots=True)
class Facts:
    """Which facts: whom they are about, who did them, what they are called, when they were."""

    account_id: uuid.UUID | None = None
    actor_id: uuid.UUID | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def facts(db: AsyncSession, wanted: Facts, before: int | None, limit: int) -> Sequence[Any]:
    """A page of the log, the latest first; each fact with its details, as far as they are still known."""
    found = (
        select(AuditEvent.__table__, AuditDetails.details)
        .outerjoin(AuditDetails, AuditDetails.event_id == AuditEvent.id)
        .order_by(AuditEvent.seq.desc())
        .limit(limit)
    )
    for column, value in ((AuditEvent.account_id, wanted.account_id), (AuditEvent.actor_id, wanted.actor_id)):
        if value is not None:
            found = found.where(column == value)
    if wanted.tag is not None:
        found = found.where(AuditEvent.tag == wanted.tag)
    if wanted.since is not None:
        found = found.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        found = found.where(AuditEvent.at < wanted.until)
    if before is not None:
        found = found.where(AuditEvent.seq < before)
    return (await db.execute(found)).all()
