"""Routes of one's own second factors."""

from fastapi import Response, Security

from socialflow.domains.accounts import service
from socialflow.domains.accounts.api.guesses import Guesses, InGuesses
from socialflow.domains.accounts.api.requests import RECENT
from socialflow.domains.accounts.errors import (
    FactorAlreadyOn,
    InvalidChallenge,
    LastWayIn,
    NoFactorYet,
    PasskeyKnown,
    PasskeyRefused,
    StepUpRequired,
    TooManyPasskeys,
    WrongFactor,
)
from socialflow.domains.accounts.models import Account, Passkey
from socialflow.domains.accounts.schemas import (
    FactorsRead,
    PasskeyCreate,
    PasskeyMadeRead,
    PasskeyOptionsRead,
    PasskeyRead,
    PasskeyUpdate,
    RecoveryCodesRead,
    TotpConfirm,
    TotpSetupRead,
)
from socialflow.domains.accounts.service import Passwords
from socialflow.kernel.errors import NotFound, TooManyRequests, Unauthorized, Unavailable
from socialflow.kernel.ids import PasskeyId
from socialflow.kernel.limits import Rate
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router
from socialflow.ports.identity import IdentityProviders

factors = router("me", reads="own")
OWN = [Security(get_actor, scopes=["security"])]
OWN_AND_RECENT = [*OWN, RECENT]
# Answers hold what is shown once: they are not kept for a second time.
ONCE = {"x-idempotent": False}


@factors.get(
    "/me/factors",
    operation_id="getFactors",
    response_model=FactorsRead,
    responses=problems(Unauthorized),
    dependencies=OWN,
)
async def get_factors(work: InWork) -> FactorsRead:
    """One's own second factors."""
    account = await service.me(work)
    found = await service.factors.overview(work, account.id)
    return FactorsRead(
        enabled=bool(found.on),
        totp_since=found.totp.confirmed_at if found.totp else None,
        passkeys=[PasskeyRead.model_validate(passkey) for passkey in found.passkeys],
        recovery_codes_left=found.on.codes_left,
        recovery_codes_made_at=found.codes_made_at,
    )


@factors.post(
    "/me/factors/totp",
    operation_id="beginTotp",
    response_model=TotpSetupRead,
    responses=problems(Unauthorized, StepUpRequired, FactorAlreadyOn),
    dependencies=OWN_AND_RECENT,
    openapi_extra=ONCE,
)
async def begin_totp(work: InWork, app: CurrentApp) -> TotpSetupRead:
    """Set up an authenticator app; it counts once it is confirmed."""
    account = await service.me(work)
    begun = await service.totp.begin(work, account, keys=app.keys, issuer=app.settings.instance_name)
    return TotpSetupRead.model_validate(begun)


@factors.post(
    "/me/factors/totp/confirm",
    operation_id="confirmTotp",
    response_model=RecoveryCodesRead,
    responses=problems(Unauthorized, StepUpRequired, WrongFactor, FactorAlreadyOn, TooManyRequests, Unavailable),
    dependencies=OWN_AND_RECENT,
    openapi_extra=ONCE,
)
async def confirm_totp(body: TotpConfirm, app: CurrentApp, actor: Viewer, guesses: InGuesses) -> RecoveryCodesRead:
    """Show a first code of the app; it is asked for from now on, and other sessions end."""
    async with app.work(actor) as work:
        account = await service.me(work)
    async with guesses.of(account.id):
        codes = await service.factors.spare_codes(app, account.id, passwords=app.port(Passwords))
        async with app.work(actor) as work:
            shown = await service.factors.confirm_totp(work, account, body.code, codes, app=app)
    return RecoveryCodesRead(recovery_codes=shown)


@factors.delete(
    "/me/factors/totp",
    operation_id="removeTotp",
    status_code=204,
    responses=problems(Unauthorized, StepUpRequired),
    dependencies=OWN_AND_RECENT,
)
async def remove_totp(work: InWork) -> Response:
    """Remove the authenticator app."""
    account = await service.me(work)
    await service.factors.remove_totp(work, account.id)
    return Response(status_code=204)


@factors.post(
    "/me/factors/recovery-codes",
    operation_id="renewRecoveryCodes",
    response_model=RecoveryCodesRead,
    responses=problems(Unauthorized, StepUpRequired, NoFactorYet, TooManyRequests, Unavailable),
    dependencies=OWN_AND_RECENT,
    openapi_extra=ONCE,
)
async def renew_recovery_codes(app: CurrentApp, actor: Viewer, guesses: InGuesses) -> RecoveryCodesRead:
    """Make ten new recovery codes; the old ones are worthless from now on."""
    async with app.work(actor) as work:
        account = await service.me(work)
        await service.factors.demand_factor(work, account.id)
    await _demand_codes(guesses, account)
    codes = await service.recovery.make(app.port(Passwords))
    async with app.work(actor) as work:
        shown = await service.factors.renew_codes(work, account.id, codes)
    return RecoveryCodesRead(recovery_codes=shown)


@factors.post(
    "/me/factors/passkeys/options",
    operation_id="beginPasskey",
    response_model=PasskeyOptionsRead,
    responses=problems(Unauthorized, StepUpRequired, TooManyPasskeys),
    dependencies=OWN_AND_RECENT,
    openapi_extra=ONCE,
)
async def begin_passkey(work: InWork, app: CurrentApp) -> PasskeyOptionsRead:
    """What a device is to be asked in order to make a passkey."""
    account = await service.me(work)
    asked = await service.passkeys.ask_for_new(work, account, keys=app.keys, settings=app.settings)
    return PasskeyOptionsRead.model_validate(asked)


@factors.post(
    "/me/factors/passkeys",
    operation_id="addPasskey",
    status_code=201,
    response_model=PasskeyMadeRead,
    responses=problems(
        Unauthorized,
        StepUpRequired,
        InvalidChallenge,
        PasskeyRefused,
        PasskeyKnown,
        TooManyPasskeys,
        TooManyRequests,
        Unavailable,
    ),
    dependencies=OWN_AND_RECENT,
    openapi_extra=ONCE,
)
async def add_passkey(body: PasskeyCreate, app: CurrentApp, actor: Viewer, guesses: InGuesses) -> PasskeyMadeRead:
    """Add a passkey; if it is the first second factor, other sessions end."""
    async with app.work(actor) as work:
        account = await service.me(work)
    new = await service.passkeys.examine_new(app, actor, account.id, (body.state, body.credential))
    if await service.factors.adds_the_first(app, account.id):
        await _demand_codes(guesses, account)
    codes = await service.factors.spare_codes(app, account.id, passwords=app.port(Passwords))
    async with app.work(actor) as work:
        made, shown = await service.factors.add_passkey(work, account, new, body.name, codes)
    return PasskeyMadeRead(passkey=PasskeyRead.model_validate(made), recovery_codes=shown)


@factors.patch(
    "/me/factors/passkeys/{passkey_id}",
    operation_id="renamePasskey",
    response_model=PasskeyRead,
    responses=problems(Unauthorized, NotFound),
    dependencies=OWN,
)
async def rename_passkey(passkey_id: PasskeyId, body: PasskeyUpdate, work: InWork) -> Passkey:
    """Call a passkey something else."""
    account = await service.me(work)
    return await service.passkeys.rename(work, account.id, passkey_id, body.name)


@factors.delete(
    "/me/factors/passkeys/{passkey_id}",
    operation_id="removePasskey",
    status_code=204,
    responses=problems(Unauthorized, StepUpRequired, NotFound, LastWayIn),
    dependencies=OWN_AND_RECENT,
)
async def remove_passkey(passkey_id: PasskeyId, work: InWork, app: CurrentApp) -> Response:
    """Remove a passkey; its device opens this account no more. The last way in stays."""
    account = await service.me(work)
    issuers = {each.issuer for each in app.port(IdentityProviders).by_key.values()}
    await service.factors.remove_passkey(work, account.id, passkey_id, issuers=issuers)
    return Response(status_code=204)


async def _demand_codes(guesses: Guesses, account: Account) -> None:
    """Ten hashes are made for a set of codes: one account is not to keep everybody else's hasher busy."""
    rate = Rate.parse(guesses.app.settings.limits.recovery_codes)
    await guesses.limiter.demand("recovery_codes", str(account.id), rate)
