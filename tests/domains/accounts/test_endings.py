"""What ends everything that speaks for an account, whoever begins it: log-ins, apps, personal tokens and codes."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.letters import Mails, follow, letters_to, reset
from tests.factories.oauth import Client, code_for, let_in, make_app
from tests.factories.tokens import personal_token

from socialflow.domains.accounts import service as accounts
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

Connect = Callable[..., httpx2.AsyncClient]
Deliver = Callable[..., Awaitable[int]]
OTHER = "another long and odd password"


@pytest.fixture
async def ended(app: App, bob: Person, ada: Person, connect: Connect) -> Callable[[], Awaitable[dict[str, int]]]:
    """Bob has an app, a code under way and a personal token; gives how much of each is alive."""
    sky = await make_app(ada, connect(), confidential=True)
    await let_in(bob, sky)
    await code_for(bob, sky)
    await personal_token(app, bob, "read")

    async def count() -> dict[str, int]:
        found = {}
        async with app.sessions() as session:
            for name, query in (
                ("log-ins", "SELECT count(*) FROM sessions WHERE kind <> 'app' AND revoked_at IS NULL"),
                ("apps", "SELECT count(*) FROM sessions WHERE kind = 'app' AND revoked_at IS NULL"),
                ("tokens", "SELECT count(*) FROM personal_tokens WHERE revoked_at IS NULL"),
                ("codes", "SELECT count(*) FROM app_codes WHERE used_at IS NULL"),
            ):
                own = text(f"{query} AND account_id = :id")
                found[name] = int(await session.scalar(own, {"id": ids.parse("acc", bob.id)}) or 0)
        return found

    assert await count() == {"log-ins": 1, "apps": 1, "tokens": 1, "codes": 1}
    return count


Count = Callable[[], Awaitable[dict[str, int]]]
NOTHING = {"log-ins": 0, "apps": 0, "tokens": 0, "codes": 0}


async def test_another_password_leaves_the_device_that_chose_it(bob: Person, ended: Count) -> None:
    answer = await bob.post("/me/password", {"current_password": PASSWORD, "new_password": OTHER})
    assert answer.status_code == 200, answer.text
    assert await ended() == NOTHING | {"log-ins": 1}
    assert (await bob.get("/me", headers={"Authorization": f"Bearer {answer.json()['access_token']}"})).is_success


@pytest.mark.parametrize("is_verified", [True, False])
async def test_a_reset_by_mail_leaves_nothing(
    app: App,
    client: httpx2.AsyncClient,
    bob: Person,
    ended: Count,
    deliver: Deliver,
    mails: Mails,
    is_verified: bool,  # noqa: FBT001  # pytest gives it by name
) -> None:
    if is_verified:
        async with app.sessions() as session, session.begin():
            await session.execute(text("UPDATE accounts SET email_verified_at = now() WHERE handle = 'bob'"))
    await client.post("/api/v1/auth/password-reset", json={"email": "bob@example.org"})
    await deliver()
    assert (await reset(client, letters_to(mails, "bob@example.org", "/reset")[0], OTHER)).status_code == 204
    assert await ended() == NOTHING


async def test_an_address_that_is_taken_back_leaves_nothing(
    app: App, client: httpx2.AsyncClient, bob: Person, ended: Count, deliver: Deliver, mails: Mails
) -> None:
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE accounts SET email_verified_at = now() WHERE handle = 'bob'"))
    assert (await bob.post("/me/email", {"email": "thief@example.com"})).status_code == 202
    await deliver()
    assert (await follow(client, letters_to(mails, "bob@example.org", "/email/undo")[0])).status_code == 204
    assert await ended() == NOTHING


@pytest.mark.parametrize("deed", ["suspend", "change_role"])
async def test_what_staff_do_leaves_nothing(app: App, bob: Person, ended: Count, deed: str) -> None:
    account_id = ids.parse("acc", bob.id)
    async with app.work(SYSTEM) as work:
        if deed == "suspend":
            await accounts.suspend(work, account_id, reason="x", until=None)
        else:
            await accounts.change_role_of(work, account_id, "moderator")
    assert await ended() == NOTHING


async def test_a_code_is_not_exchanged_after_the_end(app: App, ada: Person, bob: Person, connect: Connect) -> None:
    sky: Client = await make_app(ada, connect(), confidential=True)
    code = await code_for(bob, sky)
    async with app.work(SYSTEM) as work:
        await accounts.end_everything(work, ids.parse("acc", bob.id), "test")
    refused = await sky.exchange(code)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
