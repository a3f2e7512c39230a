"""Facts about what people put aside; what somebody watches, or saves, is told to nobody."""

import uuid
from dataclasses import dataclass

from socialflow.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistCreated(Event):
    """Somebody has made a list."""

    playlist_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistUpdated(Event):
    """What a list says of itself, or who may see it, is another."""

    playlist_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistDeleted(Event):
    """A list is gone, with all that was on it."""

    playlist_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistItemAdded(Event):
    """A video stands on a list; `account_id` put it there."""

    playlist_id: uuid.UUID
    item_id: uuid.UUID
    video_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistItemRemoved(Event):
    """A video stands on a list no more; `account_id` took it off."""

    playlist_id: uuid.UUID
    item_id: uuid.UUID
    video_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistCollaboratorInvited(Event):
    """Somebody was asked to work on a list."""

    playlist_id: uuid.UUID
    account_id: uuid.UUID
    invited_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistCollaboratorJoined(Event):
    """Somebody works on a list."""

    playlist_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistCollaboratorLeft(Event):
    """Somebody works on a list no more, or did not want to: `by_id` is who ended it."""

    playlist_id: uuid.UUID
    account_id: uuid.UUID
    by_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistRestricted(Event):
    """Staff keep a list out of sight."""

    playlist_id: uuid.UUID
    account_id: uuid.UUID
    restriction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistReleased(Event):
    """They do so no more."""

    playlist_id: uuid.UUID
    account_id: uuid.UUID
