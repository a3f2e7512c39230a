"""Routes of what one wants to watch later."""

from typing import Annotated

from fastapi import Query, Response, Security

from socialflow.domains.shelves import service
from socialflow.domains.shelves.errors import PlaylistIsFull
from socialflow.domains.shelves.schemas import PlaylistItemPage, PlaylistMembershipRead
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import VideoId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router

later = router("playlists", reads="own_marks")

WRITES = [Security(get_actor, scopes=["write:playlists"])]


@later.get(
    "/me/watch-later",
    operation_id="listWatchLater",
    response_model=PlaylistItemPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def list_later(
    app: CurrentApp,
    viewer: Viewer,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> bytes:
    """What the caller wants to watch later. It is a playlist: items are moved and taken off as those of any other."""
    return await service.later.page(app, viewer, limit=limit, cursor=cursor)


@later.put(
    "/me/watch-later/{video_id}",
    operation_id="watchLater",
    response_model=PlaylistMembershipRead,
    responses=problems(Unauthorized, NotFound, PlaylistIsFull),
    dependencies=WRITES,
)
async def add(video_id: VideoId, work: InWork, app: CurrentApp) -> PlaylistMembershipRead:
    """Put a video there, at the end: twice is once."""
    return await service.later.add(work, video_id, most=app.settings.shelves.items_per_playlist)


@later.delete(
    "/me/watch-later/{video_id}",
    operation_id="watchNotLater",
    status_code=204,
    responses=problems(Unauthorized),
    dependencies=WRITES,
)
async def remove(video_id: VideoId, work: InWork) -> Response:
    """Take a video off it; it need not be on it."""
    await service.later.remove(work, video_id)
    return Response(status_code=204)
