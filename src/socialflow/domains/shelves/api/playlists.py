"""Routes of playlists."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response, Security

from socialflow.domains.accounts.errors import NotPermitted
from socialflow.domains.channels import service as channels
from socialflow.domains.channels.errors import NotYourChannel
from socialflow.domains.shelves import policy, service
from socialflow.domains.shelves.errors import NotYourPlaylist, TooManyPlaylists, VideosStandTwice, WatchLaterStays
from socialflow.domains.shelves.models import PlaylistRole
from socialflow.domains.shelves.schemas import (
    PlaylistCreate,
    PlaylistPage,
    PlaylistRead,
    PlaylistRestriction,
    PlaylistUpdate,
)
from socialflow.kernel.errors import InvalidCursor, NotFound, PreconditionFailed, Unauthorized
from socialflow.kernel.ids import PlaylistId, VideoId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import (
    CurrentApp,
    InWork,
    Reader,
    Viewer,
    get_actor,
    problems,
    require_edition,
    router,
    shared_response,
    shows,
)

playlists = router("playlists")
admin = router("admin")

PageLimit = Annotated[Limit, Query()]
PageCursor = Annotated[Cursor, Query()]
READS = [Security(get_actor, scopes=["read"])]
WRITES = [Security(get_actor, scopes=["write:playlists"])]
Reference = Annotated[str, Path(max_length=40, description="`@handle` or id of a channel.", examples=["@ada"])]
AsRole = Annotated[
    PlaylistRole | None,
    Query(description="Lists of others that the caller works on, or was asked to; none is their own."),
]
Holding = Annotated[VideoId | None, Query(description="`contains` says whether this video is on each of them.")]


async def _judge(viewer: Viewer) -> None:
    if not viewer.may(policy.REMOVE_ANY):
        raise NotPermitted(extra={"missing_permission": policy.REMOVE_ANY})


GUARDED: list[Any] = [Security(get_actor, scopes=["admin:moderation"]), Depends(_judge)]


@playlists.post(
    "/playlists",
    operation_id="createPlaylist",
    status_code=201,
    response_model=PlaylistRead,
    responses=problems(Unauthorized, NotYourChannel, NotFound, TooManyPlaylists),
    dependencies=WRITES,
)
async def create(body: PlaylistCreate, work: InWork, app: CurrentApp) -> Response:
    """Make a list on one of the caller's own channels; it is private unless something else is said."""
    made = await service.playlists.create(work, body, most=app.settings.shelves.playlists_per_account)
    shared = await service.reading.present(app, work, made.id)
    return Response(shared.body, 201, headers={"ETag": shared.etag}, media_type="application/json")


@playlists.get(
    "/me/playlists",
    operation_id="listMyPlaylists",
    response_model=PlaylistPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=READS,
    openapi_extra=shows("own_marks"),
)
async def list_mine(
    app: CurrentApp,
    viewer: Viewer,
    role: AsRole = None,
    video_id: Holding = None,
    limit: PageLimit = 20,
    cursor: PageCursor = None,
) -> bytes:
    """The caller's own lists, the newest first, or those of others that they work on."""
    return (await service.reading.mine(app, viewer, role, video_id, limit=limit, cursor=cursor)).body


@playlists.get(
    "/channels/{reference}/playlists",
    operation_id="listChannelPlaylists",
    response_model=PlaylistPage,
    responses=problems(NotFound, InvalidCursor),
    openapi_extra=shows("playlists"),
)
async def list_of_channel(
    reference: Reference,
    work: InWork,
    app: CurrentApp,
    viewer: Reader,
    limit: PageLimit = 20,
    cursor: PageCursor = None,
) -> Response:
    """Lists of a channel that the caller may see and that are not for an address alone, the newest first."""
    channel = await channels.find(work, reference)
    shared = await service.reading.of_channel(app, viewer, channel.id, limit=limit, cursor=cursor)
    return shared_response(shared, viewer)


@playlists.get(
    "/playlists/{playlist_id}",
    operation_id="getPlaylist",
    response_model=PlaylistRead,
    responses=problems(NotFound),
    openapi_extra=shows("playlist"),
)
async def get(playlist_id: PlaylistId, app: CurrentApp, viewer: Reader) -> Response:
    """One list. Its `ETag` begins with its edition: `If-Match` compares that, whatever was put on it meanwhile."""
    return shared_response(await service.reading.detail(app, viewer, playlist_id), viewer)


@playlists.patch(
    "/playlists/{playlist_id}",
    operation_id="updatePlaylist",
    response_model=PlaylistRead,
    responses=problems(Unauthorized, NotFound, NotYourPlaylist, WatchLaterStays, VideosStandTwice, PreconditionFailed),
    dependencies=WRITES,
)
async def update(
    playlist_id: PlaylistId, body: PlaylistUpdate, work: InWork, app: CurrentApp, request: Request
) -> Response:
    """Change what a list says of itself, and who sees it; absent members stay."""
    playlist, _ = await service.playlists.held(work, playlist_id)
    policy.may_edit(work.actor, playlist)
    require_edition(request, playlist.edition)
    await service.playlists.edit(work, playlist, body)
    shared = await service.reading.present(app, work, playlist_id)
    return Response(shared.body, headers={"ETag": shared.etag}, media_type="application/json")


@playlists.delete(
    "/playlists/{playlist_id}",
    operation_id="deletePlaylist",
    status_code=204,
    responses=problems(Unauthorized, NotFound, NotYourPlaylist, WatchLaterStays),
    dependencies=WRITES,
)
async def delete(playlist_id: PlaylistId, work: InWork) -> Response:
    """Delete a list; the videos on it stay."""
    await service.playlists.delete(work, playlist_id)
    return Response(status_code=204)


@admin.put(
    "/admin/playlists/{playlist_id}/restriction",
    operation_id="restrictPlaylist",
    response_model=PlaylistRead,
    responses=problems(Unauthorized, NotPermitted, NotFound),
    dependencies=GUARDED,
)
async def restrict(playlist_id: PlaylistId, body: PlaylistRestriction, work: InWork, app: CurrentApp) -> bytes:
    """Show a list to nobody but its owner and staff, while it is looked at or since it was decided so."""
    await service.restricting.restrict(work, playlist_id, body.restriction)
    return (await service.reading.present(app, work, playlist_id)).body


@admin.delete(
    "/admin/playlists/{playlist_id}/restriction",
    operation_id="releasePlaylist",
    response_model=PlaylistRead,
    responses=problems(Unauthorized, NotPermitted, NotFound),
    dependencies=GUARDED,
)
async def release(playlist_id: PlaylistId, work: InWork, app: CurrentApp) -> bytes:
    """Show it again to whom its owner wants to show it."""
    await service.restricting.release(work, playlist_id)
    return (await service.reading.present(app, work, playlist_id)).body
