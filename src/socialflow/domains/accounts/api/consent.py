"""Routes by which a person lets an app in: what a page of consent asks, and what it is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Query, Request, Response, Security

from socialflow.domains.accounts.errors import AuthorizationUnusable, UnknownUserCode
from socialflow.domains.accounts.schemas import (
    AuthorizationAsk,
    AuthorizationDecide,
    AuthorizationRead,
    DeviceDecide,
    DeviceRequestRead,
    RedirectRead,
    UserCode,
)
from socialflow.domains.accounts.service import oauth
from socialflow.kernel import limits
from socialflow.kernel.errors import Forbidden, TooManyRequests, Unauthorized
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.web import CurrentApp, InWork, client_address, get_actor, problems, router
from socialflow.kernel.work import Actor, App

consent = router("oauth", reads="own")

OWN = Security(get_actor, scopes=["security"])


@consent.get(
    "/oauth/authorization",
    operation_id="getAuthorization",
    response_model=AuthorizationRead,
    responses=problems(Unauthorized, Forbidden, AuthorizationUnusable),
    dependencies=[OWN],
)
async def get_authorization(
    work: InWork,
    app: CurrentApp,
    asking: Annotated[AuthorizationAsk, Query()],
) -> Response:
    """What an app asks one for; or where the browser goes at once, since that was allowed before or cannot be."""
    read = await oauth.look_at_authorization(work, asking, app.settings)
    # It may hold a code, which is good once.
    return Response(read.model_dump_json(), headers={"Cache-Control": "no-store"}, media_type="application/json")


@consent.post(
    "/oauth/grants",
    operation_id="decideAuthorization",
    response_model=RedirectRead,
    responses=problems(Unauthorized, Forbidden, AuthorizationUnusable),
    dependencies=[OWN],
    openapi_extra={"x-idempotent": False},
)
async def decide_authorization(body: AuthorizationDecide, work: InWork, app: CurrentApp) -> RedirectRead:
    """Let an app in, or say no; the answer is where the browser goes."""
    return RedirectRead(redirect_to=await oauth.decide_authorization(work, body, app.settings, allow=body.allow))


@consent.get(
    "/oauth/device-requests",
    operation_id="getDeviceRequest",
    response_model=DeviceRequestRead,
    responses=problems(Unauthorized, Forbidden, UnknownUserCode, TooManyRequests),
)
async def get_device_request(
    request: Request,
    app: CurrentApp,
    actor: Annotated[Actor, OWN],
    user_code: Annotated[UserCode, Query()],
) -> DeviceRequestRead:
    """What the device that shows a code asks one for."""
    async with _guesses(request, app, actor), app.work(actor) as work:
        return await oauth.look_at_device(work, user_code, keys=app.keys, settings=app.settings)


@consent.post(
    "/oauth/device-requests",
    operation_id="decideDeviceRequest",
    status_code=204,
    responses=problems(Unauthorized, Forbidden, UnknownUserCode, TooManyRequests),
    openapi_extra={"x-idempotent": False},
)
async def decide_device_request(
    body: DeviceDecide, request: Request, app: CurrentApp, actor: Annotated[Actor, OWN]
) -> Response:
    """Let the device that shows a code in, or say no."""
    async with _guesses(request, app, actor), app.work(actor) as work:
        await oauth.decide_device(work, body.user_code, allow=body.allow, keys=app.keys)
    return Response(status_code=204)


@asynccontextmanager
async def _guesses(request: Request, app: App, actor: Actor) -> AsyncIterator[None]:
    """Count wrong codes: eight letters are few, if one may try for ever (RFC 8628, 5.1)."""
    limiter: Limiter = request.app.state.limiter
    rates = app.settings.limits
    async with limiter.failures(
        ("user_code_account", str(actor.id), Rate.parse(rates.user_code_account)),
        ("user_code_address", limits.address_key(client_address(request)), Rate.parse(rates.user_code_address)),
    ):
        yield
