"""Questions about invites, sign-ups that wait, and consents."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import Account, AccountState, Consent, Decision, Invite, SignUp

MOST_CONSENTS = 100


async def lock_account(db: AsyncSession, account_id: uuid.UUID | None) -> None:
    """Hold an account's row until the transaction ends."""
    await db.execute(select(Account.id).where(Account.id == account_id).with_for_update())


async def open_invites(db: AsyncSession, account_id: uuid.UUID | None, now: datetime) -> int:
    """How many invites of somebody can still be used."""
    usable = (Invite.revoked_at.is_(None), Invite.expires_at > now, Invite.uses < Invite.max_uses)
    count = select(func.count()).select_from(Invite).where(Invite.created_by == account_id, *usable)
    return await db.scalar(count) or 0


async def invite_for_update(db: AsyncSession, invite_id: uuid.UUID) -> Invite | None:
    """One invite, locked until the transaction ends."""
    return (await db.scalars(select(Invite).where(Invite.id == invite_id).with_for_update())).one_or_none()


async def invite(db: AsyncSession, invite_id: uuid.UUID) -> Invite | None:
    """One invite."""
    return await db.get(Invite, invite_id)


async def invites(db: AsyncSession, by: uuid.UUID | None, after: uuid.UUID | None, most: int) -> Sequence[Invite]:
    """Invites, the newest first; of one maker, or of all."""
    found = select(Invite).order_by(Invite.id.desc()).limit(most)
    if by is not None:
        found = found.where(Invite.created_by == by)
    if after is not None:
        found = found.where(Invite.id < after)
    return (await db.scalars(found)).all()


async def sign_ups(
    db: AsyncSession, decision: Decision | None, after: uuid.UUID | None, most: int
) -> Sequence[tuple[SignUp, Account]]:
    """Sign-ups with their accounts: those that wait, the oldest first, or those decided so, the newest first."""
    found = select(SignUp, Account).join(Account, Account.id == SignUp.account_id).limit(most)
    if decision is None:
        found = found.where(SignUp.decision.is_(None)).order_by(SignUp.account_id)
        found = found if after is None else found.where(SignUp.account_id > after)
    else:
        found = found.where(SignUp.decision == decision).order_by(SignUp.account_id.desc())
        found = found if after is None else found.where(SignUp.account_id < after)
    return [(row[0], row[1]) for row in await db.execute(found)]


async def sign_up(db: AsyncSession, account_id: uuid.UUID) -> tuple[SignUp, Account] | None:
    """One sign-up and its account."""
    found = select(SignUp, Account).join(Account, Account.id == SignUp.account_id).where(Account.id == account_id)
    row = (await db.execute(found)).first()
    return None if row is None else (row[0], row[1])


async def sign_up_for_update(db: AsyncSession, account_id: uuid.UUID) -> tuple[SignUp, Account] | None:
    """The same, both locked until the transaction ends."""
    held = await db.scalar(select(SignUp).where(SignUp.account_id == account_id).with_for_update())
    account = await db.scalar(select(Account).where(Account.id == account_id).with_for_update())
    return None if held is None or account is None else (held, account)


async def with_roles(db: AsyncSession, roles: Sequence[str], most: int) -> Sequence[Account]:
    """Some active accounts of these roles."""
    found = select(Account).where(Account.role.in_(roles), Account.state == AccountState.ACTIVE)
    return (await db.scalars(found.order_by(Account.id).limit(most))).all()


async def consents_of(db: AsyncSession, account_id: uuid.UUID) -> Sequence[Consent]:
    """What somebody has agreed to, the latest first."""
    found = select(Consent).where(Consent.account_id == account_id).order_by(Consent.at.desc(), Consent.id.desc())
    return (await db.scalars(found.limit(MOST_CONSENTS))).all()
