"""What is said and heard about comments."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from socialflow.domains.channels.schemas import ChannelCard
from socialflow.domains.engagement.models import CommentMode, CommentState
from socialflow.domains.posts.schemas import UNTURNED, Alt, PhotoRead
from socialflow.kernel import ids
from socialflow.kernel.ids import ChannelId, CommentId, UploadId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.texts import PROSE, seen

LONGEST_COMMENT = 4_000
MOST_PHOTOS = 4
# Of what can be commented on.
PREFIXES = ("vid",)
RULED = (*PREFIXES, "chn")
_ID = r"_[0-7][0-9a-hjkmnp-tv-z]{25}"


def _id_of(*prefixes: str) -> AfterValidator:
    def check(text: str) -> str:
        prefix = text.partition("_")[0]
        try:
            ids.parse(prefix if prefix in prefixes else "", text)
        except ids.MalformedId:
            raise PydanticCustomError("malformed_id", "not an id of what can be commented on") from None
        return text

    return AfterValidator(check)


def _seen_if_any(text: str) -> str:
    """No words at all, beside a photo, or some that can be read."""
    return seen(text) if text else text


SubjectId = Annotated[
    str,
    _id_of(*PREFIXES),
    Field(
        description="Id of what is commented on: a video. (Posts are answered by posts.)",
        json_schema_extra={"pattern": f"^({'|'.join(PREFIXES)}){_ID}$"},
        examples=["vid_01jdxyz7q4e5v8w9r0t1y2p3a4"],
    ),
]
RuledId = Annotated[
    str,
    _id_of(*RULED),
    Field(
        description="Id of a video, or of a channel, for all of its videos that say nothing by themselves.",
        json_schema_extra={"pattern": f"^({'|'.join(RULED)}){_ID}$"},
        examples=["chn_01jdxyz7q4e5v8w9r0t1y2p3a4"],
    ),
]
Words = Annotated[
    str,
    StringConstraints(max_length=LONGEST_COMMENT),
    AfterValidator(_seen_if_any),
    UNTURNED,
    PROSE,
    Field(
        description=(
            "Plain text. What it mentions (`@handle`), tags (`#word`), links to and which times of the video it names"
            " (`1:05`) is found by the server; facets cannot be sent. Empty only beside a photo."
        ),
        examples=["What a place!"],
    ),
]


class CommentPhotoCreate(Body):
    """A photo: an upload of purpose `comment_photo`, finished or running."""

    upload_id: UploadId
    alt: Alt = ""


Photos = Annotated[list[CommentPhotoCreate], Field(max_length=MOST_PHOTOS)]


class CommentCreate(Body):
    """Words about something, or an answer to a comment on it."""

    subject_id: SubjectId
    channel_id: ChannelId | None = Field(
        None, description="As which channel: one for which the caller publishes; the one of their account if absent."
    )
    text: Words = ""
    parent_id: CommentId | None = Field(
        None, description="The comment that is answered; it must be on the same subject."
    )
    photos: Photos = Field(default_factory=list)


class CommentUpdate(Body):
    """Other words; absent members stay."""

    text: Words | None = None
    photos: Photos | None = Field(None, description="All of them: those that are left out are taken away.")


class CommentFacet(Read):
    """A part of a text that stands for something; offsets count UTF-16 code units, as Dart and JavaScript do."""

    kind: Literal["mention", "hashtag", "link", "time"]
    start: int = Field(description="Of the first code unit.", examples=[18])
    end: int = Field(description="Behind the last code unit.", examples=[22])
    channel_id: ChannelId | None = Field(description="Of a mention.")
    tag: str | None = Field(description="Of a hashtag: folded, without the sign.", examples=["sea"])
    url: str | None = Field(description="Of a link: http or https, and nothing else.")
    at_ms: int | None = Field(description="Of a time: from the beginning of the video.", examples=[65_000])


class CommentRead(Read):
    """A comment, or the place of one that cannot be read (any more) but has answers."""

    id: CommentId
    subject_id: SubjectId
    parent_id: CommentId | None = Field(description="The comment that is answered; null for what begins a thread.")
    root_id: CommentId | None = Field(description="The comment that began the thread; null for that one itself.")
    depth: int = Field(description="How many comments stand above it.")
    author: ChannelCard | None = Field(description="Null when deleted.")
    by_owner: bool = Field(description="Whether it is said as the channel that has what is commented on.")
    text: str = Field(description="Plain text; encode it for where it is shown.")
    facets: list[CommentFacet]
    photos: list[PhotoRead]
    state: CommentState = Field(description="`held` and `hidden` are told to the author and the owner alone.")
    deleted: bool = Field(description="Whether its words cannot be read: it was deleted or hidden.")
    pinned: bool
    hearted: bool = Field(description="Whether the owner of what is commented on has marked it with a heart.")
    like_count: int
    reply_count: int = Field(description="Answers that stand directly below it.")
    created_at: datetime
    edited_at: datetime | None


class CommentPage(Page[CommentRead]):
    """A page of comments. With `depth` each is followed by those below it; `next_cursor` leads to more of the first."""


class CommentVersionRead(Read):
    """What a comment said for a while."""

    number: int = Field(description="From 1, the oldest.")
    text: str
    facets: list[CommentFacet]
    said_at: datetime


class CommentVersionPage(Page[CommentVersionRead]):
    """A page of versions, the newest first."""


class CommentRuleUpdate(Body):
    """How something may be commented on from now on."""

    mode: Literal["open", "held", "off"] | None = Field(
        description=(
            "`held` shows nothing of others before it was approved; `off` takes nothing, and shows nothing of what was"
            " said before. Null: as the channel says; of a channel, `open`."
        )
    )


class CommentRuleRead(Read):
    """How something may be commented on."""

    subject_id: RuledId
    mode: CommentMode
    own: CommentMode | None = Field(description="What is said of it by itself; null where its channel decides.")
    may_comment: bool = Field(description="Whether the caller may comment on it; of a channel false.")


class MentionableRead(Read):
    """Somebody whom one may want to mention."""

    channel: ChannelCard
    reason: Literal["author", "participant", "followed", "other"]


class MentionablesRead(Read):
    """People whose handle or name begins so; those who are part of the talk first."""

    people: list[MentionableRead]
