"""How the graph keeps its numbers true, and lets in whoever waits for nothing any more."""

import uuid

from socialflow.domains.accounts.events import AccountPrivacyChanged
from socialflow.domains.channels.events import ChannelDeleted
from socialflow.domains.social import service
from socialflow.kernel import counters, personal
from socialflow.kernel.events import on
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App


@on(AccountPrivacyChanged)
async def let_everybody_in(app: App, event: AccountPrivacyChanged) -> None:
    """An account that lets everybody follow it has nobody wait any more."""
    if not event.is_private:
        await _let_in(app, event.account_id)


@on(ChannelDeleted)
async def cut_edges_to_channel(app: App, event: ChannelDeleted) -> None:
    """Nobody follows a channel that is gone."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.cut_some_to(work, event.channel_id)


@every(hours=1)
async def let_latecomers_in(app: App) -> None:
    """Who asked at the very moment at which an account let everybody in."""
    await _let_in(app, None)


@every(hours=1)
async def drop_old_mutes(app: App) -> None:
    """Mutes whose time is over count for nothing: they may go."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.muting.drop_over(work)


@every(hours=24)
async def recount_follows(app: App) -> None:
    """Set the numbers of followers and followed on every channel to what they count."""
    await counters.recount_all(app, service.recount_channels)


@personal.erases(step=20)
async def erase_edges(app: App, account_id: uuid.UUID) -> None:
    """Nobody follows somebody who is gone, and they follow nobody."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.erase_some_of(work, account_id)


async def _let_in(app: App, owner_id: uuid.UUID | None) -> None:
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.approve_needless(work, owner_id)
