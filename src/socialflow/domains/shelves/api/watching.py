"""Routes of what one watches: where one stopped, what can be watched on, and how one's player begins."""

import uuid
from typing import Annotated

from fastapi import Query, Response, Security

from socialflow.domains.shelves import service
from socialflow.domains.shelves.schemas import (
    MOST_MARKED,
    PlayerSettingsRead,
    PlayerSettingsUpdate,
    PositionUpdate,
    WatchingPage,
    WatchPositionRead,
    WatchPositionsRead,
)
from socialflow.kernel import ids
from socialflow.kernel.errors import FieldError, InvalidCursor, InvalidRequest, NotFound, Unauthorized
from socialflow.kernel.ids import VideoId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router

watching = router("watching", reads="own_marks")

reads = [Security(get_actor, scopes=["read"])]
writes = [Security(get_actor, scopes=["write:history"])]
# A player says every few seconds where it is.
OFTEN = {"x-points": 2}
VideoIds = Annotated[
    str,
    Query(
        min_length=1,
        max_length=MOST_MARKED * 31,
        description=f"Ids of videos, by comma, {MOST_MARKED} at most.",
        examples=["vid_01jdxyz7q4e5v8w9r0t1y2p3a4"],
    ),
]


@watching.get(
    "/me/watching",
    operation_id="listWatching",
    response_model=WatchingPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=reads,
)
async def list_watching(
    app: CurrentApp,
    viewer: Viewer,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> bytes:
    """Videos that the caller has begun and not finished, the latest first."""
    return await service.watching.watching(app, viewer, limit=limit, cursor=cursor)


@watching.get(
    "/me/positions",
    operation_id="getPositions",
    response_model=WatchPositionsRead,
    responses=problems(Unauthorized, InvalidRequest),
    dependencies=reads,
)
async def get_positions(video_ids: VideoIds, app: CurrentApp, viewer: Viewer) -> bytes:
    """Where the caller stopped in these videos; those that were not begun, or finished, are left out."""
    return await service.watching.positions(app, viewer, _parsed(video_ids))


@watching.put(
    "/me/positions/{video_id}",
    operation_id="keepPosition",
    response_model=WatchPositionRead,
    responses=problems(Unauthorized, NotFound),
    dependencies=writes,
    openapi_extra=OFTEN,
)
async def keep_position(video_id: VideoId, body: PositionUpdate, work: InWork) -> WatchPositionRead:
    """Keep where the caller is in a video, and that they watch it, for all of their devices.

    There is no place to go on from in the first five seconds and the last twentieth: what was kept before is forgotten
    then. Players say it every 15 seconds while they play, when they pause, and when they are left.
    """
    return await service.watching.keep_position(work, video_id, body.position_ms)


@watching.delete(
    "/me/positions/{video_id}",
    operation_id="forgetPosition",
    status_code=204,
    responses=problems(Unauthorized),
    dependencies=writes,
)
async def forget_position(video_id: VideoId, work: InWork) -> Response:
    """Forget where the caller stopped in a video."""
    await service.watching.forget_position(work, video_id)
    return Response(status_code=204)


@watching.delete(
    "/me/positions",
    operation_id="forgetPositions",
    status_code=204,
    responses=problems(Unauthorized),
    dependencies=writes,
)
async def forget_positions(work: InWork) -> Response:
    """Forget where the caller stopped in every video."""
    await service.watching.forget_positions(work)
    return Response(status_code=204)


@watching.get(
    "/me/player",
    operation_id="getPlayerSettings",
    response_model=PlayerSettingsRead,
    responses=problems(Unauthorized),
    dependencies=reads,
)
async def get_player_settings(app: CurrentApp, viewer: Viewer) -> PlayerSettingsRead:
    """How the caller's player begins, on devices where nothing else was chosen."""
    return await service.watching.player_settings(app, viewer)


@watching.patch(
    "/me/player",
    operation_id="updatePlayerSettings",
    response_model=PlayerSettingsRead,
    responses=problems(Unauthorized),
    dependencies=writes,
)
async def update_player_settings(body: PlayerSettingsUpdate, work: InWork) -> PlayerSettingsRead:
    """Change how the caller's player begins. Who wants no positions kept has none from then on."""
    return await service.watching.change_player_settings(work, body)


def _parsed(video_ids: str) -> list[uuid.UUID]:
    """The ids, each once; raises InvalidRequest for what is not a list of ids of videos."""
    shown = list(dict.fromkeys(video_ids.split(",")))
    if len(shown) > MOST_MARKED:
        raise InvalidRequest(errors=[FieldError("/query/video_ids", "too_long", f"at most {MOST_MARKED} ids")])
    try:
        return [ids.parse("vid", each) for each in shown]
    except ids.MalformedId:
        fault = FieldError("/query/video_ids", "malformed_id", "not an id of a video")
        raise InvalidRequest(errors=[fault]) from None
