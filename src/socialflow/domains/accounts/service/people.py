"""Signing up, logging in, and one's own account."""

import uuid
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import HandleTaken, WrongCredentials
from socialflow.domains.accounts.events import AccountPrivacyChanged, AccountRegistered
from socialflow.domains.accounts.models import Account
from socialflow.domains.accounts.schemas import AccountCreate, AccountUpdate, canonical
from socialflow.domains.accounts.service import entrance
from socialflow.domains.accounts.service.entrance import Entrance
from socialflow.domains.accounts.service.passwords import Passwords
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Checked:
    """Whose password was right, by which hash, and a new hash where that one was made with parameters of old."""

    account_id: uuid.UUID
    by_hash: str
    new_hash: str | None


async def register(
    work: Work,
    body: AccountCreate,
    *,
    channel_id: uuid.UUID,
    came_by: Entrance,
    password_hash: str,
    language: str = "en",
) -> Account:
    """Make an account whose profile will be `channel_id`; its address is a claim, whoever else has it.

    The password was hashed before the Work began.
    """
    policy.may_use_handle(body.handle)
    account = Account(
        id=ids.new(),
        email=body.email,
        handle=body.handle,
        display_name=body.display_name,
        password_hash=password_hash,
        language=language,
        state=came_by.state,
        channel_id=channel_id,
        created_at=work.now,
        updated_at=work.now,
    )
    work.db.add(account)
    try:
        await work.db.flush()
    except IntegrityError:
        raise HandleTaken from None

    work.emit(AccountRegistered(account_id=account.id))
    await entrance.settle(work, account, came_by)
    return account


async def named(work: Work, login: str) -> Account | None:
    """The account that a log-in names, whose password is still to be checked."""
    return await queries.by_login(work.db, _spelled(login))


async def check_password(account: Account | None, password: str, *, passwords: Passwords) -> Checked:
    """Raise WrongCredentials unless this is the account's password; takes as long when there is no account.

    It takes no Work: log-ins wait in line for a hasher, and meanwhile hold no connection.
    """
    encoded = account.password_hash if account else None
    if not await passwords.verify(password, encoded) or account is None or encoded is None:
        raise WrongCredentials
    outdated = passwords.is_outdated(encoded)
    return Checked(account.id, encoded, await passwords.hash(password) if outdated else None)


async def admit(work: Work, checked: Checked) -> Account:
    """The account of who has just shown the right password, locked; raises WrongCredentials where that has changed.

    Hashing takes its time, and a new password is set in order to keep out whoever knows the old one.
    """
    account = await queries.account_entering(work.db, checked.account_id)
    if account is None or account.password_hash != checked.by_hash:
        raise WrongCredentials
    policy.may_be_admitted(account)
    if checked.new_hash is not None:
        account.password_hash = checked.new_hash
    return account


async def account_of(work: Work, account_id: uuid.UUID) -> Account | None:
    """An account by its id; None for one that is gone."""
    return await queries.by_id(work.db, account_id)


async def me(work: Work) -> Account:
    """The actor's account."""
    account = await queries.by_id(work.db, work.actor.id) if work.actor.id else None
    if account is None:
        raise Unauthorized
    return account


async def hold_own(work: Work) -> None:
    """Have whoever asks at the same time wait, and be counted after us: before what the actor has is counted.

    It comes before anything else that a work holds, so that no two wait for each other.
    """
    await queries.hold_account(work.db, work.actor.id)


async def update_me(work: Work, body: AccountUpdate) -> Account:
    """Change what the actor may change about their account."""
    account = await me(work)
    if body.display_name is not None:
        account.display_name = body.display_name
    if body.language is not None:
        account.language = body.language
    if body.is_private is not None and body.is_private != account.is_private:
        account.is_private = body.is_private
        work.emit(AccountPrivacyChanged(account_id=account.id, is_private=body.is_private))
    account.updated_at = work.now
    return account


async def rename(work: Work, account_id: uuid.UUID, handle: str) -> None:
    """Give an account another name to log in by; raises HandleTaken. Whether it may have it is its channel's matter."""
    account = await queries.by_id(work.db, account_id)
    if account is None:
        raise NotFound
    account.handle, account.updated_at = handle, work.now
    try:
        await work.db.flush()
    except IntegrityError:
        raise HandleTaken from None


async def by_login(work: Work, login: str) -> Account:
    """The account of an e-mail address or handle, for staff; raises NotFound."""
    account = await queries.by_login(work.db, _spelled(login))
    if account is None:
        raise NotFound(f"No account is called {login}.")
    return account


def _spelled(login: str) -> str:
    return canonical(login) if "@" in login.removeprefix("@") else login.lower()
