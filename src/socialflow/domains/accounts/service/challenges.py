"""Challenges: what was asked of somebody, sealed and given to them to bring back with the answer.

The server keeps nothing while it waits. What a challenge is for, for whom and until when stands inside of it,
where nobody can read or change it; once it has been answered its id is kept until its time is over.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from socialflow.domains.accounts.errors import InvalidChallenge
from socialflow.domains.accounts.models import Account, SpentChallenge
from socialflow.kernel import crypto, ids
from socialflow.kernel.crypto import BadSignature, Keys
from socialflow.kernel.work import Work

LIFE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question, while it waits for its answer."""

    id: uuid.UUID
    expires_at: datetime
    account_id: uuid.UUID | None
    said: dict[str, Any] = field(default_factory=dict)


def issue(keys: Keys, purpose: str, account_id: uuid.UUID | None, now: datetime, **said: Any) -> str:
    """A challenge for one purpose, good for five minutes; `said` are JSON values."""
    written = [ids.new().hex, (now + LIFE).timestamp(), account_id.hex if account_id else None, said]
    return crypto.to_text(keys.seal(f"challenge:{purpose}", orjson.dumps(written)))


def read(keys: Keys, purpose: str, text: str, now: datetime) -> Challenge:
    """A challenge that was issued for this purpose and is in time; raises InvalidChallenge for everything else."""
    try:
        written = orjson.loads(keys.unseal(f"challenge:{purpose}", crypto.from_text(text)))
    except (BadSignature, ValueError):
        raise InvalidChallenge from None
    named, until, account, said = written
    expires_at = datetime.fromtimestamp(until, now.tzinfo)
    if expires_at <= now:
        raise InvalidChallenge
    return Challenge(uuid.UUID(named), expires_at, uuid.UUID(account) if account else None, said)


async def spend(work: Work, challenge: Challenge) -> None:
    """Use a challenge up; raises InvalidChallenge where somebody has done so before."""
    once = insert(SpentChallenge).values(id=challenge.id, expires_at=challenge.expires_at)
    spent = await work.db.execute(once.on_conflict_do_nothing().returning(SpentChallenge.id))
    if spent.first() is None:
        raise InvalidChallenge


async def forget_spent(work: Work) -> None:
    """Delete what is out of time, and refused for that alone."""
    await work.db.execute(delete(SpentChallenge).where(SpentChallenge.expires_at < work.now))


def state_of(account: Account, keys: Keys) -> str:
    """A mark of what a log-in was begun with: another password, and what was begun with the old one is over."""
    changed = account.password_changed_at
    said = [account.id.hex, account.password_hash, changed.timestamp() if changed else None, account.state]
    return keys.sign("challenge:state", orjson.dumps(said)).hex()
