"""Passwords: changing one's own, and getting a new one by mail."""

import uuid
from datetime import datetime, timedelta

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.events import PasswordChanged, PasswordResetAsked
from socialflow.domains.accounts.models import Account
from socialflow.domains.accounts.service import endings, factors, links, sessions
from socialflow.domains.accounts.service.addresses import own
from socialflow.domains.accounts.service.connections import forget_connections
from socialflow.domains.accounts.service.links import Purpose
from socialflow.domains.accounts.service.passwords import Passwords
from socialflow.domains.accounts.service.people import me
from socialflow.domains.accounts.service.renewal import renew
from socialflow.domains.accounts.service.sessions import Credentials, Device, Signing
from socialflow.kernel.config import Settings
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import FieldError, InvalidRequest, Unauthorized
from socialflow.kernel.work import Work


async def about_to_change(work: Work, *, within: timedelta) -> Account:
    """The actor's account, whose password is to be changed.

    The present password is proof enough of who has nothing else. Of who has none, or a second factor, a fresh one is
    asked.
    """
    account = await me(work)
    if account.password_hash is None or await queries.factors_on(work.db, account.id):
        await sessions.demand_recent(work, within=within)
    return account


async def prove(account: Account, current: str | None, *, passwords: Passwords) -> None:
    """Raise InvalidRequest unless this is the account's present password; of none nothing is asked.

    It takes no Work: it waits in line for a hasher.
    """
    if account.password_hash is None:
        return
    if current is None or not await passwords.verify(current, account.password_hash):
        raise InvalidRequest(errors=[FieldError("/current_password", "password_wrong", "This is not your password.")])


async def change_password(
    work: Work, *, before: str | None, encoded: str, device: Device, signing: Signing
) -> Credentials:
    """Give the actor another password; this session goes on under a new secret, all others end."""
    account = await queries.account_for_update(work.db, work.actor.id) if work.actor.id else None
    if account is None:
        raise Unauthorized
    if account.password_hash != before:
        raise InvalidRequest(errors=[FieldError("/current_password", "password_wrong", "This is not your password.")])
    _set(work, account, encoded, how="change")
    return await renew(work, account, device=device, signing=signing, reason="password_changed")


async def ask_reset(work: Work, email: str) -> None:
    """Have a link for a new password sent to an address; what is done here is the same if nobody has it."""
    account = await queries.by_email(work.db, email)
    account_id = account.id if account else None
    work.note("account:password:reset_asked", account_id)
    work.emit(PasswordResetAsked(account_id=account_id))


async def resettable(work: Work, token: str, *, keys: Keys) -> Account:
    """Whose password a link resets; raises InvalidLink."""
    link = links.read(token)
    account = await queries.by_id(work.db, link.account_id)
    return links.check(keys, Purpose.RESET, link, account, now=work.now)


async def reset_password(work: Work, token: str, *, encoded: str, keys: Keys) -> uuid.UUID:
    """Use a link: set the password and end everything. It logs nobody in, so second factors are still asked.

    Those of an account whose address nobody had shown to be theirs are not: until now it was anybody's, and what was
    left in it would open it again to whoever made it with somebody else's address.
    """
    link = links.read(token)
    account = await queries.account_for_update(work.db, link.account_id)
    account = links.check(keys, Purpose.RESET, link, account, now=work.now)
    if account.email_verified_at is None:
        await _clear(work, account.id)
        if await queries.verified_owner(work.db, account.email) is None:
            # The link was in a mail to this address.
            await own(work, account, account.email)
            work.note("account:email:verified", account.id, by="reset")
    _set(work, account, encoded, how="reset")
    await endings.end_everything(work, account.id, "password_reset")
    return account.id


def reset_page(account: Account, *, keys: Keys, settings: Settings, now: datetime) -> str:
    """A link by which whoever holds it sets the account's password once, within an hour."""
    return links.page(settings, Purpose.RESET, links.make(keys, Purpose.RESET, account, now=now))


async def _clear(work: Work, account_id: uuid.UUID) -> None:
    """Take away every other way in, and what apps were allowed."""
    gone = await factors.erase(work, account_id)
    connected = await forget_connections(work, account_id)
    await queries.forget_grants(work.db, account_id)
    if gone or connected:
        work.note("account:ways:cleared", account_id, factors=gone, connections=connected)


def _set(work: Work, account: Account, encoded: str, *, how: str) -> None:
    account.password_hash = encoded
    account.password_changed_at = account.updated_at = work.now
    # A change of address that waits was perhaps not its owner's.
    account.pending_email = account.pending_email_at = None
    work.note(f"account:password:{how}", account.id)
    work.emit(PasswordChanged(account_id=account.id, how=how))
