"""Links in mails: signed, good for one purpose, for a while and once, and kept nowhere.

A token names an account and is signed together with a digest of the account's state of which it was made. When
that state changes, by the use of the link itself or by anything else, the signature fits no more: a link for a new
password dies with the password, a link that verifies an address with the address.
"""

import hashlib
import hmac
import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import orjson

from socialflow.domains.accounts.errors import InvalidLink
from socialflow.domains.accounts.models import Account, AccountState
from socialflow.kernel.config import Settings
from socialflow.kernel.crypto import Keys, from_text, to_text

SIGNATURE_BYTES = 32
HEAD = struct.Struct(">16sQQ")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Purpose(StrEnum):
    """What a link does."""

    VERIFY = "verify"
    RESET = "reset"
    CHANGE = "change"
    UNDO = "undo"


LIVES = {
    Purpose.VERIFY: timedelta(days=3),
    Purpose.RESET: timedelta(hours=1),
    Purpose.CHANGE: timedelta(days=1),
    Purpose.UNDO: timedelta(days=7),
}
PAGES = {
    Purpose.VERIFY: "/verify",
    Purpose.RESET: "/reset",
    Purpose.CHANGE: "/email/confirm",
    Purpose.UNDO: "/email/undo",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A token, read and not yet believed."""

    account_id: uuid.UUID
    issued_at: datetime
    until: datetime
    # Of a change that may be taken back: the address before it.
    before: str
    said: bytes
    signature: bytes


def make(keys: Keys, purpose: Purpose, account: Account, *, now: datetime, before: str = "") -> str:
    """A token for the account as it is now."""
    if purpose is not Purpose.UNDO:
        # A mail that is sent twice has the same link. Of links that take changes back the order counts, to the last.
        now = now.replace(microsecond=0)
    said = HEAD.pack(account.id.bytes, _microseconds(now), _microseconds(now + LIVES[purpose])) + before.encode()
    return to_text(said + next(_signatures(keys, purpose, said, account)))


def page(settings: Settings, purpose: Purpose, token: str) -> str:
    """Where the link leads: to this installation as its operator named it, whatever a request called it."""
    return f"{settings.public_url}{PAGES[purpose]}?token={token}"


def read(token: str) -> Link:
    """What a token says; raises InvalidLink for text of another form."""
    try:
        raw = from_text(token)
        said, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
        account, issued, until = HEAD.unpack(said[: HEAD.size])
        before = said[HEAD.size :].decode()
        times = (EPOCH + issued * MICROSECOND, EPOCH + until * MICROSECOND)
        return Link(uuid.UUID(bytes=account), *times, before, said, signature)
    except (ValueError, OverflowError, OSError, struct.error):
        raise InvalidLink from None


def account_named(token: str) -> str:
    """Whom a token claims to be for, as a key to count its uses by."""
    try:
        return read(token).account_id.hex
    except InvalidLink:
        return "none"


def check(keys: Keys, purpose: Purpose, link: Link, account: Account | None, *, now: datetime) -> Account:
    """The account, if the link was made for it as it is now; raises InvalidLink."""
    if account is None or account.state == AccountState.ERASED:
        raise InvalidLink
    good = [hmac.compare_digest(each, link.signature) for each in _signatures(keys, purpose, link.said, account)]
    if not any(good) or link.until <= now:
        raise InvalidLink
    if purpose is Purpose.UNDO and any(issued <= link.issued_at <= used for issued, used in _restored(account)):
        raise InvalidLink
    return account


def restored_by(link: Link, account: Account, *, now: datetime) -> list[str]:
    """What is kept of the uses of an account's links that take changes back, with this one that is used now.

    A used link ends those that were made between it and its use: the owner's, who had the address first, ends a thief's
    of later. It ends none of before it, or a thief would take the owner's last way back by a change of their own.
    """
    could_live = now - LIVES[Purpose.UNDO]
    others = [(issued, used) for issued, used in _restored(account) if issued < link.issued_at and used > could_live]
    return [f"{issued.isoformat()}/{used.isoformat()}" for issued, used in [*others, (link.issued_at, now)]]


def _restored(account: Account) -> list[tuple[datetime, datetime]]:
    spans = (span.split("/") for span in account.email_restored)
    return [(datetime.fromisoformat(issued), datetime.fromisoformat(used)) for issued, used in spans]


def _microseconds(when: datetime) -> int:
    return (when - EPOCH) // MICROSECOND


def _signatures(keys: Keys, purpose: Purpose, said: bytes, account: Account) -> Iterator[bytes]:
    """By the secret in force, and by those before it: a link outlives the replacing of the secret."""
    state = hashlib.sha256(orjson.dumps(_state(purpose, account))).digest()
    return (hmac.new(key, state + said, hashlib.sha256).digest() for key in keys.ever(f"link:{purpose}"))


def _state(purpose: Purpose, account: Account) -> list[object]:
    """That with which a link dies."""
    if purpose is Purpose.VERIFY:
        return [account.email, account.email_verified_at]
    if purpose is Purpose.RESET:
        return [account.email, account.password_hash, account.password_changed_at]
    if purpose is Purpose.CHANGE:
        return [account.email, account.pending_email, account.pending_email_at, account.password_hash]
    # It outlives later changes, which a thief would make at once; what ends it, `check` says.
    return []
