"""What accounts do by the clock, and whom they write to."""

import contextlib
import uuid

from socialflow.domains.accounts import queries, service
from socialflow.domains.accounts.events import (
    AccountRegistered,
    AppAuthorized,
    ConnectionAdded,
    EmailChangeAsked,
    EmailChanged,
    EmailRestored,
    EverybodySignedOut,
    FactorAdded,
    FactorRemoved,
    InviteAsked,
    LoggedIn,
    PasswordChanged,
    PasswordResetAsked,
    RecoveryCodeUsed,
    SignUpApproved,
    SignUpRejected,
    SignUpWaits,
    SuspensionBegan,
    SuspensionEnded,
    TokenLeaked,
    VerificationAsked,
)
from socialflow.domains.accounts.handlers import privacy as privacy
from socialflow.domains.accounts.service import (
    agents,
    approval,
    invites,
    mails,
    oauth,
    tokens,
)
from socialflow.domains.accounts.service.mails import Mail
from socialflow.kernel.events import on
from socialflow.kernel.jobs import GiveUp, JobRun
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.identity import IdentityProviders
from socialflow.ports.places import Places


@every(hours=6)
async def forget_spent_proofs(app: App) -> None:
    """Delete what cannot be shown any more."""
    async with app.work(SYSTEM) as work:
        await service.forget_spent(work)


@every(hours=6)
async def forget_expired_sessions(app: App) -> None:
    """Delete sessions and tokens that ended long ago."""
    async with app.work(SYSTEM) as work:
        await service.forget_expired(work)
        await service.forget_old_tokens(work)


@every(hours=1)
async def forget_old_codes(app: App) -> None:
    """Delete apps' codes that ran out, and apps that registered themselves for nothing."""
    async with app.work(SYSTEM) as work:
        await oauth.forget_old(work)


@on(AppAuthorized, queue="mail")
async def tell_of_an_app(app: App, event: AppAuthorized) -> None:
    """Say to somebody that an app may act for them now: if it was not they, they can take it back."""
    async with app.work(SYSTEM) as work:
        account = await queries.by_id(work.db, event.account_id)
    if account is not None:
        values = {"app": event.name}
        await mails.send(app, Mail.APP_AUTHORIZED, to=account.email, language=account.language, values=values)


@on(ConnectionAdded, queue="mail")
async def tell_of_connection(app: App, event: ConnectionAdded) -> None:
    """Tell the owner of an account that another provider may vouch for them from now on."""
    async with app.work(SYSTEM) as work:
        account = await service.account_of(work, event.account_id)
    if account is None:
        return
    provider = app.port(IdentityProviders).by_key.get(event.provider)
    values = {"provider": provider.name if provider else event.provider, "handle": account.handle}
    await mails.send(app, Mail.CONNECTION_ADDED, to=account.email, language=account.language, values=values)


@on(LoggedIn, queue="mail")
async def warn_of_new_device(app: App, event: LoggedIn, run: JobRun) -> None:
    """Tell the owner of a log-in from a device, or a network, that the account had not come from of late."""
    if run.checkpoint.get("told"):
        return
    async with app.work(SYSTEM) as work:
        seen = await agents.unfamiliar(work, event.session_id)
    if seen is None:
        return
    account, session = seen
    await mails.send(
        app,
        Mail.NEW_DEVICE,
        to=account.email,
        language=account.language,
        values={
            "handle": account.handle,
            "device": service.name_of(session.user_agent),
            "place": service.place_of(session.address, app.port(Places)),
            "when": session.created_at.isoformat(),
            "link": f"{app.settings.public_url}/settings/sessions",
        },
    )
    # Where this is lost, two mails are better than none.
    await run.save({"told": True})


@on(SignUpWaits, queue="mail")
async def tell_staff_of_sign_up(app: App, event: SignUpWaits, run: JobRun) -> None:
    """Ask those who decide on sign-ups to decide on one; each is told once, however often the job is tried."""
    async with app.work(SYSTEM) as work:
        found = await approval.to_tell(work, event.account_id)
    if found is None:
        return
    applicant, staff = found
    told: list[str] = list(run.checkpoint.get("told", ()))
    for each in staff:
        if str(each.id) in told:
            continue
        values = {"handle": applicant.handle, "link": f"{app.settings.public_url}/admin/sign-ups"}
        # Of several, one whose address is no good does not keep the others from being told.
        with contextlib.suppress(GiveUp):
            await mails.send(app, Mail.SIGN_UP_WAITING, to=each.email, language=each.language, values=values)
        told.append(str(each.id))
        await run.save({"told": told})


@on(SignUpApproved, queue="mail")
async def tell_of_approval(app: App, event: SignUpApproved, run: JobRun) -> None:
    """Welcome somebody."""
    if run.checkpoint.get("told"):
        return
    async with app.work(SYSTEM) as work:
        found = await approval.decided(work, event.account_id)
    if found is None:
        return
    account = found[1]
    values = {"handle": account.handle, "link": f"{app.settings.public_url}/login"}
    await mails.send(app, Mail.SIGN_UP_APPROVED, to=account.email, language=account.language, values=values)
    await run.save({"told": True})


async def remove_rejected(app: App, event: SignUpRejected, _: str = "") -> None:
    """Delete what was turned away, whether or not its owner could be told."""
    async with app.work(SYSTEM) as work:
        await approval.remove_rejected(work, event.account_id)


@on(SignUpRejected, queue="mail", on_dead=remove_rejected)
async def tell_of_rejection(app: App, event: SignUpRejected) -> None:
    """Tell somebody that they were turned away, and forget them."""
    async with app.work(SYSTEM) as work:
        found = await approval.decided(work, event.account_id)
    if found is None:
        return
    sign_up, account = found
    values = {"handle": account.handle, "reason": sign_up.answer or ""}
    await mails.send(app, Mail.SIGN_UP_REJECTED, to=account.email, language=account.language, values=values)
    await remove_rejected(app, event)


@on(InviteAsked, queue="mail")
async def send_invite(app: App, event: InviteAsked) -> None:
    """Make the secret of an invite, put it into a mail, and forget whom the mail was for."""
    async with app.work(SYSTEM) as work:
        found = await invites.secret_for_mail(work, event.invite_id)
    if found is None or found[0].send_to is None:
        return
    invite, token, by = found
    values = {"link": invites.link_of(token, app.settings), "by": f"@{by.handle}" if by else ""}
    language = by.language if by else "en"
    await mails.send(app, Mail.INVITE, to=found[0].send_to, language=language, values=values)
    async with app.work(SYSTEM) as work:
        await invites.was_mailed(work, invite.id)


@on(TokenLeaked, queue="mail")
async def tell_of_a_leaked_token(app: App, event: TokenLeaked) -> None:
    """Tell somebody that one of their tokens was found in public and has been ended."""
    async with app.work(SYSTEM) as work:
        found = await tokens.owner_of(work, event.token_id)
    if found is not None:
        token, owner = found
        values = {"name": token.name, "handle": owner.handle}
        await mails.send(app, mails.Mail.TOKEN_LEAKED, to=owner.email, language=owner.language, values=values)


@every(hours=1)
async def forget_spent_challenges(app: App) -> None:
    """Delete challenges that nobody could answer any more."""
    async with app.work(SYSTEM) as work:
        await service.challenges.forget_spent(work)


@on(FactorAdded, queue="mail")
async def tell_of_new_factor(app: App, event: FactorAdded) -> None:
    """Whoever owns the account learns that it has another second factor."""
    await _tell(app, event.account_id, Mail.FACTOR_ADDED, factor=event.factor)


@on(FactorRemoved, queue="mail")
async def tell_of_removed_factor(app: App, event: FactorRemoved) -> None:
    """Whoever owns the account learns that it has one second factor less."""
    await _tell(app, event.account_id, Mail.FACTOR_REMOVED, factor=event.factor)


@on(RecoveryCodeUsed, queue="mail")
async def tell_of_used_code(app: App, event: RecoveryCodeUsed) -> None:
    """Whoever owns the account learns that a recovery code was used, and how many are left."""
    await _tell(app, event.account_id, Mail.RECOVERY_CODE_USED, left=str(event.left))


async def _tell(app: App, account_id: uuid.UUID, kind: Mail, **values: str) -> None:
    async with app.work(SYSTEM) as work:
        account = await service.factors.owner(work, account_id)
    if account is not None:
        told = {"handle": account.handle, **values}
        await service.mails.send(app, kind, to=account.email, language=account.language, values=told)


@on(AccountRegistered, queue="mail")
async def ask_for_verification(app: App, event: AccountRegistered) -> None:
    """Ask who signed up to show that the address is theirs."""
    await service.send_verification(app, event.account_id, asked=False)


@on(VerificationAsked, queue="mail")
async def ask_for_verification_again(app: App, event: VerificationAsked) -> None:
    """Send another link."""
    await service.send_verification(app, event.account_id, asked=True)


@on(EmailChangeAsked, queue="mail")
async def ask_for_confirmation(app: App, event: EmailChangeAsked) -> None:
    """Ask the wished address whether it agrees."""
    await service.send_confirmation(app, event.account_id)


@on(EmailChangeAsked, queue="mail")
async def offer_to_take_back(app: App, event: EmailChangeAsked) -> None:
    """Tell the present address, which may know better.

    Only one that was verified: else a stranger, by somebody's slip of the pen, would be handed the account.
    """
    if event.known:
        present = event.present or service.former_addresses.unseal(app.keys, event.account_id, event.sealed)
        await service.send_change_undo(app, event.account_id, present, event.at or app.clock())


@on(EmailChanged, queue="mail")
async def tell_the_address_before(app: App, event: EmailChanged) -> None:
    """Say good-bye."""
    if event.known:
        before = event.before or service.former_addresses.unseal(app.keys, event.account_id, event.sealed)
        await service.send_email_changed(app, event.account_id, before)


@on(EmailRestored, queue="mail")
async def offer_a_new_password(app: App, event: EmailRestored) -> None:
    """Whoever changed the address knew the password."""
    await service.send_reset_to_restored(app, event.account_id, event.at)


@on(PasswordResetAsked, queue="mail")
async def send_a_new_password_s_link(app: App, event: PasswordResetAsked) -> None:
    """Send the link, where the address is somebody's."""
    if event.account_id is not None:
        await service.send_reset(app, event.account_id)


@on(PasswordChanged, queue="mail")
async def tell_of_the_new_password(app: App, event: PasswordChanged) -> None:
    """Tell the owner, who may not have been it."""
    await service.send_password_changed(app, event.account_id)


@every(minutes=1)
async def lift_suspensions(app: App) -> None:
    """Let those in again whose suspension is over."""
    while True:
        async with app.work(SYSTEM) as work:
            if not await service.lift_suspensions(work):
                return


@on(EverybodySignedOut)
async def sign_everybody_out(app: App, event: EverybodySignedOut) -> None:
    """End what was begun before staff said so, batch by batch."""
    while True:
        async with app.work(SYSTEM) as work:
            if not await service.end_some(work, event.at, event.by_session):
                return


@on(SuspensionBegan, queue="mail")
async def tell_of_suspension(app: App, event: SuspensionBegan) -> None:
    """Write to who is kept out: why, and until when; not if they are in again meanwhile."""
    async with app.work(SYSTEM) as work:
        account = await service.suspended(work, event.account_id)
    if account is not None:
        until = account.suspended_until.isoformat() if account.suspended_until else ""
        values = {"handle": account.handle, "reason": account.suspended_reason or "", "until": until}
        await mails.send(app, Mail.SUSPENDED, to=account.email, language=account.language, values=values)


@on(SuspensionEnded, queue="mail")
async def tell_of_return(app: App, event: SuspensionEnded) -> None:
    """Write to who may come in again."""
    async with app.work(SYSTEM) as work:
        account = await service.in_use(work, event.account_id)
    if account is not None:
        values = {"handle": account.handle}
        await mails.send(app, Mail.UNSUSPENDED, to=account.email, language=account.language, values=values)
