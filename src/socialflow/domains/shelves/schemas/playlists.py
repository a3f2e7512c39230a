"""What is said and heard about playlists."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from socialflow.domains.channels.schemas import ChannelCard
from socialflow.domains.shelves.models import PlaylistKind, PlaylistRole
from socialflow.domains.videos.schemas import VideoRead
from socialflow.kernel.ids import ChannelId, PlaylistId, PlaylistItemId, VideoId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.texts import LINE, PROSE, SEEN
from socialflow.kernel.visibility import Restriction

LONGEST_TITLE = 120
LONGEST_DESCRIPTION = 5_000
LONGEST_NOTE = 500
# Embeddings and overrides, and what ends them: words that they turn around read as others than they are.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e")


def unturned(text: str) -> str:
    """The text, if nothing in it makes what follows run against its own direction."""
    if _TURNING & set(text):
        raise PydanticCustomError("text_direction", "characters that turn the direction of text around are not taken")
    return text


UNTURNED = AfterValidator(unturned)
Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_TITLE),
    SEEN,
    UNTURNED,
    LINE,
    Field(examples=["For a rainy day"]),
]
Description = Annotated[str, StringConstraints(max_length=LONGEST_DESCRIPTION), UNTURNED, PROSE]
Note = Annotated[
    str, StringConstraints(max_length=LONGEST_NOTE), UNTURNED, PROSE, Field(examples=["From the second minute on"])
]
PlaylistVisibility = Annotated[
    Literal["public", "unlisted", "followers", "members", "private"],
    Field(description="Who sees the list; of the videos on it everybody sees those that they may see."),
]


class PlaylistCreate(Body):
    """A new list."""

    title: Title
    channel_id: ChannelId | None = Field(
        None, description="On which of the caller's own channels; the one that came with their account if absent."
    )
    description: Description = ""
    visibility: PlaylistVisibility = "private"
    allow_duplicates: bool = Field(False, description="Whether a video may stand on it more than once.")


class PlaylistUpdate(Body):
    """What is to change; absent members stay."""

    title: Title | None = None
    description: Description | None = None
    visibility: PlaylistVisibility | None = None
    allow_duplicates: bool | None = None


class PlaylistCover(Read):
    """The picture of the first video on a list that the caller may see."""

    poster: str | None
    thumbhash: str | None


class PlaylistPermissions(Read):
    """What the caller may do with a list."""

    edit: bool = Field(description="Change what it says of itself and who works on it.")
    add: bool = Field(description="Put videos on it, move them, and take off what they put there.")
    delete: bool


class PlaylistRead(Read):
    """A list of videos in an order that people gave them."""

    id: PlaylistId
    kind: PlaylistKind
    title: str = Field(description="Of `watch_later` there is none: clients say it in the reader's language.")
    description: str
    visibility: PlaylistVisibility
    restriction: Restriction | None = Field(description="Why nobody sees it but its owner and staff; set by staff.")
    allow_duplicates: bool
    channel: ChannelCard
    item_count: int = Field(description="Places on it, those of videos that the caller may not see among them.")
    cover: PlaylistCover | None
    role: PlaylistRole | None = Field(
        description="How the caller stands to another's list that they were asked to work on."
    )
    permissions: PlaylistPermissions
    contains: bool | None = Field(description="Whether the video that was asked about is on it; null without one.")
    created_at: datetime
    updated_at: datetime


class PlaylistPage(Page[PlaylistRead]):
    """A page of lists."""


class PlaylistItemCreate(Body):
    """A video that is to stand on a list: at its end, unless a place is named."""

    video_id: VideoId
    note: Note = ""
    after_id: PlaylistItemId | None = Field(None, description="Behind this item; null is before all others.")
    before_id: PlaylistItemId | None = Field(None, description="Before this item.")


class PlaylistItemUpdate(Body):
    """Another note, or another place: named by a neighbour, so that it means the same whatever others move."""

    note: Note | None = None
    after_id: PlaylistItemId | None = Field(None, description="Behind this item; null is before all others.")
    before_id: PlaylistItemId | None = Field(None, description="Before this item; null is behind all others.")


class PlaylistItemPermissions(Read):
    """What the caller may do with an item."""

    move: bool
    edit: bool = Field(description="Change its note.")
    remove: bool


class PlaylistItemRead(Read):
    """A place on a list. Of a video that the caller may not see, or that is gone, nothing is left but its place."""

    id: PlaylistItemId
    playlist_id: PlaylistId
    available: bool
    video: VideoRead | None = Field(description="Null where it is not available.")
    note: str
    added_by: ChannelCard | None = Field(description="Who put it there; for those who work on the list.")
    permissions: PlaylistItemPermissions
    added_at: datetime


class PlaylistItemPage(Page[PlaylistItemRead]):
    """A page of a list."""


class PlaylistMembershipRead(Read):
    """Whether a video is on a list."""

    playlist_id: PlaylistId
    video_id: VideoId
    item_id: PlaylistItemId
    added: bool = Field(description="Whether it was not on it before.")


class PlaylistCollaboratorRead(Read):
    """Somebody who works on a list, or was asked to."""

    channel: ChannelCard
    role: PlaylistRole
    since: datetime


class PlaylistCollaboratorPage(Page[PlaylistCollaboratorRead]):
    """A page of those who work on a list."""


class PlaylistRestriction(Body):
    """Why a list is kept out of sight."""

    restriction: Annotated[Restriction, Field(strict=False)]
