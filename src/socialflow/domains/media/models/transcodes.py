"""What is made of an asset, as tasks."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.db import Base


class TranscodeState(StrEnum):
    """Where all that is to be made of one asset stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TaskKind(StrEnum):
    """What one task makes."""

    REMUX = "remux"
    AUDIO = "audio"
    POSTER = "poster"
    SAMPLE = "sample"
    CHUNKS = "chunks"
    JOIN = "join"
    STORYBOARD = "storyboard"


class TaskState(StrEnum):
    """Where a task stands; one that waits needs what others make."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Transcode(Base):
    """What was found in an asset's source, what is to be made of it, and what that cost; times in seconds."""

    __tablename__ = "transcodes"

    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(default=TranscodeState.RUNNING, server_default=TranscodeState.RUNNING)
    # Goes up each time somebody asks for it anew.
    round: Mapped[int] = mapped_column(default=1, server_default="1")
    # As the encoder told; empty until the source has been looked at.
    source: Mapped[dict[str, Any] | None]
    plan: Mapped[dict[str, Any] | None]
    failure_code: Mapped[str | None]
    # For operators: what the encoder said.
    failure_notes: Mapped[str | None]
    # In a row, of an asset that was ready and is to be made anew.
    failed_repairs: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    cpu_s: Mapped[float] = mapped_column(default=0.0, server_default="0")
    work_s: Mapped[float] = mapped_column(default=0.0, server_default="0")
    bytes_made: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    created_at: Mapped[datetime]
    planned_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state IN ('running', 'done', 'failed', 'cancelled')", name="state"),
        Index("ix_transcodes_state", "state", "asset_id"),
    )


class TranscodeTask(Base):
    """One small part of a transcode, which any worker may take; `share` is its part of the whole, from 0 to 1."""

    __tablename__ = "transcode_tasks"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("transcodes.asset_id", ondelete="CASCADE"))
    name: Mapped[str]
    kind: Mapped[str]
    # Of chunks and joins: which group of rungs, by their stems.
    rung_group: Mapped[int | None] = mapped_column(SmallInteger)
    rungs: Mapped[list[str]]
    # Of chunks: from the first, and how many; of a sample which span.
    first_chunk: Mapped[int | None]
    chunks: Mapped[int | None]
    state: Mapped[str]
    share: Mapped[float]
    progress: Mapped[float] = mapped_column(default=0.0, server_default="0")
    # How long it may wait, in seconds, while others are more urgent.
    patience_s: Mapped[float]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    worker: Mapped[str | None]
    # What was made: renditions, files and pieces, as the next tasks need to know them.
    made: Mapped[dict[str, Any] | None]
    failure_code: Mapped[str | None]
    failure_notes: Mapped[str | None]
    cpu_s: Mapped[float] = mapped_column(default=0.0, server_default="0")
    wall_s: Mapped[float] = mapped_column(default=0.0, server_default="0")
    bytes_made: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    queued_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
        UniqueConstraint("asset_id", "name"),
        Index("ix_transcode_tasks_running", "started_at", postgresql_where=text("state = 'running'")),
    )
