"""Routes of working on a playlist together."""

from typing import Annotated

from fastapi import Query, Response, Security

from socialflow.domains.shelves import service
from socialflow.domains.shelves.errors import (
    CannotInviteYourself,
    NotYourPlaylist,
    TooManyCollaborators,
    WatchLaterStays,
)
from socialflow.domains.shelves.schemas import PlaylistCollaboratorPage
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import ChannelId, PlaylistId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router, shows

collaborators = router("playlists")

READS = [Security(get_actor, scopes=["read"])]
WRITES = [Security(get_actor, scopes=["write:playlists"])]


@collaborators.get(
    "/playlists/{playlist_id}/collaborators",
    operation_id="listPlaylistCollaborators",
    response_model=PlaylistCollaboratorPage,
    responses=problems(Unauthorized, NotFound, NotYourPlaylist, InvalidCursor),
    dependencies=READS,
    openapi_extra=shows("people"),
)
async def list_collaborators(
    playlist_id: PlaylistId,
    app: CurrentApp,
    viewer: Viewer,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> PlaylistCollaboratorPage:
    """Who works on a list, and who was asked to; for its owner, and for those who work on it."""
    return await service.collaborating.page(app, viewer, playlist_id, limit=limit, cursor=cursor)


@collaborators.put(
    "/playlists/{playlist_id}/collaborators/{channel_id}",
    operation_id="invitePlaylistCollaborator",
    status_code=204,
    responses=problems(
        Unauthorized, NotFound, NotYourPlaylist, WatchLaterStays, CannotInviteYourself, TooManyCollaborators
    ),
    dependencies=WRITES,
)
async def invite(playlist_id: PlaylistId, channel_id: ChannelId, work: InWork, app: CurrentApp) -> Response:
    """Ask somebody to work on one's list; they see it from then on, and add to it once they have joined."""
    most = app.settings.shelves.collaborators_per_playlist
    await service.collaborating.invite(work, playlist_id, channel_id, most=most)
    return Response(status_code=204)


@collaborators.delete(
    "/playlists/{playlist_id}/collaborators/{channel_id}",
    operation_id="removePlaylistCollaborator",
    status_code=204,
    responses=problems(Unauthorized, NotFound, NotYourPlaylist, WatchLaterStays),
    dependencies=WRITES,
)
async def dismiss(playlist_id: PlaylistId, channel_id: ChannelId, work: InWork) -> Response:
    """Have somebody work on one's list no more, or take the question back; what they put there stays."""
    await service.collaborating.dismiss(work, playlist_id, channel_id)
    return Response(status_code=204)


@collaborators.put(
    "/playlists/{playlist_id}/collaboration",
    operation_id="joinPlaylist",
    status_code=204,
    responses=problems(Unauthorized, NotFound),
    dependencies=WRITES,
)
async def join(playlist_id: PlaylistId, work: InWork) -> Response:
    """Work on a list that the caller was asked to work on."""
    await service.collaborating.join(work, playlist_id)
    return Response(status_code=204)


@collaborators.delete(
    "/playlists/{playlist_id}/collaboration",
    operation_id="leavePlaylist",
    status_code=204,
    responses=problems(Unauthorized),
    dependencies=WRITES,
)
async def leave(playlist_id: PlaylistId, work: InWork) -> Response:
    """Work on it no more, or say no; what the caller put there stays."""
    await service.collaborating.leave(work, playlist_id)
    return Response(status_code=204)
