"""How the streams of a video are enciphered: its owner says."""

import uuid
from typing import Any

from socialflow.domains.media import service as media
from socialflow.domains.videos.service.extras import asset_of_owner
from socialflow.kernel.work import Work
from socialflow.ports.packaging import Protection


async def standing(work: Work, video_id: uuid.UUID) -> dict[str, Any]:
    """What is wanted for the actor's video, and what is in force."""
    return await media.protection.standing(work, await asset_of_owner(work, video_id))


async def want(work: Work, video_id: uuid.UUID, protection: Protection) -> dict[str, Any]:
    """Have the streams of the actor's video enciphered so."""
    asset_id = await asset_of_owner(work, video_id)
    await media.protection.want(work, asset_id, protection)
    return await media.protection.standing(work, asset_id)


async def replace_key(work: Work, video_id: uuid.UUID) -> dict[str, Any]:
    """Have them written under another key."""
    asset_id = await asset_of_owner(work, video_id)
    await media.protection.replace_key(work, asset_id)
    return await media.protection.standing(work, asset_id)
