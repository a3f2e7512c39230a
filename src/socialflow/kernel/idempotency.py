"""Idempotency keys: the same POST sent twice has one effect and one answer.

The key's row is written by the transaction of the effect itself, so there is no moment at which
one exists without the other. An answer is kept sealed under a key that only the client's own
idempotency key opens: the table gives nothing away.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel.crypto import Keys
from socialflow.kernel.db import Base
from socialflow.kernel.errors import IdempotencyKeyInFlight, IdempotencyKeyReused, InvalidRequest

LONGEST_KEY = 255


class IdempotencyKey(Base):
    """An answered request."""

    __tablename__ = "idempotency_keys"

    fingerprint: Mapped[bytes] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    answer: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said the first time."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """One use of a key by one actor on one route: `target` is the path and query that were asked for."""

    actor: str
    route: str
    key: str
    target: str
    body: bytes

    @property
    def fingerprint(self) -> bytes:
        """Scope and key, hashed."""
        return hashlib.sha256(orjson.dumps([self.actor, self.route, self.key])).digest()

    @property
    def request_hash(self) -> bytes:
        """Target and body, hashed."""
        return hashlib.sha256(orjson.dumps(self.target) + b"\n" + self.body).digest()

    @property
    def purpose(self) -> str:
        """What the answer is sealed under."""
        return f"idempotency:{self.actor}:{self.route}:{self.key}"


_LOCK = text("SELECT pg_try_advisory_xact_lock(:number)")
_READ = text("SELECT request_hash, answer FROM idempotency_keys WHERE fingerprint = :fingerprint")
_WRITE = text(
    "INSERT INTO idempotency_keys (fingerprint, request_hash, answer) VALUES (:fingerprint, :request_hash, :answer)"
)


def check_key(key: str) -> None:
    """Raise InvalidRequest unless the key can be one."""
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise InvalidRequest(f"Idempotency-Key is 1 to {LONGEST_KEY} printable ASCII characters.")


async def begin(db: AsyncSession, keys: Keys, claim: Claim) -> Answer | None:
    """Take the key inside the effect's transaction; the first answer if there was one already."""
    number = int.from_bytes(claim.fingerprint[:8], "big", signed=True)
    if not await db.scalar(_LOCK, {"number": number}):
        raise IdempotencyKeyInFlight(retry_after=1)

    found = (await db.execute(_READ, {"fingerprint": claim.fingerprint})).first()
    if found is None:
        return None
    if found.request_hash != claim.request_hash:
        raise IdempotencyKeyReused
    head, _, body = keys.unseal(claim.purpose, found.answer).partition(b"\n")
    status, headers = orjson.loads(head)
    return Answer(status, [(name, value) for name, value in headers], body)


async def finish(db: AsyncSession, keys: Keys, claim: Claim, answer: Answer) -> None:
    """Keep the answer in the effect's transaction."""
    head = orjson.dumps([answer.status, answer.headers])
    sealed = keys.seal(claim.purpose, head + b"\n" + answer.body)
    await db.execute(_WRITE, {"fingerprint": claim.fingerprint, "request_hash": claim.request_hash, "answer": sealed})
