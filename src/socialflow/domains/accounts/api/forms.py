"""The protocol's own manner: forms in, JSON out, and the browser's cookie means nothing.

What RFC 6749 lays down for its endpoints differs from the rest of the API: bodies are forms, an app shows
itself by HTTP Basic or in the form, and a refusal has an `error` of the RFC's catalogue.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Request, Response

from socialflow.domains.accounts.errors import ClientRefused, GrantRefused
from socialflow.domains.accounts.schemas import OAuthErrorRead
from socialflow.kernel.errors import Problem
from socialflow.kernel.web import Route, problems
from socialflow.kernel.work import ANONYMOUS

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
LARGEST_FORM, MOST_FIELDS = 16_384, 40
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class ProtocolRoute(Route):
    """A route at which an app speaks for itself: nobody is known by a cookie or a token of theirs."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, told beforehand that nobody asks."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            request.state.actor = ANONYMOUS
            return await inner(request)

        return handle


def protocol_router() -> APIRouter:
    """A router of such routes."""
    return APIRouter(tags=["oauth"], route_class=ProtocolRoute, redirect_slashes=False)


async def read_form(request: Request) -> dict[str, str]:
    """The form in a body; raises GrantRefused for anything else, and for a name that comes twice (RFC 6749, 3.2)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise GrantRefused("invalid_request", f"A body of {FORM} is needed.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise GrantRefused("invalid_request", "The form is too large.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise GrantRefused("invalid_request", "The form cannot be read.") from None
    form = dict(pairs)
    if len(form) < len(pairs) or any("\0" in text for pair in pairs for text in pair):
        raise GrantRefused("invalid_request", "A name comes twice, or a letter is none.")
    # What is sent without a value counts as not sent (RFC 6749, 3.1).
    return {name: value for name, value in form.items() if value}


def answer(body: Mapping[str, Any], status: int = 200) -> Response:
    """JSON that nobody keeps."""
    return Response(orjson.dumps(body), status, NO_STORE, JSON)


def refusals(*more: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an endpoint of the protocol."""
    found = problems(GrantRefused, ClientRefused, *more)
    for status in (GrantRefused.status, ClientRefused.status):
        found[status] |= {"model": OAuthErrorRead, "x-protocol": True}
    return found


def form_of(*required: str, **fields: str) -> dict[str, Any]:
    """The `openapi_extra` of an endpoint that takes a form."""
    members = {"client_id": "Unless it stands in the `Authorization` header.", "client_secret": "As `client_id`."}
    properties = {name: {"type": "string", "description": said} for name, said in (members | fields).items()}
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {
        "x-idempotent": False,
        # An app speaks for many people from one address.
        "x-points": 1,
        "requestBody": {"required": True, "content": {FORM: {"schema": schema}}},
    }
