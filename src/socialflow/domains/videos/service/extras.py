"""What an owner chooses of what is shown beside their video."""

import uuid
from typing import Any

from socialflow.domains.media import service as media
from socialflow.domains.media.schemas import PosterChoice
from socialflow.domains.videos import policy
from socialflow.domains.videos.queries import Hold
from socialflow.domains.videos.service.catalogue import visible
from socialflow.kernel.work import App, Work


async def posters(app: App, work: Work, video_id: uuid.UUID) -> list[dict[str, Any]]:
    """The pictures that the poster of the actor's video may be chosen from."""
    return await media.extras.posters(app, work, await asset_of_owner(work, video_id))


async def choose_poster(work: Work, video_id: uuid.UUID, body: PosterChoice) -> None:
    """Let one of them stand for the video, or a picture that the actor has uploaded."""
    asset_id = await asset_of_owner(work, video_id)
    if body.upload_id is not None:
        await media.extras.bring_poster(work, asset_id, body.upload_id)
    else:
        await media.extras.choose_poster(work, asset_id, body.number or 0)


async def chapter_ideas(work: Work, video_id: uuid.UUID) -> dict[str, Any]:
    """Where the parts of the actor's video may begin."""
    return await media.extras.chapter_ideas(work, await asset_of_owner(work, video_id))


async def ask_for_chapters(work: Work, video_id: uuid.UUID) -> dict[str, Any]:
    """Have a look taken for that."""
    return await media.extras.ask_for_chapters(work, await asset_of_owner(work, video_id))


async def asset_of_owner(work: Work, video_id: uuid.UUID) -> uuid.UUID:
    """The asset of a video that the actor may edit, which is kept meanwhile."""
    video = await visible(work, video_id, hold=Hold.KEEP)
    policy.may_edit(work.actor, video.account_id)
    return video.asset_id
