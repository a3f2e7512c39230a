"""Routes of the files behind a video: the original, and another one in its place."""

from fastapi import Security

from socialflow.domains.media.errors import UploadExpired
from socialflow.domains.media.schemas import Original
from socialflow.domains.videos import service
from socialflow.domains.videos.errors import NotYourVideo, UploadAlreadyUsed, UploadOfNoUse
from socialflow.domains.videos.schemas import VideoFiles, VideoReplace
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.ids import VideoId
from socialflow.kernel.web import CurrentApp, InWork, get_actor, problems, router

sources = router("videos", reads="own_video")


@sources.get(
    "/videos/{video_id}/original",
    operation_id="getOriginal",
    response_model=Original,
    responses=problems(Unauthorized, NotYourVideo, NotFound),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def get_original(video_id: VideoId, work: InWork, app: CurrentApp) -> Original:
    """Where to download one's video as it was uploaded.

    The address answers ranges, runs out, and ends with the session that asked for it. 404 where this site does not
    keep originals, or not for that long.
    """
    return await service.original(app, work, video_id)


@sources.get(
    "/videos/{video_id}/source",
    operation_id="getVideoFiles",
    response_model=VideoFiles,
    responses=problems(Unauthorized, NotYourVideo, NotFound),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def get_files(video_id: VideoId, work: InWork) -> VideoFiles:
    """The files that one's video had, has and is to get; the fifty latest, the newest first."""
    return await service.files_of(work, video_id)


@sources.put(
    "/videos/{video_id}/source",
    operation_id="replaceVideoFile",
    response_model=VideoFiles,
    responses=problems(Unauthorized, NotYourVideo, NotFound, UploadAlreadyUsed, UploadExpired, UploadOfNoUse),
    dependencies=[Security(get_actor, scopes=["write:videos"])],
)
async def replace_file(video_id: VideoId, body: VideoReplace, work: InWork, app: CurrentApp) -> VideoFiles:
    """Put another upload in the place of a video's file.

    It may be sent before the last byte of the upload has arrived. The former file is shown until something of the new
    one can be watched; then all changes at once, under the same address: comments, likes and everything else stay. A
    new file of which nothing can be made changes nothing. Of several that are sent one after another the last wins.
    """
    await service.replace(app, work, video_id, body.upload_id)
    return await service.files_of(work, video_id)
