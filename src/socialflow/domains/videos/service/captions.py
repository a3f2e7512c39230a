"""Captions of videos: who may see a video sees them, who may edit it writes them."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

from socialflow.domains.media import service as media
from socialflow.domains.videos.service.catalogue import visible
from socialflow.domains.videos.service.extras import asset_of_owner
from socialflow.kernel.work import Work


async def tracks(work: Work, video_id: uuid.UUID) -> Sequence[Any]:
    """The text tracks of a video; raises NotFound."""
    video = await visible(work, video_id)
    return await media.captions.tracks(work, video.asset_id)


async def track(work: Work, video_id: uuid.UUID, language: str) -> Any:
    """One of them with its cues; raises NotFound."""
    video = await visible(work, video_id)
    return await media.captions.track(work, video.asset_id, language)


async def cues_of(data: bytes) -> list[media.Cue]:
    """The cues in a file, read beside everything else that goes on."""
    return await asyncio.to_thread(media.read_captions, data)


async def write(
    work: Work, video_id: uuid.UUID, language: str, cues: Sequence[media.Cue], wished: media.captions.Wished
) -> Any:
    """Give a video captions in a language, or replace those."""
    return await media.captions.put(work, await asset_of_owner(work, video_id), language, cues, wished)


async def change(work: Work, video_id: uuid.UUID, language: str, wished: media.captions.Wished) -> Any:
    """Change what a track is called, what it is, and whether it is shown by itself."""
    return await media.captions.change(work, await asset_of_owner(work, video_id), language, wished)


async def remove(work: Work, video_id: uuid.UUID, language: str) -> None:
    """Take a track away."""
    await media.captions.remove(work, await asset_of_owner(work, video_id), language)
