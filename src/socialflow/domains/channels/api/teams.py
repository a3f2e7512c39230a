"""Routes of who works for which channel."""

from typing import Annotated

from fastapi import Query, Response, Security

from socialflow.domains.channels import service
from socialflow.domains.channels.api.profiles import Reference
from socialflow.domains.channels.errors import NotYourChannel, OwnTeam, TeamIsFull
from socialflow.domains.channels.schemas import (
    CollaborationPage,
    CollaborationRead,
    CollaboratorPage,
    CollaboratorRead,
    CollaboratorUpdate,
)
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import ChannelId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, get_actor, problems, router, shows

teams = router("channels")

PageLimit = Annotated[Limit, Query()]
PageCursor = Annotated[Cursor, Query()]
READS = [Security(get_actor, scopes=["read"])]
WRITES = [Security(get_actor, scopes=["write:channels"])]


@teams.get(
    "/me/channels",
    operation_id="listMyChannels",
    response_model=CollaborationPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=READS,
    openapi_extra=shows("own"),
)
async def list_my_channels(
    work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> CollaborationPage:
    """As which channels one may act: one's own, and those of others for which one works; the latest first."""
    return await service.teams.mine(work, app.keys, limit=limit, cursor=cursor)


@teams.get(
    "/me/collaborations",
    operation_id="listInvitations",
    response_model=CollaborationPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=READS,
    openapi_extra=shows("own"),
)
async def list_invitations(
    work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> CollaborationPage:
    """For which channels one was asked to work and has not answered; the latest first."""
    return await service.teams.invitations(work, app.keys, limit=limit, cursor=cursor)


@teams.put(
    "/me/collaborations/{channel_id}",
    operation_id="acceptInvitation",
    response_model=CollaborationRead,
    responses=problems(Unauthorized, NotFound),
    dependencies=WRITES,
)
async def accept_invitation(channel_id: ChannelId, work: InWork) -> CollaborationRead:
    """Say yes to working for a channel."""
    return await service.teams.accept(work, channel_id)


@teams.delete(
    "/me/collaborations/{channel_id}",
    operation_id="leaveTeam",
    status_code=204,
    responses=problems(Unauthorized),
    dependencies=WRITES,
)
async def leave_team(channel_id: ChannelId, work: InWork) -> Response:
    """Work for a channel no more, or say no to an invitation."""
    await service.teams.leave(work, channel_id)
    return Response(status_code=204)


@teams.get(
    "/channels/{reference}/collaborators",
    operation_id="listCollaborators",
    response_model=CollaboratorPage,
    responses=problems(Unauthorized, NotYourChannel, NotFound, InvalidCursor),
    dependencies=READS,
    openapi_extra=shows("team"),
)
async def list_collaborators(
    reference: Reference, work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> CollaboratorPage:
    """Who works for a channel or was asked to, the latest first; for those alone who work for it."""
    channel = await service.find(work, reference)
    return await service.teams.members(work, app.keys, channel, limit=limit, cursor=cursor)


@teams.put(
    "/channels/{reference}/collaborators/{channel_id}",
    operation_id="inviteCollaborator",
    response_model=CollaboratorRead,
    responses=problems(Unauthorized, NotYourChannel, NotFound, OwnTeam, TeamIsFull),
    dependencies=WRITES,
)
async def invite_collaborator(
    reference: Reference, channel_id: ChannelId, body: CollaboratorUpdate, work: InWork, app: CurrentApp
) -> CollaboratorRead:
    """Ask somebody to work for a channel, or give them another role; owners may.

    People are named by the channel that came with their account. They have no right before they have said yes. An
    `owner` may do everything but delete the channel, an `editor` all about what it publishes, a `moderator` keeps its
    comments in order, and an `analyst` sees its numbers; all of them see whatever it has.
    """
    channel = await service.find(work, reference)
    return await service.teams.invite(work, channel, channel_id, body.role, app.settings.channels)


@teams.delete(
    "/channels/{reference}/collaborators/{channel_id}",
    operation_id="removeCollaborator",
    status_code=204,
    responses=problems(Unauthorized, NotYourChannel, NotFound),
    dependencies=WRITES,
)
async def remove_collaborator(reference: Reference, channel_id: ChannelId, work: InWork) -> Response:
    """Let somebody go, or take an invitation back; owners may."""
    await service.teams.remove(work, await service.find(work, reference), channel_id)
    return Response(status_code=204)
