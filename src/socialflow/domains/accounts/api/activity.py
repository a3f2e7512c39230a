"""Routes of one's own security activity."""

from typing import Annotated

from fastapi import Depends, Query, Security

from socialflow.domains.accounts import service
from socialflow.domains.accounts.schemas import ActivityPage
from socialflow.kernel.errors import InvalidCursor, Unauthorized
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, get_actor, port_of, problems, router
from socialflow.ports.places import Places

own_activity = router("me", reads="own")


@own_activity.get(
    "/me/activity",
    operation_id="listMyActivity",
    response_model=ActivityPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=[Security(get_actor, scopes=["security"])],
)
async def list_my_activity(
    work: InWork,
    app: CurrentApp,
    places: Annotated[Places, Depends(port_of(Places))],
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> ActivityPage:
    """What happened around one's own account: log-ins, also those that failed, changes, and looks of staff."""
    return await service.activity(work, app.keys, places, limit=limit, cursor=cursor)
