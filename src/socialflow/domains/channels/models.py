"""Channels."""

import uuid
from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Text, literal_column, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, column_property, mapped_column

from socialflow.domains.accounts.service import private
from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Erasure, Level


class Channel(Base):
    """A public profile under which videos appear."""

    __tablename__ = "channels"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    handle: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    bio: Mapped[str] = mapped_column(default="", server_default="")
    avatar_asset_id: Mapped[uuid.UUID | None]
    # The upload that will be the avatar as soon as it has been looked at.
    avatar_upload_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
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
        Index(
            "ix_channels_popular",
            text("follower_count DESC"),
            text("id DESC"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )


personal.holds(
    "channels",
    by="account_id",
    level=Level.PUBLIC,
    # A step of the erasure empties them: they have rules of their own.
    text=("handle", "display_name", "bio", "embed_domains"),
    kept="until the account is erased; a row without a name stays",
    erasure=Erasure.KEEP,
    why="what others said in answer to it hangs on it; it is deleted for everybody, and has no name",
    export="channels",
    prefix="chn",
)
