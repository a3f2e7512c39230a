"""Apps of other people's, what they were allowed, and the codes by which they are let in."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.db import Base


class DeviceState(StrEnum):
    """What became of a device that asks to be let in."""

    WAITING = "waiting"
    ALLOWED = "allowed"
    DENIED = "denied"
    USED = "used"


class ClientApp(Base):
    """A program of somebody else's that may ask people to let it in: a client of OAuth."""

    __tablename__ = "client_apps"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    # None for an app that has registered itself.
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    website: Mapped[str]
    # Where people may be sent back to, letter by letter.
    redirect_uris: Mapped[list[str]]
    # What it may ask for at most, by space.
    scopes: Mapped[str]
    # None for a public app, which could not keep one.
    secret_digest: Mapped[bytes | None]
    # Whether it may be let in by a code that is typed on another device (RFC 8628).
    device_flow: Mapped[bool] = mapped_column(default=False, server_default="false")
    # When staff have looked at it, and when they have stopped it.
    verified_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class AppGrant(Base):
    """That somebody has let an app in, and for what."""

    __tablename__ = "app_grants"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    app_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("client_apps.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    scopes: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class AppCode(Base):
    """An authorization code: what it was given for, and the session that came of it."""

    __tablename__ = "app_codes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    digest: Mapped[bytes] = mapped_column(unique=True)
    app_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client_apps.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    redirect_uri: Mapped[str]
    # S256 of the verifier (RFC 7636).
    challenge: Mapped[str]
    scopes: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    # No foreign key: it is only ever used to end that session.
    session_id: Mapped[uuid.UUID | None]

    __table_args__ = (Index("ix_app_codes_expires_at", "expires_at"),)


class DeviceCode(Base):
    """A device that waits for somebody to type its code elsewhere (RFC 8628)."""

    __tablename__ = "device_codes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    device_digest: Mapped[bytes] = mapped_column(unique=True)
    # An HMAC: eight letters could be found again from a plain hash.
    user_code_mac: Mapped[bytes] = mapped_column(unique=True)
    app_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client_apps.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    scopes: Mapped[str]
    state: Mapped[str] = mapped_column(default=DeviceState.WAITING, server_default=DeviceState.WAITING)
    # Seconds that the device must leave between two questions; grows when it does not.
    interval_s: Mapped[int]
    polled_at: Mapped[datetime | None]
    address: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'allowed', 'denied', 'used')", name="state"),
        Index("ix_device_codes_expires_at", "expires_at"),
    )
