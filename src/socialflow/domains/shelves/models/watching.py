"""What people have watched and where they stopped in it, and how they like their player."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Level


class Watch(Base):
    """An account has watched a video, from a time to a time; the history, and where to go on, are both made of these.

    Only the latest of a video has a place to go on from: the beginning and the end are no such places. One that is not
    in the history is kept for its place alone, and goes with it.
    """

    __tablename__ = "watches"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    # Of a video that is gone they go some at a time: there may be millions.
    video_id: Mapped[uuid.UUID]
    position_ms: Mapped[int | None]
    # Null before the length of the video is known.
    duration_ms: Mapped[int | None]
    finished: Mapped[bool] = mapped_column(default=False, server_default="false")
    latest: Mapped[bool] = mapped_column(default=True, server_default="true")
    in_history: Mapped[bool] = mapped_column(default=True, server_default="true")
    began_at: Mapped[datetime]
    watched_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("position_ms > 0 AND position_ms < duration_ms", name="position"),
        CheckConstraint("position_ms IS NULL OR latest", name="latest"),
        CheckConstraint("in_history OR position_ms IS NOT NULL", name="in_history"),
        CheckConstraint("watched_at >= began_at", name="times"),
        Index("ux_watches_latest", "account_id", "video_id", unique=True, postgresql_where=sql("latest")),
        Index(
            "ix_watches_history",
            "account_id",
            sql("watched_at DESC"),
            sql("id DESC"),
            postgresql_where=sql("in_history"),
        ),
        Index(
            "ix_watches_unfinished",
            "account_id",
            sql("watched_at DESC"),
            sql("video_id DESC"),
            postgresql_where=sql("position_ms IS NOT NULL"),
        ),
        Index("ix_watches_video_id", "video_id"),
        Index("ix_watches_watched_at", "watched_at"),
    )


class PlayerSettings(Base):
    """How somebody likes their player to begin, and what is kept of what they watch; no row is as it is for all."""

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
    keep_history: Mapped[bool] = mapped_column(default=True, server_default="true")
    # After how many days what they watched is forgotten; null is what the installation says.
    history_days: Mapped[int | None]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("speed_percent BETWEEN 25 AND 200", name="speed_percent"),
        CheckConstraint("history_days BETWEEN 1 AND 3650", name="history_days"),
        Index("ix_player_settings_history_days", "account_id", postgresql_where=sql("history_days IS NOT NULL")),
    )


personal.holds(
    "watches",
    by="account_id",
    level=Level.PERSONAL,
    kept="until they erase it, or a year, or as many days as they have chosen",
    export="watches",
    prefix="wch",
)
personal.holds(
    "player_settings",
    by="account_id",
    level=Level.PERSONAL,
    kept="until the account is erased",
    export="player_settings",
)
