"""What is said and heard about channels."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from socialflow.kernel import ids
from socialflow.kernel.ids import ChannelId, UploadId
from socialflow.kernel.schemas import Body, Read

AVATAR_FILE = "avatar-256.webp"
LONGEST_BIO = 1_000


def avatar_url(asset_id: uuid.UUID | None) -> str | None:
    """Where a channel's picture is served; None when it has none."""
    return f"/media/{ids.show('ast', asset_id)}/{AVATAR_FILE}" if asset_id else None


class ChannelCard(Read):
    """A channel as it stands beside its things."""

    id: ChannelId
    handle: str = Field(examples=["ada"])
    display_name: str = Field(examples=["Ada Lovelace"])
    avatar_url: str | None


class ChannelRead(Read):
    """A public profile."""

    id: ChannelId
    handle: str = Field(examples=["ada"])
    display_name: str = Field(examples=["Ada Lovelace"])
    bio: str
    avatar_url: str | None
    follower_count: int
    following_count: int
    video_count: int
    created_at: datetime


class ChannelUpdate(Body):
    """What an owner may change; absent members stay."""

    display_name: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = None
    bio: Annotated[str, StringConstraints(max_length=LONGEST_BIO)] | None = None
    avatar_upload_id: UploadId | None = Field(
        None, description="A finished or running upload of purpose `avatar`; it is shown once it has been checked."
    )
