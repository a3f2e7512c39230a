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


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowRequested(Event):
    """An account asks to follow a channel whose owner decides on that."""

    follower_id: uuid.UUID
    channel_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowRequestApproved(Event):
    """An account was let in, and follows the channel: `Followed` is told as well."""

    follower_id: uuid.UUID
    channel_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowRequestRefused(Event):
    """An account was not let in; it is not told."""

    follower_id: uuid.UUID
    channel_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowRequestWithdrawn(Event):
    """An account asks no more."""

    follower_id: uuid.UUID
    channel_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class BellChanged(Event):
    """A follower wants to be told of more, or less, that is new on a channel: a value of `Bell`."""

    follower_id: uuid.UUID
    channel_id: uuid.UUID
    bell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked(Event):
    """An account wants to have nothing to do with another."""

    account_id: uuid.UUID
    blocked_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Unblocked(Event):
    """It takes that back."""

    account_id: uuid.UUID
    blocked_id: uuid.UUID
