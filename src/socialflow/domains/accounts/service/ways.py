"""Ways into an account. Whoever takes one away asks here whether another is left."""

import uuid
from collections.abc import Awaitable, Callable

from socialflow.domains.accounts import queries
from socialflow.kernel.work import Work

Way = Callable[[Work, uuid.UUID], Awaitable[bool]]
WAYS: list[Way] = []


def way_in(ask: Way) -> Way:
    """Register a question, whether an account has such a way in."""
    WAYS.append(ask)
    return ask


@way_in
async def by_password(work: Work, account_id: uuid.UUID) -> bool:
    """Whether there is a password."""
    account = await queries.by_id(work.db, account_id)
    return account is not None and account.password_hash is not None


@way_in
async def by_passkey(work: Work, account_id: uuid.UUID) -> bool:
    """Whether there is a passkey."""
    return bool(await queries.passkeys_of(work.db, account_id))


async def has_another(work: Work, account_id: uuid.UUID) -> bool:
    """Whether there is a way in that is no connection to another provider."""
    for ask in WAYS:
        if await ask(work, account_id):
            return True
    return False
