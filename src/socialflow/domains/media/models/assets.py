"""Assets, and what is served of them."""

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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.db import Base


class AssetState(StrEnum):
    """Where the processing of an asset stands."""

    QUEUED = "queued"
    PROBING = "probing"
    TRANSCODING = "transcoding"
    PARTIALLY_PLAYABLE = "partially_playable"
    READY = "ready"
    FAILED = "failed"


class Access(StrEnum):
    """Who gets the files of an asset: everybody, who holds a signed address, or nobody."""

    OPEN = "open"
    SIGNED = "signed"
    CLOSED = "closed"


class RenditionKind(StrEnum):
    """What a stream carries."""

    VIDEO = "video"
    AUDIO = "audio"


class Asset(Base):
    """Something that was uploaded, and what became of it."""

    __tablename__ = "assets"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    upload_id: Mapped[uuid.UUID | None] = mapped_column(unique=True)
    purpose: Mapped[str]
    access: Mapped[str] = mapped_column(default=Access.CLOSED, server_default=Access.CLOSED)
    # Part of every signature: raising it ends all addresses that were signed before.
    access_epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    # The folder of the pieces as uploaded; empty once they are gone.
    source_key: Mapped[str | None]
    source_size: Mapped[int] = mapped_column(BigInteger)
    source_name: Mapped[str | None]
    # Of the file as it came, in hexadecimal; taken when it is read for the first time.
    sha256: Mapped[str | None]
    # How its streams are to be enciphered; empty until that is decided, at the latest when it is looked at.
    protection: Mapped[str | None]
    # Bytes for which the asset counts in its owner's account: the original, or what is left when that is gone.
    counted: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(default=AssetState.QUEUED, server_default=AssetState.QUEUED)
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    progress: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    # As far as the speed so far tells; empty while nobody can tell.
    seconds_left: Mapped[int | None]
    # What the role of who uploaded it is worth, as a multiple of everybody's: it waits so much less.
    priority: Mapped[float] = mapped_column(default=1.0, server_default="1")
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    frame_rate: Mapped[float | None]
    has_video: Mapped[bool | None]
    has_audio: Mapped[bool | None]
    thumbhash: Mapped[str | None]
    # What is served beside the streams: captions, chapters, preview; written together with the files themselves.
    extras: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    # Goes up with every publication; part of cache keys.
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    playable_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("access IN ('open', 'signed', 'closed')", name="access"),
        CheckConstraint(
            "state IN ('queued', 'probing', 'transcoding', 'partially_playable', 'ready', 'failed')", name="state"
        ),
        CheckConstraint("protection IN ('none', 'aes128', 'clearkey')", name="protection"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        CheckConstraint("counted >= 0", name="counted"),
        Index("ix_assets_state", "state", "updated_at"),
        Index("ix_assets_originals", "updated_at", postgresql_where=text("source_key IS NOT NULL")),
        Index("ix_assets_account_id", "account_id", "id"),
        Index("ix_assets_sha256", "account_id", "sha256", postgresql_where=text("sha256 IS NOT NULL")),
    )


class Rendition(Base):
    """A stream that a player may choose; bandwidths in bits per second."""

    __tablename__ = "renditions"

    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    frame_rate: Mapped[float | None]
    codecs: Mapped[str]
    bandwidth: Mapped[int] = mapped_column(BigInteger)
    average_bandwidth: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    # Of a sound: in which language, by which name, and whether it is heard unless another is chosen.
    language: Mapped[str | None]
    label: Mapped[str | None]
    is_default: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # What was measured: of a sound its loudness, of a picture how near it is to its source.
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    created_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("kind IN ('video', 'audio')", name="kind"),)


class AssetFile(Base):
    """A file that may be served; nothing else of an asset is. `sha256` is its content's, in hexadecimal."""

    __tablename__ = "asset_files"

    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]

    __table_args__ = (
        # Sweeps, checks and moves ask of objects whose they are.
        Index("ix_asset_files_key", "key"),
        Index("ix_asset_files_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    )
