"""Videos, their files, and the rule of who may see one."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.domains.accounts.service import apart, hidden, private
from socialflow.domains.channels.service import works_for
from socialflow.domains.social.service import does_follow, mutes, mutes_words
from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Level
from socialflow.kernel.visibility import SHELVED, VIEWER, Rule, nobody, reach_of, words
from socialflow.kernel.visibility import Mark as Mark
from socialflow.kernel.visibility import Reach as Reach
from socialflow.kernel.visibility import Restriction as Restriction
from socialflow.kernel.visibility import Visibility as Visibility


class VideoState(StrEnum):
    """Where a video stands: without its file, being prepared, to be watched, or no video at all."""

    DRAFT = "draft"
    PROCESSING = "processing"
    PARTIALLY_PLAYABLE = "partially_playable"
    READY = "ready"
    FAILED = "failed"


class SourceState(StrEnum):
    """What becomes of a file that is to take the place of a video's."""

    PENDING = "pending"
    CURRENT = "current"
    RETIRED = "retired"
    GONE = "gone"
    FAILED = "failed"
    SUPERSEDED = "superseded"


PLAYABLE = frozenset({VideoState.PARTIALLY_PLAYABLE, VideoState.READY})

# The row works it out by itself, so that nobody can forget to: what cannot be watched, waits for its time, or is kept
# out of sight by staff, is its owner's alone.
_REACH = reach_of("state NOT IN ('partially_playable', 'ready') OR publish_at IS NOT NULL OR restriction IS NOT NULL")
_LISTED = text("reach = 'everyone'")
_SHELVED = text(f"reach IN ({words(SHELVED)})")
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
    mark: Mapped[str] = mapped_column(default=Mark.NONE, server_default=Mark.NONE)
    # Set by staff, and lifted by them.
    restriction: Mapped[str | None]
    # Who knows the password sees a video whose visibility says so; the edition goes up with every other password.
    password_hash: Mapped[str | None]
    password_edition: Mapped[int] = mapped_column(default=0, server_default="0")
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
        CheckConstraint(f"visibility IN ({words(tuple(Visibility))})", name="visibility"),
        CheckConstraint(f"mark IN ({words(tuple(Mark))})", name="mark"),
        CheckConstraint(f"restriction IN ({words(tuple(Restriction))})", name="restriction"),
        CheckConstraint("visibility <> 'password' OR password_hash IS NOT NULL", name="password"),
        CheckConstraint("state IN ('draft', 'processing', 'partially_playable', 'ready', 'failed')", name="state"),
        CheckConstraint("like_count >= 0 AND comment_count >= 0", name="counts"),
        CheckConstraint(f"NOT (reach IN ({words(SHELVED)})) OR published_at IS NOT NULL", name="published"),
        CheckConstraint("publish_at IS NULL OR (published_at IS NULL AND visibility <> 'private')", name="scheduled"),
        Index("ix_videos_latest", text("published_at DESC"), text("id DESC"), postgresql_where=_SHELVED),
        Index("ix_videos_popular", text("like_count DESC"), text("id DESC"), postgresql_where=_LISTED),
        Index(
            "ix_videos_channel_latest",
            "channel_id",
            text("published_at DESC"),
            text("id DESC"),
            postgresql_where=_SHELVED,
        ),
        Index(
            "ix_videos_channel_popular",
            "channel_id",
            text("like_count DESC"),
            text("id DESC"),
            postgresql_where=_SHELVED,
        ),
        Index("ix_videos_tags", "tags", postgresql_using="gin", postgresql_where=_LISTED),
        Index("ix_videos_mapped", "id", postgresql_where=_LISTED),
        Index("ix_videos_account_id", "account_id", "id"),
        Index("ix_videos_channel_id", "channel_id", "id"),
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
        """Whether others than its owner can watch it now, or some of them."""
        return self._is_out and self.visibility != Visibility.PRIVATE

    @property
    def is_listed(self) -> bool:
        """Whether everybody can watch it now: what `reach` will say once the row is written."""
        return self._is_out and self.visibility == Visibility.PUBLIC and self.mark != Mark.ADULT

    @property
    def is_shelved(self) -> bool:
        """Whether it stands on its channel's shelf, for everybody or for some."""
        return self._is_out and self.visibility in {Visibility.PUBLIC, Visibility.FOLLOWERS, Visibility.MEMBERS}

    @property
    def _is_out(self) -> bool:
        return self.is_playable and self.publish_at is None and self.restriction is None


class VideoViewer(Base):
    """An account with which a video is shared by name. `id` is ordered by time, and is what pages are cut by."""

    __tablename__ = "video_viewers"

    video_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(default=ids.new)
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_video_viewers_video_id_id", "video_id", "id"),
        Index("ix_video_viewers_account_id_id", "account_id", "id"),
    )


def is_named(viewer: str, video: str) -> str:
    """SQL that is true where a video is shared with an account by name."""
    return (
        f"EXISTS (SELECT FROM video_viewers AS shared WHERE shared.video_id = {video} AND shared.account_id = {viewer})"
    )


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
# says, those for one viewer LISTED_TO. What each asks about is said in `kernel/visibility.py`.
RULE = Rule(
    id="videos.id",
    owner="videos.account_id",
    hub="videos.channel_id",
    reach="videos.reach",
    hidden=hidden,
    private=private,
    apart=apart,
    follows=does_follow,
    # The door for whoever will sell memberships: until then nobody is a member of anything.
    member=nobody,
    named=is_named,
    works=works_for,
    lock="videos.password_edition",
    mark="videos.mark",
)
VISIBLE, LISTED, LISTED_TO, FOLLOWED, JUDGED = RULE.visible, RULE.listed, RULE.listed_to, RULE.followed, RULE.judged

# What one viewer wants to see of what is for everybody: nothing of whom they are apart from, or what they have muted.
_TEXT = "videos.title || ' ' || videos.description"
WANTED = " AND ".join(
    [
        f"NOT {apart('videos.account_id', VIEWER)}",
        f"NOT {mutes(VIEWER, 'videos.account_id')}",
        f"NOT {mutes_words(VIEWER, _TEXT, 'videos.tags')}",
    ]
)

# What a video's card and page are made of, in one read: the row, its channel, what can be played.
# Files of a private account are nobody's without a signature, whatever their rows say.
ACCESS = f"CASE WHEN assets.access = 'open' AND {private('videos.account_id')} THEN 'signed' ELSE assets.access END"
CARD_COLUMNS = f"""
    videos.id, videos.account_id, videos.title, videos.description, videos.tags, videos.visibility, videos.state,
    videos.reach, videos.mark, videos.restriction, videos.allow_download, videos.embed_domains,
    channels.embed_domains AS channel_embed_domains, videos.failure_code, videos.failure_detail, videos.like_count,
    videos.comment_count, videos.edition, videos.created_at, videos.published_at, videos.publish_at, videos.asset_id,
    channels.id AS channel_id, channels.handle, channels.display_name, channels.avatar_asset_id, channels.verified_at,
    {ACCESS} AS access, assets.access_epoch, assets.version, assets.progress, assets.thumbhash, assets.width,
    assets.height, assets.duration_ms, assets.has_video, assets.extras, storyboards.name IS NOT NULL AS has_storyboard
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
    hidden=("password_hash", "password_edition"),
    prefix="vid",
)
_OF_OWN = "video_id IN (SELECT id FROM videos WHERE account_id = CAST(:account AS uuid))"
personal.holds(
    "video_viewers",
    by=f"account_id = CAST(:account AS uuid) OR {_OF_OWN}",
    level=Level.PERSONAL,
    kept="until its owner shares it no more, or deletes it",
    export="shared_videos",
    # With whom somebody shares a video is theirs to know; that it was shared with one as well.
    hidden=("id",),
)
personal.holds(
    "video_sources",
    by=_OF_OWN,
    level=Level.PERSONAL,
    text=("failure_detail", "chapters"),
    kept="as long as the video",
    export="replaced_files",
)
