"""The one door: whoever has shown who they are, by whatever way, gets a session here and nowhere else."""

from dataclasses import dataclass

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import AccountLeaving, SecondFactorRequired, WrongCredentials
from socialflow.domains.accounts.events import LoggedIn
from socialflow.domains.accounts.models import Account, SessionKind
from socialflow.domains.accounts.service import assurance, leaving, roles, sessions
from socialflow.domains.accounts.service.sessions import Credentials, Device, Signing
from socialflow.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Proof:
    """How somebody has shown who they are: `pwd`, `otp`, `hwk` (a passkey), `mfa`, `fed` and so on (RFC 8176)."""

    methods: frozenset[str]


# What a right proof may be answered with instead of a session: there is one more step.
Asked = SecondFactorRequired | AccountLeaving


async def enter(
    work: Work, account: Account, *, proof: Proof, kind: SessionKind, device: Device, signing: Signing
) -> Credentials:
    """Begin a session for who has shown that they are this account's owner.

    Raises AccountSuspended, and SecondFactorRequired for an account that has one and a proof of one factor only. An
    account that is being left raises AccountLeaving, which carries what takes its owner back.
    """
    await roles.freshen(work)
    # As it is now, and so it stays until the session is written: what ends all sessions, and whoever adds the first
    # factor, locks the account, too, and finds this one.
    now = await queries.account_entering(work.db, account.id)
    if now is None:
        raise WrongCredentials
    account = now
    # First, so that what takes somebody back is not given for one factor of two.
    await assurance.demand_second_factor(work, account, proof.methods, signing.keys)
    leaving.refuse_leaving(work, account, proof.methods, signing.keys)
    policy.may_log_in(account)
    given = await sessions.start(work, account, kind=kind, device=device, signing=signing, methods=proof.methods)
    work.note("account:session:started", account.id, methods=sorted(proof.methods))
    work.emit(LoggedIn(account_id=account.id, session_id=given.session_id, methods=tuple(sorted(proof.methods))))
    return given


async def enter_or_ask(
    work: Work, account: Account, *, proof: Proof, kind: SessionKind, device: Device, signing: Signing
) -> Credentials | Asked:
    """As `enter`, but what asks for more is returned, so that this work is committed before it is told.

    The proof was right: that is to be written down, what may be used once is used, and nobody has guessed.
    """
    try:
        return await enter(work, account, proof=proof, kind=kind, device=device, signing=signing)
    except (SecondFactorRequired, AccountLeaving) as asked:
        return asked


def entered(given: Credentials | Asked) -> Credentials:
    """The credentials; raises what was asked instead. For after the commit, and where no failure is counted."""
    if isinstance(given, Credentials):
        return given
    raise given
