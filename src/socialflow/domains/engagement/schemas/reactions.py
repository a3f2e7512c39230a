"""What is said and heard about likes and reactions."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from socialflow.domains.posts.schemas import UNTURNED
from socialflow.kernel.ids import EmojiId, UploadId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.texts import LINE

MOST_MARKED = 100
LONGEST_EMOJI = 40
LONGEST_EMOJI_ALT = 200
_ID = r"_[0-7][0-9a-hjkmnp-tv-z]{25}"

LikeableId = Annotated[
    str,
    Field(
        description="Id of a video, a post or a comment.",
        json_schema_extra={"pattern": f"^(vid|pst|cmt){_ID}$"},
        examples=["vid_01jdxyz7q4e5v8w9r0t1y2p3a4"],
    ),
]
Emoji = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_EMOJI,
        description="One of those that `GET /reactions/emojis` names: a letter, or the name of a picture in colons.",
        examples=["\N{THUMBS UP SIGN}"],
    ),
]
EmojiName = Annotated[
    str,
    Field(
        pattern="^[a-z0-9_]{2,30}$",
        description="By which it is known; what people choose is the name in colons.",
        examples=["paper_boat"],
    ),
]
EmojiAlt = Annotated[
    str,
    StringConstraints(max_length=LONGEST_EMOJI_ALT),
    UNTURNED,
    LINE,
    Field(description="What it shows, for those who cannot see it.", examples=["A paper boat"]),
]


class LikeRead(Read):
    """Whether the caller likes something, and how many do."""

    subject_id: LikeableId
    liked: bool
    like_count: int


class DislikeRead(Read):
    """Whether the caller dislikes something; how many do is told to its owner alone, elsewhere."""

    subject_id: LikeableId
    disliked: bool
    like_count: int = Field(description="A dislike takes the caller's like back.")


class MarksRead(Read):
    """Of the things asked for, those that the caller likes, dislikes or has saved, and channels that they follow."""

    liked: list[str] = Field(examples=[["vid_01jdxyz7q4e5v8w9r0t1y2p3a4"]])
    disliked: list[str] = Field(examples=[["pst_01jdxyz7q4e5v8w9r0t1y2p3a4"]])
    followed: list[str] = Field(examples=[["chn_01jdxyz7q4e5v8w9r0t1y2p3a4"]])
    saved: list[str] = Field(examples=[["vid_01jdxyz7q4e5v8w9r0t1y2p3a4"]])


class ReactionUpdate(Body):
    """By which emoji the caller reacts from now on."""

    emoji: Emoji


class EmojiRead(Read):
    """Something that one can react by."""

    emoji: Emoji
    url: str | None = Field(description="The picture, where it is one of the installation's own.")
    alt: str


class ReactionTally(Read):
    """How many react by one emoji."""

    emoji: Emoji
    url: str | None
    alt: str
    count: int


class ReactionsRead(Read):
    """How people react to something."""

    subject_id: LikeableId
    reactions: list[ReactionTally] = Field(description="The most frequent one first.")
    own: str | None = Field(description="By which emoji the caller reacts.")
    disliked: bool = Field(description="Whether the caller dislikes it.")
    dislike_count: int | None = Field(description="Told to its owner alone.")


class ReactionsOfMany(Read):
    """How people react to the things asked for, of those that the caller may see."""

    subjects: list[ReactionsRead]


class EmojisRead(Read):
    """What one can react by, in the order in which it is offered."""

    emojis: list[EmojiRead]


class CustomEmojiCreate(Body):
    """A new picture to react by: an upload of purpose `emoji`."""

    name: EmojiName
    upload_id: UploadId
    alt: EmojiAlt = ""


class CustomEmojiUpdate(Body):
    """What is to change; absent members stay."""

    alt: EmojiAlt | None = None
    offered: bool | None = Field(None, description="Whether it can be chosen; it stays on what it was chosen for.")


class CustomEmojiRead(Read):
    """A picture to react by, as staff see it."""

    id: EmojiId
    name: EmojiName
    emoji: Emoji
    alt: str
    offered: bool
    state: str = Field(description="`processing`, `ready` or `failed`.", examples=["ready"])
    url: str | None
    created_at: datetime


class CustomEmojiPage(Page[CustomEmojiRead]):
    """A page of pictures, the latest first."""
