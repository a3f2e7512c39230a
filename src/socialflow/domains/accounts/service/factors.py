"""An account's second factors as a whole: what it has, and what follows when the first comes or the last goes."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text, update

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import NoFactorYet
from socialflow.domains.accounts.events import FactorAdded, FactorRemoved, SessionRevoked
from socialflow.domains.accounts.models import Account, AccountState, Passkey, RecoveryCode, Session, TotpFactor
from socialflow.domains.accounts.queries import FactorsOn
from socialflow.domains.accounts.service import passkeys, recovery, sessions, totp, ways
from socialflow.domains.accounts.service.assurance import MFA
from socialflow.domains.accounts.service.passwords import Passwords
from socialflow.domains.accounts.service.recovery import Fresh
from socialflow.kernel.work import Actor, App, Work

_NO_MORE = text("""
    UPDATE sessions SET methods = array_to_string(array_remove(string_to_array(methods, ' '), 'mfa'), ' ')
    WHERE account_id = :id AND revoked_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class Overview:
    """What an account has."""

    on: FactorsOn
    totp: TotpFactor | None
    passkeys: Sequence[Passkey]
    codes_made_at: datetime | None


async def overview(work: Work, account_id: uuid.UUID) -> Overview:
    """Every second factor of an account."""
    app = await queries.totp_of(work.db, account_id)
    return Overview(
        await queries.factors_on(work.db, account_id),
        app if app is not None and app.confirmed_at is not None else None,
        await queries.passkeys_of(work.db, account_id),
        await work.db.scalar(select(func.max(RecoveryCode.created_at)).where(RecoveryCode.account_id == account_id)),
    )


async def owner(work: Work, account_id: uuid.UUID) -> Account | None:
    """Whom to write to about a factor; nobody where the account is gone."""
    account = await queries.by_id(work.db, account_id)
    return account if account is not None and account.state != AccountState.ERASED else None


async def spare_codes(app: App, account_id: uuid.UUID, *, passwords: Passwords) -> list[Fresh]:
    """Recovery codes for who is about to add a first factor; none for who has one. Takes no Work, since it hashes."""
    return await recovery.make(passwords) if await adds_the_first(app, account_id) else []


async def adds_the_first(app: App, account_id: uuid.UUID) -> bool:
    """Whether an account has no second factor, so that the next brings recovery codes with it."""
    async with app.work(Actor()) as work:
        return not await queries.factors_on(work.db, account_id)


async def confirm_totp(
    work: Work, account: Account, code: str, codes: Sequence[Fresh], *, app: App
) -> list[str] | None:
    """Make an authenticator app count; gives recovery codes where it is the first factor."""
    await queries.account_for_update(work.db, account.id)
    before = await queries.factors_on(work.db, account.id)
    await totp.confirm(work, account.id, code, keys=app.keys)
    return await _added(work, account.id, before, "totp", "otp", codes)


async def add_passkey(
    work: Work, account: Account, new: passkeys.New, name: str, codes: Sequence[Fresh]
) -> tuple[Passkey, list[str] | None]:
    """Add a passkey; gives recovery codes, too, where it is the first factor."""
    await queries.account_for_update(work.db, account.id)
    before = await queries.factors_on(work.db, account.id)
    passkey = await passkeys.register(work, account, new, name)
    return passkey, await _added(work, account.id, before, "passkey", "hwk", codes)


async def remove_totp(work: Work, account_id: uuid.UUID) -> None:
    """Ask for codes of the app no more; nothing changes where none are asked for."""
    await queries.account_for_update(work.db, account_id)
    if await totp.remove(work, account_id):
        await _removed(work, account_id, "totp")


async def remove_passkey(work: Work, account_id: uuid.UUID, passkey_id: uuid.UUID, *, issuers: Collection[str]) -> None:
    """Take a passkey away; raises NotFound, and LastWayIn for the last. By `issuers` one may log in, too."""
    await queries.account_for_update(work.db, account_id)
    await passkeys.remove(work, account_id, passkey_id)
    connected = await queries.other_connections(work.db, account_id, None, issuers)
    policy.may_disconnect(has_another_way=connected > 0 or await ways.has_another(work, account_id))
    await _removed(work, account_id, "passkey")


async def demand_factor(work: Work, account_id: uuid.UUID) -> None:
    """Raise NoFactorYet for an account without a second factor."""
    if not await queries.factors_on(work.db, account_id):
        raise NoFactorYet


async def renew_codes(work: Work, account_id: uuid.UUID, codes: Sequence[Fresh]) -> list[str]:
    """Ten new recovery codes in place of the old ones; raises NoFactorYet."""
    await queries.account_for_update(work.db, account_id)
    await demand_factor(work, account_id)
    work.note("account:recovery_codes:renewed", account_id)
    return await recovery.replace(work, account_id, codes)


async def reset(work: Work, account: Account) -> None:
    """Take every second factor from an account whose owner has lost them all; it is logged out everywhere."""
    await queries.account_for_update(work.db, account.id)
    gone = await erase(work, account.id)
    await sessions.end_all(work, account.id, reason="factors_reset")
    work.note("account:factors:reset", account.id, factors=gone)
    for factor in dict.fromkeys(gone):
        work.emit(FactorRemoved(account_id=account.id, factor=factor))


async def erase(work: Work, account_id: uuid.UUID) -> list[str]:
    """Delete all that is kept of an account's second factors, and tell nobody; gives the kinds that counted."""
    gone = ["totp"] if await totp.remove(work, account_id) else []
    for passkey in await queries.passkeys_of(work.db, account_id):
        await work.db.delete(passkey)
        gone.append("passkey")
    await recovery.remove(work, account_id)
    await work.db.flush()
    return gone


async def _added(
    work: Work, account_id: uuid.UUID, before: FactorsOn, factor: str, method: str, codes: Sequence[Fresh]
) -> list[str] | None:
    work.note("account:factor:added", account_id, factor=factor)
    work.emit(FactorAdded(account_id=account_id, factor=factor))
    if before:
        return None
    await _end_others(work, account_id)
    own = await queries.session_for_update(work.db, work.actor.session_id) if work.actor.session_id else None
    if own is not None:
        # It has just been shown.
        own.methods = " ".join(sorted({*own.methods.split(), method, MFA}))
    return await recovery.replace(work, account_id, codes)


async def _end_others(work: Work, account_id: uuid.UUID) -> None:
    """End what was begun without the factor, by whoever it was."""
    ended = await work.db.execute(
        update(Session)
        .where(Session.account_id == account_id, Session.id != work.actor.session_id, Session.revoked_at.is_(None))
        .values(revoked_at=work.now, revoked_reason="second_factor_added", successor=None)
        .returning(Session.id)
    )
    for (session_id,) in ended:
        work.emit(SessionRevoked(account_id=account_id, session_id=session_id, reason="second_factor_added"))


async def _removed(work: Work, account_id: uuid.UUID, factor: str) -> None:
    work.note("account:factor:removed", account_id, factor=factor)
    work.emit(FactorRemoved(account_id=account_id, factor=factor))
    if not await queries.factors_on(work.db, account_id):
        await recovery.remove(work, account_id)
        await work.db.execute(_NO_MORE, {"id": account_id})
