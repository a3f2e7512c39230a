"""What is heard of feeds."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from socialflow.domains.channels.schemas import PinKind
from socialflow.domains.posts.schemas import PostRead
from socialflow.domains.videos.schemas import VideoRead
from socialflow.kernel.ids import PostId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read

# As many as any installation may allow.
MOST_PINS = 24
SubjectId = Annotated[str, StringConstraints(pattern=r"^(vid|pst)_[0-7][0-9a-hjkmnp-tv-z]{25}$")]


class EntryKind(StrEnum):
    """Which member of an entry is there."""

    VIDEO = "video"
    POST = "post"
    LIVE = "live"


class Reason(StrEnum):
    """Why an entry is shown."""

    FOLLOWING = "following"
    LATEST = "latest"
    TRENDING = "trending"
    LIST = "list"


class PostReference(Read):
    """A post."""

    id: PostId


class LiveReference(Read):
    """A live stream."""

    id: str = Field(examples=["liv_01jdxyz7q4e5v8w9r0t1y2p3a4"])


class FeedEntry(Read):
    """One thing in a feed; `kind` says which of `video`, `post` and `live` is not null."""

    kind: EntryKind
    reason: Reason
    video: VideoRead | None
    post: PostReference | None
    live: LiveReference | None


class PinnedRead(Read):
    """Something that stands first on a channel's page; `kind` says which of `video` and `post` is not null."""

    kind: PinKind
    video: VideoRead | None
    post: PostRead | None


class PinnedPage(Page[PinnedRead]):
    """All that stands first on a channel's page."""


class PinnedUpdate(Body):
    """What is to stand first on a channel's page, in this order."""

    subject_ids: Annotated[list[SubjectId], Field(max_length=MOST_PINS)] = Field(
        description="Ids of videos and posts of the channel; none at all pins nothing.",
        examples=[["vid_01jdxyz7q4e5v8w9r0t1y2p3a4"]],
    )


class FeedPage(Page[FeedEntry]):
    """A page of a feed."""
