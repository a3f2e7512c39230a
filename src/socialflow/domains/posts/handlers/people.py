"""What somebody said goes with them."""

import uuid

from socialflow.domains.channels.events import ChannelDeleted
from socialflow.domains.posts import service
from socialflow.kernel import personal
from socialflow.kernel.events import on
from socialflow.kernel.work import SYSTEM, App


@on(ChannelDeleted)
async def delete_with_channel(app: App, event: ChannelDeleted) -> None:
    """What a channel has said and reposted goes with it."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.delete_some_of_channel(work, event.channel_id)


@personal.erases(step=15)
async def erase_said(app: App, account_id: uuid.UUID) -> None:
    """Nothing of what somebody said, voted, reposted or followed is left, and the numbers know it."""
    steps = (service.erase_votes_of, service.erase_reposts_of, service.erase_follows_of, service.erase_posts_of)
    for erase_some in steps:
        left = 1
        while left:
            async with app.work(SYSTEM) as work:
                left = await erase_some(work, account_id)
