"""What is heard of feeds."""

from enum import StrEnum

from pydantic import Field

from socialflow.domains.videos.schemas import VideoRead
from socialflow.kernel.ids import PostId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Read


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


class FeedPage(Page[FeedEntry]):
    """A page of a feed."""
