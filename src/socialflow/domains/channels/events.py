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
