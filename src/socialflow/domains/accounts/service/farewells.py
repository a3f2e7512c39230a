"""Mails about exports and about the end of an account."""

import uuid
from datetime import UTC, datetime

from sqlalchemy import select

from socialflow.domains.accounts.models import Account, AccountState
from socialflow.domains.accounts.service import erasure, leaving
from socialflow.domains.accounts.service.mails import Mail, send
from socialflow.kernel.work import SYSTEM, App


async def tell_leaving(app: App, account_id: uuid.UUID, erase_after: datetime) -> None:
    """Say until when one can come back, and how."""
    account = await _account(app, account_id)
    if account is None or account.state != AccountState.LEAVING:
        return
    values = {"handle": account.handle, "when": _said(erase_after), "link": f"{app.settings.public_url}/login"}
    await send(app, Mail.LEAVING, to=account.email, language=account.language, values=values)


async def tell_erased(app: App, account_id: uuid.UUID) -> None:
    """Say that it is done, to the address that was kept for this; then forget it."""
    async with app.work(SYSTEM) as work:
        asked = await leaving.requested(work, account_id)
        sealed = asked.mail_to if asked is not None and asked.erased_at is not None else None
    if sealed is None:
        return
    language, address = leaving.mail_to(app.keys, account_id, sealed)
    await send(app, Mail.ERASED, to=address, language=language, values={})
    await forget(app, account_id)


async def forget(app: App, account_id: uuid.UUID) -> None:
    """Forget the address of somebody who was told, or cannot be."""
    async with app.work(SYSTEM) as work:
        await erasure.mailed(work, account_id)


async def tell_export_ready(app: App, account_id: uuid.UUID, until: datetime) -> None:
    """Say that one's data can be fetched; the page asks for the log-in, so the link gives nothing away."""
    account = await _account(app, account_id)
    if account is None or account.state != AccountState.ACTIVE:
        return
    link = f"{app.settings.public_url}/settings/privacy"
    values = {"handle": account.handle, "link": link, "until": _said(until)}
    await send(app, Mail.EXPORT_READY, to=account.email, language=account.language, values=values)


async def _account(app: App, account_id: uuid.UUID) -> Account | None:
    async with app.work(SYSTEM) as work:
        return (await work.db.scalars(select(Account).where(Account.id == account_id))).one_or_none()


def _said(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
