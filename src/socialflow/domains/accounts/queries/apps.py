"""Questions about apps, what they were allowed, and their codes."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import Account, AppCode, AppGrant, ClientApp, DeviceCode, Session
from socialflow.kernel.work import Work

_WITH_HANDLES = select(ClientApp, Account.handle).outerjoin(Account, Account.id == ClientApp.owner_id)


async def client_app(db: AsyncSession, app_id: uuid.UUID) -> ClientApp | None:
    """One app."""
    return await db.get(ClientApp, app_id)


async def app_for_update(db: AsyncSession, app_id: uuid.UUID) -> ClientApp | None:
    """One app, locked until the transaction ends."""
    return (await db.scalars(select(ClientApp).where(ClientApp.id == app_id).with_for_update())).one_or_none()


async def apps_for_update(db: AsyncSession, owner_id: uuid.UUID) -> Sequence[ClientApp]:
    """Somebody's apps, locked until the transaction ends."""
    found = select(ClientApp).where(ClientApp.owner_id == owner_id).order_by(ClientApp.id)
    return (await db.scalars(found.with_for_update())).all()


async def count_apps(db: AsyncSession, owner_id: uuid.UUID) -> int:
    """How many apps somebody has registered; locks the account, so that two at once are counted."""
    await db.execute(select(Account.id).where(Account.id == owner_id).with_for_update())
    return await db.scalar(select(func.count()).where(ClientApp.owner_id == owner_id)) or 0


async def apps_of(db: AsyncSession, owner_id: uuid.UUID, before: uuid.UUID | None, most: int) -> Sequence[ClientApp]:
    """Somebody's apps, the latest first."""
    found = select(ClientApp).where(ClientApp.owner_id == owner_id)
    if before is not None:
        found = found.where(ClientApp.id < before)
    return (await db.scalars(found.order_by(ClientApp.id.desc()).limit(most))).all()


async def all_apps(db: AsyncSession, before: uuid.UUID | None, most: int) -> Sequence[Any]:
    """Everybody's apps, the latest first, with their owners' handles."""
    found = _WITH_HANDLES
    if before is not None:
        found = found.where(ClientApp.id < before)
    return (await db.execute(found.order_by(ClientApp.id.desc()).limit(most))).all()


async def app_and_handle(db: AsyncSession, app_id: uuid.UUID) -> Any | None:
    """One app, with its owner's handle."""
    return (await db.execute(_WITH_HANDLES.where(ClientApp.id == app_id))).one_or_none()


async def handle_of(db: AsyncSession, account_id: uuid.UUID | None) -> str | None:
    """What an account is called."""
    return await db.scalar(select(Account.handle).where(Account.id == account_id)) if account_id else None


async def grant_for_update(db: AsyncSession, account_id: uuid.UUID, app_id: uuid.UUID) -> AppGrant | None:
    """What somebody has allowed an app, locked until the transaction ends."""
    found = select(AppGrant).where(AppGrant.account_id == account_id, AppGrant.app_id == app_id)
    return (await db.scalars(found.with_for_update())).one_or_none()


async def add_grant(work: Work, account_id: uuid.UUID, app_id: uuid.UUID, scopes: str) -> bool:
    """Keep that somebody has let an app in; whether that is new."""
    grant = insert(AppGrant).values(
        account_id=account_id, app_id=app_id, scopes=scopes, created_at=work.now, updated_at=work.now
    )
    made = await work.db.execute(grant.on_conflict_do_nothing().returning(AppGrant.app_id))
    return made.first() is not None


async def grants_of(
    db: AsyncSession, account_id: uuid.UUID, before: tuple[datetime, uuid.UUID] | None, most: int
) -> Sequence[Any]:
    """Apps that somebody has let in, the latest first, with their owners' handles and when each was last used."""
    used = (
        select(func.max(Session.last_used_at))
        .where(Session.account_id == AppGrant.account_id, Session.app_id == AppGrant.app_id)
        .scalar_subquery()
    )
    found = (
        select(AppGrant, ClientApp, Account.handle, used.label("last_used_at"))
        .join(ClientApp, ClientApp.id == AppGrant.app_id)
        .outerjoin(Account, Account.id == ClientApp.owner_id)
        .where(AppGrant.account_id == account_id)
    )
    if before is not None:
        earlier = AppGrant.created_at < before[0]
        found = found.where(or_(earlier, (AppGrant.created_at == before[0]) & (AppGrant.app_id < before[1])))
    return (await db.execute(found.order_by(AppGrant.created_at.desc(), AppGrant.app_id.desc()).limit(most))).all()


async def forget_codes(db: AsyncSession, app_id: uuid.UUID, account_id: uuid.UUID) -> None:
    """Make every code that somebody has given to an app good for nothing."""
    await db.execute(
        delete(AppCode).where(AppCode.app_id == app_id, AppCode.account_id == account_id, AppCode.used_at.is_(None))
    )
    await db.execute(delete(DeviceCode).where(DeviceCode.app_id == app_id, DeviceCode.account_id == account_id))


async def forget_all_codes(db: AsyncSession, account_id: uuid.UUID) -> None:
    """The same for every app; the account is held by whoever asks."""
    await db.execute(delete(AppCode).where(AppCode.account_id == account_id, AppCode.used_at.is_(None)))
    await db.execute(delete(DeviceCode).where(DeviceCode.account_id == account_id))


async def forget_grants(db: AsyncSession, account_id: uuid.UUID) -> None:
    """Forget what somebody has allowed whatever app."""
    await db.execute(delete(AppGrant).where(AppGrant.account_id == account_id))


async def code_for_update(db: AsyncSession, digest: bytes) -> AppCode | None:
    """An authorization code, locked until the transaction ends, and its account first: see `forget_all_codes`."""
    owner = select(AppCode.account_id).where(AppCode.digest == digest).scalar_subquery()
    await db.execute(select(Account.id).where(Account.id == owner).with_for_update(key_share=True))
    return (await db.scalars(select(AppCode).where(AppCode.digest == digest).with_for_update())).one_or_none()


async def device_for_update(db: AsyncSession, digest: bytes) -> DeviceCode | None:
    """A device that waits, by its own code, locked until the transaction ends, and its account first."""
    owner = select(DeviceCode.account_id).where(DeviceCode.device_digest == digest).scalar_subquery()
    await db.execute(select(Account.id).where(Account.id == owner).with_for_update(key_share=True))
    found = select(DeviceCode).where(DeviceCode.device_digest == digest)
    return (await db.scalars(found.with_for_update())).one_or_none()


async def device_by_user_code(db: AsyncSession, mac: bytes) -> DeviceCode | None:
    """A device that waits, by the code that people type, locked until the transaction ends."""
    found = select(DeviceCode).where(DeviceCode.user_code_mac == mac)
    return (await db.scalars(found.with_for_update())).one_or_none()


async def forget_old_codes(db: AsyncSession, before: datetime) -> None:
    """Delete codes that ran out before a time."""
    await db.execute(delete(AppCode).where(AppCode.expires_at < before))
    await db.execute(delete(DeviceCode).where(DeviceCode.expires_at < before))


async def forget_unused_apps(db: AsyncSession, before: datetime) -> None:
    """Delete apps that have registered themselves before a time and that nobody has let in."""
    granted = select(AppGrant.app_id).where(AppGrant.app_id == ClientApp.id).exists()
    await db.execute(delete(ClientApp).where(ClientApp.owner_id.is_(None), ClientApp.created_at < before, ~granted))
