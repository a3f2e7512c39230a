"""A10: a log-in that has begun with the old password, and ends after that was taken away, opens nothing."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.authenticators import add_phone

from socialflow.domains.accounts import service
from socialflow.domains.accounts.errors import (
    AccountSuspended,
    InvalidChallenge,
    SecondFactorRequired,
    WrongCredentials,
)
from socialflow.domains.accounts.models import Account, SessionKind
from socialflow.domains.accounts.schemas import FactorGiven
from socialflow.domains.accounts.service import stepping
from socialflow.domains.accounts.service.assurance import PURPOSE
from socialflow.domains.accounts.service.entry import Asked
from socialflow.domains.accounts.service.people import Checked
from socialflow.domains.accounts.service.sessions import Credentials
from socialflow.kernel.work import ANONYMOUS, SYSTEM, App, Work

NEW = "another long and winding password"
SUSPENDED = "UPDATE accounts SET state = 'suspended'"
Change = Callable[[App], Awaitable[None]]


async def another_password(app: App) -> None:
    encoded = await app.port(service.Passwords).hash(NEW)
    async with app.sessions() as session, session.begin():
        changed = "UPDATE accounts SET password_hash = :hash, password_changed_at = now() WHERE handle = 'ada'"
        await session.execute(text(changed), {"hash": encoded})


async def suspension(app: App) -> None:
    async with app.sessions() as session, session.begin():
        await session.execute(text(SUSPENDED))


def entering(app: App, work: Work, account: Account, *methods: str) -> Awaitable[Credentials]:
    return service.enter(
        work,
        account,
        proof=service.Proof(frozenset(methods)),
        kind=SessionKind.TOKEN,
        device=service.Device("127.0.0.1", ""),
        signing=service.Signing(app.port(service.AccessTokens), app.keys, app.settings.auth),
    )


async def checked_password(app: App) -> Checked:
    async with app.work(ANONYMOUS) as work:
        account = await service.named(work, "ada")
    return await service.check_password(account, PASSWORD, passwords=app.port(service.Passwords))


@pytest.mark.parametrize(("change", "refusal"), [(another_password, WrongCredentials), (suspension, AccountSuspended)])
async def test_a10_what_changes_while_a_password_is_hashed_counts(
    app: App, ada: Person, change: Change, refusal: type[Exception]
) -> None:
    checked = await checked_password(app)
    await change(app)

    async with app.work(ANONYMOUS) as work:
        with pytest.raises(refusal):
            await service.admit(work, checked)


async def test_a10_who_is_admitted_holds_the_account_until_the_session_is_written(app: App, ada: Person) -> None:
    checked = await checked_password(app)

    async with app.work(ANONYMOUS) as work:
        account = await service.admit(work, checked)
        async with app.sessions() as session:
            free = text("SELECT handle FROM accounts WHERE handle = 'ada' FOR UPDATE SKIP LOCKED")
            assert await session.scalar(free) is None
            # What points to the account, as a like does, does not wait for a log-in.
            pointing = text("SELECT handle FROM accounts WHERE handle = 'ada' FOR KEY SHARE SKIP LOCKED")
            assert await session.scalar(pointing) == "ada"
        assert (await entering(app, work, account, "pwd")).account.handle == "ada"


@pytest.mark.parametrize("methods", [{"fed"}, {"hwk", "mfa"}])
async def test_a10_the_one_door_looks_at_the_account_as_it_is_now(app: App, ada: Person, methods: set[str]) -> None:
    async with app.work(SYSTEM) as work:
        account = await service.by_login(work, "ada")
        await suspension(app)
        with pytest.raises(AccountSuspended):
            await entering(app, work, account, *methods)


async def test_a10_a_factor_that_came_meanwhile_is_asked_for(app: App, ada: Person) -> None:
    checked = await checked_password(app)
    await add_phone(app, ada)

    async with app.work(ANONYMOUS) as work:
        account = await service.admit(work, checked)
        with pytest.raises(SecondFactorRequired):
            await entering(app, work, account, "pwd")


async def test_a10_a_second_step_is_judged_by_the_account_as_it_is_now(app: App, ada: Person) -> None:
    phone = await add_phone(app, ada)
    checked = await checked_password(app)
    async with app.work(ANONYMOUS) as work:
        account = await service.admit(work, checked)
        with pytest.raises(SecondFactorRequired) as asked:
            await entering(app, work, account, "pwd")
    challenge, account_id = stepping.begun(app.keys, asked.value.extra["challenge"], app.clock())
    examined = await stepping.examine(app, ANONYMOUS, account_id, FactorGiven(totp=phone.code()), purpose=PURPOSE)

    async with app.work(SYSTEM) as work:
        # It has been read already, as it was, and is held.
        before = await service.account_of(work, account_id)
        await another_password(app)
        with pytest.raises(InvalidChallenge):
            await finishing(app, work, challenge, examined)
        assert before is not None


def finishing(
    app: App, work: Work, challenge: stepping.Challenge, examined: stepping.Examined
) -> Awaitable[Credentials | Asked]:
    return stepping.finish(
        work,
        challenge,
        examined,
        kind=SessionKind.TOKEN,
        device=service.Device("127.0.0.1", ""),
        signing=service.Signing(app.port(service.AccessTokens), app.keys, app.settings.auth),
    )
