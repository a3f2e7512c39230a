"""How channels react."""

import uuid

from socialflow.domains.channels import service
from socialflow.domains.media.events import ImageReady
from socialflow.kernel import personal
from socialflow.kernel.events import on
from socialflow.kernel.work import SYSTEM, App


@on(ImageReady)
async def show_avatar(app: App, event: ImageReady) -> None:
    """Put a checked picture on the channel that asked for it."""
    async with app.work(SYSTEM) as work:
        await service.avatar_is_ready(work, event.upload_id, event.asset_id)


@personal.erases(step=50)
async def erase_profiles(app: App, account_id: uuid.UUID) -> None:
    """Take the name and the words of somebody's channels away."""
    async with app.work(SYSTEM) as work:
        await service.erase_of(work, account_id)
