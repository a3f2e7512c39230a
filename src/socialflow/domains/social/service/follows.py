"""Following, and who follows whom."""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from socialflow.domains.accounts import service as accounts
from socialflow.domains.channels import service as channels
from socialflow.domains.social import policy
from socialflow.domains.social.events import (
    BellChanged,
    Followed,
    FollowRequested,
    FollowRequestWithdrawn,
    Unfollowed,
)
from socialflow.domains.social.models import Bell, Follow
from socialflow.domains.social.queries import follows as queries
from socialflow.domains.social.schemas import ChannelPage, FollowRead, FollowState, RelationRead, Relations
from socialflow.domains.social.service.paging import card, known, page
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work

if TYPE_CHECKING:
    from socialflow.domains.channels.models import Channel


async def follow(work: Work, channel_id: uuid.UUID) -> FollowRead:
    """Make the actor follow a channel, or ask to where its owner decides; doing it twice is doing it once."""
    follower_id = known(work)
    channel = await channels.visible(work, channel_id)
    policy.may_follow(work.actor, channel.account_id)
    await accounts.hold_pair(work, follower_id, channel.account_id)
    if await accounts.are_apart(work, follower_id, channel.account_id):
        raise NotFound

    edge = await queries.edge(work.db, follower_id, channel_id)
    if edge is None and await accounts.is_private(work, channel.account_id):
        asked, is_new = await queries.add_request(work, follower_id, channel_id)
        if is_new:
            work.emit(FollowRequested(follower_id=follower_id, channel_id=channel_id))
        return FollowRead(
            channel_id=channel_id, state=FollowState.REQUESTED, bell=Bell.NONE, created_at=asked.created_at
        )
    return read(edge or await join(work, follower_id, channel_id))


async def unfollow(work: Work, channel_id: uuid.UUID) -> None:
    """Make the actor follow a channel no more, nor ask to; it need not have been so."""
    follower_id = known(work)
    channel = await channels.visible(work, channel_id)
    await accounts.hold_pair(work, follower_id, channel.account_id)
    if await queries.take_request(work.db, follower_id, channel_id):
        work.emit(FollowRequestWithdrawn(follower_id=follower_id, channel_id=channel_id))
    if await queries.remove_edge(work.db, follower_id, channel_id):
        await parted(work, follower_id, [channel_id])


async def remove_follower(work: Work, channel_id: uuid.UUID) -> None:
    """Have the owner of a channel follow none of the actor's any more; they are not told."""
    owner_id = known(work)
    follower = await channels.visible(work, channel_id)
    await accounts.hold_pair(work, owner_id, follower.account_id)
    await parted(work, follower.account_id, await queries.remove_edges_to(work.db, follower.account_id, owner_id))


async def ring(work: Work, channel_id: uuid.UUID, bell: Bell) -> FollowRead:
    """Say of how much of what is new on a channel the actor wants to be told; raises NotFound unless they follow it."""
    follower_id = known(work)
    await channels.visible(work, channel_id)
    if await queries.edge(work.db, follower_id, channel_id) is None:
        raise NotFound
    edge, changed = await queries.set_bell(work.db, follower_id, channel_id, bell)
    if changed:
        work.emit(BellChanged(follower_id=follower_id, channel_id=channel_id, bell=bell))
    return read(edge)


async def join(work: Work, follower_id: uuid.UUID, channel_id: uuid.UUID) -> Follow:
    """Make an account follow a channel, who may; the caller holds the pair."""
    edge, is_new = await queries.add_edge(work, follower_id, channel_id)
    if is_new:
        await count(work, channel_id, follower_id, 1)
        work.emit(Followed(follower_id=follower_id, channel_id=channel_id))
    return edge


async def parted(work: Work, follower_id: uuid.UUID, channel_ids: Sequence[uuid.UUID]) -> None:
    """An account follows these channels no more."""
    for channel_id in channel_ids:
        await count(work, channel_id, follower_id, -1)
        work.emit(Unfollowed(follower_id=follower_id, channel_id=channel_id))


async def count(work: Work, channel_id: uuid.UUID, follower_id: uuid.UUID, by: int) -> None:
    """Count a follow that came or went, at both its ends."""
    await channels.adjust_followers(work, channel_id, by)
    await channels.adjust_following(work, follower_id, by)


def read(edge: Follow) -> FollowRead:
    """An edge as clients see it."""
    return FollowRead(
        channel_id=edge.channel_id, state=FollowState.ACTIVE, bell=Bell(edge.bell), created_at=edge.created_at
    )


async def followers(work: Work, keys: Keys, reference: str, *, limit: int, cursor: str | None) -> ChannelPage:
    """A page of those who follow a channel, the latest first."""
    channel = await _open(work, reference)
    return await _page(work, keys, "followers", channel.id, limit=limit, cursor=cursor)


async def following(work: Work, keys: Keys, reference: str, *, limit: int, cursor: str | None) -> ChannelPage:
    """A page of the channels that a channel's owner follows, the latest first."""
    channel = await _open(work, reference)
    return await _page(work, keys, "following", channel.account_id, limit=limit, cursor=cursor)


async def mutuals(work: Work, keys: Keys, reference: str, *, limit: int, cursor: str | None) -> ChannelPage:
    """A page of those followers of a channel whom the actor follows: of one's own channel, who follows one back."""
    known(work)
    channel = await _open(work, reference)
    return await _page(work, keys, "mutuals", channel.id, limit=limit, cursor=cursor)


async def relations(work: Work, channel_ids: Sequence[uuid.UUID]) -> Relations:
    """How the actor stands to some channels, in the order asked for."""
    rows = {row.id: row for row in await queries.relations(work, channel_ids)}
    found = [rows[each] for each in channel_ids if each in rows]
    return Relations(
        relations=[
            RelationRead(
                channel_id=row.id,
                following=row.following,
                requested=row.requested,
                requests_you=row.requests_you,
                follows_you=row.follows_you,
                mutual=row.following and row.follows_you,
                blocking=row.blocking,
                muting=row.muting,
                bell=Bell(row.bell or Bell.NONE),
            )
            for row in found
        ]
    )


async def _open(work: Work, reference: str) -> "Channel":
    """A channel whose edges the actor may see; raises FollowersOnly."""
    channel = await channels.find(work, reference)
    follows = False
    if channel.is_private and work.actor.id is not None:
        follows = await queries.edge(work.db, work.actor.id, channel.id) is not None
    policy.may_see_edges(work.actor, channel.account_id, private=channel.is_private, follows=follows)
    return channel


async def _page(work: Work, keys: Keys, name: str, of: uuid.UUID, *, limit: int, cursor: str | None) -> ChannelPage:
    rows, next_cursor = await page(
        keys, name, of, lambda before, most: queries.page(work, name, of, before, most), limit=limit, cursor=cursor
    )
    return ChannelPage(items=[card(row) for row in rows], next_cursor=next_cursor)
