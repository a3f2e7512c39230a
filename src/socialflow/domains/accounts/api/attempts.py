"""Log-ins counted by account, whatever it is called by, without telling that two names are one account."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from socialflow.domains.accounts.models import Account
from socialflow.kernel.limits import Limiter, Rate


@asynccontextmanager
async def counted(limiter: Limiter, claimed: Account | None, login: str, rate: Rate) -> AsyncIterator[Account | None]:
    """The account, as long as not too many have failed for it by any of its names; None then, as for an unknown one.

    To say `429` here would tell that an e-mail address and a handle belong together: with None the log-in fails as
    it does for a wrong password, after as long a time. What was typed is counted by itself, and that is told.
    """
    key = str(claimed.id) if claimed else login.removeprefix("@")
    verdict = await limiter.take("login_any_name", key, rate)
    yield claimed if verdict.allowed else None
    await limiter.take("login_any_name", key, rate, cost=-1)
