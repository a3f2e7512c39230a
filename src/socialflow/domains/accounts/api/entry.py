"""Routes of logging in and out."""

from fastapi import Depends, Request, Response, Security

from socialflow.domains.accounts import service
from socialflow.domains.accounts.api import attempts
from socialflow.domains.accounts.api.requests import InSigning, OnDevice, WantsSession
from socialflow.domains.accounts.errors import (
    AccountLeaving,
    AccountPending,
    AccountSuspended,
    InvalidToken,
    SecondFactorRequired,
    SessionEnded,
    SessionNeeded,
    WrongCredentials,
)
from socialflow.domains.accounts.schemas import AccountRead, CredentialsRead, Login, Refresh, SessionRead
from socialflow.domains.accounts.service import Proof
from socialflow.kernel import limits
from socialflow.kernel.errors import TooManyRequests, Unauthorized, Unavailable
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.web import CurrentApp, InWork, get_actor, problems, router
from socialflow.kernel.work import Actor

auth = router("auth", reads="own")


async def in_line(app: CurrentApp) -> None:
    """Turn somebody away while too many wait: it has cost no look at anything, and counts as no failure of theirs."""
    app.port(service.Passwords).demand_room()


@auth.post(
    "/auth/login",
    operation_id="logIn",
    response_model=CredentialsRead,
    responses=problems(
        WrongCredentials,
        SecondFactorRequired,
        AccountSuspended,
        AccountPending,
        AccountLeaving,
        TooManyRequests,
        Unavailable,
    ),
    dependencies=[Depends(in_line)],
    openapi_extra={"x-idempotent": False},
)
async def log_in(
    body: Login, request: Request, app: CurrentApp, device: OnDevice, signing: InSigning, x_session: WantsSession = None
) -> Response:
    """Log in by e-mail address or handle."""
    limiter: Limiter = request.app.state.limiter
    rates = app.settings.limits
    async with limiter.failures(
        ("login_account", body.login.removeprefix("@"), Rate.parse(rates.login_account)),
        ("login_address", limits.address_key(device.address), Rate.parse(rates.login_address)),
    ):
        hold = app.settings.auth.login_hold_s
        async with attempts.of_everybody(limiter, Rate.parse(rates.login_global), hold=hold) as is_open:
            async with app.work(Actor()) as work:
                claimed = await service.named(work, body.login)
                if not is_open and not await service.is_known_near(work, claimed, device.address):
                    raise TooManyRequests
            async with attempts.counted(limiter, claimed, body.login, Rate.parse(rates.login_account)) as admissible:
                checked = await service.check_or_note(app, admissible, body.password.get_secret_value())
        async with app.work(Actor()) as work:
            account = await service.admit(work, checked)
            given = await service.enter_or_ask(
                work,
                account,
                proof=Proof(frozenset({"pwd"})),
                kind=service.kind_of(x_session),
                device=device,
                signing=signing,
            )
    read, headers = service.answer(service.entered(given), signing=signing, settings=app.settings)
    return Response(read.model_dump_json(), headers=headers, media_type="application/json")


@auth.post(
    "/auth/refresh",
    operation_id="refreshTokens",
    response_model=CredentialsRead,
    responses=problems(InvalidToken, SessionEnded, AccountSuspended, TooManyRequests),
    openapi_extra={"x-idempotent": False},
)
async def refresh(
    body: Refresh, request: Request, app: CurrentApp, device: OnDevice, signing: InSigning
) -> CredentialsRead:
    """Exchange a refresh token for a new pair; the old one is good no longer."""
    limiter: Limiter = request.app.state.limiter
    rates = app.settings.limits
    session = body.refresh_token.partition(".")[0]
    async with limiter.failures(
        ("refresh_session", session, Rate.parse(rates.refresh_session)),
        ("refresh_address", limits.address_key(device.address), Rate.parse(rates.refresh_address)),
    ):
        async with app.work(Actor()) as work:
            given = await service.refresh(work, body.refresh_token, signing=signing)
        if given is None:
            raise SessionEnded("This token was used before; the session has been ended.")
    return service.answer(given, signing=signing, settings=app.settings)[0]


@auth.post(
    "/auth/logout",
    operation_id="logOut",
    status_code=204,
    responses=problems(Unauthorized, SessionNeeded),
    dependencies=[Security(get_actor, scopes=[])],
    openapi_extra={"x-idempotent": True},
)
async def log_out(work: InWork, app: CurrentApp, request: Request) -> Response:
    """End the session that asks."""
    if work.actor.token_id is not None:
        raise SessionNeeded
    if work.actor.session_id is not None:
        await service.end(work, work.actor.session_id)
    response = Response(status_code=204)
    cookie = request.cookies.get(service.cookie_name(app.settings))
    if cookie is not None:
        app.port(service.Authenticator).forget(cookie)
        response.headers["Set-Cookie"] = service.no_cookie(app.settings)
    return response


@auth.get(
    "/auth/session",
    operation_id="getSession",
    response_model=SessionRead,
    responses=problems(Unauthorized, SessionNeeded),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def get_session(work: InWork, app: CurrentApp) -> SessionRead:
    """Who one is logged in as."""
    account = await service.me(work)
    session_id = work.actor.session_id
    if session_id is None:
        raise SessionNeeded
    return SessionRead(
        id=session_id,
        user=AccountRead.model_validate(account),
        csrf_token=service.csrf_token(app.keys, session_id),
        permissions=sorted(work.actor.permissions),
        allowances=sorted(work.actor.allowances),
    )
