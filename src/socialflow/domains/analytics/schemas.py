"""Reports of players in the words of CMCD version 2, and what they add up to.

Common Media Client Data, CTA-5004-B: https://cta-wave.github.io/Resources/common-media-client-data--cta-5004-b.html
(version 1 is CTA-5004). Keys keep their names from there, and lists of one number stay lists; keys of our own carry
a prefix with a hyphen, as the standard asks for.
"""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from socialflow.kernel.ids import VideoId
from socialflow.kernel.schemas import Body, Read

MOST_REPORTS = 50
DAY_MS = 86_400_000
LARGEST = 2**31 - 1

# A list may tell one number per kind of object (audio, video); ours tells one of all.
Milliseconds = Annotated[list[Annotated[int, Field(ge=0, le=DAY_MS)]], Field(min_length=1, max_length=4)]
Numbers = Annotated[list[Annotated[int, Field(ge=0, le=1_000_000)]], Field(min_length=1, max_length=4)]
ErrorCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Guid = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
    Field(examples=["6e2fb550-c457-11e9-bb97-0800200c9a66"]),
]


class PlaybackReport(Body):
    """One report of a player in event mode."""

    v: Literal[2] = Field(description="Version of CMCD.")
    sid: Guid = Field(description="Session: a random number for this one playback, never used again.")
    cid: VideoId = Field(description="Content: the video.")
    sn: int = Field(ge=0, le=LARGEST, description="Number of the report in its session, from 0.", examples=[3])
    ts: int = Field(
        ge=0,
        le=2**53,
        description="When it happened, by the player's clock, in ms since 1970.",
        examples=[1796000000000],
    )
    e: Literal["ps", "t", "e", "bc", "b"] = Field(
        description="Event: `ps` another state, `t` some time has passed, `e` an error, `bc` another bitrate, "
        "`b` into the background or back."
    )
    sta: Literal["s", "p", "k", "r", "a", "w", "e", "f", "q", "d"] | None = Field(
        None,
        description="State: `s` starting, `p` playing, `k` seeking, `r` rebuffering, `a` paused, `w` waiting, "
        "`e` ended, `f` failed, `q` quit, `d` preloading. With `ps` it must be told.",
    )
    pt: int | None = Field(None, ge=0, le=LARGEST, description="Playhead, in ms.")
    msd: int | None = Field(
        None, ge=0, le=600_000, description="Media start delay: from the wish to play to the first picture, in ms."
    )
    bs: bool | None = Field(None, description="Whether the buffer ran dry since the report before.")
    bsa: Numbers | None = Field(None, description="How often the buffer ran dry since the session began.")
    bsd: Milliseconds | None = Field(None, description="How long it did, for each time since the report before, in ms.")
    bsda: Milliseconds | None = Field(None, description="How long it did, all together, in ms.")
    br: Numbers | None = Field(None, description="Bitrate of the rendition that is chosen, in kbps.")
    dfa: int | None = Field(None, ge=0, le=LARGEST, description="Frames dropped since the session began.")
    ec: list[ErrorCode] | None = Field(
        None, min_length=1, max_length=8, description="Codes of errors. With `e` there must be one."
    )
    bg: bool | None = Field(None, description="Whether the player is in the background.")
    sf: Literal["d", "h", "o"] | None = Field(None, description="Format: `d` DASH, `h` HLS, `o` another.")
    st: Literal["v", "l", "ll"] | None = Field(
        None, description="Stream: `v` on demand, `l` live, `ll` of low latency."
    )
    pr: float | None = Field(None, ge=0, le=16, description="Speed.")
    played: int | None = Field(
        None,
        alias="socialflow-played",
        ge=0,
        le=DAY_MS,
        description="Time in which pictures moved since the session began, in ms.",
    )
    mean: int | None = Field(
        None,
        alias="socialflow-mean",
        ge=0,
        le=1_000_000,
        description="Mean bitrate over that time, in kbps.",
    )
    switches: int | None = Field(
        None, alias="socialflow-switches", ge=0, le=1_000_000, description="Changes of the rendition, since it began."
    )

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.e == "ps" and self.sta is None:
            raise PydanticCustomError("missing_state", "an event `ps` tells its state in `sta`")
        if self.e == "e" and not self.ec:
            raise PydanticCustomError("missing_error", "an event `e` tells its codes in `ec`")
        return self


class PlaybackReports(Body):
    """Some reports of one session."""

    reports: list[PlaybackReport] = Field(min_length=1, max_length=MOST_REPORTS)

    @model_validator(mode="after")
    def _are_of_one_session(self) -> Self:
        if len({(each.sid, each.cid) for each in self.reports}) > 1:
            raise PydanticCustomError("several_sessions", "all reports are of one session and one video")
        return self


class PlaybackErrorCount(Read):
    """In how many playbacks something went wrong."""

    code: str = Field(examples=["fragLoadError"])
    sessions: int


class PlaybackQualityRead(Read):
    """How well a video played of late; of no single playback, and of nobody."""

    since: datetime
    sessions: int = Field(description="Playbacks that showed anything, or failed, and told of it: the latest 20,000.")
    startup_ms: int | None = Field(description="From the wish to play to the first picture: half took at most this.")
    startup_slow_ms: int | None = Field(description="The same: 95 % took at most this.")
    stalled_share: float | None = Field(description="Share of playbacks that ran dry, from 0 to 1.")
    stall_ratio: float | None = Field(description="Share of the time that was spent waiting after the start.")
    bitrate_kbps: int | None = Field(description="Mean bitrate over the time played.")
    switches: float | None = Field(description="Changes of the rendition per playback.")
    dropped_frames: float | None = Field(description="Dropped frames per playback.")
    failed_share: float | None = Field(description="Share of playbacks that ended in an error, from 0 to 1.")
    errors: list[PlaybackErrorCount] = Field(description="What went wrong most, five at most.")
