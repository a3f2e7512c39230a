"""The end of an account: every domain's steps, then its rows everywhere, then its name.

A run that is killed is begun again and goes over everything once more: what is gone stays gone. That somebody
was erased is written to the object store first, outside of the database: after a backup of the database was
put back, `reapply` finds who should not be there, and erases them again.
"""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast

import orjson
from sqlalchemy import select

from socialflow.domains.accounts.events import AccountErased, ErasureDue
from socialflow.domains.accounts.models import Account, AccountState, ErasureRequest, Export, Role
from socialflow.domains.accounts.service import leaving, sessions
from socialflow.domains.accounts.service.exports import folder_of
from socialflow.kernel import faults, logs, personal
from socialflow.kernel.jobs import JobRun
from socialflow.kernel.work import SYSTEM, App, Work
from socialflow.ports.storage import ObjectStore

LEDGER = "ledger/erased/"
NOBODY = "Erased account"

log = logs.named(__name__)


async def erase(app: App, account_id: uuid.UUID, run: JobRun | None = None) -> bool:
    """Erase an account whose time is over; whether it was."""
    async with app.work(SYSTEM) as work:
        if not await _begin(work, account_id):
            return False
    await _write_ledger(app, account_id)
    for name, step in personal.in_order():
        await step(app, account_id)
        if run is not None:
            await run.beat()
        faults.point(f"erasure.{name.rpartition('.')[2]}")
    await personal.erase_rows(app, account_id)
    faults.point("erasure.rows")
    async with app.work(SYSTEM) as work:
        await _finish(work, account_id)
    return True


async def erase_now(app: App, account_id: uuid.UUID) -> None:
    """Erase an account without waiting: for staff, and after a restore."""
    async with app.work(SYSTEM) as work:
        account = await work.db.get(Account, account_id, with_for_update=True)
        if account is None:
            return
        asked = await leaving.requested(work, account_id)
        if account.state != AccountState.ERASED:
            await leaving.begin(work, account, grace=timedelta(0), keys=app.keys)
        elif asked is None or asked.erased_at is not None:
            return
    await erase(app, account_id)


async def announce_due(work: Work) -> int:
    """Have everybody erased whose time is over; returns how many."""
    found = await leaving.due(work, again_after=timedelta(hours=1), most=100)
    for account_id in found:
        work.emit(ErasureDue(account_id=account_id))
    return len(found)


async def reapply(app: App) -> list[uuid.UUID]:
    """Erase again whoever is in the ledger and yet here: a backup from before was put back."""
    again = [account_id async for account_id in _risen(app)]
    for account_id in again:
        log.warning("erased_again", account=str(account_id))
        await erase_now(app, account_id)
    return again


async def mailed(work: Work, account_id: uuid.UUID) -> None:
    """Forget the address of somebody who has been told."""
    asked = await leaving.requested(work, account_id)
    if asked is not None:
        asked.mail_to = None


async def erase_exports(app: App, account_id: uuid.UUID) -> None:
    """Delete the archives that were made for somebody."""
    async with app.work(SYSTEM) as work:
        found = list(await work.db.scalars(select(Export.id).where(Export.account_id == account_id)))
    for export_id in found:
        await app.port(ObjectStore).delete_prefix(folder_of(export_id))


async def _risen(app: App) -> AsyncIterator[uuid.UUID]:
    async for info in app.port(ObjectStore).list(LEDGER):
        account_id = uuid.UUID(info.key.removeprefix(LEDGER))
        async with app.work(SYSTEM) as work:
            state = await work.db.scalar(select(Account.state).where(Account.id == account_id))
            asked = await work.db.get(ErasureRequest, account_id)
        # One that is being erased right now is somebody else's work, unless it has come to a stop.
        is_done = state == AccountState.ERASED and asked is not None
        if state is not None and not is_done:
            yield account_id


async def _begin(work: Work, account_id: uuid.UUID) -> bool:
    """Pass the point of no return, or go on behind it; False where the account was not left, or is gone already."""
    # The account first, as everybody else does who holds both.
    account = await work.db.get(Account, account_id, with_for_update=True)
    asked = await leaving.requested(work, account_id)
    if asked is None or account is None or asked.erased_at is not None or asked.erase_after > work.now:
        return False
    if account.state not in leaving.ON_THE_WAY:
        return False
    account.state = AccountState.ERASED
    asked.begun_at = work.now
    # Before any of the log's details go.
    work.note("account:erasure:begun", account_id)
    return True


async def _write_ledger(app: App, account_id: uuid.UUID) -> None:
    line = orjson.dumps({"account": str(account_id), "erased_at": app.clock().isoformat()})
    await app.port(ObjectStore).put(f"{LEDGER}{account_id}", line, content_type="application/json")


async def _finish(work: Work, account_id: uuid.UUID) -> None:
    """Take the name, the address and the password away; handle and address are free for others."""
    account = cast("Account", await work.db.get(Account, account_id, with_for_update=True))
    account.handle = f"erased_{account_id.hex[-22:]}"
    account.email = f"{account_id.hex}@erased.invalid"
    account.display_name, account.language, account.role = NOBODY, "en", Role.USER
    account.password_hash = account.suspended_reason = account.pending_email = None
    account.email_verified_at = account.password_changed_at = None
    account.pending_email_at, account.email_restored = None, []
    account.suspended_until = account.erase_after = None
    account.updated_at = work.now
    await sessions.end_all(work, account_id, reason="erased")
    asked = await leaving.requested(work, account_id)
    if asked is not None:
        asked.erased_at = work.now
    work.note("account:erasure:done", account_id)
    work.emit(AccountErased(account_id=account_id))
