"""Questions about roles."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import Account, AccountState, Role, RoleRow


async def all_roles(db: AsyncSession) -> Sequence[Mapping[str, Any]]:
    """Every role as a row: there are few."""
    found = await db.execute(select(RoleRow.__table__))
    return [dict(row) for row in found.mappings()]


async def roles_in_order(db: AsyncSession) -> Sequence[tuple[RoleRow, int]]:
    """Every role and how many have it; those that came with the product first."""
    held = select(Account.role, func.count().label("holders")).group_by(Account.role).subquery()
    found = await db.execute(
        select(RoleRow, func.coalesce(held.c.holders, 0))
        .outerjoin(held, held.c.role == RoleRow.name)
        .order_by(RoleRow.built_in.desc(), RoleRow.created_at, RoleRow.name)
    )
    return [(role, holders) for role, holders in found]


async def role_named(db: AsyncSession, name: str) -> RoleRow | None:
    """One role."""
    return await db.get(RoleRow, name)


async def role_for_update(db: AsyncSession, name: str) -> RoleRow | None:
    """One role, as it is now, locked until the transaction ends."""
    found = select(RoleRow).where(RoleRow.name == name).with_for_update().execution_options(populate_existing=True)
    return (await db.scalars(found)).one_or_none()


async def line_up(db: AsyncSession) -> None:
    """Wait until nobody else changes who is staff: whoever reads afterwards reads what they have done."""
    await db.execute(select(RoleRow.name).where(RoleRow.name == Role.ADMIN).with_for_update(key_share=True))


async def holders_of(db: AsyncSession, role: str) -> int:
    """How many accounts have a role."""
    return int(await db.scalar(select(func.count()).select_from(Account).where(Account.role == role)) or 0)


async def admins_in_use(db: AsyncSession) -> Sequence[Any]:
    """The administrators who can log in."""
    found = select(Account.id).where(Account.role == Role.ADMIN, Account.state == AccountState.ACTIVE)
    return (await db.scalars(found)).all()
