"""What keeps the graph true over time."""

import uuid

from socialflow.domains.channels import service as channels
from socialflow.domains.social.queries import follows as queries
from socialflow.domains.social.service.follows import count
from socialflow.kernel.work import Work

CUT_AT_ONCE = 100


async def recount_channels(work: Work, after: uuid.UUID) -> tuple[uuid.UUID | None, int]:
    """Count follows anew for some channels: where to go on, if anywhere, and how many numbers were wrong."""
    found = await channels.some(work, after)
    if not found:
        return None, 0
    wrong = await channels.recount_followers(work, found, queries.followers_of_channel())
    return found[-1], wrong + await channels.recount_following(work, found, queries.followed_of_channel())


async def cut_some_to(work: Work, channel_id: uuid.UUID) -> int:
    """Cut some of the edges to a channel that is gone; returns how many, 0 when none is left."""
    gone = await queries.cut_edges_to(work, channel_id, CUT_AT_ONCE)
    for edge in gone:
        await count(work, edge.channel_id, edge.follower_id, -1)
    return len(gone)


async def erase_some_of(work: Work, account_id: uuid.UUID) -> int:
    """Cut some of the edges to and from somebody; returns how many, 0 when none is left."""
    gone = await queries.cut_edges_of(work, account_id, CUT_AT_ONCE)
    for edge in gone:
        await count(work, edge.channel_id, edge.follower_id, -1)
    return len(gone)
