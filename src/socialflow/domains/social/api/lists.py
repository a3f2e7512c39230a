"""Routes of lists."""

from fastapi import Response, Security

from socialflow.domains.social import service
from socialflow.domains.social.api.follows import READS, PageCursor, PageLimit
from socialflow.domains.social.errors import ListIsFull, TooManyLists
from socialflow.domains.social.schemas import (
    ChannelPage,
    PeopleListCreate,
    PeopleListPage,
    PeopleListRead,
    PeopleListUpdate,
)
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import ChannelId, ListId
from socialflow.kernel.web import CurrentApp, InWork, get_actor, problems, router, shows

lists = router("lists")

WRITES = [Security(get_actor, scopes=["write:lists"])]


@lists.post(
    "/lists",
    operation_id="createList",
    status_code=201,
    response_model=PeopleListRead,
    responses=problems(Unauthorized, TooManyLists),
    dependencies=WRITES,
)
async def create(body: PeopleListCreate, work: InWork) -> PeopleListRead:
    """Make a list of channels; nobody else knows of it."""
    return await service.lists.create(work, body)


@lists.get(
    "/lists",
    operation_id="listLists",
    response_model=PeopleListPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=READS,
    openapi_extra=shows("own"),
)
async def list_lists(work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None) -> PeopleListPage:
    """One's lists, the newest first."""
    return await service.lists.mine(work, app.keys, limit=limit, cursor=cursor)


@lists.get(
    "/lists/{list_id}",
    operation_id="getList",
    response_model=PeopleListRead,
    responses=problems(Unauthorized, NotFound),
    dependencies=READS,
    openapi_extra=shows("own"),
)
async def get_list(list_id: ListId, work: InWork) -> PeopleListRead:
    """One of one's lists."""
    return await service.lists.one(work, list_id)


@lists.patch(
    "/lists/{list_id}",
    operation_id="updateList",
    response_model=PeopleListRead,
    responses=problems(Unauthorized, NotFound),
    dependencies=WRITES,
)
async def update(list_id: ListId, body: PeopleListUpdate, work: InWork) -> PeopleListRead:
    """Give a list another title."""
    return await service.lists.rename(work, list_id, body)


@lists.delete(
    "/lists/{list_id}",
    operation_id="deleteList",
    status_code=204,
    responses=problems(Unauthorized, NotFound),
    dependencies=WRITES,
)
async def delete(list_id: ListId, work: InWork) -> Response:
    """Delete a list."""
    await service.lists.delete(work, list_id)
    return Response(status_code=204)


@lists.get(
    "/lists/{list_id}/members",
    operation_id="listListMembers",
    response_model=ChannelPage,
    responses=problems(Unauthorized, NotFound, InvalidCursor),
    dependencies=READS,
    openapi_extra=shows("people"),
)
async def list_members(
    list_id: ListId, work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> ChannelPage:
    """Who is on a list, the latest first."""
    return await service.lists.members(work, app.keys, list_id, limit=limit, cursor=cursor)


@lists.put(
    "/lists/{list_id}/members/{channel_id}",
    operation_id="addListMember",
    status_code=204,
    responses=problems(Unauthorized, NotFound, ListIsFull),
    dependencies=WRITES,
)
async def add_member(list_id: ListId, channel_id: ChannelId, work: InWork) -> Response:
    """Put a channel on a list; it is not told."""
    await service.lists.add(work, list_id, channel_id)
    return Response(status_code=204)


@lists.delete(
    "/lists/{list_id}/members/{channel_id}",
    operation_id="removeListMember",
    status_code=204,
    responses=problems(Unauthorized, NotFound),
    dependencies=WRITES,
)
async def remove_member(list_id: ListId, channel_id: ChannelId, work: InWork) -> Response:
    """Take a channel off a list; it need not be on it."""
    await service.lists.remove(work, list_id, channel_id)
    return Response(status_code=204)
