"""What clients send."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from socialflow.domains.posts.models import Allowed
from socialflow.domains.posts.models import PostVisibility as Seeable
from socialflow.kernel.ids import ChannelId, PostId, UploadId
from socialflow.kernel.schemas import Body, date_time
from socialflow.kernel.texts import LINE, PROSE, SEEN, seen
from socialflow.kernel.visibility import Mark

LONGEST_POST = 5_000
LONGEST_ALT = 2_000
LONGEST_OPTION = 100
LONGEST_TAG = 100
MOST_PHOTOS = 10
FEWEST_OPTIONS, MOST_OPTIONS = 2, 6
SHORTEST_POLL_S, LONGEST_POLL_S = 300, 31 * 86_400
_ID = r"_[0-7][0-9a-hjkmnp-tv-z]{25}"
# Embeddings, overrides, and what ends them: words that they turn around read as others than they are. Isolates do
# what writers of both directions need, and end with the paragraph.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e")


def unturned(text: str) -> str:
    """The text, if nothing in it makes what follows run against its own direction."""
    if _TURNING & set(text):
        raise PydanticCustomError("text_direction", "characters that turn the direction of text around are not taken")
    return text


def _seen_if_any(text: str) -> str:
    """No words at all, or some that can be read."""
    return seen(text) if text else text


def _unlike(options: list[str]) -> list[str]:
    if len({option.casefold() for option in options}) < len(options):
        raise PydanticCustomError("same_option", "the answers of a poll differ")
    return options


UNTURNED = AfterValidator(unturned)
PostText = Annotated[
    str,
    StringConstraints(max_length=LONGEST_POST),
    AfterValidator(_seen_if_any),
    UNTURNED,
    PROSE,
    Field(
        description=(
            "Plain text. What it mentions (`@handle`), tags (`#word`) and links to (`https://...`) is found by the"
            " server; facets cannot be sent."
        ),
        examples=["A walk along the #sea with @ada"],
    ),
]
Alt = Annotated[
    str,
    StringConstraints(max_length=LONGEST_ALT),
    UNTURNED,
    PROSE,
    Field(description="What is to be seen, for those who cannot.", examples=["A lighthouse in the fog"]),
]
OptionText = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_OPTION), SEEN, UNTURNED, LINE]
PostLanguage = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$",
        max_length=35,
        description="In which language it is written (BCP 47).",
        examples=["en"],
    ),
]
# JSON has no enumerations: a member is given by its value.
PostVisibility = Annotated[Seeable, Field(strict=False)]
PostMark = Annotated[
    Mark,
    Field(
        strict=False,
        description="`sensitive` is covered until somebody wants to see it, `adult` is for people who are logged in.",
    ),
]
ReplyPolicy = Annotated[Allowed, Field(strict=False, description="Whom the author lets reply.")]
QuotePolicy = Annotated[Literal["everybody", "followers", "nobody"], Field(description="Whom the author lets quote.")]
HoldReplies = Annotated[bool, Field(description="Whether replies of others, in all of the thread, wait for approval.")]
QuotedId = Annotated[
    str,
    Field(
        pattern=f"^(pst|vid){_ID}$",
        description="The post or video that is quoted.",
        examples=["pst_01jdxyz7q4e5v8w9r0t1y2p3a4"],
    ),
]
PublishAt = Annotated[
    Annotated[AwareDatetime, Field(strict=False)] | None,
    BeforeValidator(date_time),
    Field(
        description=(
            "When the post is published; until then it is its author's alone, whatever its visibility says."
            " RFC 3339 with an offset, two years from now at the latest."
        ),
        examples=["2027-01-31T18:30:00+01:00"],
    ),
]


class PhotoCreate(Body):
    """A photo: an upload of purpose `photo`, finished or running."""

    upload_id: UploadId
    alt: Alt = ""


class PollCreate(Body):
    """A question to everybody who sees the post."""

    options: Annotated[
        list[OptionText], Field(min_length=FEWEST_OPTIONS, max_length=MOST_OPTIONS), AfterValidator(_unlike)
    ] = Field(examples=[["Sea", "Mountains"]])
    multiple: bool = Field(False, description="Whether several answers may be chosen.")
    duration_s: int = Field(
        86_400,
        ge=SHORTEST_POLL_S,
        le=LONGEST_POLL_S,
        description="How long it takes votes, from when the post is published.",
    )


Photos = Annotated[list[PhotoCreate], Field(max_length=MOST_PHOTOS)]


class PostCreate(Body):
    """Something to be said, now, later, or when it is finished."""

    channel_id: ChannelId | None = Field(
        None, description="As which channel: one for which the caller publishes; the one of their account if absent."
    )
    text: PostText = ""
    language: PostLanguage | None = None
    mark: PostMark = Mark.NONE
    visibility: PostVisibility | None = Field(None, description="As the caller's settings say, where it is absent.")
    reply_policy: ReplyPolicy | None = None
    quote_policy: QuotePolicy | None = None
    hold_replies: HoldReplies | None = None
    parent_id: PostId | None = Field(None, description="The post that this one replies to.")
    quote_id: QuotedId | None = None
    photos: Photos = Field(default_factory=list)
    poll: PollCreate | None = None
    draft: bool = Field(False, description="Whether it is only kept; it is its author's alone then.")
    publish_at: PublishAt = None


class PostUpdate(Body):
    """What an author may change; absent members stay.

    Of a published post only the text, language, mark, photos, who may reply or quote, and whether replies wait.
    """

    text: PostText | None = None
    language: PostLanguage | None = None
    mark: PostMark | None = None
    visibility: PostVisibility | None = None
    reply_policy: ReplyPolicy | None = None
    quote_policy: QuotePolicy | None = None
    hold_replies: HoldReplies | None = None
    quote_id: QuotedId | None = None
    photos: Photos | None = Field(None, description="All of them: those that are left out are taken away.")
    poll: PollCreate | None = None
    publish_at: PublishAt = None


class VoteCreate(Body):
    """What somebody votes for."""

    choices: list[Annotated[int, Field(ge=0, lt=MOST_OPTIONS)]] = Field(
        min_length=1, max_length=MOST_OPTIONS, description="Numbers of answers, from 0.", examples=[[0]]
    )


class PostingSettingsUpdate(Body):
    """What is to change; absent members stay, and `language` is taken away by null."""

    visibility: PostVisibility | None = None
    language: PostLanguage | None = None
    reply_policy: ReplyPolicy | None = None
    quote_policy: QuotePolicy | None = None
    hold_replies: HoldReplies | None = None
    video_quote_policy: QuotePolicy | None = None
