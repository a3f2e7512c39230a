"""Having nothing to do with somebody, and what stands between two people."""

import uuid

from socialflow.domains.accounts.queries import blocks as queries
from socialflow.kernel.work import Work


async def hold_pair(work: Work, one: uuid.UUID, other: uuid.UUID) -> None:
    """Let nobody else change what stands between two accounts until this work ends.

    A follow that begins while a block is made would not be seen by it: both come through here first.
    """
    await queries.lock_pair(work.db, one, other)


async def block(work: Work, other: uuid.UUID) -> bool:
    """Set the actor and another account apart; whether that is new. The caller holds the pair."""
    made = await queries.add(work, other)
    forget(work, other)
    return made


async def unblock(work: Work, other: uuid.UUID) -> bool:
    """Take the actor's block back; whether there was one. One by the other stays."""
    gone = await queries.remove(work, other)
    forget(work, other)
    return gone


async def are_apart(work: Work, one: uuid.UUID, other: uuid.UUID) -> bool:
    """Whether either of two accounts has blocked the other."""
    return await queries.are_apart(work.db, one, other)


async def is_staff(work: Work, account_id: uuid.UUID) -> bool:
    """Whether an account's role lets it do what people in general may not."""
    return await queries.is_staff(work.db, account_id)


async def is_private(work: Work, account_id: uuid.UUID) -> bool:
    """Whether an account shows what it has made to its followers alone."""
    return await queries.is_private(work.db, account_id)


def circle_name(account_id: uuid.UUID) -> str:
    """Under which name it is kept whom somebody is apart from."""
    return f"circle:{account_id}"


def forget(work: Work, other: uuid.UUID) -> None:
    """Whom the two are apart from is asked anew, in every process, once this work has committed."""
    work.forget(circle_name(other), *([circle_name(work.actor.id)] if work.actor.id else []))
