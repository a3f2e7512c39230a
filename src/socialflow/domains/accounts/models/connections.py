"""Connections: who of another provider an account may be entered as, and proofs that were shown once."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.db import Base


class Connection(Base):
    """An identity elsewhere. Issuer and subject are who it is; all else is what the provider said last."""

    __tablename__ = "connections"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    issuer: Mapped[str]
    subject: Mapped[str]
    # Under which key of the settings it was made.
    provider: Mapped[str]
    email: Mapped[str | None]
    name: Mapped[str | None]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]

    __table_args__ = (
        # Two providers may well call two people by the same name.
        UniqueConstraint("issuer", "subject"),
        Index("ix_connections_account_id", "account_id", "id"),
    )


class SpentProof(Base):
    """What was shown and must not be taken again: the state of a log-in, a token, a nonce."""

    __tablename__ = "spent_proofs"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
