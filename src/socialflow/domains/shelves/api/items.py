"""Routes of what stands on playlists."""

from typing import Annotated

from fastapi import Query, Response, Security

from socialflow.domains.shelves import service
from socialflow.domains.shelves.errors import AlreadyOnPlaylist, NotYourPlaylist, PlaceIsGone, PlaylistIsFull
from socialflow.domains.shelves.schemas import (
    PlaylistItemCreate,
    PlaylistItemPage,
    PlaylistItemRead,
    PlaylistItemUpdate,
    PlaylistMembershipRead,
)
from socialflow.kernel.errors import InvalidCursor, InvalidRequest, NotFound, Unauthorized
from socialflow.kernel.ids import PlaylistId, PlaylistItemId, VideoId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import (
    CurrentApp,
    InWork,
    Reader,
    get_actor,
    problems,
    router,
    shared_response,
    shows,
)

items = router("playlists")

WRITES = [Security(get_actor, scopes=["write:playlists"])]
StartsAt = Annotated[
    PlaylistItemId | None, Query(description="The page begins with this item: where somebody is who plays the list.")
]


@items.get(
    "/playlists/{playlist_id}/items",
    operation_id="listPlaylistItems",
    response_model=PlaylistItemPage,
    responses=problems(NotFound, InvalidCursor),
    openapi_extra=shows("playlist"),
)
async def list_items(
    playlist_id: PlaylistId,
    app: CurrentApp,
    viewer: Reader,
    starts_at: StartsAt = None,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> Response:
    """What is on a list, in its order.

    Of a video that the caller may not see, or that is gone, there is the place alone: `available` is false.
    """
    shared = await service.reading.items(app, viewer, playlist_id, start=starts_at, limit=limit, cursor=cursor)
    return shared_response(shared, viewer)


@items.post(
    "/playlists/{playlist_id}/items",
    operation_id="addPlaylistItem",
    status_code=201,
    response_model=PlaylistItemRead,
    responses=problems(
        Unauthorized, NotFound, NotYourPlaylist, AlreadyOnPlaylist, PlaceIsGone, PlaylistIsFull, InvalidRequest
    ),
    dependencies=WRITES,
)
async def add(playlist_id: PlaylistId, body: PlaylistItemCreate, work: InWork, app: CurrentApp) -> bytes:
    """Put a video on a list, at its end unless a neighbour is named.

    It shows the video to nobody who does not see it anyway.
    """
    made = await service.items.add(work, playlist_id, body, most=app.settings.shelves.items_per_playlist)
    return await service.later.item_of(app, work, playlist_id, made.id)


@items.patch(
    "/playlists/{playlist_id}/items/{item_id}",
    operation_id="updatePlaylistItem",
    response_model=PlaylistItemRead,
    responses=problems(Unauthorized, NotFound, NotYourPlaylist, PlaceIsGone, InvalidRequest),
    dependencies=WRITES,
)
async def update(
    playlist_id: PlaylistId, item_id: PlaylistItemId, body: PlaylistItemUpdate, work: InWork, app: CurrentApp
) -> bytes:
    """Move an item beside another, or change its note.

    A place is named by a neighbour: moves of several people at once all take effect, one after the other.
    """
    await service.items.change(work, playlist_id, item_id, body)
    return await service.later.item_of(app, work, playlist_id, item_id)


@items.delete(
    "/playlists/{playlist_id}/items/{item_id}",
    operation_id="removePlaylistItem",
    status_code=204,
    responses=problems(Unauthorized, NotFound, NotYourPlaylist),
    dependencies=WRITES,
)
async def remove(playlist_id: PlaylistId, item_id: PlaylistItemId, work: InWork) -> Response:
    """Take an item off a list; it need not be on it."""
    await service.items.remove(work, playlist_id, item_id)
    return Response(status_code=204)


@items.put(
    "/playlists/{playlist_id}/videos/{video_id}",
    operation_id="addVideoToPlaylist",
    response_model=PlaylistMembershipRead,
    responses=problems(Unauthorized, NotFound, NotYourPlaylist, PlaylistIsFull),
    dependencies=WRITES,
)
async def add_video(
    playlist_id: PlaylistId, video_id: VideoId, work: InWork, app: CurrentApp
) -> PlaylistMembershipRead:
    """Have a video on a list, at its end where it is not on it yet: twice is once."""
    most = app.settings.shelves.items_per_playlist
    return await service.items.add_once(work, playlist_id, video_id, most=most)


@items.delete(
    "/playlists/{playlist_id}/videos/{video_id}",
    operation_id="removeVideoFromPlaylist",
    status_code=204,
    responses=problems(Unauthorized, NotFound, NotYourPlaylist),
    dependencies=WRITES,
)
async def remove_video(playlist_id: PlaylistId, video_id: VideoId, work: InWork) -> Response:
    """Have a video off a list, wherever it stands on it."""
    await service.items.remove_video(work, playlist_id, video_id)
    return Response(status_code=204)
