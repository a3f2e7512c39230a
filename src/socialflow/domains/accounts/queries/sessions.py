"""Questions about sessions."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import Session, SessionKind


async def session_for_update(db: AsyncSession, session_id: uuid.UUID) -> Session | None:
    """One session, locked until the transaction ends."""
    return (await db.scalars(select(Session).where(Session.id == session_id).with_for_update())).one_or_none()


_LIVE_COOKIE = text("""
    SELECT s.id AS session_id, s.secret_digest, s.last_used_at, s.ends_at, s.methods,
        a.id AS account_id, a.role, a.state
    FROM sessions s JOIN accounts a ON a.id = s.account_id
    WHERE s.id = :id AND s.kind = 'cookie' AND s.revoked_at IS NULL AND s.expires_at > :now AND s.ends_at > :now
""")


async def live_cookie_session(db: AsyncSession, session_id: uuid.UUID, now: datetime) -> object | None:
    """A cookie session that is still good, with what must be known of its account."""
    return (await db.execute(_LIVE_COOKIE, {"id": session_id, "now": now})).first()


# Each end is found by an index of its own; what ran out is as over as what was ended.
_ENDED = text("""
    SELECT id, revoked_at AS at FROM sessions WHERE revoked_at > :since
    UNION ALL SELECT id, expires_at FROM sessions WHERE expires_at > :since AND expires_at <= :now
    UNION ALL SELECT id, revoked_at FROM personal_tokens WHERE revoked_at > :since
    UNION ALL SELECT id, expires_at FROM personal_tokens WHERE expires_at > :since AND expires_at <= :now
""")


async def ended_since(db: AsyncSession, since: datetime, now: datetime) -> list[tuple[uuid.UUID, datetime]]:
    """Sessions and personal tokens that ended, or ran out, after a time."""
    return [(row.id, row.at) for row in await db.execute(_ENDED, {"since": since, "now": now})]


# Locked first, so that log-ins at once count each other.
_LOCK = text("SELECT 1 FROM accounts WHERE id = :account_id FOR NO KEY UPDATE")
_SURPLUS = text("""
    SELECT id FROM sessions
    WHERE account_id = :account_id AND (kind = 'app') = :apps AND revoked_at IS NULL AND expires_at > :now
    ORDER BY last_used_at DESC, id DESC OFFSET :keep
""")


async def least_used(
    db: AsyncSession, account_id: uuid.UUID, *, apps: bool, keep: int, now: datetime
) -> list[uuid.UUID]:
    """The living sessions of an account beyond the `keep` used last; apps' are counted apart from its own."""
    await db.execute(_LOCK, {"account_id": account_id})
    values = {"account_id": account_id, "apps": apps, "keep": keep, "now": now}
    return list(await db.scalars(_SURPLUS, values))


async def own_sessions(
    db: AsyncSession, account_id: uuid.UUID, now: datetime, *, before: uuid.UUID | None, limit: int
) -> Sequence[Session]:
    """Living log-ins of an account that are no apps', the newest first."""
    found = _alive(account_id, now).where(Session.kind != SessionKind.APP)
    if before is not None:
        found = found.where(Session.id < before)
    return (await db.scalars(found.order_by(Session.id.desc()).limit(limit))).all()


async def sessions_of(
    db: AsyncSession, account_id: uuid.UUID, now: datetime, *, before: uuid.UUID | None, limit: int
) -> Sequence[Session]:
    """All living sessions of an account, apps' among them, the newest first."""
    found = _alive(account_id, now)
    if before is not None:
        found = found.where(Session.id < before)
    return (await db.scalars(found.order_by(Session.id.desc()).limit(limit))).all()


async def session_of(db: AsyncSession, account_id: uuid.UUID, session_id: uuid.UUID, now: datetime) -> Session | None:
    """One living session of an account."""
    return (await db.scalars(_alive(account_id, now).where(Session.id == session_id))).one_or_none()


def _alive(account_id: uuid.UUID, now: datetime) -> Select[Session]:
    return select(Session).where(
        Session.account_id == account_id, Session.revoked_at.is_(None), Session.expires_at > now
    )


async def addresses_of(db: AsyncSession, account_id: uuid.UUID, since: datetime, now: datetime) -> Sequence[str]:
    """Where an account's own log-ins come from: of those that live, and those used after a time; no apps'."""
    is_alive = Session.revoked_at.is_(None) & (Session.expires_at > now)
    found = select(Session.address).where(
        Session.account_id == account_id, Session.kind != SessionKind.APP, or_(is_alive, Session.last_used_at > since)
    )
    return (await db.scalars(found.distinct())).all()
