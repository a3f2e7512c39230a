"""Having nothing to do with somebody any more."""

import uuid

from socialflow.domains.accounts import service as accounts
from socialflow.domains.channels import service as channels
from socialflow.domains.social import policy
from socialflow.domains.social.events import Blocked, Unblocked
from socialflow.domains.social.queries import aside
from socialflow.domains.social.queries import follows as edges
from socialflow.domains.social.schemas import ChannelPage
from socialflow.domains.social.service.follows import parted
from socialflow.domains.social.service.paging import card, known, page
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work


async def block(work: Work, channel_id: uuid.UUID) -> bool:
    """Set the actor and a channel's owner apart: neither sees, follows or asks the other; whether that is new."""
    me = known(work)
    owner_id = await _owner(work, channel_id)
    policy.may_block(work.actor, owner_id, staff=await accounts.is_staff(work, owner_id))
    await accounts.hold_pair(work, me, owner_id)
    if not await accounts.block(work, owner_id):
        return False
    for follower_id, followed_id in ((me, owner_id), (owner_id, me)):
        await edges.take_requests_to(work.db, follower_id, followed_id)
        await parted(work, follower_id, await edges.remove_edges_to(work.db, follower_id, followed_id))
    await channels.part_company(work, me, owner_id)
    work.emit(Blocked(account_id=me, blocked_id=owner_id))
    return True


async def unblock(work: Work, channel_id: uuid.UUID) -> None:
    """Take that back; it need not have been so. What was cut stays cut."""
    me = known(work)
    owner_id = await channels.owner_of(work, channel_id)
    if owner_id is None:
        raise NotFound
    await accounts.hold_pair(work, me, owner_id)
    if await accounts.unblock(work, owner_id):
        work.emit(Unblocked(account_id=me, blocked_id=owner_id))


async def blocked(work: Work, keys: Keys, *, limit: int, cursor: str | None) -> ChannelPage:
    """Whom the actor has blocked, the latest first."""
    me = known(work)
    rows, next_cursor = await page(
        keys, "blocked", me, lambda before, most: aside.blocked(work, before, most), limit=limit, cursor=cursor
    )
    return ChannelPage(items=[card(row) for row in rows], next_cursor=next_cursor)


async def _owner(work: Work, channel_id: uuid.UUID) -> uuid.UUID:
    """Whose channel it is, which the actor sees or has blocked already; raises NotFound."""
    owner_id = await channels.owner_of(work, channel_id)
    if owner_id is None or not await aside.has_blocked(work, owner_id):
        owner_id = (await channels.visible(work, channel_id)).account_id
    return owner_id
