"""Routes of logging in by another provider."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Path, Request, Response, Security

from socialflow.domains.accounts import service
from socialflow.domains.accounts.api.requests import InSigning, OnDevice, WantsSession
from socialflow.domains.accounts.errors import (
    AccountLeaving,
    AccountNeedsLink,
    AccountPending,
    AccountSuspended,
    IdentityRejected,
    LogInDeclined,
    ProofUsed,
    ProviderUnavailable,
    SecondFactorRequired,
    UnknownLogIn,
    UnknownProvider,
)
from socialflow.domains.accounts.schemas import (
    NativeLogin,
    ProviderLogInRead,
    ProviderPage,
    ProviderRead,
    ProviderReturn,
    ProviderStart,
    ProviderStartRead,
    UnfinishedSignUpRead,
)
from socialflow.domains.accounts.service import Asked, Credentials, Device, Proof, Signing
from socialflow.kernel import limits, logs
from socialflow.kernel.errors import TooManyRequests
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.web import CurrentApp, get_reader, problems, router
from socialflow.kernel.work import Actor, App
from socialflow.ports.identity import (
    Answer,
    Identity,
    IdentityDenied,
    IdentityProvider,
    IdentityProviders,
    IdentityRefused,
    NativeProof,
    ProviderTrouble,
)

federation = router("auth", reads="site")
log = logs.named(__name__)

Key = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,29}$", examples=["google"])]
REFUSALS = (UnknownProvider, IdentityRejected, ProofUsed, LogInDeclined, ProviderUnavailable, TooManyRequests)
# What is said to who is known here, and yet has no session.
DETAINED = (SecondFactorRequired, AccountSuspended, AccountPending, AccountLeaving)
LONGEST_NAME = 60


def provider_of(app: App, key: str) -> IdentityProvider:
    """The provider that an address names; raises UnknownProvider. No dependency: a faulty body is told first."""
    return service.provider_of(app.port(IdentityProviders), key)


@asynccontextmanager
async def counted(app: App, request: Request, device: Device) -> AsyncIterator[None]:
    """Count what fails against the address."""
    limiter: Limiter = request.app.state.limiter
    address = limits.address_key(device.address)
    async with limiter.failures(("federation_failures", address, Rate.parse(app.settings.limits.federation_failures))):
        yield


async def asked(key: str, answer: Awaitable[Identity]) -> Identity:
    """Who it is, or the problem that a provider's failure is to a caller; the reason is for the log."""
    try:
        return await answer
    except IdentityRefused as refused:
        log.warning("identity_refused", provider=key, reason=refused.reason)
        raise IdentityRejected from None
    except IdentityDenied:
        raise LogInDeclined from None
    except ProviderTrouble as trouble:
        log.warning("provider_trouble", provider=key, error=str(trouble)[:300])
        raise ProviderUnavailable(retry_after=5) from None


async def returned(
    app: App, provider: IdentityProvider, body: ProviderReturn, transaction: service.Transaction
) -> Identity:
    """Whom a provider sent back, once."""
    key = transaction.provider
    async with app.work(Actor()) as work:
        await service.spend(work, [f"state:{transaction.state}"])
    answer = Answer(body.code or "", body.error or "", body.iss, body.name)
    challenge = transaction.challenge(service.redirect_uri(app.settings.public_url, key))
    return await asked(key, provider.exchange(answer, challenge))


async def brought(app: App, key: str, provider: IdentityProvider, body: NativeLogin) -> Identity:
    """Whose proof an app has brought, once."""
    proof = NativeProof(body.id_token, body.access_token, body.nonce)
    identity = await asked(key, provider.verify(proof))
    async with app.work(Actor()) as work:
        await service.spend(work, [f"{identity.issuer} {name}" for name in identity.once])
    return identity


@federation.get(
    "/auth/providers",
    operation_id="listProviders",
    response_model=ProviderPage,
    dependencies=[Security(get_reader, scopes=["read"])],
)
async def list_providers(app: CurrentApp) -> ProviderPage:
    """Who else one may log in by."""
    found = [
        ProviderRead.model_validate({"key": key, "name": each.name, "kind": each.kind, "native": sorted(each.takes)})
        for key, each in app.port(IdentityProviders).by_key.items()
    ]
    return ProviderPage(items=found, next_cursor=None)


@federation.post(
    "/auth/providers/{key}/start",
    operation_id="startProviderLogIn",
    response_model=ProviderStartRead,
    responses=problems(UnknownProvider, ProviderUnavailable, TooManyRequests),
    openapi_extra={"x-idempotent": False},
)
async def start(
    key: Key, body: ProviderStart, request: Request, app: CurrentApp, device: OnDevice
) -> ProviderStartRead:
    """Begin to log in by a provider: where to send the browser."""
    provider = provider_of(app, key)
    limiter: Limiter = request.app.state.limiter
    rate = Rate.parse(app.settings.limits.federation_address)
    await limiter.demand("federation_address", limits.address_key(device.address), rate)
    return await started(app, key, provider, service.begin(app.clock(), key, service.LOG_IN, next_=body.next))


async def started(
    app: App, key: str, provider: IdentityProvider, transaction: service.Transaction
) -> ProviderStartRead:
    """Where to send the browser for a log-in or link, and what to keep."""
    challenge = transaction.challenge(service.redirect_uri(app.settings.public_url, key))
    try:
        url = await provider.authorization_url(challenge)
    except ProviderTrouble as trouble:
        log.warning("provider_trouble", provider=key, error=str(trouble)[:300])
        raise ProviderUnavailable(retry_after=5) from None
    return ProviderStartRead(
        authorization_url=url,
        transaction=service.seal(app.keys, transaction),
        expires_in=int(service.TRANSACTION.total_seconds()),
    )


@federation.post(
    "/auth/providers/{key}/callback",
    operation_id="finishProviderLogIn",
    response_model=ProviderLogInRead,
    responses=problems(*REFUSALS, UnknownLogIn, AccountNeedsLink, *DETAINED),
    openapi_extra={"x-idempotent": False},
)
async def finish(
    key: Key,
    body: ProviderReturn,
    request: Request,
    app: CurrentApp,
    device: OnDevice,
    signing: InSigning,
    x_session: WantsSession = None,
) -> Response:
    """Log in with what the provider sent the browser back with."""
    provider = provider_of(app, key)
    async with counted(app, request, device):
        transaction = service.reopen(
            app.keys, body.transaction, app.clock(), key=key, purpose=service.LOG_IN, state=body.state
        )
        identity = await returned(app, provider, body, transaction)
        ended = await _entered(app, identity, device, signing, x_session)
    return _answer(app, key, identity, ended, signing, transaction.next)


@federation.post(
    "/auth/providers/{key}/token",
    operation_id="logInByProviderToken",
    response_model=ProviderLogInRead,
    responses=problems(*REFUSALS, AccountNeedsLink, *DETAINED),
    openapi_extra={"x-idempotent": False},
)
async def log_in_by_token(
    key: Key,
    body: NativeLogin,
    request: Request,
    app: CurrentApp,
    device: OnDevice,
    signing: InSigning,
    x_session: WantsSession = None,
) -> Response:
    """Log in with a token that the provider's software gave to an app."""
    provider = provider_of(app, key)
    async with counted(app, request, device):
        identity = await brought(app, key, provider, body)
        ended = await _entered(app, identity, device, signing, x_session)
    return _answer(app, key, identity, ended, signing, None, told=body.name)


async def _entered(
    app: App, identity: Identity, device: Device, signing: Signing, wanted: str | None
) -> Credentials | Asked | None:
    """A session for who is known here, or what they are asked first; None for who is not known."""
    async with app.work(Actor()) as work:
        account = await service.arrive(work, identity)
        if account is None:
            return None
        return await service.enter_or_ask(
            work,
            account,
            # Whatever the provider has asked for, to us it is one factor.
            proof=Proof(frozenset({"fed"})),
            kind=service.kind_of(wanted),
            device=device,
            signing=signing,
        )


def _answer(
    app: App,
    key: str,
    identity: Identity,
    ended: Credentials | Asked | None,
    signing: Signing,
    next_: str | None,
    *,
    told: str | None = None,
) -> Response:
    """The session, or a ticket for a newcomer."""
    if ended is None:
        return _newcomer(app, key, identity, next_, told)
    credentials, headers = service.answer(service.entered(ended), signing=signing, settings=app.settings)
    read = ProviderLogInRead(kind="session", credentials=credentials, sign_up=None, next=next_)
    return Response(read.model_dump_json(), headers=headers, media_type="application/json")


def _newcomer(app: App, key: str, identity: Identity, next_: str | None, told: str | None) -> Response:
    ticket = service.ticket_for(identity, key, app.clock())
    name = (ticket.name or told or "").strip()[:LONGEST_NAME].strip()
    unfinished = UnfinishedSignUpRead(
        ticket=service.seal_ticket(app.keys, ticket),
        expires_in=int(service.TICKET.total_seconds()),
        provider=key,
        email=ticket.email,
        email_verified=ticket.email_verified,
        display_name=name or None,
    )
    read = ProviderLogInRead(kind="sign_up", credentials=None, sign_up=unfinished, next=next_)
    return Response(read.model_dump_json(), media_type="application/json")
