"""Text tracks."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel.db import Base


class CaptionKind(StrEnum):
    """For whom a text track is: for who cannot hear, or for who speaks another language."""

    CAPTIONS = "captions"
    SUBTITLES = "subtitles"


class Captions(Base):
    """A text track of an asset; its files are made of these cues, `{start_ms, end_ms, text, settings}` each."""

    __tablename__ = "captions"

    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)
    # A tag of BCP 47 in its usual case.
    language: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    label: Mapped[str]
    is_default: Mapped[bool]
    # Written by a program, and by nobody since.
    automatic: Mapped[bool]
    cues: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    cue_count: Mapped[int]
    # Goes up with every change; what If-Match compares.
    edition: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('captions', 'subtitles')", name="kind"),
        Index("ix_captions_default", "asset_id", unique=True, postgresql_where=text("is_default")),
    )
