"""Videos, their files, and the rule of who may see one."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.domains.accounts.service import hidden
from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Level


class Visibility(StrEnum):
    """Whom the owner wants to see a video."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"


class VideoState(StrEnum):
    """Where a video stands: without its file, being prepared, to be watched, or no video at all."""

    DRAFT = "draft"
    PROCESSING = "processing"
    PARTIALLY_PLAYABLE = "partially_playable"
    READY = "ready"
    FAILED = "failed"


class Reach(StrEnum):
    """Who can see a video as things stand: everybody, whoever has its id, or its owner alone."""

    EVERYONE = "everyone"
    LINK = "link"
    OWNER = "owner"


class SourceState(StrEnum):
    """What becomes of a file that is to take the place of a video's."""

    PENDING = "pending"
    CURRENT = "current"
    RETIRED = "retired"
    GONE = "gone"
    FAILED = "failed"
    SUPERSEDED = "superseded"


PLAYABLE = frozenset({VideoState.PARTIALLY_PLAYABLE, VideoState.READY})

# The row works it out by itself, so that nobody can forget to: what cannot be watched, or waits for its time, is its
# owner's alone.
_REACH = (
    "CASE WHEN state NOT IN ('partially_playable', 'ready') OR publish_at IS NOT NULL THEN 'owner'"
    " WHEN visibility = 'public' THEN 'everyone'"
    " WHEN visibility = 'unlisted' THEN 'link'"
    " ELSE 'owner' END"
)
_LISTED = text("reach = 'everyone'")
_LIVE = text("state IN ('pending', 'current', 'retired')")


class Video(Base):
    """A video in the catalogue."""

    __tablename__ = "videos"
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012  # the mapper reads it and keeps nothing in it

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    # Of the media domain. The asset's id is known before there is an asset, and the upload may be gone one day.
    upload_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    asset_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    # `{start_ms, title}` each, as the owner wrote them; without any the description may tell of some.
    chapters: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    visibility: Mapped[str]
    state: Mapped[str] = mapped_column(default=VideoState.DRAFT, server_default=VideoState.DRAFT)
    reach: Mapped[str] = mapped_column(Computed(_REACH, persisted=True))
    # Whether whoever can watch it may have it as a file.
    allow_download: Mapped[bool] = mapped_column(default=False, server_default="false")
    # Whose pages may show it in a frame: null is what its channel says.
    embed_domains: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    like_count: Mapped[int] = mapped_column(default=0, server_default="0")
    comment_count: Mapped[int] = mapped_column(default=0, server_default="0")
    # Goes up with every edit by a person; what If-Match compares.
    edition: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    # Until when the video waits. Only the clock takes it away when its time has come, by the time of the database.
    publish_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("visibility IN ('public', 'unlisted', 'private')", name="visibility"),
        CheckConstraint("state IN ('draft', 'processing', 'partially_playable', 'ready', 'failed')", name="state"),
        CheckConstraint("like_count >= 0 AND comment_count >= 0", name="counts"),
        CheckConstraint("reach <> 'everyone' OR published_at IS NOT NULL", name="published"),
        CheckConstraint("publish_at IS NULL OR (published_at IS NULL AND visibility <> 'private')", name="scheduled"),
        Index("ix_videos_latest", text("published_at DESC"), text("id DESC"), postgresql_where=_LISTED),
        Index("ix_videos_popular", text("like_count DESC"), text("id DESC"), postgresql_where=_LISTED),
        Index(
            "ix_videos_channel_latest",
            "channel_id",
            text("published_at DESC"),
            text("id DESC"),
            postgresql_where=_LISTED,
        ),
        Index(
            "ix_videos_channel_popular",
            "channel_id",
            text("like_count DESC"),
            text("id DESC"),
            postgresql_where=_LISTED,
        ),
        Index("ix_videos_tags", "tags", postgresql_using="gin", postgresql_where=_LISTED),
        Index("ix_videos_account_id", "account_id", "id"),
        Index("ix_videos_scheduled", "publish_at", "id", postgresql_where=text("publish_at IS NOT NULL")),
        Index(
            "ix_videos_unsettled", "id", postgresql_where=text("state IN ('draft', 'processing', 'partially_playable')")
        ),
    )

    @property
    def is_playable(self) -> bool:
        """Whether there is something to watch."""
        return self.state in PLAYABLE

    @property
    def is_open(self) -> bool:
        """Whether others than its owner can watch it now."""
        return self.is_playable and self.publish_at is None and self.visibility != Visibility.PRIVATE

    @property
    def is_listed(self) -> bool:
        """Whether everybody can watch it now: what `reach` will say once the row is written."""
        return self.is_playable and self.publish_at is None and self.visibility == Visibility.PUBLIC


class VideoSource(Base):
    """A file that was, is or is to become a video's. A video whose file was never replaced has no such line.

    At most one is on its way and one is shown. One that was shown is kept for a while, since players
    still read it, and for good if what came after it turns out to be of no use.
    """

    __tablename__ = "video_sources"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    video_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("videos.id", ondelete="CASCADE"))
    upload_id: Mapped[uuid.UUID]
    asset_id: Mapped[uuid.UUID]
    state: Mapped[str]
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    # Those that the video had when an edit of this file took its place.
    chapters: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    shown_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(
            "state IN ('pending', 'current', 'retired', 'gone', 'failed', 'superseded')",
            name="state",
        ),
        Index("ix_video_sources_video_id", "video_id", "id"),
        Index("ux_video_sources_asset_id", "asset_id", unique=True, postgresql_where=_LIVE),
        Index("ux_video_sources_upload_id", "upload_id", unique=True, postgresql_where=_LIVE),
        Index("ux_video_sources_pending", "video_id", unique=True, postgresql_where=text("state = 'pending'")),
        Index("ux_video_sources_current", "video_id", unique=True, postgresql_where=text("state = 'current'")),
        Index("ix_video_sources_retired", "ended_at", postgresql_where=text("state = 'retired'")),
    )


# The one rule of who may see a video, for every statement that reads `videos`; lists for everybody hold what LISTED
# says. `:viewer` is an account or null, `:sees_any` whether they are staff who may.
# What an account has made is hidden with it, whatever its row says of itself.
_SHOWN = f"NOT {hidden('videos.account_id')}"
VISIBLE = (
    f"((videos.reach <> 'owner' AND {_SHOWN})"
    " OR videos.account_id = CAST(:viewer AS uuid) OR CAST(:sees_any AS boolean))"
)
LISTED = f"videos.reach = 'everyone' AND {_SHOWN}"

# What a video's card and page are made of, in one read: the row, its channel, what can be played.
CARD_COLUMNS = """
    videos.id, videos.account_id, videos.title, videos.description, videos.tags, videos.visibility, videos.state,
    videos.reach, videos.allow_download, videos.embed_domains, channels.embed_domains AS channel_embed_domains,
    videos.failure_code, videos.failure_detail, videos.like_count,
    videos.comment_count, videos.edition, videos.created_at, videos.published_at, videos.publish_at, videos.asset_id,
    channels.id AS channel_id, channels.handle, channels.display_name, channels.avatar_asset_id,
    assets.access, assets.access_epoch, assets.version, assets.progress, assets.thumbhash, assets.width, assets.height,
    assets.duration_ms, assets.has_video, assets.extras, storyboards.name IS NOT NULL AS has_storyboard
"""
CARD_TABLES = """
    JOIN channels ON channels.id = videos.channel_id
    LEFT JOIN assets ON assets.id = videos.asset_id
    LEFT JOIN asset_files storyboards ON storyboards.asset_id = videos.asset_id AND storyboards.name = 'storyboard.vtt'
"""


personal.holds(
    "videos",
    by="account_id",
    level=Level.PUBLIC,
    text=("title", "description", "tags", "embed_domains", "chapters", "failure_detail"),
    kept="until its owner deletes it",
    export="videos",
    prefix="vid",
)
personal.holds(
    "video_sources",
    by="video_id IN (SELECT id FROM videos WHERE account_id = CAST(:account AS uuid))",
    level=Level.PERSONAL,
    text=("failure_detail", "chapters"),
    kept="as long as the video",
    export="replaced_files",
)
