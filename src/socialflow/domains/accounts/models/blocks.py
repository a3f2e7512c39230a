"""Who wants to have nothing to do with whom. It stands this low because every domain asks for it."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.db import Base


class Block(Base):
    """An account has blocked another: neither sees the other. `id` is ordered by time, and is what pages are cut by."""

    __tablename__ = "blocks"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    blocked_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(default=ids.new)
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("account_id <> blocked_id", name="other"),
        Index("ix_blocks_account_id_id", "account_id", "id"),
        Index("ix_blocks_blocked_id", "blocked_id", "account_id"),
    )


def apart(one: str, other: str) -> str:
    """SQL that is true where the accounts of two columns, or values, have blocked each other, whoever began."""
    lines = [
        f"(EXISTS (SELECT FROM blocks AS mine WHERE mine.account_id = {one} AND mine.blocked_id = {other})",
        f"OR EXISTS (SELECT FROM blocks AS theirs WHERE theirs.account_id = {other} AND theirs.blocked_id = {one}))",
    ]
    return " ".join(lines)
