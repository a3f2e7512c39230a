"""Edits: films that are made of parts of others."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.db import Base


class EditState(StrEnum):
    """Where the making of an edit stands; what becomes of the file that was made, its asset tells."""

    QUEUED = "queued"
    MAKING = "making"
    MADE = "made"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Edit(Base):
    """What is to be made of an asset, and the upload that its bytes become; that is an asset in the end.

    `spans` is what is shown, one after another: `[input, start_ms, end_ms]` each, inputs counted from 0 in `inputs`,
    whose first is the asset that is edited.
    """

    __tablename__ = "edits"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    # Assets and uploads may be gone one day; what was done stays as a line of the history.
    source_asset_id: Mapped[uuid.UUID]
    upload_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    asset_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    # As they were asked for.
    operations: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    inputs: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))
    spans: Mapped[list[list[int]]] = mapped_column(JSONB)
    # The picture that is laid over it: `place`, `opacity`, `size`.
    mark: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    mark_asset_id: Mapped[uuid.UUID | None]
    sound: Mapped[str]
    sound_asset_id: Mapped[uuid.UUID | None]
    state: Mapped[str] = mapped_column(default=EditState.QUEUED, server_default=EditState.QUEUED)
    progress: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    duration_ms: Mapped[int] = mapped_column(BigInteger)
    # As the role of who asked said then: the job that makes it has no role.
    quota_bytes: Mapped[int] = mapped_column(BigInteger)
    # Of the file whose bytes are being kept, in hexadecimal: whoever goes on has made the same one.
    sha256: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
    reverted_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state IN ('queued', 'making', 'made', 'failed', 'cancelled')", name="state"),
        CheckConstraint("sound IN ('kept', 'muted', 'replaced')", name="sound"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        Index("ix_edits_source_asset_id", "source_asset_id"),
        Index("ix_edits_open", "account_id", postgresql_where=text("state IN ('queued', 'making')")),
    )
