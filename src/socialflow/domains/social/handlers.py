"""How the graph keeps its numbers true."""

import uuid

from socialflow.domains.social import service
from socialflow.kernel import counters, personal
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App


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
