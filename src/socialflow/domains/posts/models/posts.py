"""Posts, reposts, and what somebody's posts begin with."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.db import Base
from socialflow.kernel.visibility import SHELVED, Mark, Restriction, Visibility, reach_of, words


class PostState(StrEnum):
    """Where a post stands: being written, waiting for its time or for approval, said, put out of sight, taken back."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    # A reply that waits for who began the thread, and one that they have put out of sight.
    HELD = "held"
    HIDDEN = "hidden"
    DELETED = "deleted"


class Allowed(StrEnum):
    """Whom an author lets answer or quote; `mentioned` is for answers alone."""

    EVERYBODY = "everybody"
    FOLLOWERS = "followers"
    MENTIONED = "mentioned"
    NOBODY = "nobody"


class PostVisibility(StrEnum):
    """Of the visibilities that there are, those that a post may have: names and passwords are for videos."""

    PUBLIC = Visibility.PUBLIC
    UNLISTED = Visibility.UNLISTED
    FOLLOWERS = Visibility.FOLLOWERS
    MEMBERS = Visibility.MEMBERS
    PRIVATE = Visibility.PRIVATE


ALLOWED = tuple(PostVisibility)
_QUOTERS = (Allowed.EVERYBODY, Allowed.FOLLOWERS, Allowed.NOBODY)
# The row works it out by itself: what is not said yet, was taken back, or is kept out of sight by staff, is its
# owner's alone.
_REACH = reach_of("state <> 'published' OR restriction IS NOT NULL")
_SHELVED = f"reach IN ({words(SHELVED)})"


class Post(Base):
    """Something said. A reply is a post whose `parent_id` was there before it, and never changes: no cycle can be."""

    __tablename__ = "posts"
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012  # the mapper reads it and keeps nothing in it

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    # Whose followers are meant by `followers`: its own channel's, and in a thread for followers that of the thread.
    audience_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("posts.id", ondelete="SET NULL"))
    # The post that began the thread, which may be gone; null for that one itself.
    root_id: Mapped[uuid.UUID | None]
    depth: Mapped[int] = mapped_column(default=0, server_default="0")
    # Of a reply: who began the thread, and may pin, hide and approve what is said in it.
    curator_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    pinned_at: Mapped[datetime | None]
    hearted_at: Mapped[datetime | None]
    # What the order of who began the thread begins with.
    choice: Mapped[int] = mapped_column(Computed("CASE WHEN hearted_at IS NULL THEN 0 ELSE 1 END", persisted=True))
    # What is quoted may be gone one day: the quote stands, and says so.
    quoted_post_id: Mapped[uuid.UUID | None]
    quoted_video_id: Mapped[uuid.UUID | None]
    # When the quoted author took their consent back.
    quote_revoked_at: Mapped[datetime | None]
    text: Mapped[str] = mapped_column(default="", server_default="")
    # `{kind, start, end, ...}` each, in UTF-16 code units; made of the text, never taken from a client.
    facets: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    language: Mapped[str | None]
    visibility: Mapped[str]
    mark: Mapped[str] = mapped_column(default=Mark.NONE, server_default=Mark.NONE)
    restriction: Mapped[str | None]
    state: Mapped[str]
    reach: Mapped[str] = mapped_column(Computed(_REACH, persisted=True))
    reply_policy: Mapped[str] = mapped_column(default=Allowed.EVERYBODY, server_default=Allowed.EVERYBODY)
    quote_policy: Mapped[str] = mapped_column(default=Allowed.EVERYBODY, server_default=Allowed.EVERYBODY)
    # Whether replies of others wait for approval.
    hold_replies: Mapped[bool] = mapped_column(default=False, server_default="false")
    preview_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("link_previews.id", ondelete="SET NULL"))
    like_count: Mapped[int] = mapped_column(default=0, server_default="0")
    reply_count: Mapped[int] = mapped_column(default=0, server_default="0")
    repost_count: Mapped[int] = mapped_column(default=0, server_default="0")
    quote_count: Mapped[int] = mapped_column(default=0, server_default="0")
    # Goes up with every edit by a person; what If-Match compares.
    edition: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    # Until when it waits. Only the clock takes it away when its time has come, by the time of the database.
    publish_at: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(f"visibility IN ({words(ALLOWED)})", name="visibility"),
        CheckConstraint(f"mark IN ({words(tuple(Mark))})", name="mark"),
        CheckConstraint(f"restriction IN ({words(tuple(Restriction))})", name="restriction"),
        CheckConstraint(f"state IN ({words(tuple(PostState))})", name="state"),
        CheckConstraint(f"reply_policy IN ({words(tuple(Allowed))})", name="reply_policy"),
        CheckConstraint(f"quote_policy IN ({words(_QUOTERS)})", name="quote_policy"),
        CheckConstraint("reply_count >= 0 AND repost_count >= 0 AND quote_count >= 0", name="counts"),
        CheckConstraint("like_count >= 0", name="like_count"),
        CheckConstraint("parent_id <> id AND (parent_id IS NULL OR depth > 0)", name="parent"),
        CheckConstraint("quoted_post_id IS NULL OR quoted_video_id IS NULL", name="quoted"),
        CheckConstraint("(state = 'published') <= (published_at IS NOT NULL)", name="published"),
        CheckConstraint("(state = 'scheduled') = (publish_at IS NOT NULL)", name="scheduled"),
        CheckConstraint("(state = 'deleted') = (deleted_at IS NOT NULL)", name="deleted"),
        CheckConstraint("state <> 'deleted' OR text = ''", name="tombstone"),
        Index(
            "ix_posts_latest",
            sql("published_at DESC"),
            sql("id DESC"),
            postgresql_where=sql(f"{_SHELVED} AND depth = 0"),
        ),
        Index(
            "ix_posts_channel_latest",
            "channel_id",
            sql("published_at DESC"),
            sql("id DESC"),
            postgresql_where=sql(f"{_SHELVED} AND depth = 0"),
        ),
        Index(
            "ix_posts_channel_all",
            "channel_id",
            sql("published_at DESC"),
            sql("id DESC"),
            postgresql_where=sql(_SHELVED),
        ),
        Index(
            "ix_posts_parent_id", "parent_id", "published_at", "id", postgresql_where=sql("published_at IS NOT NULL")
        ),
        CheckConstraint("pinned_at IS NULL OR (depth = 1 AND state = 'published')", name="pinned"),
        Index(
            "ix_posts_parent_top",
            "parent_id",
            sql("like_count DESC"),
            sql("id DESC"),
            postgresql_where=sql("published_at IS NOT NULL"),
        ),
        Index(
            "ix_posts_parent_choice",
            "parent_id",
            sql("choice DESC"),
            sql("like_count DESC"),
            sql("id DESC"),
            postgresql_where=sql("published_at IS NOT NULL"),
        ),
        Index("ux_posts_pinned", "parent_id", unique=True, postgresql_where=sql("pinned_at IS NOT NULL")),
        Index("ix_posts_unshown", "curator_id", "state", "id", postgresql_where=sql("state IN ('held', 'hidden')")),
        Index("ix_posts_curator_id", "curator_id"),
        Index("ix_posts_quoted_post_id", "quoted_post_id", "id", postgresql_where=sql("quoted_post_id IS NOT NULL")),
        Index("ix_posts_quoted_video_id", "quoted_video_id", postgresql_where=sql("quoted_video_id IS NOT NULL")),
        Index("ix_posts_preview_id", "preview_id", postgresql_where=sql("preview_id IS NOT NULL")),
        Index("ix_posts_mapped", "id", postgresql_where=sql("reach = 'everyone' AND depth = 0")),
        Index("ix_posts_account_id", "account_id", "id"),
        Index("ix_posts_unsaid", "account_id", "state", "id", postgresql_where=sql("state IN ('draft', 'scheduled')")),
        Index(
            "ix_posts_channel_unsaid",
            "channel_id",
            "state",
            "id",
            postgresql_where=sql("state IN ('draft', 'scheduled')"),
        ),
        Index("ix_posts_audience_id", "audience_id"),
        Index("ix_posts_scheduled", "publish_at", "id", postgresql_where=sql("publish_at IS NOT NULL")),
    )

    @property
    def is_listed(self) -> bool:
        """Whether everybody can see it now: what `reach` will say once the row is written."""
        is_out = self.state == PostState.PUBLISHED and self.restriction is None
        return is_out and self.visibility == Visibility.PUBLIC and self.mark != Mark.ADULT


class Repost(Base):
    """A channel shows its followers what another has said or published, unchanged. Ids are unique across kinds."""

    __tablename__ = "reposts"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    # Ordered by time, and what pages are cut by.
    id: Mapped[uuid.UUID] = mapped_column(default=ids.new)
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('post', 'video')", name="kind"),
        Index("ix_reposts_subject_id_id", "subject_id", "id"),
        Index("ix_reposts_channel_id_id", "channel_id", "id"),
    )


class PostingSettings(Base):
    """What somebody's posts begin with, and who may quote their videos; without a row everybody may everything."""

    __tablename__ = "posting_settings"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    visibility: Mapped[str] = mapped_column(default=Visibility.PUBLIC, server_default=Visibility.PUBLIC)
    language: Mapped[str | None]
    reply_policy: Mapped[str] = mapped_column(default=Allowed.EVERYBODY, server_default=Allowed.EVERYBODY)
    quote_policy: Mapped[str] = mapped_column(default=Allowed.EVERYBODY, server_default=Allowed.EVERYBODY)
    hold_replies: Mapped[bool] = mapped_column(default=False, server_default="false")
    video_quote_policy: Mapped[str] = mapped_column(default=Allowed.EVERYBODY, server_default=Allowed.EVERYBODY)
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(f"visibility IN ({words(ALLOWED)})", name="visibility"),
        CheckConstraint(f"reply_policy IN ({words(tuple(Allowed))})", name="reply_policy"),
        CheckConstraint(f"quote_policy IN ({words(_QUOTERS)})", name="quote_policy"),
        CheckConstraint(f"video_quote_policy IN ({words(_QUOTERS)})", name="video_quote_policy"),
    )
