"""Routes of blocks and mutes."""

from typing import Annotated

from fastapi import Path, Query, Response, Security
from pydantic import AfterValidator, AwareDatetime

from socialflow.domains.social import service
from socialflow.domains.social.api.follows import READS, PageCursor, PageLimit
from socialflow.domains.social.errors import CannotBlockStaff, CannotBlockYourself, CannotMuteYourself, TooManyMutes
from socialflow.domains.social.models import MuteKind
from socialflow.domains.social.schemas import ChannelPage, MutePage, MuteRead, TermCreate, in_utc
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import ChannelId, MuteId
from socialflow.kernel.web import CurrentApp, InWork, get_actor, problems, router, shows

aside = router("blocks")

Subject = Annotated[
    str,
    Path(
        max_length=40,
        description="A channel's id, or that of the comment or video that a thread hangs on.",
        examples=["chn_01jdxyz7q4e5v8w9r0t1y2p3a4"],
    ),
]
KindFilter = Annotated[MuteKind | None, Query(description="Only mutes of this kind.")]
Until = Annotated[
    Annotated[AwareDatetime, AfterValidator(in_utc)] | None,
    Query(description="When it ends; for ever where nothing is said."),
]
BLOCKS = [Security(get_actor, scopes=["write:blocks"])]


@aside.put(
    "/blocks/{channel_id}",
    operation_id="blockChannel",
    status_code=204,
    responses=problems(Unauthorized, NotFound, CannotBlockYourself, CannotBlockStaff),
    dependencies=BLOCKS,
)
async def block(channel_id: ChannelId, work: InWork) -> Response:
    """Block a channel's owner: neither sees the other's things any more, and follows are cut both ways.

    They are not told.
    """
    await service.block(work, channel_id)
    return Response(status_code=204)


@aside.delete(
    "/blocks/{channel_id}",
    operation_id="unblockChannel",
    status_code=204,
    responses=problems(Unauthorized, NotFound),
    dependencies=BLOCKS,
)
async def unblock(channel_id: ChannelId, work: InWork) -> Response:
    """Take a block back; there need not be one. What was cut stays cut."""
    await service.unblock(work, channel_id)
    return Response(status_code=204)


@aside.get(
    "/me/blocks",
    operation_id="listBlocks",
    response_model=ChannelPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=READS,
    openapi_extra=shows("own"),
)
async def list_blocks(work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None) -> ChannelPage:
    """Whom one has blocked, the latest first."""
    return await service.blocked(work, app.keys, limit=limit, cursor=cursor)


@aside.put(
    "/mutes/{subject_id}",
    operation_id="mute",
    status_code=204,
    responses=problems(Unauthorized, NotFound, CannotMuteYourself, TooManyMutes),
    dependencies=BLOCKS,
)
async def mute(subject_id: Subject, work: InWork, expires_at: Until = None) -> Response:
    """Mute a channel's owner, or a thread, until a time or for ever; doing it again sets the time anew.

    What a muted account makes is left out of feeds and comments; it is not told, and sees as much as before. A thread
    of posts is named by the post with which it begins; it is left out of lists, and whoever opens it finds it whole.
    """
    await service.muting.mute(work, subject_id, expires_at)
    return Response(status_code=204)


@aside.delete(
    "/mutes/{subject_id}",
    operation_id="unmute",
    status_code=204,
    responses=problems(Unauthorized, NotFound),
    dependencies=BLOCKS,
)
async def unmute(subject_id: Subject, work: InWork) -> Response:
    """Take a mute back; there need not be one."""
    await service.muting.unmute(work, subject_id)
    return Response(status_code=204)


@aside.get(
    "/me/mutes",
    operation_id="listMutes",
    response_model=MutePage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=READS,
    openapi_extra=shows("own"),
)
async def list_mutes(
    work: InWork, app: CurrentApp, kind: KindFilter = None, limit: PageLimit = 20, cursor: PageCursor = None
) -> MutePage:
    """What one has muted, the latest first; what is over is left out."""
    return await service.muting.muted(work, app.keys, kind, limit=limit, cursor=cursor)


@aside.post(
    "/me/mutes",
    operation_id="muteTerm",
    status_code=201,
    response_model=MuteRead,
    responses=problems(Unauthorized, TooManyMutes),
    dependencies=BLOCKS,
)
async def mute_term(body: TermCreate, work: InWork) -> MuteRead:
    """Mute a word, or a few, or a hashtag: what holds it is left out of feeds, lists of posts, threads and comments."""
    return await service.muting.mute_term(work, body)


@aside.delete(
    "/me/mutes/{mute_id}",
    operation_id="deleteMute",
    status_code=204,
    responses=problems(Unauthorized, NotFound),
    dependencies=BLOCKS,
)
async def delete_mute(mute_id: MuteId, work: InWork) -> Response:
    """Take anything back that one has muted; it need not be there."""
    await service.muting.forget_mute(work, mute_id)
    return Response(status_code=204)
