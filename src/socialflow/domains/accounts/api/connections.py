"""Routes of one's own connections to other providers."""

import uuid

from fastapi import Request, Response, Security

from socialflow.domains.accounts import service
from socialflow.domains.accounts.api.federation import (
    REFUSALS,
    Key,
    brought,
    counted,
    provider_of,
    returned,
    started,
)
from socialflow.domains.accounts.api.requests import RECENT, OnDevice
from socialflow.domains.accounts.errors import (
    ConnectedElsewhere,
    LastWayIn,
    ProviderUnavailable,
    StepUpRequired,
    UnknownLogIn,
    UnknownProvider,
)
from socialflow.domains.accounts.models import Connection
from socialflow.domains.accounts.schemas import (
    ConnectionPage,
    ConnectionRead,
    NativeLogin,
    ProviderReturn,
    ProviderStart,
    ProviderStartRead,
)
from socialflow.kernel import pages
from socialflow.kernel.errors import InvalidCursor, MissingScope, NotFound, TooManyRequests, Unauthorized
from socialflow.kernel.ids import ConnectionId
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router
from socialflow.kernel.work import Actor, App
from socialflow.ports.identity import Identity, IdentityProviders

connections = router("me", reads="own")
SECURITY = Security(get_actor, scopes=["security"])
OWN = (Unauthorized, MissingScope)


def read(connection: Connection, providers: IdentityProviders) -> ConnectionRead:
    """A connection as its owner sees it."""
    known = providers.by_key.get(connection.provider)
    is_usable = known is not None and known.issuer == connection.issuer
    return ConnectionRead(
        id=connection.id,
        provider=connection.provider,
        provider_name=known.name if known else connection.provider,
        usable=is_usable,
        email=connection.email,
        name=connection.name,
        created_at=connection.created_at,
        last_used_at=connection.last_used_at,
    )


@connections.get(
    "/me/connections",
    operation_id="listConnections",
    response_model=ConnectionPage,
    responses=problems(*OWN, InvalidCursor),
    dependencies=[SECURITY],
)
async def list_connections(work: InWork, app: CurrentApp, limit: Limit = 20, cursor: Cursor = None) -> ConnectionPage:
    """By whom else one may log in to one's account."""
    name, filters = "connections", {"of": work.actor.id}
    after = uuid.UUID(pages.unseal(app.keys, name, filters, cursor)[0]) if cursor else None
    found = await service.connections(work, after, limit + 1)
    shown, last = pages.cut(found, limit)
    providers = app.port(IdentityProviders)
    next_cursor = pages.seal(app.keys, name, filters, [str(last.id)]) if last else None
    return ConnectionPage(items=[read(each, providers) for each in shown], next_cursor=next_cursor)


@connections.post(
    "/me/connections/{key}/start",
    operation_id="startConnection",
    response_model=ProviderStartRead,
    responses=problems(*OWN, StepUpRequired, UnknownProvider, ProviderUnavailable, TooManyRequests),
    dependencies=[SECURITY, RECENT],
    openapi_extra={"x-idempotent": False},
)
async def start(key: Key, body: ProviderStart, request: Request, app: CurrentApp, viewer: Viewer) -> ProviderStartRead:
    """Begin to connect one's account to a provider: where to send the browser."""
    provider = provider_of(app, key)
    limiter: Limiter = request.app.state.limiter
    await limiter.demand("connect_account", str(viewer.id), Rate.parse(app.settings.limits.connect_account))
    transaction = service.begin(app.clock(), key, service.LINK, next_=body.next, session_id=viewer.session_id)
    return await started(app, key, provider, transaction)


@connections.post(
    "/me/connections/{key}/callback",
    operation_id="finishConnection",
    status_code=201,
    response_model=ConnectionRead,
    responses=problems(*OWN, *REFUSALS, UnknownLogIn, ConnectedElsewhere),
    dependencies=[SECURITY],
    openapi_extra={"x-idempotent": False},
)
async def finish(
    key: Key,
    body: ProviderReturn,
    request: Request,
    app: CurrentApp,
    device: OnDevice,
    viewer: Viewer,
) -> ConnectionRead:
    """Connect with what the provider sent the browser back with, in the session in which it was begun."""
    provider = provider_of(app, key)
    async with counted(app, request, device):
        transaction = service.reopen(
            app.keys, body.transaction, app.clock(), key=key, purpose=service.LINK, state=body.state
        )
        if viewer.session_id is None or transaction.session != viewer.session_id.hex:
            raise UnknownLogIn
        identity = await returned(app, provider, body, transaction)
        return await _connected(app, viewer, identity, key)


@connections.post(
    "/me/connections/{key}/token",
    operation_id="connectByProviderToken",
    status_code=201,
    response_model=ConnectionRead,
    responses=problems(*OWN, *REFUSALS, StepUpRequired, ConnectedElsewhere),
    dependencies=[SECURITY, RECENT],
    openapi_extra={"x-idempotent": False},
)
async def connect_by_token(
    key: Key,
    body: NativeLogin,
    request: Request,
    app: CurrentApp,
    device: OnDevice,
    viewer: Viewer,
) -> ConnectionRead:
    """Connect with a token that the provider's software gave to an app."""
    provider = provider_of(app, key)
    limiter: Limiter = request.app.state.limiter
    await limiter.demand("connect_account", str(viewer.id), Rate.parse(app.settings.limits.connect_account))
    async with counted(app, request, device):
        return await _connected(app, viewer, await brought(app, key, provider, body), key)


@connections.delete(
    "/me/connections/{connection_id}",
    operation_id="removeConnection",
    status_code=204,
    responses=problems(*OWN, StepUpRequired, NotFound, LastWayIn),
    dependencies=[SECURITY, RECENT],
)
async def remove_connection(connection_id: ConnectionId, work: InWork, app: CurrentApp) -> Response:
    """Let a provider vouch no longer, unless one could not log in without it."""
    issuers = {each.issuer for each in app.port(IdentityProviders).by_key.values()}
    await service.disconnect(work, connection_id, issuers=issuers)
    return Response(status_code=204)


async def _connected(app: App, viewer: Actor, identity: Identity, key: str) -> ConnectionRead:
    async with app.work(viewer) as work:
        made = await service.connect(work, identity, key)
    return read(made, app.port(IdentityProviders))
