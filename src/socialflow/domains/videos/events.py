"""Facts about videos."""

import uuid
from dataclasses import dataclass

from socialflow.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoCreated(Event):
    """There is a video in the catalogue, perhaps without its file yet."""

    video_id: uuid.UUID
    channel_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoPublished(Event):
    """Everybody can watch it from now on, for the first time if `first`."""

    video_id: uuid.UUID
    channel_id: uuid.UUID
    account_id: uuid.UUID
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoUnpublished(Event):
    """It is not for everybody any more."""

    video_id: uuid.UUID
    channel_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoUpdated(Event):
    """Its title, description, tags, visibility or time of publishing have changed."""

    video_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoDeleted(Event):
    """It is gone, and what hangs on it may go."""

    video_id: uuid.UUID
    channel_id: uuid.UUID
    account_id: uuid.UUID
    asset_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSourceReplaced(Event):
    """It shows another file from now on, under the same address; the former one is kept for a while."""

    video_id: uuid.UUID
    channel_id: uuid.UUID
    account_id: uuid.UUID
    asset_id: uuid.UUID
    former_asset_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoShelved(Event):
    """It stands on its channel's shelf for the first time, for some and not for everybody: a value of `Reach`."""

    video_id: uuid.UUID
    channel_id: uuid.UUID
    account_id: uuid.UUID
    reach: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRestricted(Event):
    """Staff keep it out of sight: a value of `Restriction`."""

    video_id: uuid.UUID
    account_id: uuid.UUID
    restriction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoReleased(Event):
    """Staff keep it out of sight no more."""

    video_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoShared(Event):
    """Its owner shares it with an account by name."""

    video_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoUnshared(Event):
    """It is shared with an account no more."""

    video_id: uuid.UUID
    account_id: uuid.UUID
