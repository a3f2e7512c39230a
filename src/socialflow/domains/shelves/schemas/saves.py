"""What is said and heard about saved things."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from socialflow.domains.posts.schemas import PostRead
from socialflow.domains.shelves.models import SaveKind
from socialflow.domains.videos.schemas import VideoRead
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Read

_ID = r"_[0-7][0-9a-hjkmnp-tv-z]{25}"
SaveableId = Annotated[
    str,
    Field(
        description="Id of a video or a post.",
        json_schema_extra={"pattern": f"^(vid|pst){_ID}$"},
        examples=["vid_01jdxyz7q4e5v8w9r0t1y2p3a4"],
    ),
]


class SaveRead(Read):
    """Whether the caller has saved something."""

    subject_id: SaveableId
    saved: bool


class SavedEntry(Read):
    """Something that the caller has saved: a video or a post, by `kind`."""

    kind: SaveKind
    video: VideoRead | None
    post: PostRead | None
    saved_at: datetime


class SavedPage(Page[SavedEntry]):
    """A page of what the caller has saved."""
