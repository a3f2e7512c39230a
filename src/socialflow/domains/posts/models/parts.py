"""What a post is made of beside its words, and what it said before."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.db import Base


class PreviewState(StrEnum):
    """Whether it is known what stands behind a link."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


class PostVersion(Base):
    """What a post said before an edit: the version that began with `said_at`."""

    __tablename__ = "post_versions"

    post_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    facets: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    language: Mapped[str | None]
    mark: Mapped[str]
    # `{alt}` each, in order.
    photos: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    said_at: Mapped[datetime]


class PostPhoto(Base):
    """A photo of a post. Its asset is of the media domain, and is no other post's."""

    __tablename__ = "post_photos"

    post_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    asset_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, unique=True)
    upload_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    position: Mapped[int]
    alt: Mapped[str] = mapped_column(default="", server_default="")

    __table_args__ = (CheckConstraint("position BETWEEN 0 AND 9", name="position"),)


class Poll(Base):
    """The poll of a post, under the post's id."""

    __tablename__ = "polls"

    id: Mapped[uuid.UUID] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    multiple: Mapped[bool] = mapped_column(default=False, server_default="false")
    # How long it lasts from when it is published.
    duration_s: Mapped[int]
    ends_at: Mapped[datetime | None]
    # When its end was told.
    closed_at: Mapped[datetime | None]
    voter_count: Mapped[int] = mapped_column(default=0, server_default="0")

    __table_args__ = (
        CheckConstraint("duration_s BETWEEN 300 AND 2678400", name="duration_s"),
        CheckConstraint("voter_count >= 0", name="voter_count"),
        Index("ix_polls_ends_at", "ends_at", postgresql_where=text("closed_at IS NULL AND ends_at IS NOT NULL")),
    )


class PollOption(Base):
    """One of the answers of a poll; `number` is its place, from 0."""

    __tablename__ = "poll_options"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    poll_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("polls.id", ondelete="CASCADE"))
    number: Mapped[int]
    text: Mapped[str]
    vote_count: Mapped[int] = mapped_column(default=0, server_default="0")

    __table_args__ = (
        CheckConstraint("vote_count >= 0", name="vote_count"),
        CheckConstraint("number BETWEEN 0 AND 5", name="number"),
        Index("ux_poll_options_poll_id", "poll_id", "number", unique=True),
    )


class PollVote(Base):
    """That somebody has voted, and for what: the key lets nobody vote twice."""

    __tablename__ = "poll_votes"

    poll_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("polls.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    choices: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_poll_votes_account_id", "account_id"),)


class PostMention(Base):
    """Somebody who is named in a post that was published, and has been told so once."""

    __tablename__ = "post_mentions"

    post_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_post_mentions_account_id", "account_id", "post_id"),)


class LinkPreview(Base):
    """What a page says of itself, asked once for everybody who links to it."""

    __tablename__ = "link_previews"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    url: Mapped[str]
    # SHA-256 of the address, which may be longer than an index takes.
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    state: Mapped[str] = mapped_column(default=PreviewState.PENDING, server_default=PreviewState.PENDING)
    title: Mapped[str | None]
    description: Mapped[str | None]
    site_name: Mapped[str | None]
    fetched_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("state IN ('pending', 'ready', 'failed')", name="state"),
        Index("ix_link_previews_created_at", "created_at"),
    )
