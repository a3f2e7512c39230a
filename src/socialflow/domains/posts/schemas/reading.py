"""What clients get."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from socialflow.domains.channels.schemas import ChannelCard
from socialflow.domains.posts.models import Allowed, PostState, PostVisibility
from socialflow.kernel.ids import ChannelId, PostId, UploadId, VideoId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Read
from socialflow.kernel.visibility import Mark


class FacetRead(Read):
    """A part of a text that stands for something; offsets count UTF-16 code units, as Dart and JavaScript do."""

    kind: Literal["mention", "hashtag", "link"]
    start: int = Field(description="Of the first code unit.", examples=[18])
    end: int = Field(description="Behind the last code unit.", examples=[22])
    channel_id: ChannelId | None = Field(description="Of a mention.")
    tag: str | None = Field(description="Of a hashtag: folded, without the sign.", examples=["sea"])
    url: str | None = Field(description="Of a link: http or https, and nothing else.")


class PhotoState(StrEnum):
    """Whether there is something to be seen."""

    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


class PhotoRead(Read):
    """A photo, made anew by the server, without the metadata of its file."""

    upload_id: UploadId
    state: PhotoState
    url: str | None = Field(description="JPEG of 2,048 pixels at most; null until it is ready.")
    alt: str
    thumbhash: str | None
    width: int | None
    height: int | None


class PollOptionRead(Read):
    """One answer; its votes are null where they are not told yet."""

    number: int
    text: str
    vote_count: int | None
    chosen: bool = Field(description="Whether the caller has chosen it.")


class PollRead(Read):
    """A poll. Its results are told to its author, to those who have voted, and to everybody once it has ended."""

    multiple: bool
    duration_s: int
    ends_at: datetime | None = Field(description="Null until the post is published.")
    ended: bool
    voted: bool = Field(description="Whether the caller has voted.")
    voter_count: int | None
    options: list[PollOptionRead]


class QuoteState(StrEnum):
    """Whether what is quoted can be seen by who asks."""

    SHOWN = "shown"
    UNAVAILABLE = "unavailable"
    REVOKED = "revoked"


class QuoteRead(Read):
    """What a post quotes, in short; all but `kind` and `state` are null where it cannot be seen."""

    kind: Literal["post", "video"]
    state: QuoteState
    post_id: PostId | None
    video_id: VideoId | None
    author: ChannelCard | None
    text: str | None = Field(description="Of a post, in full.")
    title: str | None = Field(description="Of a video.")
    mark: Mark | None
    photo_count: int | None
    duration_ms: int | None
    thumbhash: str | None
    published_at: datetime | None


class LinkPreviewRead(Read):
    """What the page behind the first link says of itself."""

    url: str
    title: str
    description: str | None
    site_name: str | None


class PostPermissions(Read):
    """What the caller may do with it."""

    edit: bool
    delete: bool
    reply: bool
    quote: bool
    repost: bool
    curate: bool = Field(
        description="Whether they look after the thread: they pin, heart, hide and approve replies then."
    )


class PostRead(Read):
    """A post, or the place of one in a thread that cannot be seen (any more)."""

    id: PostId
    available: bool = Field(description="False where it was deleted or cannot be seen: nothing more is told then.")
    author: ChannelCard | None
    text: str = Field(description="Plain text; encode it for where it is shown.")
    facets: list[FacetRead]
    language: str | None
    mark: Mark
    visibility: PostVisibility
    state: PostState
    reply_policy: Allowed
    quote_policy: Allowed
    hold_replies: bool = Field(description="Whether replies of others wait for approval.")
    parent_id: PostId | None
    root_id: PostId | None = Field(description="The post that began the thread; null for that one itself.")
    photos: list[PhotoRead]
    poll: PollRead | None
    quote: QuoteRead | None
    preview: LinkPreviewRead | None
    pinned: bool = Field(description="Of a reply: whether who began the thread has put it before all others.")
    hearted: bool = Field(description="Of a reply: whether who began the thread has marked it with a heart.")
    like_count: int
    reply_count: int
    repost_count: int
    quote_count: int
    reposted: bool = Field(description="Whether the caller reposts it.")
    created_at: datetime
    published_at: datetime | None
    publish_at: datetime | None
    edited_at: datetime | None
    permissions: PostPermissions | None = Field(description="Null for who is not logged in.")


class PostPage(Page[PostRead]):
    """A page of posts."""


class ThreadEntry(Read):
    """A reply, and how far below the post that was asked about it stands, from 1."""

    level: int
    post: PostRead


class ThreadPage(Page[ThreadEntry]):
    """Replies, each followed by those to it; `next_cursor` leads to more of the first level."""


class PostVersionRead(Read):
    """What a post said for a while."""

    number: int = Field(description="From 1, the oldest.")
    text: str
    facets: list[FacetRead]
    language: str | None
    mark: Mark
    alts: list[str] = Field(description="Of the photos that it had, in order.")
    said_at: datetime


class PostVersionPage(Page[PostVersionRead]):
    """A page of versions, the newest first."""


class HashtagRead(Read):
    """A hashtag."""

    tag: str = Field(description="Folded, without the sign.", examples=["sea"])
    shown: str = Field(description="As it was written first.", examples=["Sea"])
    post_count: int
    follower_count: int
    followed: bool = Field(description="Whether the caller follows it.")


class HashtagPage(Page[HashtagRead]):
    """A page of hashtags."""


class RepostRead(Read):
    """Whether the caller reposts something."""

    subject_id: str = Field(examples=["pst_01jdxyz7q4e5v8w9r0t1y2p3a4"])
    reposted: bool


class RepostEntry(Read):
    """Something that a channel shows its followers."""

    subject_id: str = Field(examples=["pst_01jdxyz7q4e5v8w9r0t1y2p3a4"])
    reposted_at: datetime


class RepostPage(Page[RepostEntry]):
    """A page of reposts, the latest first; what is behind an id is asked for by it."""


class PostingSettingsRead(Read):
    """What the caller's posts begin with, and who may quote their videos."""

    visibility: PostVisibility
    language: str | None
    reply_policy: Allowed
    quote_policy: Allowed
    hold_replies: bool
    video_quote_policy: Allowed
