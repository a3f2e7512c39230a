"""Routes of passwords."""

from datetime import timedelta

from fastapi import Request, Response, Security

from socialflow.domains.accounts import service
from socialflow.domains.accounts.api.requests import InSigning, OnDevice
from socialflow.domains.accounts.errors import EmailTaken, InvalidLink, SessionEnded, StepUpRequired
from socialflow.domains.accounts.schemas import CredentialsRead, PasswordChange, PasswordReset, ResetAsk
from socialflow.kernel import limits
from socialflow.kernel.errors import InvalidRequest, TooManyRequests, Unauthorized, Unavailable
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.web import CurrentApp, get_actor, problems, router
from socialflow.kernel.web.auth import Viewer
from socialflow.kernel.work import Actor

passwords = router("auth")
own_password = router("me")


@own_password.post(
    "/me/password",
    operation_id="changePassword",
    response_model=CredentialsRead,
    responses=problems(Unauthorized, SessionEnded, StepUpRequired, InvalidRequest, TooManyRequests, Unavailable),
    dependencies=[Security(get_actor, scopes=["security"])],
    openapi_extra={"x-idempotent": False},
)
async def change_password(
    body: PasswordChange, request: Request, app: CurrentApp, viewer: Viewer, device: OnDevice, signing: InSigning
) -> Response:
    """Choose another password; all sessions end, and this device gets a new one."""
    limiter: Limiter = request.app.state.limiter
    rates = app.settings.limits
    hasher = app.port(service.Passwords)
    async with app.work(viewer) as work:
        account = await service.about_to_change(work, within=timedelta(seconds=app.settings.auth.step_up_s))
    async with limiter.failures(
        ("password_account", str(account.id), Rate.parse(rates.password_account)),
        ("password_address", limits.address_key(device.address), Rate.parse(rates.password_address)),
    ):
        current = body.current_password.get_secret_value() if body.current_password else None
        await service.prove(account, current, passwords=hasher)

    wanted = body.new_password.get_secret_value()
    await service.screen(app, wanted, own=service.own_words(account.handle, account.email), pointer="/new_password")
    encoded = await hasher.hash(wanted)
    async with app.work(viewer) as work:
        given = await service.change_password(
            work, before=account.password_hash, encoded=encoded, device=device, signing=signing
        )
    cookie = request.cookies.get(service.cookie_name(app.settings))
    if cookie is not None:
        app.port(service.Authenticator).forget(cookie)
    read, headers = service.answer(given, signing=signing, settings=app.settings)
    return Response(read.model_dump_json(), headers=headers, media_type="application/json")


@passwords.post(
    "/auth/password-reset",
    operation_id="askPasswordReset",
    status_code=202,
    response_class=Response,
    responses=problems(InvalidRequest, TooManyRequests),
    openapi_extra={"x-idempotent": False},
)
async def ask_reset(body: ResetAsk, request: Request, app: CurrentApp, device: OnDevice) -> Response:
    """Have a link for a new password sent to an address; the answer is the same whether it is known or not."""
    limiter: Limiter = request.app.state.limiter
    rates = app.settings.limits
    await limiter.demand("mail_account", body.email, Rate.parse(rates.mail_account))
    await limiter.demand("mail_address", limits.address_key(device.address), Rate.parse(rates.mail_address))
    async with app.work(Actor()) as work:
        await service.ask_reset(work, body.email)
    return Response(status_code=202)


@passwords.post(
    "/auth/password-reset/confirm",
    operation_id="resetPassword",
    status_code=204,
    responses=problems(InvalidLink, EmailTaken, InvalidRequest, TooManyRequests, Unavailable),
    openapi_extra={"x-idempotent": False},
)
async def reset_password(body: PasswordReset, request: Request, app: CurrentApp, device: OnDevice) -> Response:
    """Set a password by the link of a mail: every session ends, and one logs in by the new one."""
    limiter: Limiter = request.app.state.limiter
    rates = app.settings.limits
    async with (
        limiter.failures(
            ("link_account", service.account_named(body.token), Rate.parse(rates.link_account)),
            ("link_address", limits.address_key(device.address), Rate.parse(rates.link_address)),
        ),
        app.work(Actor()) as work,
    ):
        # Nothing is hashed for a link that is none.
        account = await service.resettable(work, body.token, keys=app.keys)

    wanted = body.password.get_secret_value()
    await service.screen(app, wanted, own=service.own_words(account.handle, account.email))
    encoded = await app.port(service.Passwords).hash(wanted)
    async with app.work(Actor()) as work:
        await service.reset_password(work, body.token, encoded=encoded, keys=app.keys)
    return Response(status_code=204)
