"""What one can do to the social graph."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from socialflow.domains.channels import service as channels
from socialflow.domains.channels.schemas import ChannelCard, avatar_url
from socialflow.domains.social import policy, queries
from socialflow.domains.social.events import Followed, Unfollowed
from socialflow.domains.social.models import Follow
from socialflow.domains.social.schemas import ChannelPage
from socialflow.kernel import pages
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import Unauthorized
from socialflow.kernel.work import Work

CUT_AT_ONCE = 100
Ask = Callable[[Work, uuid.UUID, uuid.UUID | None, int], Awaitable[Sequence[Any]]]


async def follow(work: Work, channel_id: uuid.UUID) -> Follow:
    """Make the actor follow a channel; following twice is following once."""
    follower_id = _known(work)
    channel = await channels.visible(work, channel_id)
    policy.may_follow(work.actor, channel.account_id)

    edge, is_new = await queries.add_edge(work, channel_id)
    if is_new:
        await _count(work, channel_id, follower_id, 1)
        work.emit(Followed(follower_id=follower_id, channel_id=channel_id))
    return edge


async def unfollow(work: Work, channel_id: uuid.UUID) -> None:
    """Make the actor follow a channel no more; it need not have been followed."""
    follower_id = _known(work)
    await channels.visible(work, channel_id)
    if await queries.remove_edge(work, channel_id):
        await _count(work, channel_id, follower_id, -1)
        work.emit(Unfollowed(follower_id=follower_id, channel_id=channel_id))


async def followers(work: Work, keys: Keys, reference: str, *, limit: int, cursor: str | None) -> ChannelPage:
    """A page of those who follow a channel, the latest first."""
    channel = await channels.find(work, reference)
    return await _page(work, keys, queries.followers_of, channel.id, limit=limit, cursor=cursor)


async def following(work: Work, keys: Keys, reference: str, *, limit: int, cursor: str | None) -> ChannelPage:
    """A page of the channels that a channel's owner follows, the latest first."""
    channel = await channels.find(work, reference)
    return await _page(work, keys, queries.followed_by, channel.account_id, limit=limit, cursor=cursor)


async def recount_channels(work: Work, after: uuid.UUID) -> tuple[uuid.UUID | None, int]:
    """Count follows anew for some channels: where to go on, if anywhere, and how many numbers were wrong."""
    found = await channels.some(work, after)
    if not found:
        return None, 0
    wrong = await channels.recount_followers(work, found, queries.followers_of_channel())
    return found[-1], wrong + await channels.recount_following(work, found, queries.followed_of_channel())


async def erase_some_of(work: Work, account_id: uuid.UUID) -> int:
    """Cut some of the edges to and from somebody; returns how many, 0 when none is left."""
    gone = await queries.cut_edges_of(work, account_id, CUT_AT_ONCE)
    for edge in gone:
        await _count(work, edge.channel_id, edge.follower_id, -1)
    return len(gone)


async def _count(work: Work, channel_id: uuid.UUID, follower_id: uuid.UUID, by: int) -> None:
    await channels.adjust_followers(work, channel_id, by)
    await channels.adjust_following(work, follower_id, by)


async def _page(work: Work, keys: Keys, ask: Ask, of: uuid.UUID, *, limit: int, cursor: str | None) -> ChannelPage:
    name = ask.__name__
    filters = {"of": str(of)}
    before = uuid.UUID(pages.unseal(keys, name, filters, cursor)[0]) if cursor else None
    rows, last = pages.cut(await ask(work, of, before, limit + 1), limit)
    items = [
        ChannelCard(
            id=row["id"],
            handle=row["handle"],
            display_name=row["display_name"],
            avatar_url=avatar_url(row["avatar_asset_id"]),
        )
        for row in rows
    ]
    next_cursor = pages.seal(keys, name, filters, [str(last["place"])]) if last else None
    return ChannelPage(items=items, next_cursor=next_cursor)


def _known(work: Work) -> uuid.UUID:
    if work.actor.id is None:
        raise Unauthorized
    return work.actor.id
