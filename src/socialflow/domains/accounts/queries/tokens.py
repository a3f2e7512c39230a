"""Questions about personal tokens."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import PersonalToken

_LIVE = text("""
    SELECT t.id AS token_id, t.scopes, t.networks, t.last_used_at, t.expires_at, a.id AS account_id, a.role, a.state
    FROM personal_tokens t JOIN accounts a ON a.id = t.account_id
    WHERE t.digest = :digest AND t.revoked_at IS NULL AND t.expires_at > :now
""")


async def live_token(db: AsyncSession, digest: bytes, now: datetime) -> object | None:
    """A personal token that is still good, with what must be known of its account."""
    return (await db.execute(_LIVE, {"digest": digest, "now": now})).first()


async def token_by_digest(db: AsyncSession, digest: bytes) -> PersonalToken | None:
    """A personal token by what is kept of its secret, locked until the transaction ends."""
    found = select(PersonalToken).where(PersonalToken.digest == digest).with_for_update()
    return (await db.scalars(found)).one_or_none()


async def own_token(db: AsyncSession, account_id: uuid.UUID, token_id: uuid.UUID) -> PersonalToken | None:
    """One of an account's tokens, locked until the transaction ends."""
    found = select(PersonalToken).where(PersonalToken.account_id == account_id, PersonalToken.id == token_id)
    return (await db.scalars(found.with_for_update())).one_or_none()


async def living_token(
    db: AsyncSession, account_id: uuid.UUID, token_id: uuid.UUID, now: datetime
) -> PersonalToken | None:
    """One of an account's tokens that are still good."""
    found = _alive(account_id, now).where(PersonalToken.id == token_id)
    return (await db.scalars(found)).one_or_none()


async def own_tokens(
    db: AsyncSession, account_id: uuid.UUID, now: datetime, *, before: uuid.UUID | None, limit: int
) -> Sequence[PersonalToken]:
    """Living tokens of an account, the newest first."""
    found = _alive(account_id, now)
    if before is not None:
        found = found.where(PersonalToken.id < before)
    return (await db.scalars(found.order_by(PersonalToken.id.desc()).limit(limit))).all()


def _alive(account_id: uuid.UUID, now: datetime) -> Select[PersonalToken]:
    return select(PersonalToken).where(
        PersonalToken.account_id == account_id, PersonalToken.revoked_at.is_(None), PersonalToken.expires_at > now
    )


_COUNT = text("""
    SELECT count(*) FROM personal_tokens WHERE account_id = :account_id AND revoked_at IS NULL AND expires_at > :now
""")
# Locked first, so that two made at once count each other.
_LOCK = text("SELECT 1 FROM accounts WHERE id = :account_id FOR NO KEY UPDATE")


async def count_tokens(db: AsyncSession, account_id: uuid.UUID, now: datetime) -> int:
    """How many living tokens an account has; no other one is made until the transaction ends."""
    await db.execute(_LOCK, {"account_id": account_id})
    return await db.scalar(_COUNT, {"account_id": account_id, "now": now}) or 0
