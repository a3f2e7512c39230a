"""Routes of apps: one's own, those that one has let in, and everybody's for staff."""

from typing import Annotated

from fastapi import Query, Request, Response, Security

from socialflow.domains.accounts.api.guards import DANGEROUS, STAFF, guarded
from socialflow.domains.accounts.api.requests import RECENT
from socialflow.domains.accounts.errors import StepUpRequired, TooManyApps
from socialflow.domains.accounts.schemas import (
    AppCreate,
    AppPage,
    AppRead,
    AppSecretRead,
    AppStanding,
    AppUpdate,
    AuthorizedAppPage,
    ScopePage,
    StaffAppPage,
    StaffAppRead,
)
from socialflow.domains.accounts.service import oauth
from socialflow.kernel.errors import Forbidden, InvalidCursor, NotFound, PreconditionFailed, Unauthorized, Unprocessable
from socialflow.kernel.ids import AppId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, etag_of, get_actor, get_reader, problems, require_match, router

apps = router("apps", reads="own")
apps_admin = router("admin", reads="staff")

PageLimit = Annotated[Limit, Query()]
PageCursor = Annotated[Cursor, Query()]
OWN = Security(get_actor, scopes=["security"])
STAFF_ONLY = guarded("admin:apps", "apps:manage")


@apps.get(
    "/me/apps",
    operation_id="listMyApps",
    response_model=AppPage,
    responses=problems(Unauthorized, Forbidden, InvalidCursor),
    dependencies=[OWN],
)
async def list_my_apps(work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None) -> AppPage:
    """Apps that one has registered, the latest first."""
    return await oauth.apps_of_actor(work, app.keys, limit=limit, cursor=cursor)


@apps.post(
    "/me/apps",
    operation_id="createApp",
    status_code=201,
    response_model=AppSecretRead,
    responses=problems(Unauthorized, StepUpRequired, Forbidden, TooManyApps),
    dependencies=[OWN, RECENT],
)
async def create_app(body: AppCreate, work: InWork, app: CurrentApp) -> AppSecretRead:
    """Register an app; the secret of one that can keep it is shown this once.

    It may be registered for no scope of staff that one's own role does not open.
    """
    return await oauth.create_app(work, body, most=app.settings.oauth.apps_per_account)


@apps.get(
    "/me/apps/{app_id}",
    operation_id="getMyApp",
    response_model=AppRead,
    responses=problems(Unauthorized, Forbidden, NotFound),
    dependencies=[OWN],
)
async def get_my_app(app_id: AppId, work: InWork) -> AppRead:
    """An app that one has registered."""
    return oauth.app_read(await oauth.own_app(work, app_id))


@apps.patch(
    "/me/apps/{app_id}",
    operation_id="updateMyApp",
    response_model=AppRead,
    responses=problems(Unauthorized, StepUpRequired, Forbidden, NotFound, PreconditionFailed),
    dependencies=[OWN, RECENT],
)
async def update_my_app(app_id: AppId, body: AppUpdate, work: InWork, request: Request) -> AppRead:
    """Change an app; one that was verified has to be verified anew."""
    present = oauth.app_read(await oauth.own_app(work, app_id, change=True))
    require_match(request, etag_of(present.model_dump_json().encode()))
    return await oauth.update_app(work, app_id, body)


@apps.post(
    "/me/apps/{app_id}/secret",
    operation_id="rotateAppSecret",
    response_model=AppSecretRead,
    responses=problems(Unauthorized, StepUpRequired, Forbidden, NotFound, Unprocessable),
    dependencies=[OWN, RECENT],
)
async def rotate_app_secret(app_id: AppId, work: InWork) -> AppSecretRead:
    """Give an app another secret, shown this once; the one before is good no longer."""
    return await oauth.rotate_secret(work, app_id)


@apps.delete(
    "/me/apps/{app_id}",
    operation_id="deleteMyApp",
    status_code=204,
    responses=problems(Unauthorized, StepUpRequired, Forbidden, NotFound),
    dependencies=[OWN, RECENT],
)
async def delete_my_app(app_id: AppId, work: InWork) -> Response:
    """Take an app away; whatever it holds ends within seconds."""
    await oauth.delete_app(work, app_id)
    return Response(status_code=204)


@apps.get(
    "/me/app-scopes",
    operation_id="listMyAppScopes",
    response_model=ScopePage,
    responses=problems(Unauthorized, Forbidden),
    dependencies=[OWN],
)
async def list_my_app_scopes(work: InWork) -> ScopePage:
    """The scopes that one may register an app for, in words; those of staff as far as one's role goes."""
    return oauth.scopes_for_own_apps(work)


@apps.get(
    "/oauth/scopes",
    operation_id="listAppScopes",
    response_model=ScopePage,
    dependencies=[Security(get_reader, scopes=["read"])],
)
async def list_app_scopes() -> ScopePage:
    """Every scope that an app may ask for, in words."""
    return oauth.scopes_of_apps()


@apps.get(
    "/me/authorized-apps",
    operation_id="listAuthorizedApps",
    response_model=AuthorizedAppPage,
    responses=problems(Unauthorized, Forbidden, InvalidCursor),
    dependencies=[OWN],
)
async def list_authorized_apps(
    work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> AuthorizedAppPage:
    """Apps that one has let in, the latest first."""
    return await oauth.authorized_apps(work, app.keys, limit=limit, cursor=cursor)


@apps.delete(
    "/me/authorized-apps/{app_id}",
    operation_id="withdrawApp",
    status_code=204,
    responses=problems(Unauthorized, Forbidden, NotFound),
    dependencies=[OWN],
)
async def withdraw_app(app_id: AppId, work: InWork) -> Response:
    """Take back what one has allowed an app; whatever it holds ends within seconds."""
    await oauth.withdraw(work, app_id)
    return Response(status_code=204)


@apps_admin.get(
    "/admin/apps",
    operation_id="listApps",
    response_model=StaffAppPage,
    responses=problems(*STAFF, InvalidCursor),
    dependencies=STAFF_ONLY,
)
async def list_apps(work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None) -> StaffAppPage:
    """Everybody's apps, the latest first."""
    return await oauth.apps_for_staff(work, app.keys, limit=limit, cursor=cursor)


@apps_admin.get(
    "/admin/apps/{app_id}",
    operation_id="getApp",
    response_model=StaffAppRead,
    responses=problems(*STAFF, NotFound),
    dependencies=STAFF_ONLY,
)
async def get_app(app_id: AppId, work: InWork) -> StaffAppRead:
    """Anybody's app."""
    return await oauth.app_for_staff(work, app_id)


@apps_admin.patch(
    "/admin/apps/{app_id}",
    operation_id="judgeApp",
    response_model=StaffAppRead,
    responses=problems(*DANGEROUS, NotFound),
    dependencies=guarded("admin:apps", "apps:manage", recent=True),
)
async def judge_app(app_id: AppId, body: AppStanding, work: InWork) -> StaffAppRead:
    """Verify an app, or stop it, which ends whatever it holds; or take either back."""
    return await oauth.judge_app(work, app_id, body)
