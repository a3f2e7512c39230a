"""Asking to follow, and who is let in."""

import uuid

from socialflow.domains.accounts import service as accounts
from socialflow.domains.channels import service as channels
from socialflow.domains.social.events import FollowRequestApproved, FollowRequestRefused
from socialflow.domains.social.queries import follows as queries
from socialflow.domains.social.schemas import ChannelPage, FollowRequestPage, FollowRequestRead
from socialflow.domains.social.service.follows import join
from socialflow.domains.social.service.paging import card, known, page
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work

APPROVED_AT_ONCE = 50


async def requests(work: Work, keys: Keys, *, limit: int, cursor: str | None) -> FollowRequestPage:
    """Who asks to follow the actor, the latest first."""
    me = known(work)
    rows, next_cursor = await page(
        keys,
        "requests",
        me,
        lambda before, most: queries.page(work, "requests", me, before, most),
        limit=limit,
        cursor=cursor,
    )
    items = [FollowRequestRead(channel=card(row), created_at=row["created_at"]) for row in rows]
    return FollowRequestPage(items=items, next_cursor=next_cursor)


async def sent(work: Work, keys: Keys, *, limit: int, cursor: str | None) -> ChannelPage:
    """Which channels the actor asks to follow, the latest first."""
    me = known(work)
    rows, next_cursor = await page(
        keys, "sent", me, lambda before, most: queries.page(work, "sent", me, before, most), limit=limit, cursor=cursor
    )
    return ChannelPage(items=[card(row) for row in rows], next_cursor=next_cursor)


async def approve(work: Work, channel_id: uuid.UUID) -> None:
    """Let the owner of a channel in who asks to follow the actor; raises NotFound where nobody does."""
    follower_id = await _asking(work, channel_id)
    wanted = await queries.take_requests_to(work.db, follower_id, known(work))
    if not wanted:
        raise NotFound
    for each in wanted:
        await join(work, follower_id, each)
        work.emit(FollowRequestApproved(follower_id=follower_id, channel_id=each))


async def refuse(work: Work, channel_id: uuid.UUID) -> None:
    """Do not let them in; they need not have asked, and are not told."""
    follower_id = await _asking(work, channel_id)
    for each in await queries.take_requests_to(work.db, follower_id, known(work)):
        work.emit(FollowRequestRefused(follower_id=follower_id, channel_id=each))


async def approve_needless(work: Work, owner_id: uuid.UUID | None = None) -> int:
    """Let in some who wait at accounts that let everybody in; returns how many, 0 when nobody waits."""
    found = await queries.needless_requests(work.db, owner_id, APPROVED_AT_ONCE)
    for row in found:
        # Who withdraws meanwhile does not follow; who was blocked has no request any more.
        if await queries.take_request(work.db, row.follower_id, row.channel_id):
            await join(work, row.follower_id, row.channel_id)
            work.emit(FollowRequestApproved(follower_id=row.follower_id, channel_id=row.channel_id))
    return len(found)


async def _asking(work: Work, channel_id: uuid.UUID) -> uuid.UUID:
    """Whose channel it is; nothing else comes between them and the actor until this work ends."""
    me = known(work)
    asking = await channels.visible(work, channel_id)
    await accounts.hold_pair(work, me, asking.account_id)
    return asking.account_id
