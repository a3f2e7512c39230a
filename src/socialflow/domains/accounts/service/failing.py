"""Log-ins that fail are noted: the person sees that somebody has tried."""

from socialflow.domains.accounts.errors import WrongCredentials
from socialflow.domains.accounts.models import Account
from socialflow.domains.accounts.service.passwords import Passwords
from socialflow.domains.accounts.service.people import Checked, check_password
from socialflow.kernel.work import Actor, App

FAILED = "account:login:failed"


async def check_or_note(app: App, account: Account | None, password: str) -> Checked:
    """As `check_password`; a failure is noted before it is told.

    Where there is no such account the same is written, about nobody: neither time nor work tells whether
    there is one. What was typed is not kept, since people type passwords where their name should stand.
    How often this happens is bounded by the limits of failed log-ins.
    """
    try:
        return await check_password(account, password, passwords=app.port(Passwords))
    except WrongCredentials:
        async with app.work(Actor()) as work:
            work.note(FAILED, account.id if account else None)
        raise
