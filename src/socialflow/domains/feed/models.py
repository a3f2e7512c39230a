"""Rankings at a moment: the pages of one reader come from one and the same."""

import uuid
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Level


class FeedSnapshot(Base):
    """A ranked list of videos, the best first."""

    __tablename__ = "feed_snapshots"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    name: Mapped[str]
    video_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(UUID(as_uuid=True)))
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_feed_snapshots_name", "name", "id"),
        Index("ix_feed_snapshots_created_at", "created_at"),
    )


personal.holds("feed_snapshots", level=Level.PUBLIC, kept="2 hours; rankings of what is public")
