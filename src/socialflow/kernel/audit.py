"""The audit log: security-relevant facts in one chain, which shows when a row was edited, deleted or moved.

Every row carries an HMAC over itself and the row before it; the head of the chain is kept apart and
locked while a row is added, so that the order is one. The lock is taken just before a commit, when
everything else has been done: it is never held while something else is waited for. Details (address,
program, names) stand in a table of their own, of which the chain holds only a digest: they can be
erased with the person, and the chain still holds. Sources: RFC 6962 for the idea of a verifiable log,
PyPI's event tags for the shape `subject:thing:action`.
"""

import hashlib
import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, Index, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.crypto import Keys
from socialflow.kernel.db import Base

PURPOSE = "audit"
GENESIS = bytes(32)


class AuditEvent(Base):
    """One fact: who did what to whose account, when."""

    __tablename__ = "audit_events"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[uuid.UUID] = mapped_column(unique=True)
    at: Mapped[datetime]
    tag: Mapped[str]
    # Whom it is about, and who did it; no foreign keys: the log outlives both.
    account_id: Mapped[uuid.UUID | None]
    actor_id: Mapped[uuid.UUID | None]
    actor_role: Mapped[str]
    details_digest: Mapped[bytes]
    digest: Mapped[bytes]

    __table_args__ = (
        Index("ix_audit_events_account_id", "account_id", "seq"),
        Index("ix_audit_events_actor_id", "actor_id", "seq"),
        Index("ix_audit_events_tag", "tag", "seq"),
        Index("ix_audit_events_at", "at"),
    )


class AuditDetails(Base):
    """What else is known of an event, as long as it may be known."""

    __tablename__ = "audit_details"

    event_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    details: Mapped[dict[str, Any]]


class AuditHead(Base):
    """The last link: the one row of this table."""

    __tablename__ = "audit_heads"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes]


@dataclass(frozen=True, slots=True)
class Note:
    """A fact on its way into the log."""

    tag: str
    account_id: uuid.UUID | None
    actor_id: uuid.UUID | None
    actor_role: str
    at: datetime
    details: dict[str, Any] = field(default_factory=dict)


def digest_of_details(keys: Keys, event_id: uuid.UUID, details: dict[str, Any]) -> bytes:
    """What the chain knows of the details: an HMAC, since what is in them could be guessed from a plain hash."""
    return _of_details(keys.derive(f"{PURPOSE}:details"), event_id, details)


def link(keys: Keys, before: bytes, event: AuditEvent) -> bytes:
    """The HMAC-SHA256 that ties an event to the one before it."""
    return _link(keys.derive(PURPOSE), before, event)


def age_of_link(keys: Keys, before: bytes, event: AuditEvent) -> int | None:
    """By how many replaced secrets ago an event was tied to the one before it; None where it is not tied at all.

    Going through the log this may only fall, and must come to 0: `secrets rotate` ends with a note of its own,
    so that nobody with a former secret can write a log anew that is good to the end.
    """
    good = [hmac.compare_digest(_link(key, before, event), event.digest) for key in keys.ever(PURPOSE)]
    return good.index(True) if any(good) else None


def are_its_details(keys: Keys, event: AuditEvent, details: dict[str, Any]) -> bool:
    """Whether these are the details that an event was written with, under whichever secret that was."""
    good = [
        hmac.compare_digest(_of_details(key, event.id, details), event.details_digest)
        for key in keys.ever(f"{PURPOSE}:details")
    ]
    return any(good)


def _of_details(key: bytes, event_id: uuid.UUID, details: dict[str, Any]) -> bytes:
    written = orjson.dumps(details, option=orjson.OPT_SORT_KEYS)
    return hmac.new(key, event_id.bytes + written, hashlib.sha256).digest()


def _link(key: bytes, before: bytes, event: AuditEvent) -> bytes:
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    said = [
        event.seq,
        event.id.hex,
        at,
        event.tag,
        event.account_id.hex if event.account_id else None,
        event.actor_id.hex if event.actor_id else None,
        event.actor_role,
        event.details_digest.hex(),
    ]
    return hmac.new(key, before + orjson.dumps(said), hashlib.sha256).digest()


_FIRST = text("INSERT INTO audit_heads (id, seq, digest) VALUES (1, 0, :genesis) ON CONFLICT DO NOTHING")
_HEAD = text("SELECT seq, digest FROM audit_heads WHERE id = 1 FOR UPDATE")
_ADD = text("""
    INSERT INTO audit_events (seq, id, at, tag, account_id, actor_id, actor_role, details_digest, digest)
    VALUES (:seq, :id, :at, :tag, :account_id, :actor_id, :actor_role, :details_digest, :digest)
""")
_ADD_AND_MOVE = text(f"""
    WITH moved AS (UPDATE audit_heads SET seq = :seq, digest = :digest WHERE id = 1) {_ADD.text}
""")  # noqa: S608  # a statement of this module


async def write(db: AsyncSession, keys: Keys, notes: Sequence[Note]) -> None:
    """Add facts to the chain: the last thing that a transaction does."""
    event_ids = [ids.new() for _ in notes]
    for event_id, note in zip(event_ids, notes, strict=True):
        db.add(AuditDetails(event_id=event_id, details=note.details))
    # From here on everybody else waits: one question, one statement and the commit.
    await db.flush()
    head = (await db.execute(_HEAD)).first()
    if head is None:
        await db.execute(_FIRST, {"genesis": GENESIS})
        head = (await db.execute(_HEAD)).one()
    seq, digest, rows = head.seq, head.digest, []
    for event_id, note in zip(event_ids, notes, strict=True):
        seq += 1
        said = {
            "seq": seq,
            "id": event_id,
            "at": note.at,
            "tag": note.tag,
            "account_id": note.account_id,
            "actor_id": note.actor_id,
            "actor_role": note.actor_role,
            "details_digest": digest_of_details(keys, event_id, note.details),
        }
        digest = link(keys, digest, AuditEvent(**said))
        rows.append({**said, "digest": digest})
    if rows[:-1]:
        await db.execute(_ADD, rows[:-1])
    await db.execute(_ADD_AND_MOVE, rows[-1])
