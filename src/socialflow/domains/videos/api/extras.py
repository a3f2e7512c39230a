"""Routes of posters and of where chapters may begin."""

from typing import Any

from fastapi import Response, Security

from socialflow.domains.media.errors import ImageRefused, NoFileYet, NothingToChooseFrom
from socialflow.domains.media.schemas import ChapterIdeas, PosterChoice, PosterPage
from socialflow.domains.videos import service
from socialflow.domains.videos.errors import NotYourVideo
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.ids import VideoId
from socialflow.kernel.web import CurrentApp, InWork, get_actor, problems, router

extras = router("videos", reads="own_video")

writes = [Security(get_actor, scopes=["write:videos"])]


@extras.get(
    "/videos/{video_id}/posters",
    operation_id="listPosters",
    response_model=PosterPage,
    responses=problems(Unauthorized, NotYourVideo, NotFound),
    dependencies=writes,
)
async def list_posters(video_id: VideoId, work: InWork, app: CurrentApp) -> dict[str, Any]:
    """Telling pictures of one's own video, of which one may stand for it; there a moment after it is ready."""
    return {"items": await service.extras.posters(app, work, video_id), "next_cursor": None}


@extras.put(
    "/videos/{video_id}/poster",
    operation_id="choosePoster",
    status_code=204,
    responses=problems(Unauthorized, NotYourVideo, NotFound, NothingToChooseFrom, ImageRefused),
    dependencies=writes,
)
async def choose_poster(video_id: VideoId, body: PosterChoice, work: InWork, app: CurrentApp) -> Response:
    """Let one of these pictures stand for the video, or one's own: `playback.poster` changes a moment later.

    One's own is uploaded for the purpose `poster`, is made anew without its metadata, and joins the others.
    """
    await service.extras.choose_poster(app, work, video_id, body)
    return Response(status_code=204)


@extras.get(
    "/videos/{video_id}/chapters/ideas",
    operation_id="getChapterIdeas",
    response_model=ChapterIdeas,
    responses=problems(Unauthorized, NotYourVideo, NotFound),
    dependencies=writes,
)
async def get_chapter_ideas(video_id: VideoId, work: InWork) -> dict[str, Any]:
    """Where the parts of one's own video may begin, as far as it has been asked for."""
    return await service.extras.chapter_ideas(work, video_id)


@extras.post(
    "/videos/{video_id}/chapters/ideas",
    operation_id="askForChapterIdeas",
    status_code=202,
    response_model=ChapterIdeas,
    responses=problems(Unauthorized, NotYourVideo, NotFound, NoFileYet),
    dependencies=writes,
)
async def ask_for_chapter_ideas(video_id: VideoId, work: InWork) -> dict[str, Any]:
    """Look for where the parts of one's own video may begin: where the picture changes while nobody speaks."""
    return await service.extras.ask_for_chapters(work, video_id)
