"""The second step of a log-in, and step-up: showing a factor again in a session that goes on (RFC 9470)."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.errors import InvalidChallenge, StepUpRequired, WrongFactor
from socialflow.domains.accounts.models import Account, Session, SessionKind
from socialflow.domains.accounts.schemas import FactorGiven
from socialflow.domains.accounts.service import challenges, passkeys, people, recovery, totp
from socialflow.domains.accounts.service.assurance import MFA, PURPOSE
from socialflow.domains.accounts.service.challenges import Challenge
from socialflow.domains.accounts.service.entry import Asked, Proof, enter_or_ask
from socialflow.domains.accounts.service.passwords import Passwords
from socialflow.domains.accounts.service.sessions import Credentials, Device, Signing
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import Forbidden
from socialflow.kernel.work import Actor, App, Work


@dataclass(frozen=True, slots=True)
class Examined:
    """A factor that was right when it was looked at; `use` makes it count, once, or raises WrongFactor."""

    account_id: uuid.UUID
    methods: frozenset[str]
    use: Callable[[Work], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class StepUp:
    """What a session could show in order to do what is dangerous, and until when it need not."""

    methods: list[str]
    authenticated_at: datetime
    fresh_until: datetime | None


async def examine(app: App, actor: Actor, account_id: uuid.UUID, given: FactorGiven, *, purpose: str) -> Examined:
    """Look at a second factor; slow work is done here, outside of the transaction in which it will count."""
    if given.totp is not None:
        code, keys = given.totp, app.keys
        return Examined(account_id, frozenset({"otp"}), lambda work: totp.use(work, account_id, code, keys=keys))
    if given.recovery_code is not None:
        row = await recovery.examine(app, account_id, given.recovery_code, passwords=app.port(Passwords))
        return Examined(account_id, frozenset({"otp"}), lambda work: recovery.use(work, row))
    if given.passkey is None:
        raise WrongFactor
    answer = (given.passkey.state, given.passkey.credential)
    return _of_passkey(await passkeys.examine(app, actor, account_id, answer, purpose))


async def examine_passkey(app: App, answer: tuple[str, str]) -> Examined:
    """Look at a passkey that is to log somebody in without a password."""
    return _of_passkey(await passkeys.examine(app, Actor(), None, answer, passkeys.LOG_IN))


def begun(keys: Keys, challenge: str, now: datetime) -> tuple[Challenge, uuid.UUID]:
    """A log-in that waits for its second factor, and whose it is; raises InvalidChallenge."""
    found = challenges.read(keys, PURPOSE, challenge, now)
    if found.account_id is None:
        raise InvalidChallenge
    return found, found.account_id


async def finish(
    work: Work, challenge: Challenge, examined: Examined, *, kind: SessionKind, device: Device, signing: Signing
) -> Credentials | Asked:
    """Log in who has shown a second factor for a challenge; raises InvalidChallenge where things have changed since."""
    account = await queries.account_entering(work.db, examined.account_id)
    if account is None or challenges.state_of(account, signing.keys) != challenge.said["state"]:
        raise InvalidChallenge
    await challenges.spend(work, challenge)
    await examined.use(work)
    proof = Proof(frozenset(challenge.said["methods"]) | examined.methods | {MFA})
    return await enter_or_ask(work, account, proof=proof, kind=kind, device=device, signing=signing)


async def enter_by_passkey(
    work: Work, examined: Examined, *, kind: SessionKind, device: Device, signing: Signing
) -> Credentials | Asked:
    """Log in by a passkey alone."""
    # Locked before the passkey is, as by whoever takes it away.
    account = await queries.account_entering(work.db, examined.account_id)
    if account is None:
        raise WrongFactor
    await examined.use(work)
    return await enter_or_ask(work, account, proof=Proof(examined.methods), kind=kind, device=device, signing=signing)


async def how_to_step_up(work: Work, *, within: timedelta) -> StepUp:
    """What this session could show; an account with a second factor must show that."""
    session, account = await _own(work)
    on = await queries.factors_on(work.db, account.id)
    methods = on.methods if on else ["password"] if account.password_hash else []
    until = session.authenticated_at + within
    enough = until > work.now and (not on or MFA in session.methods.split())
    return StepUp(methods, session.authenticated_at, until if enough else None)


async def demand_password_is_enough(work: Work) -> Account:
    """The account, whose password is to be checked; raises StepUpRequired where it has a second factor."""
    _, account = await _own(work)
    on = await queries.factors_on(work.db, account.id)
    if on:
        raise StepUpRequired("This account has a second factor: show that.", extra={"methods": on.methods})
    return account


async def examine_password(app: App, account: Account, password: str) -> Examined:
    """Look at a password; raises WrongCredentials."""
    await people.check_password(account, password, passwords=app.port(Passwords))
    return Examined(account.id, frozenset({"pwd"}), _still_without_factor)


async def step_up(work: Work, examined: Examined) -> None:
    """Make the session as good as a new one."""
    session, _ = await _own(work)
    await examined.use(work)
    more = examined.methods if examined.methods == {"pwd"} else examined.methods | {MFA}
    session.authenticated_at = work.now
    session.methods = " ".join(sorted({*session.methods.split(), *more}))
    work.note("account:session:stepped_up", session.account_id, methods=sorted(more))


async def note_failure(app: App, actor: Actor, account_id: uuid.UUID, *, where: str) -> None:
    """Enter a wrong factor into the audit log; what failed has been rolled back."""
    async with app.work(actor) as work:
        work.note("account:second_factor:failed", account_id, where=where)


async def _own(work: Work) -> tuple[Session, Account]:
    """The session that asks, locked, and its account; an app's cannot show who its owner is."""
    session = await queries.session_for_update(work.db, work.actor.session_id) if work.actor.session_id else None
    if session is None or session.kind == SessionKind.APP or session.revoked_at is not None:
        raise Forbidden("Only a log-in of your own can be confirmed.")
    account = await queries.by_id(work.db, session.account_id)
    if account is None:
        raise Forbidden
    return session, account


async def _still_without_factor(work: Work) -> None:
    await demand_password_is_enough(work)


def _of_passkey(used: passkeys.Used) -> Examined:
    methods = frozenset({"hwk", MFA} if used.user_verified else {"hwk"})

    async def use(work: Work) -> None:
        await passkeys.use(work, used)

    return Examined(used.passkey.account_id, methods, use)
