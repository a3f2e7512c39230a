"""Signing up, which makes an account and its channel."""

from typing import Annotated

from fastapi import Header, Request, Response

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.errors import AccountNeedsLink, AccountPending, HandleTaken, InvalidTicket
from socialflow.domains.accounts.schemas import AccountCreate, CredentialsRead, PendingRead, ProviderSignUp
from socialflow.domains.channels import service
from socialflow.kernel import limits
from socialflow.kernel.errors import InvalidRequest, TooManyRequests
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.web import (
    CurrentApp,
    InWork,
    Viewer,
    answered_before,
    client_address,
    once,
    problems,
    router,
)
from socialflow.kernel.work import Work
from socialflow.ports.identity import IdentityProviders

sign_up = router("auth")

WantsSession = Annotated[
    str | None, Header(description="`cookie` asks for the web app's session cookie instead of tokens.")
]


@sign_up.post(
    "/auth/register",
    operation_id="register",
    status_code=201,
    response_model=CredentialsRead,
    responses={
        **problems(HandleTaken, *accounts.SIGN_UP_PROBLEMS, InvalidRequest, TooManyRequests),
        202: {"model": PendingRead, "description": "The account waits for approval"},
    },
    openapi_extra={"x-idempotent": True},
)
async def register(
    body: AccountCreate,
    request: Request,
    app: CurrentApp,
    viewer: Viewer,
    x_session: WantsSession = None,
) -> Response:
    """Sign up: make an account and its channel, and log in; or wait, where staff decide on sign-ups."""
    before = await answered_before(app, viewer)
    if before is not None:
        return before
    limiter: Limiter = request.app.state.limiter
    device = accounts.Device(client_address(request), request.headers.get("user-agent", ""))
    rates = app.settings.limits
    await limiter.demand("register_account", body.email, Rate.parse(rates.register_account))
    await limiter.demand("register_address", limits.address_key(device.address), Rate.parse(rates.register_address))

    # Who waits for a hasher, or for another machine's word on a password, holds no connection meanwhile.
    password = body.password.get_secret_value()
    await accounts.screen(app, password, own=accounts.own_words(body.handle, body.email))
    hashed = await app.port(accounts.Passwords).hash(password)
    language = accounts.preferred_language(request.headers.get("accept-language"))
    signing = accounts.Signing(app.port(accounts.AccessTokens), app.keys, app.settings.auth)

    async def act(work: Work) -> Response:
        came_by = await accounts.enter_by(work, body, email=body.email, settings=app.settings, address=device.address)
        account = await service.sign_up(work, body, came_by=came_by, password_hash=hashed, language=language)
        if account.state == accounts.AccountState.PENDING:
            return _waits(account)
        proof, kind = accounts.Proof(frozenset({"pwd"})), accounts.kind_of(x_session)
        given = await accounts.enter(work, account, proof=proof, kind=kind, device=device, signing=signing)
        read, headers = accounts.answer(given, signing=signing, settings=app.settings)
        return Response(read.model_dump_json(), 201, headers, media_type="application/json")

    return await once(app, viewer, act)


@sign_up.post(
    "/auth/providers/finish",
    operation_id="finishSignUp",
    status_code=201,
    response_model=CredentialsRead,
    responses={
        **problems(
            InvalidTicket,
            AccountNeedsLink,
            HandleTaken,
            *accounts.SIGN_UP_PROBLEMS,
            InvalidRequest,
            TooManyRequests,
        ),
        202: {"model": PendingRead, "description": "The account waits for approval"},
    },
    openapi_extra={"x-idempotent": False},
)
async def finish_sign_up(
    body: ProviderSignUp, work: InWork, request: Request, app: CurrentApp, x_session: WantsSession = None
) -> Response:
    """Finish the sign-up of somebody for whom a provider vouches: the same as signing up, without a password."""
    limiter: Limiter = request.app.state.limiter
    device = accounts.Device(client_address(request), request.headers.get("user-agent", ""))
    rates = app.settings.limits
    await limiter.demand("register_address", limits.address_key(device.address), Rate.parse(rates.register_address))
    ticket = accounts.read_ticket(app.keys, body.ticket, work.now, app.port(IdentityProviders))
    who = body.email or ticket.email or f"{ticket.issuer} {ticket.subject}"
    await limiter.demand("register_account", who, Rate.parse(rates.register_account))

    email = accounts.email_of(ticket, body)
    came_by = await accounts.enter_by(work, body, email=email, settings=app.settings, address=device.address)
    account = await service.join(work, ticket, body, came_by=came_by)
    if account.state == accounts.AccountState.PENDING:
        return _waits(account)
    signing = accounts.Signing(app.port(accounts.AccessTokens), app.keys, app.settings.auth)
    given = await accounts.enter(
        work,
        account,
        proof=accounts.Proof(frozenset({"fed"})),
        kind=accounts.kind_of(x_session),
        device=device,
        signing=signing,
    )
    read, headers = accounts.answer(given, signing=signing, settings=app.settings)
    return Response(read.model_dump_json(), 201, headers, media_type="application/json")


def _waits(account: accounts.Account) -> Response:
    """Nobody enters before staff have decided."""
    waits = PendingRead(state="pending", handle=account.handle, detail=str(AccountPending()))
    return Response(waits.model_dump_json(), 202, media_type="application/json")
