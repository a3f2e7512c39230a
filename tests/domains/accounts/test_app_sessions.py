"""What an app holds is a session with an end and without a person's or staff's rights of its own."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.oauth import Client, let_in, make_app, verify

from socialflow.domains.accounts.service import Authenticator
from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
Connect = Callable[..., httpx2.AsyncClient]


@pytest.fixture
async def sky(person: People, connect: Connect, app: App) -> Client:
    owner = await person("sue", role="admin")
    made = await make_app(owner, connect(), confidential=True, scopes=["read", "write", "admin:accounts"])
    await verify(app, made)
    return made


async def test_an_app_s_session_does_not_outlive_its_end(app: App, bob: Person, sky: Client) -> None:
    given = await let_in(bob, sky)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE sessions SET ends_at = now() + interval '60 s' WHERE kind = 'app'"))

    fresh = await sky.refresh(given["refresh_token"])

    assert fresh.status_code == 200, fresh.text
    assert fresh.json()["expires_in"] <= 60
    async with app.sessions() as session, session.begin():
        assert await session.scalar(text("SELECT expires_at <= ends_at FROM sessions WHERE kind = 'app'"))
        await session.execute(text("UPDATE sessions SET ends_at = now() WHERE kind = 'app'"))
    late = await sky.refresh(fresh.json()["refresh_token"])
    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")


async def test_an_app_of_staff_is_a_user_s_without_a_scope_of_staff(app: App, person: People, sky: Client) -> None:
    admin = await person("adm", role="admin")
    mine = await app.port(Authenticator).bearer(admin.access_token)
    assert mine.may("accounts:manage")

    for scope, is_staff in (("read write", False), ("read admin:accounts", True)):
        token = (await let_in(admin, sky, scope=scope))["access_token"]
        actor = await app.port(Authenticator).bearer(token)
        assert (actor.may("accounts:manage"), actor.role == "admin") == (is_staff, is_staff)
        assert "security" not in actor.scopes
        # What the role allows everybody who holds it, apps use, too, and no more of it.
        assert (actor.allowances, actor.quota_bytes, actor.rate) == (mine.allowances, mine.quota_bytes, mine.rate)


async def test_a_role_that_is_taken_away_takes_its_scopes_from_apps_at_the_next_refresh(
    app: App, person: People, sky: Client
) -> None:
    admin = await person("adm", role="admin")
    given = await let_in(admin, sky, scope="read admin:accounts")
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE accounts SET role = 'user' WHERE handle = 'adm'"))

    fresh = await sky.refresh(given["refresh_token"])

    assert fresh.json()["scope"] == "read"
    actor = await app.port(Authenticator).bearer(fresh.json()["access_token"])
    assert (actor.role, actor.permissions) == ("user", frozenset())


async def test_apps_are_no_devices(bob: Person, sky: Client) -> None:
    await let_in(bob, sky)
    assert len((await bob.get("/me/sessions")).json()["items"]) == 1
    (allowed,) = (await bob.get("/me/authorized-apps")).json()["items"]
    assert allowed["app"]["name"] == "Sky"
