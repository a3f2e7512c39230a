"""Uploads and assets."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids, personal, vault
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Level


class Purpose(StrEnum):
    """What an upload is to become."""

    VIDEO = "video"
    AVATAR = "avatar"
    POSTER = "poster"


class UploadKind(StrEnum):
    """A file by itself, a part of one that is sent in parallel, or the file that such parts were joined into.

    Or one whose bytes go to the store and not through us.
    """

    WHOLE = "whole"
    PARTIAL = "partial"
    FINAL = "final"
    DIRECT = "direct"


class UploadState(StrEnum):
    """Where the bytes of an upload stand; afterwards its asset tells."""

    RECEIVING = "receiving"
    RECEIVED = "received"
    EXPIRED = "expired"
    FAILED = "failed"


class Origin(StrEnum):
    """Where the bytes of an upload come from: its owner sends them, or we fetch them from a link."""

    SENT = "sent"
    LINK = "link"


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


class CaptionKind(StrEnum):
    """For whom a text track is: for who cannot hear, or for who speaks another language."""

    CAPTIONS = "captions"
    SUBTITLES = "subtitles"


class Upload(Base):
    """Bytes on their way in. `received` is how many of `length` are on the disk, from the first on.

    One goes from `receiving` to `received` with its last byte, or to `expired`. A part stays `receiving` until it
    is joined, when its row goes and its pieces become those of the `final` upload, which begins as `received`.
    """

    __tablename__ = "uploads"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    purpose: Mapped[str]
    # For the owner's eyes only: no path and no key is ever made from it.
    filename: Mapped[str]
    filetype: Mapped[str]
    # The client's Upload-Metadata, word for word, because the protocol hands it back.
    client_metadata: Mapped[str] = mapped_column(default="", server_default="")
    # Empty while a link has not told it; what has come counts for the quota then.
    length: Mapped[int | None] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    state: Mapped[str] = mapped_column(default=UploadState.RECEIVING, server_default=UploadState.RECEIVING)
    kind: Mapped[str] = mapped_column(default=UploadKind.WHOLE, server_default=UploadKind.WHOLE)
    # What a final upload was joined of, in order; the folders of its pieces are named after them.
    parts: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default="{}")
    # Of the whole file, in hexadecimal, as its sender gave it.
    sha256: Mapped[str | None]
    # The store's name for a sending that does not pass through us.
    store_token: Mapped[str | None]
    origin: Mapped[str] = mapped_column(default=Origin.SENT, server_default=Origin.SENT)
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    # Given at the start, so that others can refer to the asset before the last byte makes it.
    asset_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=ids.new)
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("length > 0 AND received BETWEEN 0 AND length", name="received"),
        CheckConstraint("state IN ('receiving', 'received', 'expired', 'failed')", name="state"),
        CheckConstraint("kind IN ('whole', 'partial', 'final', 'direct')", name="kind"),
        CheckConstraint("kind <> 'partial' OR state <> 'received'", name="partial"),
        CheckConstraint("kind <> 'final' OR state = 'received'", name="final"),
        CheckConstraint("origin IN ('sent', 'link')", name="origin"),
        CheckConstraint("length IS NOT NULL OR (origin = 'link' AND state <> 'received')", name="known_length"),
        Index("ix_uploads_account_id", "account_id", "id"),
        Index("ix_uploads_receiving", "expires_at", postgresql_where=text("state = 'receiving'")),
        Index("ix_uploads_expired", "expires_at", postgresql_where=text("state IN ('expired', 'failed')")),
    )

    @property
    def total(self) -> int:
        """Bytes of the whole file, of an upload that somebody sends: such a one is of a known length."""
        if self.length is None:
            raise ValueError(f"the length of {self.id} is not known yet")
        return self.length

    @property
    def counted(self) -> int:
        """What an upload that is under way counts for in its owner's account, in bytes."""
        return self.received if self.length is None else self.length


class LinkImport(Base):
    """Where the bytes of an upload are fetched from, and by what the other side tells whether they are still the same.

    The address may let whoever has it fetch the file: it is sealed, and forgotten with the last byte.
    """

    __tablename__ = "link_imports"

    upload_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[bytes | None] = mapped_column(LargeBinary)
    host: Mapped[str]
    # As the role of who asked said then: the job that fetches has no role.
    quota_bytes: Mapped[int] = mapped_column(BigInteger)
    # A strong ETag or a date, as If-Range takes it (RFC 9110, 13.1.5).
    validator: Mapped[str | None]
    begun_at: Mapped[datetime]


class UploadPiece(Base):
    """Consecutive bytes of an upload, kept as one object; `sha256` is theirs, in hexadecimal.

    Of bytes that did not pass through us it is not known.
    """

    __tablename__ = "upload_pieces"

    upload_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    length: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[str | None]

    __table_args__ = (CheckConstraint("length > 0", name="length"),)


class StorageUsage(Base):
    """What an account keeps, in bytes: uploads count in full from their first byte, assets as they came."""

    __tablename__ = "storage_usage"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    used: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

    __table_args__ = (CheckConstraint("used >= 0", name="used"),)


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
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        CheckConstraint("counted >= 0", name="counted"),
        Index("ix_assets_state", "state", "updated_at"),
        Index("ix_assets_originals", "updated_at", postgresql_where=text("source_key IS NOT NULL")),
        Index("ix_assets_account_id", "account_id", "id"),
        Index("ix_assets_sha256", "account_id", "sha256", postgresql_where=text("sha256 IS NOT NULL")),
    )


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
    # Of chunks: from the first, and how many.
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


_OF_ASSETS = "asset_id IN (SELECT id FROM assets WHERE account_id = CAST(:account AS uuid))"
_OF_UPLOADS = "upload_id IN (SELECT id FROM uploads WHERE account_id = CAST(:account AS uuid))"

personal.holds(
    "uploads",
    by="account_id",
    level=Level.PERSONAL,
    text=("filename", "client_metadata", "failure_detail"),
    kept="until what was made of it is deleted; unfinished ones for a day",
    export="uploads",
    hidden=("parts", "store_token"),
    prefix="upl",
    size="received",
)
personal.holds(
    "assets",
    by="account_id",
    level=Level.PERSONAL,
    text=("source_name", "failure_detail", "extras"),
    kept="until what shows it is deleted",
    export="assets",
    hidden=("source_key",),
    prefix="ast",
)
personal.holds(
    "link_imports", by=_OF_UPLOADS, level=Level.PERSONAL, text=("host",), kept="as long as the upload", export="imports"
)
vault.sealed("link_imports", "url", row="upload_id")
personal.holds("transcodes", by=_OF_ASSETS, level=Level.INTERNAL, kept="as long as the asset")
personal.holds("transcode_tasks", by=_OF_ASSETS, level=Level.INTERNAL, kept="as long as the asset")
personal.holds("upload_pieces", by=_OF_UPLOADS, level=Level.PERSONAL, kept="as long as the upload")
personal.holds("renditions", by=_OF_ASSETS, level=Level.INTERNAL, kept="as long as the asset")
personal.holds("asset_files", by=_OF_ASSETS, level=Level.PERSONAL, kept="as long as the asset")
personal.holds(
    "captions",
    by=_OF_ASSETS,
    level=Level.PERSONAL,
    text=("label", "cues"),
    kept="as long as the asset",
    export="captions",
)
personal.holds("storage_usage", by="account_id", level=Level.INTERNAL, kept="until the account is erased")
