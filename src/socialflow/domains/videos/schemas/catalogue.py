"""What is said and heard about videos."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from socialflow.domains.channels.schemas import ChannelCard, EmbedDomains
from socialflow.domains.media.schemas import Playback
from socialflow.domains.videos.models import Mark, Restriction, SourceState, VideoState, Visibility
from socialflow.kernel.ids import AssetId, ChannelId, UploadId, VideoId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read, date_time
from socialflow.kernel.texts import LINE, PROSE, SEEN

LONGEST_TITLE = 120
LONGEST_DESCRIPTION = 5_000
SHORTEST_PASSWORD, LONGEST_PASSWORD = 4, 128
LONGEST_TAG = 40
MOST_TAGS = 20
LONGEST_CHAPTER = 100
MOST_CHAPTERS = 100
LATEST_CHAPTER_MS = 100 * 3_600_000 - 1
UNTITLED = "Untitled video"
# What would end or begin a tag where tags are written in a row.
_TAG_BREAKS = re.compile(r"[#,]")


def tag_of(text: str) -> str:
    """A tag as it is kept: lower case, without the sign in front."""
    tag = text.removeprefix("#").strip().lower()
    if not tag or _TAG_BREAKS.search(tag):
        raise PydanticCustomError("tag", "a tag is a word or a few, without # and comma")
    return tag


def _without_doubles(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_TITLE),
    SEEN,
    LINE,
    Field(examples=["A walk along the sea"]),
]
Description = Annotated[str, StringConstraints(max_length=LONGEST_DESCRIPTION), PROSE]
Tag = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_TAG),
    SEEN,
    AfterValidator(tag_of),
    LINE,
    Field(examples=["sea"]),
]
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS), AfterValidator(_without_doubles)]
# JSON has neither enumerations nor times: a member is given by its value, a time by its text.
Seeable = Annotated[Visibility, Field(strict=False)]
PublishAt = Annotated[
    Annotated[AwareDatetime, Field(strict=False)] | None,
    BeforeValidator(date_time),
    Field(
        description=(
            "When the video is published; until then it is its owner's alone, whatever its visibility says."
            " RFC 3339 with an offset, two years from now at the latest."
        ),
        examples=["2027-01-31T18:30:00+01:00"],
    ),
]


VideoPassword = Annotated[
    SecretStr | None,
    Field(
        min_length=SHORTEST_PASSWORD,
        max_length=LONGEST_PASSWORD,
        description="With the visibility `password`: who gives it sees the video. Another one shuts out who knew this.",
        examples=["a sea of words"],
    ),
]
Marked = Annotated[
    Mark,
    Field(strict=False, description="`sensitive` is for clients to warn of; `adult` is for people who are logged in."),
]


class VideoCreate(Body):
    """A video that is to be made of an upload, whether or not its last byte has arrived."""

    upload_id: UploadId
    channel_id: ChannelId | None = Field(
        None, description="On which channel: one for which the caller publishes; the one of their account if absent."
    )
    title: Title = UNTITLED
    description: Description = ""
    visibility: Seeable = Visibility.PUBLIC
    password: VideoPassword = None
    mark: Marked = Mark.NONE
    tags: Tags = Field(default_factory=list)
    publish_at: PublishAt = None
    embed_domains: EmbedDomains = None
    allow_download: bool = Field(False, description="Whether whoever can watch it may download it.")


class VideoUpdate(Body):
    """What an owner may change; absent members stay, and `publish_at` is taken away by null."""

    title: Title | None = None
    description: Description | None = None
    visibility: Seeable | None = None
    password: VideoPassword = None
    mark: Marked | None = None
    tags: Tags | None = None
    publish_at: PublishAt = None
    embed_domains: EmbedDomains = None
    allow_download: bool | None = Field(None, description="Whether whoever can watch it may download it.")


class DownloadState(Read):
    """Where a download stands that has still to be put together."""

    state: Literal["preparing"]
    rendition: str = Field(examples=["720p"])


class Chapter(Body):
    """A part of a video, from its start to that of the next."""

    start_ms: int = Field(ge=0, le=LATEST_CHAPTER_MS, examples=[0])
    title: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CHAPTER), SEEN, LINE] = Field(
        examples=["The way there"]
    )


class ChaptersUpdate(Body):
    """Chapters as their owner wants them; an empty list leaves it to the description."""

    chapters: list[Chapter] = Field(max_length=MOST_CHAPTERS)


class ChapterSource(StrEnum):
    """Where chapters come from."""

    OWNER = "owner"
    DESCRIPTION = "description"
    NOTHING = "nothing"


class ChaptersRead(Read):
    """The chapters of a video, in order."""

    chapters: list[Chapter]
    source: ChapterSource = Field(description="Who wrote them: the owner, or times in the description.")


class VideoReplace(Body):
    """Another file for a video."""

    upload_id: UploadId


class VideoFile(Read):
    """A file of a video: it waits, is shown, was shown and is still kept, is gone, failed, or was overtaken."""

    upload_id: UploadId
    asset_id: AssetId
    state: SourceState
    failure_code: str | None = Field(description="Stable name of what went wrong.", examples=["not_a_video"])
    failure_detail: str | None = Field(description="A sentence for people.")
    created_at: datetime
    shown_at: datetime | None = Field(description="Since when it is, or was, shown.")
    ended_at: datetime | None = Field(description="Since when it is not, or will not be.")


class VideoFiles(Read):
    """The files of a video."""

    pending: VideoFile | None = Field(description="The one that is to be shown once it can be watched.")
    files: list[VideoFile] = Field(description="All of them, the newest first.")


class VideoFailure(Read):
    """Why there is nothing to watch."""

    code: str = Field(description="Stable name of what went wrong.", examples=["not_a_video"])
    detail: str = Field(description="A sentence for people.")


class VideoPermissions(Read):
    """What the caller may do to the video."""

    edit: bool
    delete: bool
    download: bool


class VideoRead(Read):
    """A video."""

    id: VideoId
    title: str = Field(examples=["A walk along the sea"])
    description: str
    tags: list[str] = Field(examples=[["sea", "walking"]])
    visibility: Visibility
    mark: Mark = Field(description="What clients warn of, or who has to be logged in for it.")
    restriction: Restriction | None = Field(description="Why nobody sees it but its owner and staff; set by staff.")
    state: VideoState
    progress: float = Field(description="How much of the preparation is done, from 0 to 1.", examples=[1.0])
    failure: VideoFailure | None = Field(description="For the owner alone, of a video that failed.")
    embed_domains: list[str] | None = Field(
        description="Whose pages may show it in a frame, as its owner says; null where the channel decides."
    )
    embeddable_on: list[str] | None = Field(
        description="Whose pages may show it in a frame as things stand: null is everybody's, none at all is nobody's."
    )
    allow_download: bool = Field(description="Whether its owner lets people download it.")
    channel: ChannelCard
    like_count: int
    comment_count: int
    duration_ms: int | None = Field(examples=[60000])
    created_at: datetime
    published_at: datetime | None = Field(description="When everybody could watch it for the first time.")
    publish_at: datetime | None = Field(description="When it will be published; null unless it waits for that.")
    playback: Playback | None = Field(description="Null before there is something to play.")
    permissions: VideoPermissions | None = Field(description="Null in lists, which are the same for everybody.")


class VideoPage(Page[VideoRead]):
    """A page of videos."""
