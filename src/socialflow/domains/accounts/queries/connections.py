"""Questions about connections."""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import Account, Connection


async def connection_of(db: AsyncSession, issuer: str, subject: str) -> Connection | None:
    """The connection of an identity."""
    wanted = select(Connection).where(Connection.issuer == issuer, Connection.subject == subject)
    return (await db.scalars(wanted)).one_or_none()


async def connections_of(
    db: AsyncSession, account_id: uuid.UUID, after: uuid.UUID | None, limit: int
) -> Sequence[Connection]:
    """The connections of an account, oldest first."""
    wanted = select(Connection).where(Connection.account_id == account_id).order_by(Connection.id).limit(limit)
    if after is not None:
        wanted = wanted.where(Connection.id > after)
    return (await db.scalars(wanted)).all()


async def own_connection(db: AsyncSession, account_id: uuid.UUID, connection_id: uuid.UUID) -> Connection | None:
    """One of an account's connections."""
    wanted = select(Connection).where(Connection.id == connection_id, Connection.account_id == account_id)
    return (await db.scalars(wanted)).one_or_none()


async def other_connections(
    db: AsyncSession, account_id: uuid.UUID, besides: uuid.UUID | None, issuers: Collection[str]
) -> int:
    """How many connections to these issuers an account has, perhaps besides one."""
    counted = select(func.count()).where(Connection.account_id == account_id, Connection.issuer.in_(issuers))
    if besides is not None:
        counted = counted.where(Connection.id != besides)
    return await db.scalar(counted) or 0


async def is_verified_here(db: AsyncSession, email: str) -> bool:
    """Whether an account here has shown that an address is its owner's."""
    wanted = select(Account.id).where(Account.email == email, Account.email_verified_at.is_not(None)).limit(1)
    return await db.scalar(wanted) is not None
