"""Personal tokens: what somebody's own programs speak with."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.db import Base


class PersonalToken(Base):
    """A bearer secret of some scopes, for some time; shown once, kept as a digest."""

    __tablename__ = "personal_tokens"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    # By space; networks as CIDR, and none means any.
    scopes: Mapped[str]
    networks: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # To the hour: a write with every call would be dear.
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_at"),
        Index("ix_personal_tokens_revoked_at", "revoked_at", postgresql_where=text("revoked_at IS NOT NULL")),
        Index("ix_personal_tokens_expires_at", "expires_at"),
    )
