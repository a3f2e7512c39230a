"""Who asks, and whether their token may ask such a thing: the first of the three steps of authorisation."""

from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, Security
from fastapi.security import SecurityScopes
from starlette.requests import Request

from socialflow.kernel.errors import MissingScope, Unauthorized
from socialflow.kernel.work import Actor

Authenticate = Callable[[Request], Awaitable[Actor]]


async def authenticated(request: Request) -> Actor:
    """The actor of a request, found once; raises Unauthorized for a credential that is no good."""
    known: Actor | None = getattr(request.state, "actor", None)
    if known is None:
        authenticate = cast("Authenticate", request.app.state.authenticate)
        known = request.state.actor = await authenticate(request)
    return known


async def get_viewer(request: Request) -> Actor:
    """Whoever asks, known or not."""
    return await authenticated(request)


Viewer = Annotated[Actor, Depends(get_viewer)]


async def get_reader(scopes: SecurityScopes, request: Request) -> Actor:
    """Whoever asks, if their credential carries the scopes; everybody may read what is public."""
    viewer = await authenticated(request)
    _check(viewer, scopes)
    return viewer


async def get_actor(scopes: SecurityScopes, request: Request) -> Actor:
    """Somebody known whose credential carries the scopes."""
    viewer = await authenticated(request)
    if not viewer.known:
        raise Unauthorized
    _check(viewer, scopes)
    return viewer


Reader = Annotated[Actor, Security(get_reader, scopes=["read"])]


def _check(viewer: Actor, scopes: SecurityScopes) -> None:
    missing = [scope for scope in scopes.scopes if not viewer.holds(scope)]
    if missing:
        raise MissingScope(extra={"missing_scopes": missing})
