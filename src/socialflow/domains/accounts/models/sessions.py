"""Sessions: log-ins that go on."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.db import Base


class SessionKind(StrEnum):
    """How the other side of a session keeps its secret."""

    TOKEN = "token"  # noqa: S105  # the name of a kind
    COOKIE = "cookie"
    # Given to an app of somebody else's, for some scopes only.
    APP = "app"


class Session(Base):
    """A log-in on one device: the family of all refresh tokens that follow from it."""

    __tablename__ = "sessions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    secret_digest: Mapped[bytes]
    # The secret before the present one, and the pair that replaced it, sealed under that old secret:
    # a second tap on 'refresh' within the grace gets the same pair, a later one ends the family.
    previous_digest: Mapped[bytes | None]
    successor: Mapped[bytes | None]
    rotated_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    # When it ends unless it is used; when it ends anyway.
    expires_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    # When its owner last showed who they are, and how: values of RFC 8176, by space.
    authenticated_at: Mapped[datetime]
    methods: Mapped[str] = mapped_column(default="pwd", server_default="pwd")
    # For an app's: whose it is, and what it was allowed, by space.
    app_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("client_apps.id", ondelete="SET NULL"), index=True)
    scopes: Mapped[str | None]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]
    address: Mapped[str]
    user_agent: Mapped[str]

    __table_args__ = (
        CheckConstraint("kind IN ('token', 'cookie', 'app')", name="kind"),
        Index("ix_sessions_revoked_at", "revoked_at", postgresql_where=text("revoked_at IS NOT NULL")),
        Index("ix_sessions_expires_at", "expires_at"),
    )
