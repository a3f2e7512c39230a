"""How feeds keep up."""

from socialflow.domains.feed import service
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App


@every(minutes=1, queue="feed")
async def rank_trending(app: App) -> None:
    """Rank what was liked of late."""
    async with app.work(SYSTEM) as work:
        await service.rank(work)
