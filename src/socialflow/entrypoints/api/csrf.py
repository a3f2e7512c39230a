"""Changes made with the web app's cookie must come from its own pages."""

from starlette.requests import Request

from socialflow.domains.accounts import service as accounts
from socialflow.kernel.errors import CsrfFailed
from socialflow.kernel.work import Actor, App

SAFE = {"GET", "HEAD", "OPTIONS"}
HEADER = "x-csrf-token"


def check(request: Request, actor: Actor) -> None:
    """Raise CsrfFailed unless the request is safe, or carries its session's token from this origin.

    The token is an HMAC over the session's id: another site can neither read nor make it.
    """
    if request.method in SAFE:
        return
    app: App = request.app.state.app
    if actor.session_id is None or not _same_origin(request):
        raise CsrfFailed
    try:
        accounts.check_csrf(app.keys, actor.session_id, request.headers.get(HEADER, ""))
    except ValueError:
        raise CsrfFailed from None


def _same_origin(request: Request) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    # Nothing is parsed: an origin is a scheme and a host, or it is not ours.
    return origin is None or origin.partition("://")[2] == request.headers.get("host")
