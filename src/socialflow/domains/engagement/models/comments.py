"""Comments, what hangs on them, and how a subject wants to be commented on."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Erasure, Level

# The permission of those who look after what others say.
REMOVE_ANY = "comments:remove_any"


class CommentState(StrEnum):
    """Who sees a comment: everybody who sees the subject, or its author and the subject's owner alone."""

    SHOWN = "shown"
    # Waits for the owner's approval.
    HELD = "held"
    # Was put out of sight by the owner.
    HIDDEN = "hidden"


class CommentMode(StrEnum):
    """How a subject may be commented on: by all, by all but only shown once approved, or not at all."""

    OPEN = "open"
    HELD = "held"
    OFF = "off"


class Comment(Base):
    """Words below a subject. `parent_id` was there before it and never changes: no cycle can be.

    A comment *stands* while it is shown, or while something stands below it: then its place is kept, without words
    where it is deleted or hidden. `reply_count` counts what stands directly below.
    """

    __tablename__ = "comments"
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012  # the mapper reads it and keeps nothing in it

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    subject_id: Mapped[uuid.UUID]
    subject_kind: Mapped[str]
    # Whose the subject is: who may pin, hide and approve.
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    # The comment that began the thread; null for that one itself.
    thread_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    # How many comments stand above it.
    depth: Mapped[int] = mapped_column(default=0, server_default="0")
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    text: Mapped[str]
    # `{kind, start, end, ...}` each, in UTF-16 code units; made of the text, never taken from a client.
    facets: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    state: Mapped[str] = mapped_column(default=CommentState.SHOWN, server_default=CommentState.SHOWN)
    pinned_at: Mapped[datetime | None]
    hearted_at: Mapped[datetime | None]
    # What the owner's own order begins with.
    choice: Mapped[int] = mapped_column(Computed("CASE WHEN hearted_at IS NULL THEN 0 ELSE 1 END", persisted=True))
    like_count: Mapped[int] = mapped_column(default=0, server_default="0")
    reply_count: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("like_count >= 0 AND reply_count >= 0", name="counts"),
        CheckConstraint("deleted_at IS NULL OR text = ''", name="deleted"),
        CheckConstraint("state IN ('shown', 'held', 'hidden')", name="state"),
        CheckConstraint("subject_kind IN ('video')", name="subject_kind"),
        CheckConstraint("(parent_id IS NULL) = (depth = 0) AND parent_id <> id", name="parent"),
        CheckConstraint("(parent_id IS NULL) = (thread_id IS NULL)", name="root"),
        CheckConstraint("pinned_at IS NULL OR (depth = 0 AND state = 'shown' AND deleted_at IS NULL)", name="pinned"),
        Index("ix_comments_thread", "subject_id", "id", postgresql_where=sql("parent_id IS NULL")),
        Index(
            "ix_comments_top",
            "subject_id",
            sql("like_count DESC"),
            sql("id DESC"),
            postgresql_where=sql("parent_id IS NULL"),
        ),
        Index(
            "ix_comments_choice",
            "subject_id",
            sql("choice DESC"),
            sql("like_count DESC"),
            sql("id DESC"),
            postgresql_where=sql("parent_id IS NULL"),
        ),
        Index("ux_comments_pinned", "subject_id", unique=True, postgresql_where=sql("pinned_at IS NOT NULL")),
        Index("ix_comments_parent_id", "parent_id", "id", postgresql_where=sql("parent_id IS NOT NULL")),
        Index("ix_comments_thread_id", "thread_id", postgresql_where=sql("thread_id IS NOT NULL")),
        Index("ix_comments_account_id", "account_id", "id"),
        Index("ix_comments_subject_id", "subject_id"),
        Index("ix_comments_unshown", "owner_id", "state", "id", postgresql_where=sql("state <> 'shown'")),
        Index("ix_comments_own_unshown", "account_id", "state", "id", postgresql_where=sql("state <> 'shown'")),
        Index("ix_comments_owner_id", "owner_id"),
    )


class CommentVersion(Base):
    """What a comment said before an edit: the version that began with `said_at`."""

    __tablename__ = "comment_versions"

    comment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    facets: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    said_at: Mapped[datetime]


class CommentPhoto(Base):
    """A photo of a comment. Its asset is of the media domain, and is no other comment's."""

    __tablename__ = "comment_photos"

    comment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    asset_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, unique=True)
    upload_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    position: Mapped[int]
    alt: Mapped[str] = mapped_column(default="", server_default="")

    __table_args__ = (CheckConstraint("position BETWEEN 0 AND 3", name="position"),)


class CommentMention(Base):
    """Somebody who is named in a comment that is shown, and has been told so once."""

    __tablename__ = "comment_mentions"

    comment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_comment_mentions_account_id", "account_id", "comment_id"),)


class CommentRule(Base):
    """How a subject may be commented on, or everything of a channel that says nothing by itself."""

    __tablename__ = "comment_rules"

    # Of a subject or of a channel: ids are unique across kinds.
    subject_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    # Whose it is.
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    kind: Mapped[str]
    mode: Mapped[str]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('video', 'channel')", name="kind"),
        CheckConstraint("mode IN ('open', 'held', 'off')", name="mode"),
        Index("ix_comment_rules_account_id", "account_id"),
    )


_OF_OWN = "comment_id IN (SELECT id FROM comments WHERE account_id = CAST(:account AS uuid))"

personal.PREFIXES.update({"comment_id": "cmt", "thread_id": "cmt"})
personal.holds(
    "comments",
    by="account_id",
    level=Level.PUBLIC,
    text=("text",),
    kept="until its author deletes it",
    erasure=Erasure.CLEAR,
    why="where others have answered, its place stays, without words or author",
    export="comments",
    # Whose subject it is, the subject says.
    hidden=("owner_id", "choice"),
    prefix="cmt",
)
personal.holds(
    "comment_versions",
    by=_OF_OWN,
    level=Level.PUBLIC,
    text=("text", "facets"),
    kept="as long as the comment",
    export="comment_versions",
)
personal.holds(
    "comment_photos",
    by=_OF_OWN,
    level=Level.PUBLIC,
    text=("alt",),
    kept="as long as the comment",
    export="comment_photos",
)
personal.holds(
    "comment_mentions",
    by="account_id",
    level=Level.PERSONAL,
    kept="as long as the comment",
    export="comment_mentions",
)
personal.holds(
    "comment_rules",
    by="account_id",
    level=Level.PUBLIC,
    kept="as long as what it is about",
    export="comment_rules",
)
