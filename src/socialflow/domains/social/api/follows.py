"""Routes of following."""

import uuid
from typing import Annotated

from fastapi import Path, Query, Response, Security

from socialflow.domains.social import service
from socialflow.domains.social.errors import CannotFollowYourself, FollowersOnly
from socialflow.domains.social.schemas import (
    BellUpdate,
    ChannelPage,
    FollowRead,
    Relations,
    SuggestionPage,
)
from socialflow.kernel import ids
from socialflow.kernel.errors import FieldError, InvalidCursor, InvalidRequest, NotFound, Unauthorized
from socialflow.kernel.ids import ChannelId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, get_actor, get_reader, problems, router, shows

follows = router("follows")

MOST_RELATIONS = 100
SUGGESTION_POINTS = 5
Reference = Annotated[str, Path(max_length=40, description="A channel's id, or `@handle`.", examples=["@ada"])]
PageLimit = Annotated[Limit, Query()]
PageCursor = Annotated[Cursor, Query()]
ChannelIds = Annotated[
    str,
    Query(
        min_length=1,
        max_length=MOST_RELATIONS * 31,
        description=f"Ids of channels, by comma, {MOST_RELATIONS} at most.",
        examples=["chn_01jdxyz7q4e5v8w9r0t1y2p3a4"],
    ),
]
WRITES = [Security(get_actor, scopes=["write:follows"])]
READS = [Security(get_actor, scopes=["read"])]
OPEN = [Security(get_reader, scopes=["read"])]


@follows.put(
    "/follows/{channel_id}",
    operation_id="followChannel",
    response_model=FollowRead,
    responses=problems(Unauthorized, NotFound, CannotFollowYourself),
    dependencies=WRITES,
)
async def follow(channel_id: ChannelId, work: InWork) -> FollowRead:
    """Follow a channel, or ask to where its owner decides on that; doing it twice is doing it once."""
    return await service.follow(work, channel_id)


@follows.delete(
    "/follows/{channel_id}",
    operation_id="unfollowChannel",
    status_code=204,
    responses=problems(Unauthorized, NotFound),
    dependencies=WRITES,
)
async def unfollow(channel_id: ChannelId, work: InWork) -> Response:
    """Follow a channel no more, or ask no more to; it need not have been followed."""
    await service.unfollow(work, channel_id)
    return Response(status_code=204)


@follows.put(
    "/follows/{channel_id}/bell",
    operation_id="setBell",
    response_model=FollowRead,
    responses=problems(Unauthorized, NotFound),
    dependencies=WRITES,
)
async def set_bell(channel_id: ChannelId, body: BellUpdate, work: InWork) -> FollowRead:
    """Say of how much of what is new on a channel that one follows one wants to be told."""
    return await service.ring(work, channel_id, body.bell)


@follows.delete(
    "/me/followers/{channel_id}",
    operation_id="removeFollower",
    status_code=204,
    responses=problems(Unauthorized, NotFound),
    dependencies=WRITES,
)
async def remove_follower(channel_id: ChannelId, work: InWork) -> Response:
    """Have somebody follow one no more; they are not told, and need not have followed."""
    await service.remove_follower(work, channel_id)
    return Response(status_code=204)


@follows.get(
    "/channels/{reference}/followers",
    operation_id="listFollowers",
    response_model=ChannelPage,
    responses=problems(NotFound, FollowersOnly, InvalidCursor),
    dependencies=OPEN,
    openapi_extra=shows("edges"),
)
async def list_followers(
    reference: Reference, work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> ChannelPage:
    """Those who follow a channel, the latest first; of a private account for its followers alone."""
    return await service.followers(work, app.keys, reference, limit=limit, cursor=cursor)


@follows.get(
    "/channels/{reference}/following",
    operation_id="listFollowing",
    response_model=ChannelPage,
    responses=problems(NotFound, FollowersOnly, InvalidCursor),
    dependencies=OPEN,
    openapi_extra=shows("edges"),
)
async def list_following(
    reference: Reference, work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> ChannelPage:
    """The channels that a channel's owner follows, the latest first; of a private account for its followers alone."""
    return await service.following(work, app.keys, reference, limit=limit, cursor=cursor)


@follows.get(
    "/channels/{reference}/mutuals",
    operation_id="listMutuals",
    response_model=ChannelPage,
    responses=problems(Unauthorized, NotFound, FollowersOnly, InvalidCursor),
    dependencies=READS,
    openapi_extra=shows("edges"),
)
async def list_mutuals(
    reference: Reference, work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> ChannelPage:
    """Those followers of a channel whom the caller follows, the latest first: of one's own, who follows one back."""
    return await service.mutuals(work, app.keys, reference, limit=limit, cursor=cursor)


@follows.get(
    "/me/relations",
    operation_id="getRelations",
    response_model=Relations,
    responses=problems(Unauthorized, InvalidRequest),
    dependencies=READS,
    openapi_extra=shows("relations"),
)
async def get_relations(channel_ids: ChannelIds, work: InWork) -> Relations:
    """How the caller and some channels stand to each other; those that they may not see are left out."""
    return await service.relations(work, _parsed(channel_ids))


@follows.get(
    "/me/suggestions",
    operation_id="listSuggestions",
    response_model=SuggestionPage,
    responses=problems(Unauthorized),
    dependencies=READS,
    openapi_extra={"x-points": SUGGESTION_POINTS, **shows("people")},
)
async def list_suggestions(work: InWork, limit: PageLimit = 20) -> SuggestionPage:
    """Whom one might want to follow, the likeliest first, each with a reason; there is one page."""
    return await service.suggesting.suggestions(work, limit)


def _parsed(channel_ids: str) -> list[uuid.UUID]:
    """The ids, each once; raises InvalidRequest for what is not a list of ids."""
    shown = list(dict.fromkeys(channel_ids.split(",")))
    if len(shown) > MOST_RELATIONS:
        raise InvalidRequest(errors=[FieldError("/query/channel_ids", "too_long", f"at most {MOST_RELATIONS} ids")])
    try:
        return [ids.parse("chn", each) for each in shown]
    except ids.MalformedId:
        fault = FieldError("/query/channel_ids", "malformed_id", "not an id of a channel")
        raise InvalidRequest(errors=[fault]) from None
