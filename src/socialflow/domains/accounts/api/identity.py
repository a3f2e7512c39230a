"""Who a request comes from."""

from fastapi import Request

from socialflow.domains.accounts import service
from socialflow.domains.accounts.errors import InvalidToken
from socialflow.kernel.errors import Unauthorized
from socialflow.kernel.web import client_address
from socialflow.kernel.work import Actor, App


async def authenticate(request: Request) -> Actor | None:
    """The actor whose token or cookie comes with a request; None when there is neither.

    A cookie that is good no longer counts as none: a browser cannot drop it by itself, and must
    still be able to read what is public and to log in again.
    """
    app: App = request.app.state.app
    authenticator = app.port(service.Authenticator)
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise InvalidToken
        return await authenticator.bearer(token.strip(), address=client_address(request))

    secret = request.cookies.get(service.cookie_name(app.settings))
    if not secret:
        return None
    try:
        return await authenticator.cookie(secret)
    except Unauthorized:
        return None
