"""Exports that somebody asked for, and erasures that somebody asked for."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids, vault
from socialflow.kernel.db import Base


class ExportState(StrEnum):
    """Where an export stands."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


class Export(Base):
    """Everything about a person in one archive, kept as pieces of the same length under `folder`."""

    __tablename__ = "exports"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(default=ExportState.QUEUED, server_default=ExportState.QUEUED)
    progress: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    # The pieces of the attempt that came to its end.
    folder: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'ready', 'failed', 'expired')", name="state"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        CheckConstraint("state <> 'ready' OR (folder IS NOT NULL AND size IS NOT NULL)", name="ready"),
        Index("ix_exports_account_id", "account_id", "id"),
        # One at a time for each account, whoever asks how often.
        Index(
            "uq_exports_going_on", "account_id", unique=True, postgresql_where=text("state IN ('queued', 'running')")
        ),
        Index("ix_exports_expires_at", "expires_at", postgresql_where=text("state = 'ready'")),
    )


class ErasureRequest(Base):
    """An account is being left, or was. The row outlives what was erased: it is the database's half of the ledger."""

    __tablename__ = "erasures"

    account_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime]
    erase_after: Mapped[datetime]
    # When work on it last began; a run that nobody hears of any more is begun again.
    begun_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    # Whom to tell at the end, when the account does not know any more; gone once they have been told.
    mail_to: Mapped[bytes | None]

    __table_args__ = (Index("ix_erasures_due", "erase_after", postgresql_where=text("erased_at IS NULL")),)


vault.sealed("erasures", "mail_to", row="account_id")
