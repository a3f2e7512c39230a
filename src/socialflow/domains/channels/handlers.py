"""How channels react."""

import uuid

from socialflow.domains.channels import service
from socialflow.domains.media.events import ImageReady
from socialflow.kernel import personal
from socialflow.kernel.events import on
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App


@on(ImageReady)
async def show_picture(app: App, event: ImageReady) -> None:
    """Put a checked picture on the channels that asked for it."""
    async with app.work(SYSTEM) as work:
        await service.picture_is_ready(work, event.upload_id, event.asset_id)


@every(hours=1)
async def forget_former_handles(app: App) -> None:
    """Let others take the handles that channels gave up long ago."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.drop_over(work)


@personal.erases(step=45)
async def leave_teams(app: App, account_id: uuid.UUID) -> None:
    """Somebody who is gone works for nobody, and sends nothing for anybody."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.leave_all(work, account_id)


@personal.erases(step=50)
async def erase_profiles(app: App, account_id: uuid.UUID) -> None:
    """Take the name and the words of somebody's channels away."""
    async with app.work(SYSTEM) as work:
        await service.erase_of(work, account_id)
