"""Routes of channels."""

from typing import Annotated

from fastapi import Path, Request, Response, Security

from socialflow.domains.accounts.errors import HandleReserved, HandleTaken
from socialflow.domains.channels import service
from socialflow.domains.channels.errors import MainChannel, NotYourChannel, RenamedTooOften, TooManyChannels
from socialflow.domains.channels.schemas import ChannelCreate, ChannelRead, ChannelUpdate, HandleUpdate
from socialflow.domains.media.errors import QuotaExceeded
from socialflow.kernel import ids
from socialflow.kernel.errors import Forbidden, NotFound, PreconditionFailed, Unauthorized
from socialflow.kernel.web import (
    CurrentApp,
    InWork,
    etag_of,
    get_actor,
    get_reader,
    problems,
    require_match,
    router,
)

profiles = router("channels", reads="channel")

TEMPORARY_REDIRECT = 307
Reference = Annotated[str, Path(max_length=40, description="A channel's id, or `@handle`.", examples=["@ada"])]
WRITES = [Security(get_actor, scopes=["write:channels"])]


@profiles.post(
    "/channels",
    operation_id="createChannel",
    status_code=201,
    response_model=ChannelRead,
    responses=problems(Unauthorized, HandleTaken, HandleReserved, TooManyChannels),
    dependencies=WRITES,
)
async def create_channel(body: ChannelCreate, work: InWork, app: CurrentApp) -> ChannelRead:
    """Make another channel of one's account.

    What is uploaded or said names it by `channel_id`; where none is named, the one that came with the account is meant.
    """
    return service.read(await service.create(work, body, app.settings.channels))


@profiles.get(
    "/channels/{reference}",
    operation_id="getChannel",
    response_model=ChannelRead,
    responses={
        **problems(NotFound),
        307: {"description": "The channel bears another handle now: its page is at `Location`, by its id"},
    },
    dependencies=[Security(get_reader, scopes=["read"])],
)
async def get_channel(reference: Reference, work: InWork, request: Request) -> ChannelRead | Response:
    """A public profile. A handle that the channel bore until lately leads to where it is."""
    channel = await service.find(work, reference)
    if reference.startswith("@") and reference.removeprefix("@").lower() != channel.handle:
        folder = request.url.path.rpartition("/")[0]
        where = {"Location": f"{folder}/{ids.show('chn', channel.id)}", "Cache-Control": "no-store"}
        return Response(status_code=TEMPORARY_REDIRECT, headers=where)
    return service.read(channel)


@profiles.patch(
    "/channels/{reference}",
    operation_id="updateChannel",
    response_model=ChannelRead,
    responses=problems(Unauthorized, NotYourChannel, NotFound, PreconditionFailed, QuotaExceeded),
    dependencies=WRITES,
)
async def update_channel(
    reference: Reference, body: ChannelUpdate, work: InWork, app: CurrentApp, request: Request
) -> ChannelRead:
    """Change how a channel presents itself; owners and editors may. Another name costs it its mark."""
    channel = await service.find(work, reference)
    require_match(request, etag_of(service.read(channel).model_dump_json().encode()))
    return service.read(await service.edit(app, work, channel, body))


@profiles.put(
    "/channels/{reference}/handle",
    operation_id="renameChannel",
    response_model=ChannelRead,
    responses=problems(Unauthorized, NotYourChannel, NotFound, HandleTaken, HandleReserved, RenamedTooOften),
    dependencies=WRITES,
)
async def rename_channel(reference: Reference, body: HandleUpdate, work: InWork, app: CurrentApp) -> ChannelRead:
    """Give a channel another handle; owners may.

    The former one leads to the channel for a time, and is nobody else's meanwhile. The channel that came with an
    account is renamed by its account alone, since one logs in by its handle, and costs it its mark.
    """
    channel = await service.find(work, reference)
    return service.read(await service.rename(work, channel, body.handle, app.settings.channels))


@profiles.delete(
    "/channels/{reference}",
    operation_id="deleteChannel",
    status_code=204,
    responses=problems(Unauthorized, Forbidden, NotFound, MainChannel),
    dependencies=WRITES,
)
async def delete_channel(reference: Reference, work: InWork, app: CurrentApp) -> Response:
    """Delete one of one's channels with all that it has published; the one that came with the account stays."""
    await service.delete(work, await service.find(work, reference), app.settings.channels)
    return Response(status_code=204)
