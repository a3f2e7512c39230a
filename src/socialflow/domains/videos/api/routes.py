"""Routes of videos."""

from typing import Annotated

from fastapi import Query, Request, Response, Security
from pydantic import SecretStr, StringConstraints

from socialflow.domains.accounts.service import Passwords
from socialflow.domains.channels.errors import NotYourChannel
from socialflow.domains.media.errors import QuotaExceeded, UploadExpired
from socialflow.domains.videos import service
from socialflow.domains.videos.errors import (
    AlreadyPublished,
    NotYourVideo,
    PasswordMissing,
    PasswordNeeded,
    PrivateIsNotPublished,
    UnusablePublishTime,
    UploadAlreadyUsed,
)
from socialflow.domains.videos.queries.lists import VideoSort
from socialflow.domains.videos.schemas import LONGEST_TAG, VideoCreate, VideoPage, VideoRead, VideoUpdate
from socialflow.kernel.errors import InvalidCursor, NotFound, PreconditionFailed, Unauthorized
from socialflow.kernel.ids import ChannelId, VideoId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.texts import LINE
from socialflow.kernel.web import (
    CurrentApp,
    InWork,
    Reader,
    get_actor,
    problems,
    require_edition,
    router,
    shared_response,
    shows,
)
from socialflow.kernel.work import App

videos = router("videos")

ChannelFilter = Annotated[ChannelId | None, Query(description="Only videos of this channel.")]
TagFilter = Annotated[
    Annotated[str, StringConstraints(to_lower=True, max_length=LONGEST_TAG), LINE] | None,
    Query(description="Only videos with this tag, written without #.", examples=["sea"]),
]
SortBy = Annotated[VideoSort | None, Query(description="`latest` unless something else is asked for.")]
Mine = Annotated[bool, Query(description="Only the caller's own videos, in every state and visibility.")]
PageLimit = Annotated[Limit, Query()]
PageCursor = Annotated[Cursor, Query()]


@videos.post(
    "/videos",
    operation_id="createVideo",
    status_code=201,
    response_model=VideoRead,
    responses=problems(
        Unauthorized,
        NotFound,
        NotYourChannel,
        QuotaExceeded,
        UploadAlreadyUsed,
        UploadExpired,
        PasswordMissing,
        PrivateIsNotPublished,
        UnusablePublishTime,
    ),
    dependencies=[Security(get_actor, scopes=["write:videos"])],
)
async def create_video(body: VideoCreate, work: InWork, app: CurrentApp) -> bytes:
    """Make a video of an upload, on one's channel or on another for which one publishes.

    It may be sent before the last byte of the upload has arrived: the video is a draft until then, is prepared
    afterwards, and a public one is published as soon as it can be watched. With `publish_at` it waits for that time:
    until then it is its owner's alone, whatever its visibility says, and so are its files and comments.
    """
    video = await service.create(app, work, body, password_hash=await _hashed(app, body.password))
    return (await service.present(app, work, video.id)).body


@videos.get(
    "/videos",
    operation_id="listVideos",
    response_model=VideoPage,
    responses=problems(Unauthorized, InvalidCursor),
    openapi_extra=shows("videos"),
)
async def list_videos(
    app: CurrentApp,
    viewer: Reader,
    channel_id: ChannelFilter = None,
    tag: TagFilter = None,
    sort: SortBy = None,
    mine: Mine = False,  # noqa: FBT002  # a query parameter has a name
    limit: PageLimit = 20,
    cursor: PageCursor = None,
) -> Response:
    """Videos that everybody may watch; with `mine`, one's own, and those of a channel for which one works.

    Of one channel, also what it shows to its followers or members, to those of them who ask.

    What depends on the caller, such as whether they like a video, is asked for with `GET /me/marks`.
    """
    wanted = service.Listed(sort or VideoSort.LATEST, channel_id, tag, mine)
    return shared_response(await service.page(app, viewer, wanted, limit=limit, cursor=cursor), viewer)


@videos.get(
    "/videos/{video_id}",
    operation_id="getVideo",
    response_model=VideoRead,
    responses=problems(NotFound, PasswordNeeded),
    openapi_extra=shows("video"),
)
async def get_video(video_id: VideoId, app: CurrentApp, viewer: Reader) -> Response:
    """One video.

    Its `ETag` begins with the video's edition: `If-Match` on an edit compares that, so that likes which come in
    meanwhile do not stand in the way.
    """
    return shared_response(await service.detail(app, viewer, video_id), viewer)


@videos.patch(
    "/videos/{video_id}",
    operation_id="updateVideo",
    response_model=VideoRead,
    responses=problems(
        Unauthorized,
        NotYourVideo,
        NotFound,
        AlreadyPublished,
        PreconditionFailed,
        PasswordMissing,
        PrivateIsNotPublished,
        UnusablePublishTime,
    ),
    dependencies=[Security(get_actor, scopes=["write:videos"])],
)
async def update_video(
    video_id: VideoId, body: VideoUpdate, work: InWork, app: CurrentApp, request: Request
) -> Response:
    """Change a video's title, description, tags, visibility or time of publishing; absent members stay.

    `publish_at` may be set, moved and taken away until the video is published; null publishes a public video as soon
    as it can be watched. A video that is made private waits for no time any more: its `publish_at` becomes null.
    """
    password_hash = await _hashed(app, body.password)
    video = await service.visible(work, video_id, hold=service.Hold.CHANGE)
    require_edition(request, video.edition)
    await service.edit(work, video, body, password_hash=password_hash)
    shared = await service.present(app, work, video_id)
    return Response(shared.body, headers={"ETag": shared.etag}, media_type="application/json")


@videos.delete(
    "/videos/{video_id}",
    operation_id="deleteVideo",
    status_code=204,
    responses=problems(Unauthorized, NotYourVideo, NotFound),
    dependencies=[Security(get_actor, scopes=["write:videos"])],
)
async def delete_video(video_id: VideoId, work: InWork) -> Response:
    """Delete a video and all that was made of it."""
    await service.delete(work, video_id)
    return Response(status_code=204)


async def _hashed(app: App, password: SecretStr | None) -> str | None:
    """A password as it is kept, made before any connection is taken."""
    return await app.port(Passwords).hash(password.get_secret_value()) if password is not None else None
