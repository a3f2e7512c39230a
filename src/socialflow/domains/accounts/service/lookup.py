"""What staff see of accounts and of the log, and what people see of their own.

Who may look is asked before any statement. What a person keeps to themselves (their e-mail address, where
they come from) needs a permission of its own, and whoever looks at it leaves a note that the person sees.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import CannotActOnYourself, RankTooLow
from socialflow.domains.accounts.models import Account, Role
from socialflow.domains.accounts.policy import Staff
from socialflow.domains.accounts.queries import Facts, Sought
from socialflow.domains.accounts.schemas import (
    ActivityPage,
    ActivityRead,
    AuditPage,
    AuditRead,
    Doer,
    StaffAccountCard,
    StaffAccountPage,
    StaffAccountRead,
)
from socialflow.domains.accounts.service.devices import name_of
from socialflow.domains.accounts.service.people import me
from socialflow.domains.accounts.service.roles import EVERYTHING, standing_of
from socialflow.domains.accounts.service.words import said
from socialflow.kernel import pages
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Actor, Work
from socialflow.ports.places import Places

RECENT = 10
# What of a fact's details tells where somebody was.
PLACES = {"address", "user_agent"}


async def find_accounts(
    work: Work, keys: Keys, *, q: str | None, role: str | None, state: str | None, limit: int, cursor: str | None
) -> StaffAccountPage:
    """A page of accounts: those whose handle, or address where `q` has an @ inside, begins so."""
    policy.must_hold(work.actor, "accounts:view")
    text = (q or "").strip().lower()
    by_email = "@" in text.removeprefix("@")
    if by_email:
        # To find somebody by their address is to know it.
        policy.must_hold(work.actor, "accounts:view_private")
    sought = Sought(
        handle=text.removeprefix("@") or None if not by_email else None,
        email=text if by_email else None,
        role=role,
        state=state,
    )
    filters = {"q": text, "role": role, "state": state}
    after = str(pages.unseal(keys, "accounts", filters, cursor)[0]) if cursor else None
    found = await queries.accounts_page(work.db, sought, after, limit + 1)
    shown, last = pages.cut(found, limit)
    if by_email:
        work.note("staff:accounts:searched", by="email", found=len(shown))
        for account in shown:
            _note_view(work, account)
    return StaffAccountPage(
        items=[StaffAccountCard.model_validate(account) for account in shown],
        next_cursor=pages.seal(keys, "accounts", filters, [queries.place_of(sought, last)]) if last else None,
    )


async def account_for_staff(work: Work, account_id: uuid.UUID) -> StaffAccountRead:
    """One account, as far as the actor may know it; raises NotFound."""
    policy.must_hold(work.actor, "accounts:view")
    found = await queries.by_id(work.db, account_id)
    if found is None:
        raise NotFound
    private = work.actor.may("accounts:view_private")
    recent: list[AuditRead] = []
    if work.actor.may("audit:view"):
        recent = await _read(work, await queries.facts(work.db, Facts(account_id=account_id), None, RECENT))
    sessions, last_used = await queries.live_sessions_of(work.db, account_id, work.now)
    factors = await queries.factors_on(work.db, account_id)
    may_manage = work.actor.may("accounts:manage") and _outranks(work.actor, found)
    if private:
        _note_view(work, found)
    return StaffAccountRead(
        **StaffAccountCard.model_validate(found).model_dump(),
        channel_id=found.channel_id,
        email=found.email if private else None,
        email_verified_at=found.email_verified_at,
        language=found.language,
        has_password=found.password_hash is not None,
        has_totp=factors.has_totp,
        passkey_count=factors.passkeys,
        recovery_codes_left=factors.codes_left,
        suspended_reason=found.suspended_reason,
        erase_after=found.erase_after,
        updated_at=found.updated_at,
        session_count=sessions,
        last_used_at=last_used,
        may_suspend=work.actor.may("accounts:suspend") and _outranks(work.actor, found),
        may_change_role=may_manage,
        may_reset_factors=may_manage,
        recent=recent,
    )


async def audit_page(work: Work, keys: Keys, wanted: Facts, *, limit: int, cursor: str | None) -> AuditPage:
    """A page of the log, for staff."""
    policy.must_hold(work.actor, "audit:view")
    filters = {
        "account": wanted.account_id,
        "actor": wanted.actor_id,
        "tag": wanted.tag,
        "since": wanted.since,
        "until": wanted.until,
    }
    before = int(pages.unseal(keys, "audit", filters, cursor)[0]) if cursor else None
    shown, last = pages.cut(await queries.facts(work.db, wanted, before, limit + 1), limit)
    items = await _read(work, shown)
    return AuditPage(items=items, next_cursor=pages.seal(keys, "audit", filters, [last.seq]) if last else None)


async def activity(work: Work, keys: Keys, places: Places, *, limit: int, cursor: str | None) -> ActivityPage:
    """What happened around one's own account, the latest first."""
    account = await me(work)
    filters = {"account": account.id}
    before = int(pages.unseal(keys, "activity", filters, cursor)[0]) if cursor else None
    found = await queries.facts(work.db, Facts(account_id=account.id), before, limit + 1)
    shown, last = pages.cut(found, limit)
    return ActivityPage(
        items=[_told(account.id, row, places) for row in shown],
        next_cursor=pages.seal(keys, "activity", filters, [last.seq]) if last else None,
    )


def _told(account_id: uuid.UUID, row: Any, places: Places) -> ActivityRead:
    by = _doer(account_id, row)
    details = row.details or {}
    # Where staff sit is not told: only what may have been the person themselves, or somebody who pretends to be.
    place = details if by in {Doer.YOU, Doer.UNKNOWN} else {}
    address, agent = place.get("address"), place.get("user_agent")
    return ActivityRead(
        seq=row.seq,
        at=row.at,
        kind=row.tag,
        text=said(row.tag, details),
        by=by,
        address=address,
        place=places.of(address) if address else None,
        user_agent=agent,
        device=name_of(agent) if agent else None,
    )


def _doer(account_id: uuid.UUID, row: Any) -> Doer:
    if row.actor_id is not None:
        return Doer.YOU if row.actor_id == account_id else Doer.STAFF
    return Doer.SYSTEM if row.actor_role == "system" else Doer.UNKNOWN


async def _read(work: Work, rows: Sequence[Any]) -> list[AuditRead]:
    named = {row.account_id for row in rows} | {row.actor_id for row in rows}
    handles = await queries.handles_of(work.db, [each for each in named if each is not None])
    private = work.actor.may("accounts:view_private")
    read = []
    for row in rows:
        details = row.details
        if details is not None and not private:
            details = {key: value for key, value in details.items() if key not in PLACES}
        read.append(
            AuditRead(
                seq=row.seq,
                at=row.at,
                tag=row.tag,
                account_id=row.account_id,
                account_handle=handles.get(row.account_id),
                actor_id=row.actor_id,
                actor_handle=handles.get(row.actor_id),
                actor_role=row.actor_role,
                details=details,
            )
        )
    return read


def _note_view(work: Work, account: Account) -> None:
    if account.id != work.actor.id:
        work.note("staff:account:viewed", account.id)


def _outranks(actor: Actor, account: Account) -> bool:
    permissions = EVERYTHING if actor.role == "system" else actor.permissions
    staff = Staff(actor.id, permissions, is_admin=actor.role in {Role.ADMIN, "system"})
    try:
        policy.may_act_on(staff, account.id, standing_of(account.role).permissions)
    except (RankTooLow, CannotActOnYourself):
        return False
    return True
