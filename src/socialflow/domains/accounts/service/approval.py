"""Sign-ups that wait: who is told, what staff decide, and what comes of it."""

import uuid
from collections.abc import Sequence

from sqlalchemy import delete

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import SignUpDecided
from socialflow.domains.accounts.events import SignUpApproved, SignUpRejected
from socialflow.domains.accounts.models import Account, AccountState, Decision, SignUp
from socialflow.domains.accounts.schemas import SignUpPage, SignUpRead
from socialflow.domains.accounts.service.roles import freshen, roles_with
from socialflow.kernel import pages
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work

MOST_TOLD = 50


async def waiting(work: Work, keys: Keys, *, decision: Decision | None, limit: int, cursor: str | None) -> SignUpPage:
    """Sign-ups that wait, the oldest first; or those that were decided on."""
    policy.must_hold(work.actor, "accounts:manage")
    filters = {"decision": decision}
    after = uuid.UUID(str(pages.unseal(keys, "sign_ups", filters, cursor)[0])) if cursor else None
    shown, last = pages.cut(await queries.sign_ups(work.db, decision, after, limit + 1), limit)
    return SignUpPage(
        items=[read(sign_up, account) for sign_up, account in shown],
        next_cursor=pages.seal(keys, "sign_ups", filters, [str(last[1].id)]) if last else None,
    )


async def one(work: Work, account_id: uuid.UUID) -> SignUpRead:
    """One sign-up, as it stands in the list; raises NotFound where nobody was to decide."""
    policy.must_hold(work.actor, "accounts:manage")
    found = await queries.sign_up(work.db, account_id)
    if found is None:
        raise NotFound
    return read(*found)


async def approve(work: Work, account_id: uuid.UUID) -> SignUpRead:
    """Let somebody in; to approve twice is to approve once."""
    sign_up, account = await _held(work, account_id)
    if sign_up.decision == Decision.APPROVED:
        return read(sign_up, account)
    _decide(work, sign_up, Decision.APPROVED, "")
    account.state = AccountState.ACTIVE
    account.updated_at = work.now
    work.note("account:sign_up:approved", account.id)
    work.emit(SignUpApproved(account_id=account.id))
    return read(sign_up, account)


async def reject(work: Work, account_id: uuid.UUID, reason: str) -> SignUpRead:
    """Turn somebody away; once they have been told, nothing is left of the account."""
    sign_up, account = await _held(work, account_id)
    if sign_up.decision == Decision.REJECTED:
        return read(sign_up, account)
    _decide(work, sign_up, Decision.REJECTED, reason)
    work.note("account:sign_up:rejected", account.id)
    work.emit(SignUpRejected(account_id=account.id))
    return read(sign_up, account)


async def _held(work: Work, account_id: uuid.UUID) -> tuple[SignUp, Account]:
    policy.must_hold(work.actor, "accounts:manage")
    found = await queries.sign_up_for_update(work.db, account_id)
    if found is None:
        raise NotFound
    return found


def _decide(work: Work, sign_up: SignUp, decision: Decision, answer: str) -> None:
    if sign_up.decision is not None:
        raise SignUpDecided
    sign_up.decision, sign_up.decided_at, sign_up.decided_by = decision, work.now, work.actor.id
    sign_up.answer = answer


async def to_tell(work: Work, account_id: uuid.UUID) -> tuple[Account, Sequence[Account]] | None:
    """Somebody who waits, and the staff who can decide; None when there is nothing to decide any more."""
    found = await queries.sign_up(work.db, account_id)
    if found is None or found[0].decision is not None:
        return None
    await freshen(work)
    roles = roles_with("accounts:manage")
    return found[1], await queries.with_roles(work.db, roles, MOST_TOLD)


async def decided(work: Work, account_id: uuid.UUID) -> tuple[SignUp, Account] | None:
    """A sign-up that was decided on, and its account."""
    found = await queries.sign_up(work.db, account_id)
    return None if found is None or found[0].decision is None else found


async def remove_rejected(work: Work, account_id: uuid.UUID) -> None:
    """Delete the account of somebody who was turned away, with all that hangs on it: handle and address are free."""
    found = await queries.sign_up_for_update(work.db, account_id)
    if found is not None and found[0].decision == Decision.REJECTED and found[1].state == AccountState.PENDING:
        await work.db.execute(delete(Account).where(Account.id == account_id))


def read(sign_up: SignUp, account: Account) -> SignUpRead:
    """A sign-up as staff see it."""
    return SignUpRead(
        account_id=account.id,
        handle=account.handle,
        display_name=account.display_name,
        email=account.email,
        reason=sign_up.reason,
        address=sign_up.address,
        created_at=sign_up.created_at,
        decision=Decision(sign_up.decision) if sign_up.decision else None,
        decided_at=sign_up.decided_at,
        decided_by=sign_up.decided_by,
        answer=sign_up.answer,
    )
