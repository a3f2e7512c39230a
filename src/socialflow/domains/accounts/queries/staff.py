"""What staff look for: accounts by their beginnings, roles and states, and what their sessions come to."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import Account, AccountState, Session

# After every text that begins with what stands before it.
LAST_LETTER = "\U0010ffff"
ORDERS = {"handle": text("accounts.handle USING ~<~"), "email": text("accounts.email USING ~<~")}
# Ids are ordered by time: every one comes before this.
LAST = uuid.UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which accounts: the beginning of a handle or of an e-mail address, a role, a state."""

    handle: str | None = None
    email: str | None = None
    role: str | None = None
    state: str | None = None

    @property
    def column(self) -> str | None:
        """The column whose beginning is given."""
        if self.email is not None:
            return "email"
        return "handle" if self.handle is not None else None


def accounts_like(sought: Sought, after: str | None, limit: int) -> Select[Account]:
    """The statement behind a page: by the looked-for column where there is one, else the newest first.

    A beginning is a range of the index, compared byte by byte, and no pattern: `%` and `_` are letters in it.
    """
    found = select(Account).limit(limit)
    if sought.role is not None:
        found = found.where(Account.role == sought.role)
    if sought.state is not None:
        found = found.where(Account.state == sought.state)
    else:
        found = found.where(Account.state != AccountState.ERASED)
    if sought.column is None:
        before = uuid.UUID(after) if after else LAST
        return found.where(Account.id < before).order_by(Account.id.desc())
    column = getattr(Account, sought.column)
    start = sought.email if sought.email is not None else sought.handle or ""
    # Byte by byte, by the operators of `text_pattern_ops`: as the index is ordered, whatever the collation.
    found = found.where(column.op("~>=~")(start), column.op("~<~")(start + LAST_LETTER))
    if after is not None:
        found = found.where(column.op("~>~")(after))
    return found.order_by(ORDERS[sought.column])


async def accounts_page(db: AsyncSession, sought: Sought, after: str | None, limit: int) -> Sequence[Account]:
    """A page of accounts, behind the place of a cursor."""
    return (await db.scalars(accounts_like(sought, after, limit))).all()


async def live_sessions_of(db: AsyncSession, account_id: uuid.UUID, now: datetime) -> tuple[int, datetime | None]:
    """How many sessions somebody has, and when one was used last."""
    found = select(func.count(), func.max(Session.last_used_at)).where(
        Session.account_id == account_id, Session.revoked_at.is_(None), Session.expires_at > now
    )
    count, last = (await db.execute(found)).one()
    return int(count), last


async def sessions_before(
    db: AsyncSession, began_by: datetime, but: uuid.UUID, limit: int
) -> Sequence[tuple[uuid.UUID, uuid.UUID]]:
    """Live sessions that had begun by then, one left out, locked: (account, session)."""
    found = (
        select(Session.account_id, Session.id)
        .where(Session.revoked_at.is_(None), Session.id != but, Session.created_at <= began_by)
        .order_by(Session.id)
        .limit(limit)
        .with_for_update()
    )
    return [(row.account_id, row.id) for row in await db.execute(found)]


async def suspensions_over(db: AsyncSession, now: datetime, limit: int) -> Sequence[Account]:
    """Suspended accounts whose time is over; those that somebody holds come later."""
    found = (
        select(Account)
        .where(Account.state == AccountState.SUSPENDED, Account.suspended_until <= now)
        .order_by(Account.suspended_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await db.scalars(found)).all()


async def handles_of(db: AsyncSession, account_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Id -> handle."""
    found = select(Account.id, Account.handle).where(Account.id.in_(account_ids))
    return {row.id: row.handle for row in await db.execute(found)}


def place_of(sought: Sought, row: Any) -> str:
    """What a cursor holds of the last row shown."""
    return str(getattr(row, sought.column or "id"))
