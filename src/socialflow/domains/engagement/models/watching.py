"""Where people stop in videos, and how they like their player."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Level


class WatchPosition(Base):
    """Where an account stopped in a video; the beginning and the end are no places to go on from."""

    __tablename__ = "watch_positions"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    # Of a video that is gone they go some at a time: there may be millions.
    video_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    position_ms: Mapped[int]
    duration_ms: Mapped[int]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("position_ms > 0 AND position_ms < duration_ms", name="position"),
        Index("ix_watch_positions_latest", "account_id", sql("updated_at DESC"), sql("video_id DESC")),
        Index("ix_watch_positions_video_id", "video_id"),
        Index("ix_watch_positions_updated_at", "updated_at"),
    )


class PlayerSettings(Base):
    """How somebody likes their player to begin; who has no such row likes it as it is."""

    __tablename__ = "player_settings"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    # Lines of the short side; null is whatever the connection carries.
    quality: Mapped[int | None]
    speed_percent: Mapped[int] = mapped_column(default=100, server_default="100")
    # A language, `off`, or `default`: what the video's owner says.
    captions: Mapped[str] = mapped_column(default="default", server_default="default")
    autoplay: Mapped[bool] = mapped_column(default=True, server_default="true")
    autoplay_next: Mapped[bool] = mapped_column(default=True, server_default="true")
    keep_positions: Mapped[bool] = mapped_column(default=True, server_default="true")
    updated_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("speed_percent BETWEEN 25 AND 200", name="speed_percent"),)


personal.holds(
    "watch_positions",
    by="account_id",
    level=Level.PERSONAL,
    kept="until the video was watched to its end, or a year after it was last watched",
    export="watch_positions",
)
personal.holds(
    "player_settings",
    by="account_id",
    level=Level.PERSONAL,
    kept="until the account is erased",
    export="player_settings",
)
