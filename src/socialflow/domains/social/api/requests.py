"""Routes of asking to follow."""

from fastapi import Response

from socialflow.domains.social import service
from socialflow.domains.social.api.follows import READS, WRITES, PageCursor, PageLimit
from socialflow.domains.social.schemas import ChannelPage, FollowRequestPage
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import ChannelId
from socialflow.kernel.web import CurrentApp, InWork, problems, router, shows

requests = router("follows")


@requests.get(
    "/me/follow-requests",
    operation_id="listFollowRequests",
    response_model=FollowRequestPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=READS,
    openapi_extra=shows("people"),
)
async def list_follow_requests(
    work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> FollowRequestPage:
    """Who asks to follow one, the latest first."""
    return await service.requests(work, app.keys, limit=limit, cursor=cursor)


@requests.get(
    "/me/sent-follow-requests",
    operation_id="listSentFollowRequests",
    response_model=ChannelPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=READS,
    openapi_extra=shows("people"),
)
async def list_sent_follow_requests(
    work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> ChannelPage:
    """Which channels one asks to follow, the latest first; `DELETE /follows/{channel_id}` withdraws."""
    return await service.sent(work, app.keys, limit=limit, cursor=cursor)


@requests.put(
    "/me/follow-requests/{channel_id}",
    operation_id="approveFollowRequest",
    status_code=204,
    responses=problems(Unauthorized, NotFound),
    dependencies=WRITES,
)
async def approve(channel_id: ChannelId, work: InWork) -> Response:
    """Let in who asks to follow one."""
    await service.approve(work, channel_id)
    return Response(status_code=204)


@requests.delete(
    "/me/follow-requests/{channel_id}",
    operation_id="refuseFollowRequest",
    status_code=204,
    responses=problems(Unauthorized, NotFound),
    dependencies=WRITES,
)
async def refuse(channel_id: ChannelId, work: InWork) -> Response:
    """Do not let them in; they are not told, and need not have asked."""
    await service.refuse(work, channel_id)
    return Response(status_code=204)
