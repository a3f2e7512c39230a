"""Likes and comments."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Erasure, Level


class Subject(StrEnum):
    """What can be liked."""

    VIDEO = "video"
    COMMENT = "comment"


class Like(Base):
    """An account likes a video or a comment. Ids are unique across kinds."""

    __tablename__ = "likes"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('video', 'comment')", name="kind"),
        Index("ix_likes_subject_id", "subject_id"),
        Index("ix_likes_lately", "created_at", "subject_id", postgresql_where=sql("kind = 'video'")),
    )


class Comment(Base):
    """Words below a video. Threads have one level: an answer to an answer stands beside it.

    `subject_id` is a video's. A deleted comment that has answers stays without its words.
    """

    __tablename__ = "comments"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    subject_id: Mapped[uuid.UUID]
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    text: Mapped[str]
    like_count: Mapped[int] = mapped_column(default=0, server_default="0")
    reply_count: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("like_count >= 0 AND reply_count >= 0", name="counts"),
        CheckConstraint("deleted_at IS NULL OR text = ''", name="deleted"),
        CheckConstraint("deleted_at IS NULL OR parent_id IS NULL", name="tombstone"),
        Index("ix_comments_thread", "subject_id", "id", postgresql_where=sql("parent_id IS NULL")),
        Index(
            "ix_comments_top",
            "subject_id",
            sql("like_count DESC"),
            sql("id DESC"),
            postgresql_where=sql("parent_id IS NULL"),
        ),
        Index("ix_comments_parent_id", "parent_id", "id", postgresql_where=sql("parent_id IS NOT NULL")),
        Index("ix_comments_account_id", "account_id", "id"),
        Index("ix_comments_subject_id", "subject_id"),
    )


personal.holds("likes", by="account_id", level=Level.PERSONAL, kept="until it is taken back", export="likes")
personal.holds(
    "comments",
    by="account_id",
    level=Level.PUBLIC,
    text=("text",),
    kept="until its author deletes it",
    erasure=Erasure.CLEAR,
    why="where others have answered, its place stays, without words or author",
    export="comments",
    prefix="cmt",
)
