"""What people have saved to come back to."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Level


class SaveKind(StrEnum):
    """What can be saved."""

    VIDEO = "video"
    POST = "post"


class Save(Base):
    """An account has saved a video or a post; nobody else knows. `id` is ordered by time: pages are cut by it."""

    __tablename__ = "saves"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    # Ids are unique across kinds. Of what is gone they go some at a time.
    subject_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(default=ids.new)
    kind: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('video', 'post')", name="kind"),
        Index("ix_saves_account_id", "account_id", sql("id DESC")),
        Index("ix_saves_account_id_kind", "account_id", "kind", sql("id DESC")),
        Index("ix_saves_subject_id", "subject_id"),
    )


personal.holds(
    "saves",
    by="account_id",
    level=Level.PERSONAL,
    kept="until it is taken back, or what was saved is gone",
    export="saves",
    hidden=("id",),
)
