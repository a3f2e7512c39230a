"""Routes of e-mail addresses: verifying, changing, taking a change back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request, Response, Security

from socialflow.domains.accounts import service
from socialflow.domains.accounts.api.requests import RECENT, OnDevice
from socialflow.domains.accounts.errors import EmailTaken, InvalidLink, StepUpRequired
from socialflow.domains.accounts.schemas import EmailChange, LinkUse
from socialflow.domains.accounts.service import Device
from socialflow.kernel import limits
from socialflow.kernel.errors import InvalidRequest, TooManyRequests, Unauthorized
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.web import CurrentApp, InWork, get_actor, problems, router
from socialflow.kernel.work import Actor, App, Work

addresses = router("auth")
own_address = router("me")


async def _count_mail(request: Request, app: App, work: Work, device: Device) -> None:
    """Count a mail that somebody asks for."""
    limiter: Limiter = request.app.state.limiter
    rates = app.settings.limits
    await limiter.demand("mail_account", str(work.actor.id), Rate.parse(rates.mail_account))
    await limiter.demand("mail_address", limits.address_key(device.address), Rate.parse(rates.mail_address))


@asynccontextmanager
async def _using(request: Request, app: App, device: Device, token: str) -> AsyncIterator[Work]:
    """A transaction in which a link is used; a wrong one is counted."""
    limiter: Limiter = request.app.state.limiter
    rates = app.settings.limits
    async with (
        limiter.failures(
            ("link_account", service.account_named(token), Rate.parse(rates.link_account)),
            ("link_address", limits.address_key(device.address), Rate.parse(rates.link_address)),
        ),
        app.work(Actor()) as work,
    ):
        yield work


@own_address.post(
    "/me/email",
    operation_id="changeEmail",
    status_code=202,
    response_class=Response,
    responses=problems(Unauthorized, StepUpRequired, InvalidRequest, TooManyRequests),
    dependencies=[Security(get_actor, scopes=["security"]), RECENT],
)
async def change_email(
    body: EmailChange, work: InWork, request: Request, app: CurrentApp, device: OnDevice
) -> Response:
    """Ask for another address; it takes effect when the link that is sent there is used."""
    await _count_mail(request, app, work, device)
    await service.ask_email_change(work, body.email, keys=app.keys)
    return Response(status_code=202)


@own_address.delete(
    "/me/email/pending",
    operation_id="forgetEmailChange",
    status_code=204,
    responses=problems(Unauthorized),
    dependencies=[Security(get_actor, scopes=["security"])],
)
async def forget_email_change(work: InWork) -> Response:
    """Keep the present address after all."""
    await service.forget_email_change(work)
    return Response(status_code=204)


@own_address.post(
    "/me/email/verification",
    operation_id="askEmailVerification",
    status_code=202,
    response_class=Response,
    responses=problems(Unauthorized, TooManyRequests),
    dependencies=[Security(get_actor, scopes=["security"])],
)
async def ask_verification(work: InWork, request: Request, app: CurrentApp, device: OnDevice) -> Response:
    """Have another link sent that verifies one's address."""
    await _count_mail(request, app, work, device)
    await service.ask_verification(work)
    return Response(status_code=202)


@addresses.post(
    "/auth/verify-email",
    operation_id="verifyEmail",
    status_code=204,
    responses=problems(InvalidLink, EmailTaken, TooManyRequests),
    openapi_extra={"x-idempotent": False},
)
async def verify_email(body: LinkUse, request: Request, app: CurrentApp, device: OnDevice) -> Response:
    """Show by the link of a mail that an address is one's own."""
    async with _using(request, app, device, body.token) as work:
        await service.verify_email(work, body.token, keys=app.keys)
    return Response(status_code=204)


@addresses.post(
    "/auth/email-change/confirm",
    operation_id="confirmEmailChange",
    status_code=204,
    responses=problems(InvalidLink, EmailTaken, TooManyRequests),
    openapi_extra={"x-idempotent": False},
)
async def confirm_email_change(body: LinkUse, request: Request, app: CurrentApp, device: OnDevice) -> Response:
    """Make the address to which the link was sent the account's."""
    async with _using(request, app, device, body.token) as work:
        await service.confirm_email_change(work, body.token, keys=app.keys)
    return Response(status_code=204)


@addresses.post(
    "/auth/email-change/undo",
    operation_id="undoEmailChange",
    status_code=204,
    responses=problems(InvalidLink, EmailTaken, TooManyRequests),
    openapi_extra={"x-idempotent": False},
)
async def undo_email_change(body: LinkUse, request: Request, app: CurrentApp, device: OnDevice) -> Response:
    """Take a change of address back by the link that the address before it got; every session ends."""
    async with _using(request, app, device, body.token) as work:
        await service.undo_email_change(work, body.token, keys=app.keys)
    return Response(status_code=204)
