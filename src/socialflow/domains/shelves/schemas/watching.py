"""What is said and heard about watching: where one stopped, what one has watched, and how one's player begins."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from socialflow.domains.videos.schemas import VideoRead
from socialflow.kernel.ids import VideoId, WatchId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read

MOST_MARKED = 100
MOST_DAYS = 3_650
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
    """Where the caller stopped in a video; `position_ms` is null where nothing is kept to go on from."""

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


class HistoryEntry(Read):
    """A video that the caller has watched, once."""

    id: WatchId
    video: VideoRead
    position_ms: int | None = Field(description="Where they can go on; null at the beginning and the end.")
    finished: bool = Field(description="Whether they saw its end.")
    began_at: datetime
    watched_at: datetime = Field(description="When they last watched it, that time.")


class HistoryPage(Page[HistoryEntry]):
    """A page of what the caller has watched."""


class HistorySettingsRead(Read):
    """What is kept of what the caller watches."""

    enabled: bool = Field(description="Whether what they watch is kept; false is a pause, and keeps what there is.")
    keep_days: int | None = Field(
        description="After how many days it is forgotten; null is what the installation says.", examples=[90]
    )


class HistorySettingsUpdate(Body):
    """What is to change; absent members stay, and `keep_days` is left to the installation by null."""

    enabled: bool | None = None
    keep_days: int | None = Field(None, ge=1, le=MOST_DAYS)
