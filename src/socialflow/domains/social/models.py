"""Edges of the graph."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Level


class Follow(Base):
    """An account follows a channel. `id` is ordered by time, and is what pages are cut by."""

    __tablename__ = "follows"

    follower_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(default=ids.new)
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_follows_channel_id_id", "channel_id", "id"),
        Index("ix_follows_follower_id_id", "follower_id", "id"),
    )


_THEIRS = "channel_id IN (SELECT id FROM channels WHERE account_id = CAST(:account AS uuid))"

personal.holds(
    "follows",
    by=f"follower_id = CAST(:account AS uuid) OR {_THEIRS}",
    level=Level.PUBLIC,
    kept="until it is taken back",
    export="follows",
    # Who follows them is the others' own business.
    shows="follower_id",
    hidden=("id",),
)
