"""Log-ins counted by account, whatever it is called by, and all together; neither tells who has an account."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from socialflow.domains.accounts.errors import WrongCredentials
from socialflow.domains.accounts.models import Account
from socialflow.kernel import limits
from socialflow.kernel.errors import TooManyRequests, Unavailable
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


@asynccontextmanager
async def of_everybody(limiter: Limiter, rate: Rate, *, hold: float) -> AsyncIterator[bool]:
    """Count the block against the whole installation, if it fails; tells the block whether it stands open as ever.

    Once it does not, the block is for those whose network the account knows, and refuses all others. Whoever gets
    on from there with a wrong password is refused as they are, in the same words: to be told of a wrong password
    would tell that there is an account which is used nearby. And at the same moment, `hold` seconds after the
    request: a password that is not found right until then is refused, too, however busy the machine is.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + hold
    verdict = await limiter.take("login_global", "all", rate)
    if verdict.allowed:
        yield True
        await limiter.take("login_global", "all", rate, cost=-1)
        return
    try:
        async with asyncio.timeout_at(until):
            yield False
    except (WrongCredentials, Unavailable, TooManyRequests, TimeoutError):
        await asyncio.sleep(until - clock())
        limits.refuse("login_global", verdict)
