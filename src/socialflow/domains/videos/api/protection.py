"""Routes of how a video's streams are enciphered."""

from typing import Any

from fastapi import Security

from socialflow.domains.media.errors import NoFileYet, NotProtected, ProtectionGoesOn
from socialflow.domains.media.schemas import ProtectionRead, ProtectionUpdate
from socialflow.domains.videos import service
from socialflow.domains.videos.errors import NotYourVideo
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.ids import VideoId
from socialflow.kernel.web import InWork, get_actor, problems, router

protection = router("videos", reads="own_video")

WRITING = (Unauthorized, NotYourVideo, NotFound, NoFileYet)
# All of a film is read and written behind one call.
POINTS = 50
writes = [Security(get_actor, scopes=["write:videos"])]


@protection.get(
    "/videos/{video_id}/protection",
    operation_id="getProtection",
    response_model=ProtectionRead,
    responses=problems(*WRITING),
    dependencies=writes,
)
async def get_protection(video_id: VideoId, work: InWork) -> dict[str, Any]:
    """How the streams of one's own video are enciphered, and how far what was asked for is."""
    return await service.protection.standing(work, video_id)


@protection.put(
    "/videos/{video_id}/protection",
    operation_id="setProtection",
    status_code=202,
    response_model=ProtectionRead,
    responses=problems(*WRITING, ProtectionGoesOn),
    dependencies=writes,
    openapi_extra={"x-points": POINTS},
)
async def set_protection(video_id: VideoId, body: ProtectionUpdate, work: InWork) -> dict[str, Any]:
    """Have the streams of one's own video enciphered, otherwise than until now, or not any more.

    They are written anew without being encoded; until that is done they are served as they were.
    """
    return await service.protection.want(work, video_id, body.protection)


@protection.post(
    "/videos/{video_id}/protection/key",
    operation_id="replaceProtectionKey",
    status_code=202,
    response_model=ProtectionRead,
    responses=problems(*WRITING, NotProtected, ProtectionGoesOn),
    dependencies=writes,
    openapi_extra={"x-points": POINTS},
)
async def replace_key(video_id: VideoId, work: InWork) -> dict[str, Any]:
    """Have them written under a new key; who plays at that moment goes on under the former one for a while."""
    return await service.protection.replace_key(work, video_id)
