"""What an owner chooses of what is shown beside their video."""

import uuid
from typing import Any

from socialflow.domains.channels import service as channels
from socialflow.domains.media import service as media
from socialflow.domains.media.schemas import PosterChoice
from socialflow.domains.videos.models import Video
from socialflow.domains.videos.queries import Hold
from socialflow.domains.videos.service import rights
from socialflow.domains.videos.service.catalogue import visible
from socialflow.kernel.work import App, Work


async def posters(app: App, work: Work, video_id: uuid.UUID) -> list[dict[str, Any]]:
    """The pictures that the poster of the actor's video may be chosen from."""
    return await media.extras.posters(app, work, await asset_of_owner(work, video_id))


async def choose_poster(app: App, work: Work, video_id: uuid.UUID, body: PosterChoice) -> None:
    """Let one of them stand for the video, or a picture that the actor has uploaded."""
    video = await _kept(work, video_id)
    if body.upload_id is not None:
        owning = await channels.for_owner(app, work, video.account_id, body.upload_id)
        await media.extras.bring_poster(owning, video.asset_id, body.upload_id)
    else:
        await media.extras.choose_poster(work, video.asset_id, body.number or 0)


async def chapter_ideas(work: Work, video_id: uuid.UUID) -> dict[str, Any]:
    """Where the parts of the actor's video may begin."""
    return await media.extras.chapter_ideas(work, await asset_of_owner(work, video_id))


async def ask_for_chapters(work: Work, video_id: uuid.UUID) -> dict[str, Any]:
    """Have a look taken for that."""
    return await media.extras.ask_for_chapters(work, await asset_of_owner(work, video_id))


async def asset_of_owner(work: Work, video_id: uuid.UUID) -> uuid.UUID:
    """The asset of a video that the actor may edit, which is kept meanwhile."""
    return (await _kept(work, video_id)).asset_id


async def _kept(work: Work, video_id: uuid.UUID) -> Video:
    video = await visible(work, video_id, hold=Hold.KEEP)
    await rights.demand(work, video)
    return video
