"""Routes of the social graph."""

from typing import Annotated

from fastapi import Path, Query, Response, Security

from socialflow.domains.social import service
from socialflow.domains.social.errors import CannotFollowYourself
from socialflow.domains.social.models import Follow
from socialflow.domains.social.schemas import ChannelPage, FollowRead
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import ChannelId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, get_actor, get_reader, problems, router

follows = router("follows")

Reference = Annotated[str, Path(max_length=40, description="A channel's id, or `@handle`.", examples=["@ada"])]
PageLimit = Annotated[Limit, Query()]
PageCursor = Annotated[Cursor, Query()]


@follows.put(
    "/follows/{channel_id}",
    operation_id="followChannel",
    response_model=FollowRead,
    responses=problems(Unauthorized, NotFound, CannotFollowYourself),
    dependencies=[Security(get_actor, scopes=["write:follows"])],
)
async def follow(channel_id: ChannelId, work: InWork) -> Follow:
    """Follow a channel; following twice is following once."""
    return await service.follow(work, channel_id)


@follows.delete(
    "/follows/{channel_id}",
    operation_id="unfollowChannel",
    status_code=204,
    responses=problems(Unauthorized, NotFound),
    dependencies=[Security(get_actor, scopes=["write:follows"])],
)
async def unfollow(channel_id: ChannelId, work: InWork) -> Response:
    """Follow a channel no more; it need not have been followed."""
    await service.unfollow(work, channel_id)
    return Response(status_code=204)


@follows.get(
    "/channels/{reference}/followers",
    operation_id="listFollowers",
    response_model=ChannelPage,
    responses=problems(NotFound, InvalidCursor),
    dependencies=[Security(get_reader, scopes=["read"])],
)
async def list_followers(
    reference: Reference, work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> ChannelPage:
    """Those who follow a channel, the latest first."""
    return await service.followers(work, app.keys, reference, limit=limit, cursor=cursor)


@follows.get(
    "/channels/{reference}/following",
    operation_id="listFollowing",
    response_model=ChannelPage,
    responses=problems(NotFound, InvalidCursor),
    dependencies=[Security(get_reader, scopes=["read"])],
)
async def list_following(
    reference: Reference, work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> ChannelPage:
    """The channels that a channel's owner follows, the latest first."""
    return await service.following(work, app.keys, reference, limit=limit, cursor=cursor)
