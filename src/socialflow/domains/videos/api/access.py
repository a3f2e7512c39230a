"""Routes of who may see a video: by a password, by name, and whether staff let anybody."""

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response, Security

from socialflow.domains.accounts.errors import NotPermitted
from socialflow.domains.videos import policy, service
from socialflow.domains.videos.errors import NotYourVideo, TooManyViewers, WrongVideoPassword
from socialflow.domains.videos.schemas import RestrictionUpdate, Unlock, UnlockedRead, VideoPage, VideoRead, ViewerPage
from socialflow.domains.videos.service import restricting, unlocking, viewers
from socialflow.kernel import limits
from socialflow.kernel.errors import InvalidCursor, NotFound, TooManyRequests, Unauthorized
from socialflow.kernel.ids import ChannelId, VideoId
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import (
    CurrentApp,
    InWork,
    Viewer,
    client_address,
    get_actor,
    get_reader,
    problems,
    router,
    shared_response,
    shows,
)

access = router("videos")
admin = router("admin")

PageLimit = Annotated[Limit, Query()]
PageCursor = Annotated[Cursor, Query()]
WRITES = [Security(get_actor, scopes=["write:videos"])]
# Wrong passwords of one video from one address, and from everywhere: a right one costs nothing.
GUESSES, GUESSES_OF_ALL = Rate.parse("10/600"), Rate.parse("300/3600")
UNLOCK_POINTS = 5


async def _hold(viewer: Viewer) -> None:
    if not viewer.may(policy.REMOVE_ANY):
        raise NotPermitted(extra={"missing_permission": policy.REMOVE_ANY})


GUARDED: list[Any] = [Security(get_actor, scopes=["admin:moderation"]), Depends(_hold)]
STAFF = (Unauthorized, NotPermitted, NotFound)


@access.post(
    "/videos/{video_id}/unlock",
    operation_id="unlockVideo",
    response_model=UnlockedRead,
    responses=problems(NotFound, WrongVideoPassword, TooManyRequests),
    dependencies=[Security(get_reader, scopes=["read"])],
    openapi_extra={"x-points": UNLOCK_POINTS, "x-idempotent": False},
)
async def unlock(video_id: VideoId, body: Unlock, app: CurrentApp, viewer: Viewer, request: Request) -> UnlockedRead:
    """Give the password of a video: what opens it for twelve hours, or until it has another password.

    The grant is sent along in the header `Video-Grants`; it needs no account, and is nobody's in particular.
    """
    async with app.work(viewer) as work:
        wanted = await unlocking.locked(work, video_id)
    limiter: Limiter = request.app.state.limiter
    where = limits.address_key(client_address(request))
    buckets = (("unlock_address", f"{video_id} {where}", GUESSES), ("unlock_video", str(video_id), GUESSES_OF_ALL))
    async with limiter.failures(*buckets):
        grant, expires_at = await unlocking.unlock(app, wanted, body.password.get_secret_value())
    return UnlockedRead(grant=grant, expires_at=expires_at)


@access.get(
    "/videos/{video_id}/viewers",
    operation_id="listVideoViewers",
    response_model=ViewerPage,
    responses=problems(Unauthorized, NotYourVideo, NotFound, InvalidCursor),
    dependencies=[Security(get_actor, scopes=["read"])],
    openapi_extra=shows("own_video"),
)
async def list_viewers(
    video_id: VideoId, work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> ViewerPage:
    """With whom one's own video is shared by name, the latest first."""
    return await viewers.viewers(work, app.keys, video_id, limit=limit, cursor=cursor)


@access.get(
    "/me/shared-videos",
    operation_id="listSharedVideos",
    response_model=VideoPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=[Security(get_actor, scopes=["read"])],
    openapi_extra=shows("videos"),
)
async def list_shared_videos(
    app: CurrentApp, viewer: Viewer, limit: PageLimit = 20, cursor: PageCursor = None
) -> Response:
    """Videos that others share with one by name, the newest first."""
    found = await service.page(app, viewer, service.Listed(shared=True), limit=limit, cursor=cursor)
    return shared_response(found, viewer)


@access.put(
    "/videos/{video_id}/viewers/{channel_id}",
    operation_id="shareVideo",
    status_code=204,
    responses=problems(Unauthorized, NotYourVideo, NotFound, TooManyViewers),
    dependencies=WRITES,
)
async def share(video_id: VideoId, channel_id: ChannelId, work: InWork) -> Response:
    """Share one's own video with somebody by name: they see it while its visibility is `named`."""
    await viewers.share(work, video_id, channel_id)
    return Response(status_code=204)


@access.delete(
    "/videos/{video_id}/viewers/{channel_id}",
    operation_id="unshareVideo",
    status_code=204,
    responses=problems(Unauthorized, NotYourVideo, NotFound),
    dependencies=WRITES,
)
async def unshare(video_id: VideoId, channel_id: ChannelId, work: InWork) -> Response:
    """Share it with them no more: addresses of its files that they were given end as well."""
    await viewers.unshare(work, video_id, channel_id)
    return Response(status_code=204)


@admin.put(
    "/admin/videos/{video_id}/restriction",
    operation_id="restrictVideo",
    response_model=VideoRead,
    responses=problems(*STAFF),
    dependencies=GUARDED,
)
async def restrict(video_id: VideoId, body: RestrictionUpdate, work: InWork, app: CurrentApp) -> bytes:
    """Show a video to nobody but its owner and staff, while it is looked at or since it was decided so."""
    await restricting.restrict(work, video_id, body.restriction)
    return (await service.present(app, work, video_id)).body


@admin.delete(
    "/admin/videos/{video_id}/restriction",
    operation_id="releaseVideo",
    response_model=VideoRead,
    responses=problems(*STAFF),
    dependencies=GUARDED,
)
async def release(video_id: VideoId, work: InWork, app: CurrentApp) -> bytes:
    """Show it again to whom its owner wants to show it."""
    await restricting.release(work, video_id)
    return (await service.present(app, work, video_id)).body
