"""Leaving an account, and coming back in time."""

import hmac
import struct
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import AccountLeaving, InvalidToken
from socialflow.domains.accounts.events import AccountLeaving as Leaving
from socialflow.domains.accounts.events import AccountRestored
from socialflow.domains.accounts.models import Account, AccountState, ErasureRequest
from socialflow.domains.accounts.service import challenges, endings, staff
from socialflow.kernel import crypto, vault
from socialflow.kernel.crypto import BadSignature, Keys
from socialflow.kernel.errors import Unauthorized
from socialflow.kernel.vault import Place
from socialflow.kernel.work import Work

PURPOSE = "restore"
PREFIX = "sfb_"
# As long as it takes to read a sentence and press a button.
TOKEN_LIFE = timedelta(minutes=10)
_HEAD = struct.Struct(">QQ")
LONGEST_TOKEN = 300
# Who asked for the end and was suspended since is erased when it was said all the same: it is theirs to ask.
ON_THE_WAY = frozenset({AccountState.LEAVING, AccountState.SUSPENDED, AccountState.ERASED})


async def leave(work: Work, *, typed: str, grace: timedelta, keys: Keys) -> Account:
    """Begin the end of the actor's account: every session ends, and what they made is hidden from everybody."""
    if work.actor.id is None:
        raise Unauthorized
    await demand_others(work, work.actor.id)
    account = await queries.account_for_update(work.db, work.actor.id)
    if account is None or account.state != AccountState.ACTIVE:
        raise Unauthorized
    policy.may_leave(account, typed=typed)
    return await begin(work, account, grace=grace, keys=keys)


async def demand_others(work: Work, account_id: uuid.UUID) -> None:
    """Raise LastAdmin where nobody would be left to look after the installation.

    Asked before the account's row is held: staff stand in line first and take rows then.
    """
    account = await queries.by_id(work.db, account_id)
    if account is not None:
        await staff.demand_another_admin(work, account)


async def begin(work: Work, account: Account, *, grace: timedelta, keys: Keys) -> Account:
    """The same for an account that is held already, whoever asked for it."""
    account.state, account.erase_after, account.updated_at = AccountState.LEAVING, work.now + grace, work.now
    sealed = vault.seal(keys, place_of(account.id), f"{account.language} {account.email}".encode())
    await work.db.merge(
        ErasureRequest(
            account_id=account.id,
            asked_at=work.now,
            erase_after=account.erase_after,
            begun_at=None,
            erased_at=None,
            mail_to=sealed,
        )
    )
    await endings.end_everything(work, account.id, "leaving")
    work.note("account:erasure:asked", account.id, erase_after=account.erase_after.isoformat())
    work.emit(Leaving(account_id=account.id, erase_after=account.erase_after))
    return account


def refuse_leaving(work: Work, account: Account, methods: Iterable[str], keys: Keys) -> None:
    """Raise AccountLeaving for an account that is being left; it carries a token that takes this log-in on."""
    if account.state != AccountState.LEAVING or account.erase_after is None:
        return
    body = _HEAD.pack(int((work.now + TOKEN_LIFE).timestamp()), int(account.erase_after.timestamp()))
    body += account.id.bytes + _state(account, keys) + " ".join(sorted(methods)).encode()
    token = PREFIX + crypto.to_text(keys.sign(PURPOSE, body) + body)
    raise AccountLeaving(extra={"restore_token": token, "erase_after": account.erase_after.isoformat()})


async def restore(work: Work, token: str, *, keys: Keys) -> tuple[Account, frozenset[str]]:
    """Take the end of an account back: the account, and by which methods its owner had shown who they are."""
    expires, erase_after, account_id, state, methods = _read(token, keys)
    account = await queries.account_for_update(work.db, account_id)
    # The token dies with the state that it was made from, and with the password by which it was got.
    if (
        account is None
        or account.state != AccountState.LEAVING
        or account.erase_after is None
        or int(account.erase_after.timestamp()) != erase_after
        or expires <= work.now.timestamp()
        or not hmac.compare_digest(state, _state(account, keys))
    ):
        raise InvalidToken
    account.state, account.erase_after, account.updated_at = AccountState.ACTIVE, None, work.now
    await work.db.execute(delete(ErasureRequest).where(ErasureRequest.account_id == account.id))
    work.note("account:erasure:taken_back", account.id)
    work.emit(AccountRestored(account_id=account.id))
    return account, methods


def place_of(account_id: uuid.UUID) -> Place:
    """Where the address of somebody who leaves is kept."""
    return Place("erasures", "mail_to", str(account_id))


def mail_to(keys: Keys, account_id: uuid.UUID, sealed: bytes) -> tuple[str, str]:
    """Language and address of somebody who has left."""
    language, _, address = vault.unseal(keys, place_of(account_id), sealed).decode().partition(" ")
    return language, address


async def requested(work: Work, account_id: uuid.UUID) -> ErasureRequest | None:
    """What was asked for, held until the transaction ends."""
    found = select(ErasureRequest).where(ErasureRequest.account_id == account_id).with_for_update()
    return (await work.db.scalars(found)).one_or_none()


async def due(work: Work, *, again_after: timedelta, most: int) -> list[uuid.UUID]:
    """Accounts whose time is over, and those whose erasure has begun and was not heard of for long."""
    waiting = ErasureRequest.begun_at.is_(None) | (ErasureRequest.begun_at < work.now - again_after)
    found = (
        select(ErasureRequest.account_id)
        # Others cannot be erased, and would stand in everybody's way for ever.
        .join(Account, Account.id == ErasureRequest.account_id)
        .where(Account.state.in_(ON_THE_WAY))
        .where(ErasureRequest.erased_at.is_(None), ErasureRequest.erase_after <= work.now, waiting)
        .order_by(ErasureRequest.erase_after)
        .limit(most)
    )
    return list(await work.db.scalars(found))


def _state(account: Account, keys: Keys) -> bytes:
    return bytes.fromhex(challenges.state_of(account, keys))


def _read(token: str, keys: Keys) -> tuple[float, int, uuid.UUID, bytes, frozenset[str]]:
    try:
        raw = crypto.from_text(token.removeprefix(PREFIX)) if token.startswith(PREFIX) else b""
        signature, body = raw[:16], raw[16:]
        keys.verify(PURPOSE, body, signature)
        expires, erase_after = _HEAD.unpack(body[: _HEAD.size])
        rest = body[_HEAD.size :]
        methods = frozenset(rest[32:].decode().split())
        return expires, erase_after, uuid.UUID(bytes=rest[:16]), rest[16:32], methods
    except (BadSignature, ValueError, struct.error):
        raise InvalidToken from None


def until(account: Account) -> datetime:
    """When an account that is being left is erased."""
    assert account.erase_after is not None
    return account.erase_after
