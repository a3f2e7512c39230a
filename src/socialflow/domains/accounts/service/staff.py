"""What staff do to accounts: give roles, suspend, sign out.

Each verb asks first whether the actor holds the permission, before any statement. Then those who change
who is staff, or who may log in, wait in line and are looked at again as they are in the table: of two
administrators who demote each other at the same moment, the second is none any more.
"""

import uuid
from datetime import datetime

from sqlalchemy import update

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import CannotActOnYourself, LastAdmin, NotPermitted, UnknownRole
from socialflow.domains.accounts.events import (
    EverybodySignedOut,
    RoleChanged,
    SessionRevoked,
    SuspensionBegan,
    SuspensionEnded,
)
from socialflow.domains.accounts.models import Account, AccountState, Role, Session
from socialflow.domains.accounts.policy import Staff
from socialflow.domains.accounts.service import endings, factors
from socialflow.domains.accounts.service.roles import EVERYTHING, standing_in
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work

BATCH = 500


async def at_work(work: Work, permission: str) -> Staff:
    """The actor as staff with this permission, alone in line; raises NotPermitted."""
    policy.must_hold(work.actor, permission)
    await queries.line_up(work.db)
    if work.actor.id is None:
        return Staff(None, EVERYTHING, is_admin=True)
    account = await queries.by_id(work.db, work.actor.id)
    held = await permissions_now(work, account.role) if account else frozenset[str]()
    if account is None or account.state != AccountState.ACTIVE or permission not in held:
        raise NotPermitted(extra={"missing_permission": permission})
    return Staff(account.id, held, is_admin=account.role == Role.ADMIN)


async def change_role(work: Work, account: Account, role: str) -> None:
    """Give an account another role; everything ends, since its tokens speak of the old one."""
    staff = await at_work(work, "accounts:manage")
    account = await _held(work, account.id)
    wanted = await queries.role_named(work.db, role)
    if wanted is None:
        raise UnknownRole(f"There is no role called {role}.")
    before, after = await permissions_now(work, account.role), standing_in(vars(wanted)).permissions
    policy.may_change_role(staff, account.id, before, after)
    if account.role == role:
        return
    await demand_another_admin(work, account)

    was, account.role = account.role, role
    account.updated_at = work.now
    await endings.end_everything(work, account.id, "role_changed")
    work.note("account:role:changed", account.id, before=was, after=role)
    work.emit(RoleChanged(account_id=account.id, role=role))


async def change_role_of(work: Work, account_id: uuid.UUID, role: str) -> None:
    """As `change_role`, of the account with an id; raises NotFound."""
    policy.must_hold(work.actor, "accounts:manage")
    account = await queries.by_id(work.db, account_id)
    if account is None:
        raise NotFound
    await change_role(work, account, role)


async def suspend(work: Work, account_id: uuid.UUID, *, reason: str, until: datetime | None) -> Account:
    """Keep somebody out, for a time or for good; everything that speaks for them ends. Again: another reason or end."""
    staff = await at_work(work, "accounts:suspend")
    account = await _held(work, account_id)
    policy.may_act_on(staff, account.id, await permissions_now(work, account.role))
    policy.may_suspend(account)
    await demand_another_admin(work, account)

    account.state = AccountState.SUSPENDED
    account.suspended_reason, account.suspended_until = reason, until
    account.updated_at = work.now
    await endings.end_everything(work, account.id, "suspended")
    work.note("account:access:suspended", account.id, reason=reason, until=until.isoformat() if until else None)
    work.emit(SuspensionBegan(account_id=account.id))
    return account


async def unsuspend(work: Work, account_id: uuid.UUID) -> Account:
    """Let somebody in again; who was not kept out stays as they are."""
    staff = await at_work(work, "accounts:suspend")
    account = await _held(work, account_id)
    policy.may_act_on(staff, account.id, await permissions_now(work, account.role))
    if account.state == AccountState.SUSPENDED:
        _let_in(work, account)
    return account


async def sign_out(work: Work, account_id: uuid.UUID) -> None:
    """End every session of somebody, and all that apps and programs hold for them."""
    staff = await at_work(work, "accounts:suspend")
    account = await _held(work, account_id)
    policy.may_act_on(staff, account.id, await permissions_now(work, account.role))
    await endings.end_everything(work, account.id, "signed_out_by_staff")
    work.note("account:sessions:ended", account.id)


async def reset_factors(work: Work, account_id: uuid.UUID) -> None:
    """Take every second factor from somebody who has lost them all; their sessions end and they are told by mail."""
    staff = await at_work(work, "accounts:manage")
    account = await _held(work, account_id)
    policy.may_act_on(staff, account.id, await permissions_now(work, account.role))
    await factors.reset(work, account)


async def sign_out_everybody(work: Work) -> None:
    """End every session but the one that asks, as after a leak; it is done in batches, within seconds."""
    await at_work(work, "accounts:manage")
    if work.actor.session_id is None:
        raise CannotActOnYourself("Everybody is signed out by somebody who is logged in.")
    work.note("staff:everybody:signed_out")
    work.emit(EverybodySignedOut(by_session=work.actor.session_id, at=work.now))


async def end_some(work: Work, began_by: datetime, but: uuid.UUID) -> int:
    """End the next sessions that had begun by then, all but one; returns how many."""
    chosen = await queries.sessions_before(work.db, began_by, but, BATCH)
    for account_id, session_id in chosen:
        work.emit(SessionRevoked(account_id=account_id, session_id=session_id, reason="everybody_signed_out"))
    ids = [session_id for _, session_id in chosen]
    ended = {"revoked_at": work.now, "revoked_reason": "everybody_signed_out", "successor": None}
    await work.db.execute(update(Session).where(Session.id.in_(ids)).values(**ended))
    return len(chosen)


async def lift_suspensions(work: Work) -> int:
    """Let those in whose time is over, some at a time; returns how many."""
    over = await queries.suspensions_over(work.db, work.now, BATCH)
    for account in over:
        _let_in(work, account)
    return len(over)


async def suspended(work: Work, account_id: uuid.UUID) -> Account | None:
    """The account, if it is suspended."""
    account = await queries.by_id(work.db, account_id)
    return account if account is not None and account.state == AccountState.SUSPENDED else None


async def in_use(work: Work, account_id: uuid.UUID) -> Account | None:
    """The account, if it may be used."""
    account = await queries.by_id(work.db, account_id)
    return account if account is not None and account.state == AccountState.ACTIVE else None


async def demand_another_admin(work: Work, account: Account) -> None:
    """Raise LastAdmin when the account is the only administrator who can log in; whoever asks stands in line."""
    if account.role != Role.ADMIN:
        return
    await queries.line_up(work.db)
    if list(await queries.admins_in_use(work.db)) == [account.id]:
        raise LastAdmin


async def permissions_now(work: Work, role: str) -> frozenset[str]:
    """What a role may do as the table says it in this transaction."""
    row = await queries.role_named(work.db, role)
    return standing_in(vars(row)).permissions if row else frozenset()


async def _held(work: Work, account_id: uuid.UUID) -> Account:
    account = await queries.account_for_update(work.db, account_id)
    if account is None or account.state == AccountState.ERASED:
        raise NotFound
    return account


def _let_in(work: Work, account: Account) -> None:
    # Who had asked for the end before is still on the way out.
    account.state = AccountState.LEAVING if account.erase_after else AccountState.ACTIVE
    account.suspended_until = account.suspended_reason = None
    account.updated_at = work.now
    work.note("account:access:restored", account.id)
    work.emit(SuspensionEnded(account_id=account.id))
