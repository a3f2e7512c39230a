"""Routes of what is kept of one: an overview, exports, the end of the account and the way back."""

import uuid
from datetime import timedelta
from typing import Annotated

from fastapi import Query, Request, Response, Security
from starlette.responses import StreamingResponse

from socialflow.domains.accounts import service
from socialflow.domains.accounts.api.requests import RECENT, InSigning, OnDevice, WantsSession
from socialflow.domains.accounts.errors import ExportGoingOn, HandleDiffers, InvalidToken, LastAdmin, StepUpRequired
from socialflow.domains.accounts.models import AccountState
from socialflow.domains.accounts.schemas import (
    CredentialsRead,
    ExportLinkRead,
    ExportPage,
    ExportRead,
    HeldPage,
    Leave,
    LeavingRead,
    Restore,
)
from socialflow.domains.accounts.service import Proof, exports, leaving
from socialflow.kernel import limits, pages
from socialflow.kernel.errors import InvalidCursor, NotFound, TooManyRequests, Unauthorized
from socialflow.kernel.ids import ExportId
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, get_actor, problems, router
from socialflow.kernel.work import Actor
from socialflow.ports.storage import ObjectMissing, ObjectStore

privacy = router("me", reads="own")
returning = router("auth")

OWN = Security(get_actor, scopes=["security"])
LIST = "exports"
Token = Annotated[str, Query(min_length=1, max_length=exports.LONGEST_TOKEN, description="From the link.")]
PageLimit = Annotated[Limit, Query()]
PageCursor = Annotated[Cursor, Query()]


@privacy.get(
    "/me/data",
    operation_id="getMyData",
    response_model=HeldPage,
    responses=problems(Unauthorized),
    dependencies=[OWN],
)
async def get_my_data(work: InWork) -> HeldPage:
    """What is kept of one, by kind: how much, how it is protected and for how long."""
    return HeldPage(items=list(await exports.held(work)), next_cursor=None)


@privacy.post(
    "/me/exports",
    operation_id="createExport",
    status_code=201,
    response_model=ExportRead,
    responses=problems(Unauthorized, StepUpRequired, ExportGoingOn, TooManyRequests),
    dependencies=[OWN, RECENT],
)
async def create_export(work: InWork, request: Request, app: CurrentApp) -> ExportRead:
    """Have everything about oneself put into an archive."""
    limiter: Limiter = request.app.state.limiter
    await limiter.demand("export_account", str(work.actor.id), Rate.parse(app.settings.limits.export_account))
    return exports.read(await exports.ask(work))


@privacy.get(
    "/me/exports",
    operation_id="listExports",
    response_model=ExportPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=[OWN],
)
async def list_exports(work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None) -> ExportPage:
    """One's exports, the latest first, and how far each is."""
    filters = {"of": str(work.actor.id)}
    before = uuid.UUID(pages.unseal(app.keys, LIST, filters, cursor)[0]) if cursor else None
    shown, last = pages.cut(await exports.mine(work, before, limit + 1), limit)
    next_cursor = pages.seal(app.keys, LIST, filters, [str(last.id)]) if last else None
    return ExportPage(items=[exports.read(each) for each in shown], next_cursor=next_cursor)


@privacy.get(
    "/me/exports/{export_id}",
    operation_id="getExport",
    response_model=ExportRead,
    responses=problems(Unauthorized, NotFound),
    dependencies=[OWN],
)
async def get_export(export_id: ExportId, work: InWork) -> ExportRead:
    """One export, and how far it is."""
    return exports.read(await exports.one(work, export_id))


@privacy.post(
    "/me/exports/{export_id}/link",
    operation_id="createExportLink",
    response_model=ExportLinkRead,
    responses=problems(Unauthorized, StepUpRequired, NotFound),
    dependencies=[OWN, RECENT],
    openapi_extra={"x-idempotent": False},
)
async def create_export_link(export_id: ExportId, work: InWork, app: CurrentApp) -> ExportLinkRead:
    """An address under which this session can download an archive for a while."""
    export = await exports.fetchable(work, export_id)
    url, expires_at = exports.link(app, work, export)
    work.note("account:export:link_made", work.actor.id)
    return ExportLinkRead(url=url, expires_at=expires_at)


@privacy.get(
    "/me/exports/{export_id}/archive",
    operation_id="downloadExport",
    response_class=Response,
    responses={
        200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}},
        **problems(Unauthorized, NotFound),
    },
    dependencies=[OWN],
)
async def download_export(export_id: ExportId, token: Token, app: CurrentApp, request: Request) -> Response:
    """The archive, a zip file."""
    actor: Actor = request.state.actor
    # No transaction is held while bytes go out.
    async with app.work(actor) as work:
        export = await exports.fetchable(work, export_id)
        exports.check_link(app, work, export, token)
    folder, size = str(export.folder), int(export.size or 0)
    try:
        await app.port(ObjectStore).head(f"{folder}{0:06}")
    except ObjectMissing:
        raise NotFound from None
    name = f"social-flow-{export.created_at:%Y-%m-%d}.zip"
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(exports.stream(app, folder, 0, size), 200, headers, "application/zip")


@privacy.delete(
    "/me/exports/{export_id}",
    operation_id="deleteExport",
    status_code=204,
    responses=problems(Unauthorized, NotFound, ExportGoingOn),
    dependencies=[OWN],
)
async def delete_export(export_id: ExportId, app: CurrentApp, request: Request) -> Response:
    """Delete an archive before its time."""
    actor: Actor = request.state.actor
    async with app.work(actor) as work:
        await exports.give_up(work, export_id)
    await app.port(ObjectStore).delete_prefix(exports.folder_of(export_id))
    return Response(status_code=204)


@privacy.post(
    "/me/erasure",
    operation_id="leaveAccount",
    status_code=202,
    response_model=LeavingRead,
    responses=problems(Unauthorized, StepUpRequired, HandleDiffers, LastAdmin),
    dependencies=[OWN, RECENT],
)
async def leave_account(body: Leave, work: InWork, app: CurrentApp) -> LeavingRead:
    """End one's account: hidden and logged out at once, erased after a time in which one may come back."""
    grace = timedelta(seconds=app.settings.privacy.erasure_grace_s)
    account = await leaving.leave(work, typed=body.handle, grace=grace, keys=app.keys)
    return LeavingRead(state=AccountState(account.state), erase_after=leaving.until(account))


@returning.post(
    "/auth/restore",
    operation_id="restoreAccount",
    response_model=CredentialsRead,
    responses=problems(InvalidToken, TooManyRequests),
    openapi_extra={"x-idempotent": False},
)
async def restore_account(
    body: Restore,
    request: Request,
    app: CurrentApp,
    device: OnDevice,
    signing: InSigning,
    x_session: WantsSession = None,
) -> Response:
    """Take back the end of an account, with what a log-in in the time of grace was answered with, and log in."""
    limiter: Limiter = request.app.state.limiter
    rates = app.settings.limits
    async with (
        limiter.failures(
            ("restore_account", body.restore_token[-40:], Rate.parse(rates.restore_account)),
            ("restore_address", limits.address_key(device.address), Rate.parse(rates.restore_address)),
        ),
        app.work(Actor()) as work,
    ):
        account, methods = await leaving.restore(work, body.restore_token, keys=app.keys)
        given = await service.enter(
            work,
            account,
            proof=Proof(methods),
            kind=service.kind_of(x_session),
            device=device,
            signing=signing,
        )
    read, headers = service.answer(given, signing=signing, settings=app.settings)
    return Response(read.model_dump_json(), headers=headers, media_type="application/json")
