"""The protocol's endpoints, at the paths that the metadata name: not below the API's prefix, and without scopes."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request, Response

from socialflow.domains.accounts.api.forms import JSON, answer, form_of, protocol_router, read_form, refusals
from socialflow.domains.accounts.api.requests import InSigning, OnDevice
from socialflow.domains.accounts.errors import AppRegistrationClosed, GrantRefused
from socialflow.domains.accounts.schemas import (
    DeviceAuthorizationRead,
    IntrospectionRead,
    RegisteredAppRead,
    ResourceMetadataRead,
    ServerMetadataRead,
    TokenRead,
)
from socialflow.domains.accounts.service import Device, Signing, oauth
from socialflow.domains.accounts.service.oauth import Given
from socialflow.kernel import crypto, limits
from socialflow.kernel.errors import UnsupportedMediaType
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.web import CurrentApp, client_address, shows
from socialflow.kernel.work import Actor, App, Work

protocol = protocol_router()

# Of a device that waits as it should: nothing that would have to be limited as a failure.
PATIENCE = {"authorization_pending"}
# What an app can say of itself, and room for what we do not know.
LARGEST_METADATA = 16_384
METADATA = {
    "type": "object",
    "description": "Client metadata of RFC 7591, 2; what is not named here is ignored.",
    "required": ["client_name", "client_uri"],
    "additionalProperties": True,
    "properties": {
        "client_name": {"type": "string"},
        "client_uri": {"type": "string", "description": "https://..."},
        "redirect_uris": {"type": "array", "items": {"type": "string"}},
        "scope": {"type": "string", "description": "Scopes, by space."},
        "grant_types": {"type": "array", "items": {"type": "string"}},
        "token_endpoint_auth_method": {"type": "string"},
    },
}
CREDENTIALS = ("code", "refresh_token", "device_code", "client_secret", "client_id")


@protocol.post(
    "/oauth/token",
    operation_id="getTokens",
    response_model=TokenRead,
    responses=refusals(),
    openapi_extra=form_of(
        "grant_type",
        grant_type=f"`{oauth.CODE}`, `{oauth.REFRESH}` or `{oauth.DEVICE}`.",
        code="The authorization code, good once.",
        redirect_uri="The same as in the request for the code.",
        code_verifier="What the `code_challenge` was made from (PKCE).",
        refresh_token="Good once, for the next pair.",  # noqa: S106  # a description
        device_code="What the device was given.",
        scope="For a refresh: fewer scopes than were allowed.",
    ),
)
async def get_tokens(request: Request, app: CurrentApp, device: OnDevice, signing: InSigning) -> Response:
    """Exchange a code, a refresh token or a device's code for tokens."""
    form = await read_form(request)
    async with _tries(request, app, form):
        async with app.work(Actor()) as work:
            outcome = await _exchange(work, request, form, device, signing)
        if isinstance(outcome, GrantRefused) and outcome.error not in PATIENCE:
            raise outcome
    if isinstance(outcome, GrantRefused):
        raise outcome
    return answer(outcome.body())


@protocol.post(
    "/oauth/device",
    operation_id="beginDevice",
    response_model=DeviceAuthorizationRead,
    responses=refusals(),
    openapi_extra=form_of(scope="What the device asks for, by space."),
)
async def begin_device(request: Request, app: CurrentApp, device: OnDevice) -> Response:
    """Give a device a code to show, and one to ask with whether that was allowed (RFC 8628)."""
    form = await read_form(request)
    async with _tries(request, app, form), app.work(Actor()) as work:
        client = await oauth.authenticated(work, _presented(request, form))
        begun = await oauth.begin_device(
            work, client, form.get("scope"), device=device, keys=app.keys, settings=app.settings
        )
    return answer(begun.model_dump())


@protocol.post(
    "/oauth/revoke",
    operation_id="revokeAppToken",
    status_code=200,
    responses=refusals(),
    openapi_extra=form_of("token", token="An access or refresh token.", token_type_hint="Not needed."),  # noqa: S106  # descriptions
)
async def revoke_token(request: Request, app: CurrentApp, signing: InSigning) -> Response:
    """End what a token belongs to; a token that is none is no fault (RFC 7009)."""
    form = await read_form(request)
    async with _tries(request, app, form), app.work(Actor()) as work:
        client = await oauth.authenticated(work, _presented(request, form))
        await oauth.revoke(work, client, _token(form), signing=signing)
    return answer({})


@protocol.post(
    "/oauth/introspect",
    operation_id="introspectToken",
    response_model=IntrospectionRead,
    responses=refusals(),
    openapi_extra=form_of("token", token="An access or refresh token.", token_type_hint="Not needed."),  # noqa: S106  # descriptions
)
async def introspect_token(request: Request, app: CurrentApp, signing: InSigning) -> Response:
    """What is known of a token, for the app that holds it and can keep a secret (RFC 7662)."""
    form = await read_form(request)
    async with _tries(request, app, form), app.work(Actor()) as work:
        client = await oauth.authenticated(work, _presented(request, form))
        if client.secret_digest is None:
            raise GrantRefused("unauthorized_client", "Only an app with a secret may ask about tokens.")
        known = await oauth.introspect(work, client, _token(form), signing=signing, issuer=app.settings.public_url)
    return answer(known)


@protocol.post(
    "/oauth/register",
    operation_id="registerClient",
    status_code=201,
    response_model=RegisteredAppRead,
    responses=refusals(AppRegistrationClosed, UnsupportedMediaType),
    openapi_extra={
        "x-idempotent": False,
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": METADATA}},
        },
    },
)
async def register_client(request: Request, app: CurrentApp) -> Response:
    """Let an app register itself, where the operator allows that (RFC 7591)."""
    limiter: Limiter = request.app.state.limiter
    rates = app.settings.limits
    key = limits.address_key(client_address(request))
    await limiter.demand("app_registration_address", key, Rate.parse(rates.app_registration_address))
    if not app.settings.oauth.open_registration:
        raise AppRegistrationClosed
    await limiter.demand("app_registration", "all", Rate.parse(rates.app_registration))
    # Its members are open, by the RFC; so the whole has an end. How deep it may be is the reader's own bound.
    if len(await request.body()) > LARGEST_METADATA:
        raise GrantRefused("invalid_client_metadata", "The body is too large.")
    try:
        said = await request.json()
    except json.JSONDecodeError:
        raise GrantRefused("invalid_client_metadata", "The body is not JSON.") from None
    async with app.work(Actor()) as work:
        return answer(await oauth.register_itself(work, said), 201)


@protocol.get(
    "/.well-known/oauth-authorization-server",
    operation_id="getAuthorizationServer",
    response_model=ServerMetadataRead,
    openapi_extra=shows("site"),
)
async def get_authorization_server(app: CurrentApp) -> Response:
    """Where the endpoints are, and what they speak (RFC 8414)."""
    return _metadata(oauth.of_server(app.settings))


@protocol.get(
    "/.well-known/oauth-protected-resource",
    operation_id="getProtectedResource",
    response_model=ResourceMetadataRead,
    openapi_extra=shows("site"),
)
async def get_protected_resource(app: CurrentApp) -> Response:
    """Who gives tokens for this API (RFC 9728)."""
    return _metadata(oauth.of_resource(app.settings))


async def _exchange(
    work: Work, request: Request, form: Mapping[str, str], device: Device, signing: Signing
) -> Given | GrantRefused:
    kind = form.get("grant_type")
    client = await oauth.authenticated(work, _presented(request, form))
    if kind == oauth.CODE:
        return await oauth.by_code(work, client, form, device=device, signing=signing)
    if kind == oauth.REFRESH:
        return await oauth.by_refresh(work, client, form, signing=signing)
    if kind == oauth.DEVICE:
        return await oauth.by_device(work, client, form, device=device, signing=signing)
    if kind is None:
        raise GrantRefused("invalid_request", "grant_type is missing.")
    raise GrantRefused("unsupported_grant_type", f"It is {oauth.CODE}, {oauth.REFRESH} or {oauth.DEVICE}.")


def _presented(request: Request, form: Mapping[str, str]) -> Any:
    return oauth.presented(request.headers.get("authorization"), form)


def _token(form: Mapping[str, str]) -> str:
    if "token" not in form:
        raise GrantRefused("invalid_request", "token is missing.")
    return form["token"]


def _metadata(said: Mapping[str, Any]) -> Response:
    response = answer(said)
    response.headers["Cache-Control"] = "public, max-age=3600"
    del response.headers["Pragma"]
    return response


@asynccontextmanager
async def _tries(request: Request, app: App, form: Mapping[str, str]) -> AsyncIterator[None]:
    """Count what fails against the credential that was tried and the address it came from.

    Not against the app: everybody knows its name, and could keep it out.
    """
    limiter: Limiter = request.app.state.limiter
    rates = app.settings.limits
    shown = [form.get(name, "") for name in CREDENTIALS] + [request.headers.get("authorization", "")]
    tried = crypto.digest("\0".join(shown)).hex()[:32]
    async with limiter.failures(
        ("oauth_credential", tried, Rate.parse(rates.oauth_credential)),
        ("oauth_address", limits.address_key(client_address(request)), Rate.parse(rates.oauth_address)),
    ):
        yield
