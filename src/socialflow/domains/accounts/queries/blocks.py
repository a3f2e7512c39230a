"""Questions about who wants to have nothing to do with whom."""

import uuid

from sqlalchemy import delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import Account, Block, Role, RoleRow
from socialflow.kernel.work import Work

# One lock a pair, whoever of the two comes first.
_PAIR = text("SELECT pg_advisory_xact_lock(hashtextextended('pair:' || CAST(:pair AS text), 0))")


async def lock_pair(db: AsyncSession, one: uuid.UUID, other: uuid.UUID) -> None:
    """Wait until nobody else is at these two, and hold them until the transaction ends."""
    await db.execute(_PAIR, {"pair": ":".join(sorted((str(one), str(other))))})


async def add(work: Work, other: uuid.UUID) -> bool:
    """Block an account; whether that is new."""
    made = insert(Block).values(account_id=work.actor.id, blocked_id=other, created_at=work.now)
    return (await work.db.execute(made.on_conflict_do_nothing().returning(Block.id))).first() is not None


async def remove(work: Work, other: uuid.UUID) -> bool:
    """Block an account no more; whether it was blocked."""
    gone = delete(Block).where(Block.account_id == work.actor.id, Block.blocked_id == other)
    return (await work.db.execute(gone.returning(Block.id))).first() is not None


async def are_apart(db: AsyncSession, one: uuid.UUID, other: uuid.UUID) -> bool:
    """Whether either has blocked the other."""
    mine = (Block.account_id == one) & (Block.blocked_id == other)
    theirs = (Block.account_id == other) & (Block.blocked_id == one)
    return bool(await db.scalar(select(select(Block.id).where(or_(mine, theirs)).exists())))


async def is_private(db: AsyncSession, account_id: uuid.UUID) -> bool:
    """Whether an account shows what it has made to its followers alone."""
    return bool(await db.scalar(select(Account.is_private).where(Account.id == account_id)))


async def is_staff(db: AsyncSession, account_id: uuid.UUID) -> bool:
    """Whether an account's role lets it do what people in general may not."""
    found = select(Account.id).outerjoin(RoleRow, RoleRow.name == Account.role)
    staff = or_(Account.role == Role.ADMIN, func.cardinality(RoleRow.permissions) > 0)
    return bool(await db.scalar(select(found.where(Account.id == account_id, staff).exists())))
