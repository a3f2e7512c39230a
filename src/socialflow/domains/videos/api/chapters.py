"""Routes of chapters."""

from typing import Any

from fastapi import Request, Security

from socialflow.domains.videos import service
from socialflow.domains.videos.errors import ChaptersOutOfOrder, NotYourVideo
from socialflow.domains.videos.schemas import ChaptersRead, ChaptersUpdate
from socialflow.kernel.errors import NotFound, PreconditionFailed, Unauthorized
from socialflow.kernel.ids import VideoId
from socialflow.kernel.web import InWork, get_actor, get_reader, problems, require_edition, router

chapters = router("chapters", reads="video")


@chapters.get(
    "/videos/{video_id}/chapters",
    operation_id="getChapters",
    response_model=ChaptersRead,
    responses=problems(NotFound),
    dependencies=[Security(get_reader, scopes=["read"])],
)
async def get_chapters(video_id: VideoId, work: InWork) -> Any:
    """The parts of a video: as its owner wrote them, else as times in its description tell of them.

    In a description each is a line of its own, time first, such as `0:00 The way there`: three lines or more, the
    first at 0:00, each ten seconds or more after the one before.
    """
    return await service.chapters.of_video(work, video_id)


@chapters.put(
    "/videos/{video_id}/chapters",
    operation_id="putChapters",
    response_model=ChaptersRead,
    responses=problems(Unauthorized, NotYourVideo, NotFound, PreconditionFailed, ChaptersOutOfOrder),
    dependencies=[Security(get_actor, scopes=["write:videos"])],
)
async def put_chapters(video_id: VideoId, body: ChaptersUpdate, work: InWork, request: Request) -> Any:
    """Write the chapters of a video; an empty list leaves it to the description.

    The first begins at 0, the others ten seconds or more apart and before the video ends. `If-Match` compares the
    video's edition.
    """
    video = await service.chapters.held(work, video_id)
    require_edition(request, video.edition)
    return await service.chapters.write(work, video, body.chapters)
