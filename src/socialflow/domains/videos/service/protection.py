"""How the streams of a video are enciphered: its owner says."""

import uuid
from contextlib import suppress
from typing import Any

from socialflow.domains.media import service as media
from socialflow.domains.media.errors import NoFileYet, ProtectionGoesOn
from socialflow.domains.videos.queries import sources
from socialflow.domains.videos.service.extras import asset_of_owner
from socialflow.kernel.work import Work
from socialflow.ports.packaging import Protection


async def standing(work: Work, video_id: uuid.UUID) -> dict[str, Any]:
    """What is wanted for the actor's video, and what is in force."""
    return await media.protection.standing(work, await asset_of_owner(work, video_id))


async def want(work: Work, video_id: uuid.UUID, protection: Protection) -> dict[str, Any]:
    """Have the streams of the actor's video enciphered so, and those of its other files that are kept or still come.

    So what an undone edit shows again is protected, too.
    """
    asset_id = await asset_of_owner(work, video_id)
    await media.protection.want(work, asset_id, protection)
    for spare in sorted(each.asset_id for each in await sources.spare(work.db, video_id)):
        with suppress(NoFileYet, ProtectionGoesOn):
            await media.protection.want(work, spare, protection)
    return await media.protection.standing(work, asset_id)


async def replace_key(work: Work, video_id: uuid.UUID) -> dict[str, Any]:
    """Have them written under another key."""
    asset_id = await asset_of_owner(work, video_id)
    await media.protection.replace_key(work, asset_id)
    return await media.protection.standing(work, asset_id)
