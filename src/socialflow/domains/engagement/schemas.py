"""What is said and heard about likes, comments and watching."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from socialflow.domains.channels.schemas import ChannelCard
from socialflow.domains.videos.schemas import VideoRead
from socialflow.kernel.ids import CommentId, VideoId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.texts import PROSE, SEEN

LONGEST_COMMENT = 4_000
MOST_MARKED = 100
_ID = r"_[0-7][0-9a-hjkmnp-tv-z]{25}"

LikeableId = Annotated[
    str,
    Field(
        description="Id of a video or a comment.",
        json_schema_extra={"pattern": f"^(vid|cmt){_ID}$"},
        examples=["vid_01jdxyz7q4e5v8w9r0t1y2p3a4"],
    ),
]
Words = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_COMMENT),
    SEEN,
    PROSE,
    Field(examples=["What a place!"]),
]


class LikeRead(Read):
    """Whether the caller likes something, and how many do."""

    subject_id: LikeableId
    liked: bool
    like_count: int


class MarksRead(Read):
    """Of the things asked for, those that the caller likes and the channels that they follow."""

    liked: list[str] = Field(examples=[["vid_01jdxyz7q4e5v8w9r0t1y2p3a4"]])
    followed: list[str] = Field(examples=[["chn_01jdxyz7q4e5v8w9r0t1y2p3a4"]])


class CommentCreate(Body):
    """Words about a video, or an answer to a comment on it."""

    subject_id: VideoId
    text: Words
    parent_id: CommentId | None = Field(None, description="The comment that is answered; it must be on the same video.")


class CommentUpdate(Body):
    """Other words."""

    text: Words


class CommentRead(Read):
    """A comment, or the place of a deleted one that has answers."""

    id: CommentId
    subject_id: VideoId
    parent_id: CommentId | None = Field(description="The comment that began the thread; null for that one itself.")
    author: ChannelCard | None = Field(description="Null when deleted.")
    text: str = Field(description="Plain text; encode it for where it is shown.")
    deleted: bool
    like_count: int
    reply_count: int
    created_at: datetime
    edited_at: datetime | None


class CommentPage(Page[CommentRead]):
    """A page of comments."""


QUALITIES = (144, 240, 360, 480, 720, 1080, 1440, 2160)
SPEEDS = (25, 50, 75, 100, 125, 150, 175, 200)
# Longer than any video is allowed to be.
LATEST_POSITION_MS = 2**31 - 1

Quality = Literal[144, 240, 360, 480, 720, 1080, 1440, 2160]
Speed = Literal[25, 50, 75, 100, 125, 150, 175, 200]
CaptionChoice = Annotated[
    str,
    Field(
        pattern=r"^(default|off|[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4})$",
        max_length=35,
        description="A language (BCP 47), `off`, or `default`: what the video's owner says.",
        examples=["default"],
    ),
]


class PositionUpdate(Body):
    """Where the caller is in a video now."""

    position_ms: int = Field(ge=0, le=LATEST_POSITION_MS, description="From the beginning.", examples=[83_000])


class WatchPositionRead(Read):
    """Where the caller stopped in a video; `position_ms` is null where nothing is kept."""

    video_id: VideoId
    position_ms: int | None = Field(
        description="Null at the beginning, near the end, and for who keeps no positions.", examples=[83_000]
    )
    duration_ms: int | None = Field(description="Of the whole video.", examples=[600_000])
    updated_at: datetime | None


class WatchPositionsRead(Read):
    """Of the videos asked for, those in which the caller stopped somewhere."""

    positions: list[WatchPositionRead]


class WatchingEntry(Read):
    """A video that the caller has begun and not finished."""

    video: VideoRead
    position_ms: int = Field(examples=[83_000])
    watched_at: datetime = Field(description="When it was last watched.")


class WatchingPage(Page[WatchingEntry]):
    """A page of what can be watched on."""


class PlayerSettingsRead(Read):
    """How the caller's player begins, on devices where nothing else was chosen."""

    quality: Quality | None = Field(description="Lines of the short side; null is whatever the connection carries.")
    speed_percent: Speed = Field(examples=[100])
    captions: CaptionChoice
    autoplay: bool = Field(description="Whether a video that was asked for begins by itself.")
    autoplay_next: bool = Field(description="Whether another one follows at its end.")
    keep_positions: bool = Field(description="Whether it is kept where they stop in videos.")


class PlayerSettingsUpdate(Body):
    """What is to change; absent members stay, and `quality` is made automatic by null."""

    quality: Quality | None = None
    speed_percent: Speed | None = None
    captions: CaptionChoice | None = None
    autoplay: bool | None = None
    autoplay_next: bool | None = None
    keep_positions: bool | None = Field(None, description="False forgets all that was kept, too.")
