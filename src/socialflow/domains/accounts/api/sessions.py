"""Routes of one's own log-ins."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Query, Response, Security

from socialflow.domains.accounts import service
from socialflow.domains.accounts.api.requests import RECENT
from socialflow.domains.accounts.errors import StepUpRequired
from socialflow.domains.accounts.schemas.sessions import DeviceSession, DeviceSessionPage
from socialflow.domains.accounts.service.shown import device_session
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import SessionId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, get_actor, port_of, problems, router
from socialflow.ports.places import Places

sessions = router("me", reads="own")


@sessions.get(
    "/me/sessions",
    operation_id="listMySessions",
    response_model=DeviceSessionPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=[Security(get_actor, scopes=["security"])],
)
async def list_my_sessions(
    work: InWork,
    app: CurrentApp,
    places: Annotated[Places, Depends(port_of(Places))],
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> DeviceSessionPage:
    """Where one is logged in, the newest first; apps of others are listed with the apps."""
    shown, following = await service.my_sessions(work, app.keys, limit=limit, cursor=cursor)
    items = [device_session(each, actor=work.actor, places=places) for each in shown]
    return DeviceSessionPage(items=items, next_cursor=following)


@sessions.get(
    "/me/sessions/{session_id}",
    operation_id="getMySession",
    response_model=DeviceSession,
    responses=problems(Unauthorized, NotFound),
    dependencies=[Security(get_actor, scopes=["security"])],
)
async def get_my_session(
    session_id: SessionId, work: InWork, places: Annotated[Places, Depends(port_of(Places))]
) -> DeviceSession:
    """One of one's log-ins, as long as it lives."""
    return device_session(await service.my_session(work, session_id), actor=work.actor, places=places)


@sessions.delete(
    "/me/sessions/{session_id}",
    operation_id="endMySession",
    status_code=204,
    responses=problems(Unauthorized, StepUpRequired, NotFound),
    dependencies=[Security(get_actor, scopes=["security"])],
)
async def end_my_session(session_id: SessionId, work: InWork, app: CurrentApp) -> Response:
    """End one log-in; another than the one that asks needs a fresh proof of who one is."""
    await service.end_mine(work, session_id, recent=timedelta(seconds=app.settings.auth.step_up_s))
    return Response(status_code=204)


@sessions.delete(
    "/me/sessions",
    operation_id="endMyOtherSessions",
    status_code=204,
    responses=problems(Unauthorized, StepUpRequired),
    dependencies=[Security(get_actor, scopes=["security"]), RECENT],
)
async def end_my_other_sessions(work: InWork) -> Response:
    """End all log-ins but the one that asks; apps and personal tokens go on."""
    await service.end_others(work)
    return Response(status_code=204)
