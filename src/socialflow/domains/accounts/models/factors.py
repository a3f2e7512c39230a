"""Second factors: what somebody has besides a password."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids, vault
from socialflow.kernel.db import Base


class TotpFactor(Base):
    """A phone that shows codes (RFC 6238); it counts once a first code has shown that it works."""

    __tablename__ = "totp_factors"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    # 160 bits and the session that has begun, AES-GCM.
    sealed_seed: Mapped[bytes]
    # The newest step of 30 s whose code was taken; none of an earlier or the same one is.
    last_step: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


vault.sealed("totp_factors", "sealed_seed", row="account_id", purpose="totp:{account_id}")


class RecoveryCode(Base):
    """One of ten codes on paper: 80 random bits, good once."""

    __tablename__ = "recovery_codes"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    # The code's first character says which of the ten it is, so that one hash is verified and no more.
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    code_hash: Mapped[str]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("number BETWEEN 0 AND 9", name="number"),)


class Passkey(Base):
    """A public key whose private half is in somebody's device (WebAuthn)."""

    __tablename__ = "passkeys"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    # What the device knows the account by: it stays, though the installation's secret be replaced.
    user_handle: Mapped[bytes]
    # COSE.
    public_key: Mapped[bytes]
    # Grows with each use, or stays 0 where a key lives on several devices.
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]]
    name: Mapped[str]
    # Whether the key is kept elsewhere, too, and outlives the device.
    is_backed_up: Mapped[bool]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class SpentChallenge(Base):
    """A challenge that was answered: it is kept as long as somebody could answer it again."""

    __tablename__ = "spent_challenges"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
