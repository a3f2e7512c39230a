"""Uploads: bytes on their way in."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.db import Base


class Purpose(StrEnum):
    """What an upload is to become."""

    VIDEO = "video"
    AVATAR = "avatar"
    BANNER = "banner"
    POSTER = "poster"
    PHOTO = "photo"
    COMMENT_PHOTO = "comment_photo"
    EMOJI = "emoji"
    WATERMARK = "watermark"
    SOUND = "sound"


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
    """Where the bytes of an upload come from: from its owner, from a link, or from an edit, which makes them."""

    SENT = "sent"
    LINK = "link"
    EDIT = "edit"


class Upload(Base):
    """Bytes on their way in. `received` is how many of `length` are on the disk, from the first on.

    One goes from `receiving` to `received` with its last byte, or to `expired`. A part stays `receiving` until it
    is joined, when its row goes and its pieces become those of the `final` upload, which begins as `received`.
    """

    __tablename__ = "uploads"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    # Who sends it, where that is not whose it is: somebody who works for the owner.
    sender_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
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
        CheckConstraint("origin IN ('sent', 'link', 'edit')", name="origin"),
        CheckConstraint("length IS NOT NULL OR (origin = 'link' AND state <> 'received')", name="known_length"),
        Index("ix_uploads_account_id", "account_id", "id"),
        Index("ix_uploads_sender_id", "sender_id", postgresql_where=text("sender_id IS NOT NULL")),
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
    # As if it had been at work ever since: with each turn it moves on by what was waited.
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


class WatchedSending(Base):
    """Addresses that take any size were handed out for an upload: until they run out, what comes is looked at.

    The row outlasts the upload, whose addresses do so, too.
    """

    __tablename__ = "watched_sendings"

    upload_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str]
    token: Mapped[str]
    most: Mapped[int] = mapped_column(BigInteger)
    until: Mapped[datetime]


class StorageUsage(Base):
    """What an account keeps, in bytes: uploads count in full from their first byte, assets as they came."""

    __tablename__ = "storage_usage"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    used: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

    __table_args__ = (CheckConstraint("used >= 0", name="used"),)
