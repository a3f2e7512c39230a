"""Mails about passwords and addresses. Tokens are made here, at the last moment, and are nowhere else."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.models import Account, AccountState
from socialflow.domains.accounts.schemas import deliverable
from socialflow.domains.accounts.service import links, mails
from socialflow.domains.accounts.service.links import Purpose
from socialflow.domains.accounts.service.mails import Mail
from socialflow.kernel.work import SYSTEM, App

OFF = "off"


async def send_verification(app: App, account_id: uuid.UUID, *, asked: bool) -> None:
    """A link by which an address is verified; or, where somebody else has verified it, a word to them.

    Whoever signed up learns by neither which of the two it was.
    """
    account, owner = await _read(app, account_id)
    if account is None or account.email_verified:
        return
    if owner is not None:
        await _send(app, Mail.ACCOUNT_EXISTS, owner, owner.email, {})
    elif asked or app.settings.auth.verify_email != OFF:
        await _send(app, Mail.VERIFY, account, account.email, {"link": _link(app, Purpose.VERIFY, account)})


async def send_reset(app: App, account_id: uuid.UUID) -> None:
    """A link by which a password is set, to the address of the account."""
    account, owner = await _read(app, account_id)
    if account is not None and owner is None:
        await _send(app, Mail.RESET, account, account.email, {"link": _link(app, Purpose.RESET, account)})


async def send_confirmation(app: App, account_id: uuid.UUID) -> None:
    """A link to the address that is wished; or, where somebody else has verified it, a word to them."""
    async with app.work(SYSTEM) as work:
        account = await queries.by_id(work.db, account_id)
        wished = account.pending_email if account else None
        owner = await queries.verified_owner(work.db, wished) if wished else None
    if account is None or wished is None:
        return
    if owner is not None and owner.id != account.id:
        await _send(app, Mail.ACCOUNT_EXISTS, owner, owner.email, {})
        return
    values = {"link": _link(app, Purpose.CHANGE, account), "email": wished}
    await _send(app, Mail.EMAIL_CHANGE_CONFIRM, account, wished, values)


async def send_change_undo(app: App, account_id: uuid.UUID, before: str, asked_at: datetime) -> None:
    """A link to the address before, by which a change is taken back, be it wished for or made.

    It is as old as the wish, however late the mail: of two links the one of the earlier address is the older.
    """
    account, _ = await _read(app, account_id)
    if account is None:
        return
    wished = account.pending_email if account.email == before else account.email
    if wished is not None:
        link = _link(app, Purpose.UNDO, account, before=before, now=asked_at)
        await _send(app, Mail.EMAIL_CHANGE_UNDO, account, before, {"link": link, "email": wished})


async def send_email_changed(app: App, account_id: uuid.UUID, before: str) -> None:
    """A word to the address before that it is not the account's any more."""
    account, _ = await _read(app, account_id)
    if account is not None:
        await _send(app, Mail.EMAIL_CHANGED, account, before, {})


async def send_reset_to_restored(app: App, account_id: uuid.UUID, restored_at: datetime | None) -> None:
    """A link by which a password is set, to the address that was restored then; none where it is another by now."""
    account, owner = await _read(app, account_id)
    if account is not None and owner is None and restored_at in {None, account.email_verified_at}:
        await _send(app, Mail.RESET, account, account.email, {"link": _link(app, Purpose.RESET, account)})


async def send_password_changed(app: App, account_id: uuid.UUID) -> None:
    """A word that the password is another one now."""
    account, owner = await _read(app, account_id)
    if account is not None and owner is None:
        await _send(app, Mail.PASSWORD_CHANGED, account, account.email, {})


async def _read(app: App, account_id: uuid.UUID) -> tuple[Account | None, Account | None]:
    """The account, and who else has verified its address."""
    async with app.work(SYSTEM) as work:
        account = await queries.by_id(work.db, account_id)
        if account is None or account.state == AccountState.ERASED:
            return None, None
        owner = await queries.verified_owner(work.db, account.email)
    return account, owner if owner is not None and owner.id != account.id else None


def _link(app: App, purpose: Purpose, account: Account, *, before: str = "", now: datetime | None = None) -> str:
    token = links.make(app.keys, purpose, account, now=now or app.clock(), before=before)
    return links.page(app.settings, purpose, token)


async def _send(app: App, kind: Mail, account: Account, to: str, values: Mapping[str, str]) -> None:
    await mails.send(
        app, kind, to=deliverable(to), language=account.language, values={"handle": account.handle, **values}
    )
