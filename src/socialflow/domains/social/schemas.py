"""What is said and heard about the graph."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints
from pydantic_core import PydanticCustomError

from socialflow.domains.channels.schemas import ChannelCard
from socialflow.domains.social.models import Bell, MuteKind
from socialflow.kernel.ids import ChannelId, ListId, MuteId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.texts import LINE, SEEN

LONGEST_TITLE = 60
LONGEST_TERM = 60


def term_of(text: str) -> str:
    """A word or hashtag as it is compared: in lower case, without the sign in front."""
    term = text.removeprefix("#").strip().lower()
    if not term:
        raise PydanticCustomError("term", "a word, or a few, or a hashtag")
    return term


def in_utc(time: datetime) -> datetime:
    """A time as it is kept: the first and the last hours of all times are no times in UTC."""
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("time_range", "a time between the years 1 and 9999, in UTC, too") from None


class FollowState(StrEnum):
    """Whether one follows, or has asked to."""

    ACTIVE = "active"
    REQUESTED = "requested"


class FollowRead(Read):
    """An edge of the graph, or the wish for one."""

    channel_id: ChannelId
    state: FollowState = Field(description="`requested` where the channel's owner has still to decide.")
    bell: Bell
    created_at: datetime


class BellUpdate(Body):
    """Of how much of what is new one wants to be told."""

    bell: Annotated[Bell, Field(strict=False)]


class ChannelPage(Page[ChannelCard]):
    """A page of channels."""


class FollowRequestRead(Read):
    """Somebody who asks to follow one."""

    channel: ChannelCard
    created_at: datetime


class FollowRequestPage(Page[FollowRequestRead]):
    """A page of requests."""


class RelationRead(Read):
    """How the caller and a channel stand to each other."""

    channel_id: ChannelId
    following: bool
    requested: bool = Field(description="The caller has asked to follow it.")
    requests_you: bool = Field(description="It has asked to follow the caller.")
    follows_you: bool
    mutual: bool = Field(description="Each follows the other.")
    blocking: bool
    muting: bool
    bell: Bell


class Relations(Read):
    """How the caller stands to some channels; those that they may not see are left out."""

    relations: list[RelationRead]


class MuteUntil(Body):
    """Until when something is muted; for ever where nothing is said."""

    expires_at: Annotated[AwareDatetime, Field(strict=False), AfterValidator(in_utc)] | None = Field(
        None, examples=["2027-01-31T18:30:00+01:00"]
    )


class TermKind(StrEnum):
    """What a muted term is."""

    WORD = "word"
    HASHTAG = "hashtag"


class TermCreate(MuteUntil):
    """A word, or a few, or a hashtag that one does not want to see."""

    kind: Annotated[TermKind, Field(strict=False)]
    term: Annotated[
        str,
        StringConstraints(min_length=1, max_length=LONGEST_TERM),
        SEEN,
        AfterValidator(term_of),
        LINE,
        Field(examples=["spoiler"]),
    ]


class MuteRead(Read):
    """What one does not want to see; `kind` says which member is not null."""

    id: MuteId
    kind: MuteKind
    channel: ChannelCard | None
    thread_id: str | None = Field(description="A video's or a comment's.", examples=["cmt_01jdxyz7q4e5v8w9r0t1y2p3a4"])
    term: str | None
    expires_at: datetime | None
    created_at: datetime


class MutePage(Page[MuteRead]):
    """A page of what is muted."""


ListTitle = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_TITLE), SEEN, LINE, Field(examples=["Gardeners"])
]


class PeopleListCreate(Body):
    """A list that nobody else knows of."""

    title: ListTitle


class PeopleListUpdate(Body):
    """Another title."""

    title: ListTitle


class PeopleListRead(Read):
    """A list."""

    id: ListId
    title: str
    member_count: int
    created_at: datetime
    updated_at: datetime


class PeopleListPage(Page[PeopleListRead]):
    """A page of lists."""


class GraphKind(StrEnum):
    """A part of somebody's graph, as a file."""

    FOLLOWS = "follows"
    BLOCKS = "blocks"
    MUTES = "mutes"
    LISTS = "lists"


class LineOutcome(StrEnum):
    """What became of a line."""

    DONE = "done"
    REQUESTED = "requested"
    ALREADY = "already"
    NOT_FOUND = "not_found"
    ELSEWHERE = "elsewhere"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


class ImportLine(Read):
    """A line of an imported file."""

    line: int
    address: str = Field(examples=["ada@example.org"])
    outcome: LineOutcome
    code: str | None = Field(description="The problem, where it was refused.", examples=["cannot_follow_yourself"])


class ImportReport(Read):
    """What became of every line; the header, if there was one, is none."""

    done: int
    requested: int
    already: int
    failed: int
    lines: list[ImportLine]


class SuggestionReason(StrEnum):
    """Why somebody is suggested."""

    FRIENDS = "friends_of_friends"
    INTERESTS = "similar_interests"
    LANGUAGE = "popular_in_language"
    POPULAR = "popular"


class Suggestion(Read):
    """Somebody whom one might want to follow, and why."""

    channel: ChannelCard
    reason: SuggestionReason
    known_by: list[ChannelCard] = Field(description="Some of those whom the caller follows and who follow it.")
    tags: list[str] = Field(description="Some hashtags of which it speaks and which the caller follows or uses.")


class SuggestionPage(Page[Suggestion]):
    """A page of suggestions."""
