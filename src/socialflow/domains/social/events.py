"""Facts about the graph."""

import uuid
from dataclasses import dataclass

from socialflow.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed(Event):
    """An account has begun to follow a channel."""

    follower_id: uuid.UUID
    channel_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfollowed(Event):
    """An account follows a channel no more."""

    follower_id: uuid.UUID
    channel_id: uuid.UUID
