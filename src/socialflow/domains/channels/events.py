"""Facts about channels."""

import uuid
from dataclasses import dataclass

from socialflow.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCreated(Event):
    """There is a new profile."""

    channel_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelUpdated(Event):
    """A profile's name, text or picture has changed."""

    channel_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRenamed(Event):
    """A channel bears another handle; the former one leads to it for a time."""

    channel_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDeleted(Event):
    """Its owner has deleted a channel: what it has published goes with it."""

    channel_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelVerified(Event):
    """Staff vouch for the name of a channel."""

    channel_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelUnverified(Event):
    """Nobody vouches for the name of a channel any more: staff took that back, or it has another name."""

    channel_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CollaboratorInvited(Event):
    """Somebody was asked to work for a channel."""

    channel_id: uuid.UUID
    account_id: uuid.UUID
    by_id: uuid.UUID | None
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollaboratorJoined(Event):
    """Somebody has said yes, and works for a channel."""

    channel_id: uuid.UUID
    account_id: uuid.UUID
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollaboratorRoleChanged(Event):
    """Somebody may do something else on a channel than before."""

    channel_id: uuid.UUID
    account_id: uuid.UUID
    by_id: uuid.UUID | None
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollaboratorLeft(Event):
    """Somebody works for a channel no more, or said no: by their own will, or another's."""

    channel_id: uuid.UUID
    account_id: uuid.UUID
    by_id: uuid.UUID | None
