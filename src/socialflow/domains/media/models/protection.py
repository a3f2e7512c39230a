"""Keys of streams."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel.db import Base


class AssetKey(Base):
    """A key with which an asset's streams are enciphered; the one that has not ended is in force."""

    __tablename__ = "asset_keys"

    # What files and players call it; no secret.
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"))
    protection: Mapped[str]
    # Sealed: the key of 16 bytes, then the IV of 16.
    secret: Mapped[bytes]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("protection IN ('aes128', 'clearkey')", name="protection"),
        Index("ux_asset_keys_in_force", "asset_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_asset_keys_ended_at", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
    )
