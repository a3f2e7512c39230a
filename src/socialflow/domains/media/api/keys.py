"""Keys of protected videos over HTTP, for who holds a signed address of their files. Never kept, and counted."""

import uuid
from typing import Annotated, Any

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from socialflow.domains.media.api.files import SAFE_HEADERS, asset_id_of, credentialed, is_cdn
from socialflow.domains.media.models import Access
from socialflow.domains.media.service import delivery, protection
from socialflow.domains.media.service.delivery import BY_CDN, Shelf
from socialflow.kernel import limits
from socialflow.kernel.errors import InvalidRequest, NotFound
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.web import client_address
from socialflow.kernel.work import App

LONGEST_ASK = 4_096
ALLOWED = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "content-type"}

keys = APIRouter()


class Wanted(BaseModel):
    """What the browser asks for (Encrypted Media Extensions, 9.1.3)."""

    model_config = ConfigDict(extra="ignore")

    kids: Annotated[list[Annotated[str, StringConstraints(max_length=64)]], Field(min_length=1, max_length=32)]


async def key(request: Request) -> Response:
    """A key, as its 16 bytes: what HLS playlists name."""
    app, asset_id, shelf = await _admitted(request)
    found = await protection.key_of(app, asset_id, protection.shown(request.path_params["key_id"]))
    return Response(found, headers=_headers(request, shelf), media_type="application/octet-stream")


async def licence(request: Request) -> Response:
    """Keys in the form that `org.w3.clearkey` takes; to those of other origins that ask whether they may: yes."""
    app, asset_id, shelf = await _admitted(request)
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={**_headers(request, shelf), **ALLOWED})
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_ASK:
            raise InvalidRequest
    try:
        wanted = Wanted.model_validate_json(body)
    except ValidationError:
        raise InvalidRequest from None
    found = await protection.licence(app, asset_id, wanted.kids)
    return Response(orjson.dumps(found), headers=_headers(request, shelf), media_type="application/json")


keys.add_route("/media/~{token}/{asset_id}/keys/{key_id}", key, methods=["GET"], include_in_schema=False)
# For a CDN that has checked a signature of its own.
keys.add_route(BY_CDN + "{asset_id}/keys/{key_id}", key, methods=["GET"], include_in_schema=False)
keys.add_route("/media/~{token}/{asset_id}/license", licence, methods=["POST", "OPTIONS"], include_in_schema=False)


async def _admitted(request: Request) -> tuple[App, uuid.UUID, Shelf]:
    """Who holds an address of the files; raises NotFound, MediaLinkExpired or TooManyRequests."""
    app: App = request.app.state.app
    asset_id, token, rates = asset_id_of(request), request.path_params.get("token"), app.settings.limits
    if token is None:
        if not is_cdn(request):
            raise NotFound
        # Behind its few addresses is everybody.
        return app, asset_id, await delivery.admitted(app, asset_id, None, by_cdn=True)
    if rates.enabled:
        limiter: Limiter = request.app.state.limiter
        address = limits.address_key(client_address(request))
        await limiter.demand("media_keys", address, Rate.parse(rates.media_keys))
    return app, asset_id, await delivery.admitted(app, asset_id, token)


def _headers(request: Request, shelf: Shelf) -> dict[str, Any]:
    headers = {**SAFE_HEADERS, "Cache-Control": "private, no-store"}
    del headers["Accept-Ranges"]
    if "token" not in request.path_params:
        app: App = request.app.state.app
        return headers | credentialed(app)
    if shelf.access == Access.OPEN:
        headers["Access-Control-Allow-Origin"] = "*"
    return headers
