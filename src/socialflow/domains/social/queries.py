"""Questions about the graph."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ScalarSelect, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from socialflow.domains.accounts.service import hidden
from socialflow.domains.channels.models import Channel
from socialflow.domains.social.models import Follow
from socialflow.kernel.reads import Read
from socialflow.kernel.work import Work

# Ids are ordered by time: every one comes before this.
LAST = uuid.UUID(int=2**128 - 1)


async def add_edge(work: Work, channel_id: uuid.UUID) -> tuple[Follow, bool]:
    """Make the actor follow a channel: the edge, and whether it is new."""
    edge = insert(Follow).values(follower_id=work.actor.id, channel_id=channel_id, created_at=work.now)
    made = (await work.db.scalars(edge.on_conflict_do_nothing().returning(Follow))).one_or_none()
    if made is not None:
        return made, True
    found = select(Follow).where(Follow.follower_id == work.actor.id, Follow.channel_id == channel_id)
    return (await work.db.scalars(found)).one(), False


async def remove_edge(work: Work, channel_id: uuid.UUID) -> bool:
    """Make the actor follow a channel no more; whether there was an edge."""
    edge = delete(Follow).where(Follow.follower_id == work.actor.id, Follow.channel_id == channel_id)
    return (await work.db.execute(edge.returning(Follow.id))).first() is not None


_SHOWN = f"channels.deleted_at IS NULL AND NOT {hidden('channels.account_id')}"
# The card of who follows is that of the channel they came with.
_FOLLOWERS = """
    SELECT follows.id AS place, channels.id, channels.handle, channels.display_name, channels.avatar_asset_id
    FROM follows
    JOIN accounts ON accounts.id = follows.follower_id
    JOIN channels ON channels.id = accounts.channel_id
    WHERE follows.channel_id = :channel_id AND follows.id < :before AND
"""
_FOLLOWED = """
    SELECT follows.id AS place, channels.id, channels.handle, channels.display_name, channels.avatar_asset_id
    FROM follows JOIN channels ON channels.id = follows.channel_id
    WHERE follows.follower_id = :account_id AND follows.id < :before AND
"""
_LATEST_FIRST = "ORDER BY follows.id DESC LIMIT CAST(:limit AS int)"
FOLLOWERS = Read(f"{_FOLLOWERS} {_SHOWN} {_LATEST_FIRST}")
FOLLOWED = Read(f"{_FOLLOWED} {_SHOWN} {_LATEST_FIRST}")


async def followers_of(work: Work, channel_id: uuid.UUID, before: uuid.UUID | None, limit: int) -> Sequence[Any]:
    """Who follows a channel, the latest first: rows of channels."""
    return await FOLLOWERS.rows_in(work, channel_id=channel_id, before=before or LAST, limit=limit)


async def followed_by(work: Work, account_id: uuid.UUID, before: uuid.UUID | None, limit: int) -> Sequence[Any]:
    """Which channels an account follows, the latest first: rows of channels."""
    return await FOLLOWED.rows_in(work, account_id=account_id, before=before or LAST, limit=limit)


async def cut_edges_of(work: Work, account_id: uuid.UUID, most: int) -> Sequence[Follow]:
    """Cut some of the edges to and from an account."""
    theirs = select(Channel.id).where(Channel.account_id == account_id)
    found = select(Follow.id).where((Follow.follower_id == account_id) | Follow.channel_id.in_(theirs)).limit(most)
    gone = delete(Follow).where(Follow.id.in_(found.scalar_subquery())).returning(Follow)
    return (await work.db.scalars(gone)).all()


def followers_of_channel() -> ScalarSelect[int]:
    """How many follow a channel, counted."""
    found = select(func.count()).select_from(Follow).where(Follow.channel_id == Channel.id)
    return found.correlate(Channel).scalar_subquery()


def followed_of_channel() -> ScalarSelect[int]:
    """How many channels a channel's owner follows, counted."""
    found = select(func.count()).select_from(Follow).where(Follow.follower_id == Channel.account_id)
    return found.correlate(Channel).scalar_subquery()
