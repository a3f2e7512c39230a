"""Who comes in, and what they agreed to: invites, sign-ups that wait for approval, consents."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.db import Base


class Document(StrEnum):
    """What one can agree to or confirm; a version of `minimum_age` is a number of years."""

    TERMS = "terms"
    MINIMUM_AGE = "minimum_age"


class Decision(StrEnum):
    """What staff said to a sign-up."""

    APPROVED = "approved"
    REJECTED = "rejected"


class Invite(Base):
    """A secret that lets so many people in."""

    __tablename__ = "invites"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    # None until the mail that brings the secret is written.
    token_digest: Mapped[bytes | None] = mapped_column(unique=True)
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    note: Mapped[str] = mapped_column(default="", server_default="")
    # Whom the mail is for; forgotten as soon as it is sent.
    send_to: Mapped[str | None]
    max_uses: Mapped[int]
    uses: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("uses BETWEEN 0 AND max_uses AND max_uses > 0", name="uses"),
        Index("ix_invites_created_by", "created_by", "id"),
    )


class SignUp(Base):
    """A sign-up that staff decide on; while it waits its account is `pending`."""

    __tablename__ = "sign_ups"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str]
    address: Mapped[str]
    created_at: Mapped[datetime]
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    # What the applicant is told.
    answer: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("decision IN ('approved', 'rejected')", name="decision"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided"),
        Index("ix_sign_ups_waiting", "account_id", postgresql_where=text("decision IS NULL")),
        Index("ix_sign_ups_decided_by", "decided_by", postgresql_where=text("decided_by IS NOT NULL")),
    )


class Consent(Base):
    """Who agreed to which version of what, when and from where. Rows are added, never changed."""

    __tablename__ = "consents"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    document: Mapped[str]
    version: Mapped[str]
    at: Mapped[datetime]
    address: Mapped[str]

    __table_args__ = (
        UniqueConstraint("account_id", "document", "version"),
        CheckConstraint("document IN ('terms', 'minimum_age')", name="document"),
    )
