"""A7, A4 and A16, at the edges: staff's programs, sets of recovery codes, and a process that has read nothing yet."""

from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr
from tests.factories.accounts import Person
from tests.factories.authenticators import add_phone
from tests.factories.tokens import personal_token

from socialflow.domains.accounts.service import Authenticator
from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel.config import Settings
from socialflow.kernel.errors import Unavailable
from socialflow.kernel.work import App

NOBODY_LISTENS = SecretStr("postgresql://127.0.0.1:1/nothing")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    limits = settings.limits.model_copy(update={"recovery_codes": "2/3600"})
    return settings.model_copy(update={"limits": limits})


async def test_a07_where_staff_need_a_second_factor_their_programs_do_not_do_without(
    app: App, person: Callable[..., Awaitable[Person]]
) -> None:
    moe = await person("moe", role="moderator")
    token = await personal_token(app, moe, "read", "admin")
    strict = app.settings.auth.model_copy(update={"require_second_factor_for_staff": True})

    for auth, role in ((app.settings.auth, "moderator"), (strict, "user")):
        async with open_app(app.settings.model_copy(update={"auth": auth})) as elsewhere:
            actor = await elsewhere.port(Authenticator).bearer(token)
        assert (actor.role, actor.holds("admin:accounts")) == (role, role == "moderator")
        assert bool(actor.permissions) is (role == "moderator")


async def test_a04_one_account_does_not_keep_the_hashers_busy_with_recovery_codes(app: App, ada: Person) -> None:
    await add_phone(app, ada)
    answers = [await ada.post("/me/factors/recovery-codes") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["retry-after"]


async def test_a16_a_process_that_could_not_read_what_has_ended_lets_nobody_in(app: App, ada: Person) -> None:
    database = app.settings.database.model_copy(update={"url": NOBODY_LISTENS, "pool_timeout_seconds": 0.5})
    async with open_app(app.settings.model_copy(update={"database": database})) as elsewhere:
        for _ in range(2):
            with pytest.raises(Unavailable):
                await elsewhere.port(Authenticator).bearer(ada.access_token)
    assert (await app.port(Authenticator).bearer(ada.access_token)).id is not None
