"""One row per time that somebody played a video: how well that went, and nothing of who it was."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Level


class PlaybackSession(Base):
    """How one playback went, as its player has told so far.

    `id` is a number that the player drew for this playback alone (CMCD's `sid`). Times are the server's; all
    numbers are since the session began, so that reports may come twice, late or not at all.
    """

    __tablename__ = "playback_sessions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    video_id: Mapped[uuid.UUID]
    # Number of the latest report (`sn`), and the state that it told (`sta`).
    sequence: Mapped[int]
    state: Mapped[str | None]
    # From the wish to play to the first picture (`msd`).
    startup_ms: Mapped[int | None]
    played_ms: Mapped[int] = mapped_column(default=0, server_default="0")
    # How often and how long the buffer ran dry (`bsa`, `bsda`).
    stalls: Mapped[int] = mapped_column(default=0, server_default="0")
    stall_ms: Mapped[int] = mapped_column(default=0, server_default="0")
    # Mean over the time played.
    bitrate_kbps: Mapped[int | None]
    switches: Mapped[int] = mapped_column(default=0, server_default="0")
    dropped_frames: Mapped[int] = mapped_column(default=0, server_default="0")
    errors: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    started_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("played_ms >= 0 AND stalls >= 0 AND stall_ms >= 0 AND switches >= 0", name="numbers"),
        Index("ix_playback_sessions_video_id", "video_id", text("started_at DESC")),
        Index("ix_playback_sessions_started_at", "started_at"),
    )


personal.holds(
    "playback_sessions",
    level=Level.INTERNAL,
    kept="90 days; how well a video played, under a number drawn for it, of nobody",
)
