"""Channels."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Text, literal_column, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, column_property, mapped_column

from socialflow.domains.accounts.service import private
from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Erasure, Level

# What a card of a channel is made of.
CARD = "channels.id, channels.handle, channels.display_name, channels.avatar_asset_id, channels.verified_at"


class TeamRole(StrEnum):
    """What somebody is on the team of a channel; `policy` says what each may do."""

    OWNER = "owner"
    EDITOR = "editor"
    MODERATOR = "moderator"
    ANALYST = "analyst"


class TeamState(StrEnum):
    """Whether somebody was asked, or is on the team."""

    INVITED = "invited"
    ACTIVE = "active"


class PinKind(StrEnum):
    """What can be pinned to a channel's page."""

    VIDEO = "video"
    POST = "post"


class Channel(Base):
    """A public profile under which videos appear."""

    __tablename__ = "channels"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    handle: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    bio: Mapped[str] = mapped_column(default="", server_default="")
    # `{title, url}` each, in the order in which they are shown.
    links: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    avatar_asset_id: Mapped[uuid.UUID | None]
    avatar_thumbhash: Mapped[str | None]
    # The upload that will be the avatar as soon as it has been looked at.
    avatar_upload_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    banner_asset_id: Mapped[uuid.UUID | None]
    banner_thumbhash: Mapped[str | None]
    banner_upload_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    # Since when staff vouch for the name under which it appears.
    verified_at: Mapped[datetime | None]
    # Whose pages may show its videos in a frame: null is what the installation says, none at all is nobody's.
    embed_domains: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    follower_count: Mapped[int] = mapped_column(default=0, server_default="0")
    following_count: Mapped[int] = mapped_column(default=0, server_default="0")
    video_count: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    # Its account's, which decides it for all that it has made.
    is_private: Mapped[bool] = column_property(
        literal_column(private("channels.account_id"), Boolean), expire_on_flush=False
    )

    __table_args__ = (
        CheckConstraint("handle ~ '^[a-z0-9_]{3,30}$'", name="handle"),
        CheckConstraint("follower_count >= 0 AND following_count >= 0 AND video_count >= 0", name="counts"),
        Index("ix_channels_handle_prefix", "handle", postgresql_ops={"handle": "text_pattern_ops"}),
        Index(
            "ix_channels_popular",
            text("follower_count DESC"),
            text("id DESC"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        # Of an account, in the order in which they were made.
        Index("ix_channels_account_id_id", "account_id", "id"),
        # By what they are called, for whoever looks for somebody.
        Index(
            "ix_channels_name_prefix",
            literal_column("lower(display_name)").label("name"),
            postgresql_ops={"name": "text_pattern_ops"},
        ),
        Index("ix_channels_name_words", text("to_tsvector('simple', display_name)"), postgresql_using="gin"),
    )

    @property
    def is_verified(self) -> bool:
        """Whether staff vouch for its name."""
        return self.verified_at is not None


class Handle(Base):
    """Whose a handle is: a channel's that bears it, or that bore it and is still found by it.

    Every claim goes through the primary key of this table, so of two that come at once one waits for the other.
    """

    __tablename__ = "handles"

    handle: Mapped[str] = mapped_column(primary_key=True)
    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    # Until when nobody else may take it; null while it is borne.
    kept_until: Mapped[datetime | None]
    claimed_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_handles_channel_id", "channel_id"),
        Index("ix_handles_kept_until", "kept_until", postgresql_where=text("kept_until IS NOT NULL")),
    )


class TeamMember(Base):
    """Somebody who works for a channel that is another's, or was asked to. `id` is what pages are cut by."""

    __tablename__ = "channel_members"

    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(default=ids.new)
    role: Mapped[str]
    state: Mapped[str] = mapped_column(default=TeamState.INVITED, server_default=TeamState.INVITED)
    # Who asked; that they are gone changes nothing.
    invited_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("role IN ('owner', 'editor', 'moderator', 'analyst')", name="role"),
        CheckConstraint("state IN ('invited', 'active')", name="state"),
        CheckConstraint("(state = 'active') = (joined_at IS NOT NULL)", name="joined"),
        Index("ix_channel_members_channel_id_id", "channel_id", "id"),
        Index("ix_channel_members_account_id_id", "account_id", "state", "id"),
    )


class Pin(Base):
    """Something that stands first on a channel's page. Ids are unique across kinds."""

    __tablename__ = "channel_pins"

    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    place: Mapped[int]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('video', 'post')", name="kind"),
        Index("ix_channel_pins_subject_id", "subject_id"),
    )


def works_for(viewer: str, channel: str) -> str:
    """SQL that is true where an account is on the team of a channel, whatever its role there."""
    return f"{role_on(viewer, channel)} IS NOT NULL"


def role_on(viewer: str, channel: str) -> str:
    """SQL for the role of an account on the team of a channel that is another's; null where it has none."""
    lines = [
        "(SELECT team.role FROM channel_members AS team",
        f"WHERE team.channel_id = {channel} AND team.account_id = {viewer} AND team.state = 'active')",
    ]
    return " ".join(lines)


personal.holds(
    "channels",
    by="account_id",
    level=Level.PUBLIC,
    # A step of the erasure empties them: they have rules of their own.
    text=("handle", "display_name", "bio", "embed_domains", "links"),
    kept="until the account is erased; a row without a name stays",
    erasure=Erasure.KEEP,
    why="what others said in answer to it hangs on it; it is deleted for everybody, and has no name",
    export="channels",
    prefix="chn",
)
_OF_OWN = "channel_id IN (SELECT id FROM channels WHERE account_id = CAST(:account AS uuid))"
personal.holds(
    "handles",
    by=_OF_OWN,
    level=Level.PUBLIC,
    kept="while the channel bears it, and for a time after",
    export="handles",
)
personal.holds(
    "channel_members",
    by=f"account_id = CAST(:account AS uuid) OR {_OF_OWN}",
    level=Level.PERSONAL,
    kept="until somebody is on the team no more, or says no",
    export="collaborations",
    # Who else is on a team is their own business.
    shows="account_id",
    hidden=("id", "invited_by"),
)
personal.holds(
    "channel_pins",
    by=_OF_OWN,
    level=Level.PUBLIC,
    kept="until it is pinned no more, or deleted",
    export="pins",
)
