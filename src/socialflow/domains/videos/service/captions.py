"""Captions of videos: who may see a video sees them, who may edit it writes them."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

from socialflow.domains.media import service as media
from socialflow.domains.media.errors import AutomaticCaptionsOff
from socialflow.domains.media.schemas import HearingState
from socialflow.domains.videos.service.catalogue import visible
from socialflow.domains.videos.service.extras import asset_of_owner
from socialflow.kernel.work import App, Work
from socialflow.ports.speech import Speech


async def tracks(work: Work, video_id: uuid.UUID) -> Sequence[Any]:
    """The text tracks of a video; raises NotFound."""
    video = await visible(work, video_id)
    return await media.captions.tracks(work, video.asset_id)


async def track(work: Work, video_id: uuid.UUID, language: str) -> Any:
    """One of them with its cues; raises NotFound."""
    video = await visible(work, video_id)
    return await media.captions.track(work, video.asset_id, language)


async def held(work: Work, video_id: uuid.UUID, language: str) -> Any:
    """One of the tracks of the actor's video with its cues, held until it is written; raises NotFound."""
    return await media.captions.held(work, await asset_of_owner(work, video_id), language)


async def may_write(work: Work, video_id: uuid.UUID) -> None:
    """Raise what stands against the actor writing captions of a video."""
    await asset_of_owner(work, video_id)


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


async def hearing(app: App, work: Work, video_id: uuid.UUID) -> dict[str, Any]:
    """How far automatic captions of the actor's video are."""
    asset_id = await asset_of_owner(work, video_id)
    found = await media.hearing.standing(work, asset_id)
    if found["state"] == HearingState.NOT_ASKED and not (await app.port(Speech).health()).ready:
        return {**found, "state": HearingState.OFF}
    return found


async def hear(app: App, work: Work, video_id: uuid.UUID, language: str | None) -> dict[str, Any]:
    """Have captions of the actor's video written by a program; raises AutomaticCaptionsOff where there is none."""
    asset_id = await asset_of_owner(work, video_id)
    if not (await app.port(Speech).health()).ready:
        raise AutomaticCaptionsOff
    return await media.hearing.ask(work, asset_id, language)


async def remove(work: Work, video_id: uuid.UUID, language: str) -> None:
    """Take a track away."""
    await media.captions.remove(work, await asset_of_owner(work, video_id), language)
