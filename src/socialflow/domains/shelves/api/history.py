"""Routes of what one has watched."""

from typing import Annotated

from fastapi import Query, Response, Security
from pydantic import AwareDatetime, BeforeValidator

from socialflow.domains.shelves import service
from socialflow.domains.shelves.schemas import HistoryPage, HistorySettingsRead, HistorySettingsUpdate
from socialflow.kernel.errors import InvalidCursor, InvalidRequest, Unauthorized
from socialflow.kernel.ids import WatchId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.schemas import date_time
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router

history = router("history", reads="own_marks")

READS = [Security(get_actor, scopes=["read"])]
WRITES = [Security(get_actor, scopes=["write:history"])]
Since = Annotated[
    AwareDatetime | None, BeforeValidator(date_time), Query(description="Only what was watched from this time on.")
]
Until = Annotated[
    AwareDatetime | None, BeforeValidator(date_time), Query(description="Only what was watched before this time.")
]


@history.get(
    "/me/history",
    operation_id="listHistory",
    response_model=HistoryPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=READS,
)
async def list_history(
    app: CurrentApp,
    viewer: Viewer,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> bytes:
    """What the caller has watched on any device, the latest first; a video that they came back to, more than once.

    Players make it by saying where they are (`PUT /me/positions/{video_id}`): there is nothing else to be sent.
    """
    return await service.history.page(app, viewer, limit=limit, cursor=cursor)


@history.delete(
    "/me/history",
    operation_id="eraseHistory",
    status_code=204,
    responses=problems(Unauthorized, InvalidRequest),
    dependencies=WRITES,
)
async def erase(work: InWork, since: Since = None, until: Until = None) -> Response:
    """Forget all that the caller has watched, or what they watched at some moment of a time.

    Where they stopped in it is forgotten, too.
    """
    await service.history.erase(work, since, until)
    return Response(status_code=204)


@history.get(
    "/me/history/settings",
    operation_id="getHistorySettings",
    response_model=HistorySettingsRead,
    responses=problems(Unauthorized),
    dependencies=READS,
)
async def get_settings(app: CurrentApp, viewer: Viewer) -> HistorySettingsRead:
    """Whether what the caller watches is kept, and for how long."""
    return await service.history.settings(app, viewer)


@history.patch(
    "/me/history/settings",
    operation_id="updateHistorySettings",
    response_model=HistorySettingsRead,
    responses=problems(Unauthorized),
    dependencies=WRITES,
)
async def update_settings(body: HistorySettingsUpdate, work: InWork) -> HistorySettingsRead:
    """Pause it or go on, and say for how long it is kept; what is older than that is not shown any more."""
    return await service.history.change_settings(work, body)


@history.delete(
    "/me/history/{watch_id}",
    operation_id="eraseHistoryEntry",
    status_code=204,
    responses=problems(Unauthorized),
    dependencies=WRITES,
)
async def erase_one(watch_id: WatchId, work: InWork) -> Response:
    """Forget that the caller watched something, that time; where they stopped in it then, too."""
    await service.history.erase_one(work, watch_id)
    return Response(status_code=204)
