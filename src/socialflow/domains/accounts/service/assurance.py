"""How sure we are of somebody: whether one proof was enough, and whether it was a second factor (`aal2`)."""

import uuid
from collections.abc import Iterable

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.errors import SecondFactorRequired, StepUpRequired
from socialflow.domains.accounts.models import Account, Role, Session
from socialflow.domains.accounts.service import challenges
from socialflow.domains.accounts.service.roles import permissions_of
from socialflow.kernel.config import AuthSettings
from socialflow.kernel.crypto import Keys
from socialflow.kernel.work import Work

PURPOSE = "second-factor"
# RFC 8176: more than one factor was shown.
MFA = "mfa"


async def demand_second_factor(work: Work, account: Account, methods: Iterable[str], keys: Keys) -> None:
    """Raise SecondFactorRequired, with a challenge to go on with, where one proof is not enough for this account.

    The caller has locked the account, as does whoever adds the first factor.
    """
    if MFA in methods:
        return
    on = await queries.factors_on(work.db, account.id)
    if not on:
        return
    work.note("account:second_factor:asked", account.id, methods=sorted(methods))
    state = challenges.state_of(account, keys)
    challenge = challenges.issue(keys, PURPOSE, account.id, work.now, methods=sorted(methods), state=state)
    raise SecondFactorRequired(extra={"challenge": challenge, "methods": on.methods})


async def demand_factor_of_session(work: Work, session: Session) -> None:
    """Raise StepUpRequired where the account has a second factor and this session has not shown it."""
    if MFA in session.methods.split():
        return
    on = await queries.factors_on(work.db, session.account_id)
    if on:
        # RFC 9470, 3.
        asked = 'Bearer error="insufficient_user_authentication", acr_values="aal2"'
        raise StepUpRequired(extra={"methods": on.methods}, headers={"WWW-Authenticate": asked})


async def role_without_session(work: Work, account_id: uuid.UUID, role: str, settings: AuthSettings) -> str:
    """As `effective_role`, for a personal token, which shows no factor: its owner must have one."""
    if not settings.require_second_factor_for_staff or not permissions_of(role):
        return role
    return role if await queries.factors_on(work.db, account_id) else Role.USER


def effective_role(role: str, methods: str, settings: AuthSettings) -> str:
    """The role as far as it counts: staff are ordinary users until a second factor was shown, where that is asked."""
    if settings.require_second_factor_for_staff and permissions_of(role) and MFA not in methods.split():
        return Role.USER
    return role
