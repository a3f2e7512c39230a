"""Hashtags, where they stand, and who follows them."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids
from socialflow.kernel.db import Base


class Hashtag(Base):
    """A word by which posts are found. `name` is folded; `shown` is how it was written first."""

    __tablename__ = "hashtags"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    name: Mapped[str] = mapped_column(unique=True)
    shown: Mapped[str]
    post_count: Mapped[int] = mapped_column(default=0, server_default="0")
    follower_count: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("post_count >= 0 AND follower_count >= 0", name="counts"),
        Index("ix_hashtags_prefix", "name", postgresql_ops={"name": "text_pattern_ops"}),
    )


class PostHashtag(Base):
    """A published post with a hashtag. Drafts have none, so that no list ever has to pass over them."""

    __tablename__ = "post_hashtags"

    hashtag_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hashtags.id", ondelete="CASCADE"), primary_key=True)
    post_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    # The post's own, by which the pages of a hashtag are cut.
    published_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_post_hashtags_latest", "hashtag_id", text("published_at DESC"), text("post_id DESC")),
        Index("ix_post_hashtags_post_id", "post_id"),
    )


class HashtagFollow(Base):
    """An account wants to see what is said under a hashtag. `id` is ordered by time, and is what pages are cut by."""

    __tablename__ = "hashtag_follows"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    hashtag_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hashtags.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(default=ids.new)
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_hashtag_follows_account_id_id", "account_id", "id"),
        Index("ix_hashtag_follows_hashtag_id", "hashtag_id"),
    )
