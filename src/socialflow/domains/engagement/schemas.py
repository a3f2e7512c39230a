"""What is said and heard about likes and comments."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from socialflow.domains.channels.schemas import ChannelCard
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
    """Of the things asked for, those that the caller likes or has saved, and the channels that they follow."""

    liked: list[str] = Field(examples=[["vid_01jdxyz7q4e5v8w9r0t1y2p3a4"]])
    followed: list[str] = Field(examples=[["chn_01jdxyz7q4e5v8w9r0t1y2p3a4"]])
    saved: list[str] = Field(examples=[["vid_01jdxyz7q4e5v8w9r0t1y2p3a4"]])


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
