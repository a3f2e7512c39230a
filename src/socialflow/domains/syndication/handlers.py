"""How the sitemap keeps up."""

from socialflow.domains.syndication import service
from socialflow.domains.syndication.schemas import MapKind
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App


@every(hours=1)
async def count_pages(app: App) -> None:
    """Find out anew where the parts of the sitemap begin."""
    for kind in MapKind:
        async with app.work(SYSTEM) as work:
            await service.count(work, kind)
