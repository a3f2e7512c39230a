"""Questions about accounts."""

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import Account, AccountState


async def by_id(db: AsyncSession, account_id: uuid.UUID) -> Account | None:
    """One account."""
    return await db.get(Account, account_id)


async def by_login(db: AsyncSession, login: str) -> Account | None:
    """The account of a handle or, where there is an @ within, of an e-mail address in its canonical form."""
    name = login.removeprefix("@")
    if "@" in name:
        return await by_email(db, name)
    return (await db.scalars(select(Account).where(Account.handle == name))).one_or_none()


async def by_email(db: AsyncSession, email: str) -> Account | None:
    """Whose address it is: of who has verified it, else of who has claimed it first."""
    found = (
        select(Account)
        .where(Account.email == email, Account.state != AccountState.ERASED)
        .order_by(Account.email_verified_at.is_(None), Account.created_at, Account.id)
        .limit(1)
    )
    return (await db.scalars(found)).one_or_none()


async def verified_owner(db: AsyncSession, email: str) -> Account | None:
    """Who has shown that an address is theirs."""
    owned = select(Account).where(Account.email == email, Account.email_verified_at.is_not(None))
    return (await db.scalars(owned)).one_or_none()


async def account_for_update(db: AsyncSession, account_id: uuid.UUID) -> Account | None:
    """One account as it is now, locked until the transaction ends."""
    found = select(Account).where(Account.id == account_id).with_for_update().execution_options(populate_existing=True)
    return (await db.scalars(found)).one_or_none()


async def hold_account(db: AsyncSession, account_id: uuid.UUID | None) -> None:
    """Let others wait who would count what the same account has; rows that point to it may still be written."""
    await db.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))


async def account_entering(db: AsyncSession, account_id: uuid.UUID) -> Account | None:
    """As `account_for_update`, for a log-in: rows that point to the account may still be written by others."""
    found = select(Account).where(Account.id == account_id).with_for_update(key_share=True)
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()
