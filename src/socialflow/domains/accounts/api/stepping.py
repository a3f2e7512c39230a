"""Routes of the second step of a log-in, of passkeys without a password, and of step-up."""

from datetime import timedelta

from fastapi import Response, Security

from socialflow.domains.accounts import service
from socialflow.domains.accounts.api.guesses import InGuesses
from socialflow.domains.accounts.api.requests import InSigning, OnDevice, WantsSession
from socialflow.domains.accounts.errors import (
    AccountLeaving,
    AccountSuspended,
    InvalidChallenge,
    StepUpRequired,
    WrongCredentials,
    WrongFactor,
)
from socialflow.domains.accounts.schemas import (
    ChallengeGiven,
    CredentialsRead,
    PasskeyAnswer,
    PasskeyOptionsRead,
    SecondFactor,
    StepUpGiven,
    StepUpRead,
)
from socialflow.domains.accounts.service import passkeys, stepping
from socialflow.kernel.errors import Forbidden, TooManyRequests, Unauthorized, Unavailable
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router
from socialflow.kernel.work import Actor

steps = router("auth", reads="own")
OWN = [Security(get_actor, scopes=["security"])]
ONCE = {"x-idempotent": False}


@steps.post(
    "/auth/second-factor",
    operation_id="giveSecondFactor",
    response_model=CredentialsRead,
    responses=problems(WrongFactor, InvalidChallenge, AccountSuspended, AccountLeaving, TooManyRequests, Unavailable),
    openapi_extra=ONCE,
)
async def give_second_factor(
    body: SecondFactor,
    app: CurrentApp,
    device: OnDevice,
    signing: InSigning,
    guesses: InGuesses,
    x_session: WantsSession = None,
) -> Response:
    """Finish a log-in that was answered with `second_factor_required`."""
    async with guesses.here():
        challenge, account_id = stepping.begun(app.keys, body.challenge, app.clock())
    async with guesses.of(account_id):
        shown = await stepping.examine(app, Actor(), account_id, body, purpose=passkeys.SECOND)
        async with app.work(Actor()) as work:
            given = await stepping.finish(
                work, challenge, shown, kind=service.kind_of(x_session), device=device, signing=signing
            )
    read, headers = service.answer(service.entered(given), signing=signing, settings=app.settings)
    return Response(read.model_dump_json(), headers=headers, media_type="application/json")


@steps.post(
    "/auth/second-factor/options",
    operation_id="beginSecondFactor",
    response_model=PasskeyOptionsRead,
    responses=problems(InvalidChallenge, TooManyRequests),
    openapi_extra=ONCE,
)
async def begin_second_factor(body: ChallengeGiven, app: CurrentApp, guesses: InGuesses) -> PasskeyOptionsRead:
    """What a device is to be asked whose passkey shall be the second factor of a log-in."""
    async with guesses.here():
        _, account_id = stepping.begun(app.keys, body.challenge, app.clock())
    async with app.work(Actor()) as work:
        asked = await passkeys.ask(work, account_id, passkeys.SECOND, keys=app.keys, settings=app.settings)
    return PasskeyOptionsRead.model_validate(asked)


@steps.post(
    "/auth/passkey/options",
    operation_id="beginPasskeyLogIn",
    response_model=PasskeyOptionsRead,
    responses=problems(TooManyRequests),
    openapi_extra=ONCE,
)
async def begin_passkey_log_in(work: InWork, app: CurrentApp) -> PasskeyOptionsRead:
    """What a device is to be asked in order to log in without a password."""
    asked = await passkeys.ask(work, None, passkeys.LOG_IN, keys=app.keys, settings=app.settings)
    return PasskeyOptionsRead.model_validate(asked)


@steps.post(
    "/auth/passkey",
    operation_id="logInByPasskey",
    response_model=CredentialsRead,
    responses=problems(WrongFactor, InvalidChallenge, AccountSuspended, AccountLeaving, TooManyRequests, Unavailable),
    openapi_extra=ONCE,
)
async def log_in_by_passkey(
    body: PasskeyAnswer,
    app: CurrentApp,
    device: OnDevice,
    signing: InSigning,
    guesses: InGuesses,
    x_session: WantsSession = None,
) -> Response:
    """Log in with a passkey alone; its device must have verified who holds it."""
    async with guesses.of_passkey(passkeys.credential_id(body.credential)):
        shown = await stepping.examine_passkey(app, (body.state, body.credential))
        async with app.work(Actor()) as work:
            given = await stepping.enter_by_passkey(
                work, shown, kind=service.kind_of(x_session), device=device, signing=signing
            )
    read, headers = service.answer(service.entered(given), signing=signing, settings=app.settings)
    return Response(read.model_dump_json(), headers=headers, media_type="application/json")


@steps.get(
    "/auth/step-up",
    operation_id="getStepUp",
    response_model=StepUpRead,
    responses=problems(Unauthorized, Forbidden),
    dependencies=OWN,
)
async def get_step_up(work: InWork, app: CurrentApp) -> StepUpRead:
    """What this session can show in order to do what is dangerous."""
    within = timedelta(seconds=app.settings.auth.step_up_s)
    return StepUpRead.model_validate(await stepping.how_to_step_up(work, within=within))


@steps.post(
    "/auth/step-up/options",
    operation_id="beginStepUp",
    response_model=PasskeyOptionsRead,
    responses=problems(Unauthorized),
    dependencies=OWN,
    openapi_extra=ONCE,
)
async def begin_step_up(work: InWork, app: CurrentApp) -> PasskeyOptionsRead:
    """What a device is to be asked whose passkey shall confirm this session."""
    account = await service.me(work)
    asked = await passkeys.ask(work, account.id, passkeys.STEP_UP, keys=app.keys, settings=app.settings)
    return PasskeyOptionsRead.model_validate(asked)


@steps.post(
    "/auth/step-up",
    operation_id="stepUp",
    response_model=StepUpRead,
    responses=problems(
        Unauthorized,
        WrongCredentials,
        WrongFactor,
        InvalidChallenge,
        StepUpRequired,
        Forbidden,
        TooManyRequests,
        Unavailable,
    ),
    dependencies=OWN,
    openapi_extra=ONCE,
)
async def step_up(body: StepUpGiven, app: CurrentApp, actor: Viewer, guesses: InGuesses) -> StepUpRead:
    """Show who one is, in a session that goes on; what is dangerous is open for a while from then on."""
    async with app.work(actor) as work:
        account = await service.me(work)
        if body.password is not None:
            await stepping.demand_password_is_enough(work)
    async with guesses.of(account.id):
        if body.password is not None:
            shown = await stepping.examine_password(app, account, body.password.get_secret_value())
        else:
            shown = await stepping.examine(app, actor, account.id, body, purpose=passkeys.STEP_UP)
        async with app.work(actor) as work:
            await stepping.step_up(work, shown)
            within = timedelta(seconds=app.settings.auth.step_up_s)
            return StepUpRead.model_validate(await stepping.how_to_step_up(work, within=within))
