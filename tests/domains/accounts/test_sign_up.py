"""Who may sign up: modes, filters, minimum age, terms, and passwords hashed before anything is held."""

from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person, form

from socialflow.domains.accounts.service import Passwords, entrance
from socialflow.kernel.config import Settings, SignUpSettings
from socialflow.kernel.work import SYSTEM, App

REGISTER = "/api/v1/auth/register"


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """The usual ones, with other rules for sign-ups: `mode` and those of SignUpSettings."""
    asked = dict(getattr(request, "param", {}))
    auth = settings.auth.model_copy(update={"registration": asked.pop("mode", "open")})
    return settings.model_copy(update={"auth": auth, "sign_up": SignUpSettings(**asked)})


def rules(**asked: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("settings", [asked], indirect=True, ids=[""])


async def register(client: httpx2.AsyncClient, handle: str = "eve", **more: Any) -> tuple[int, str]:
    answer = await client.post(REGISTER, json={**form(handle), **more})
    body = answer.json()
    return answer.status_code, body.get("code") or body.get("state") or body["user"]["handle"]


async def accounts_made(app: App) -> int:
    async with app.sessions() as session:
        return await session.scalar(text("SELECT count(*) FROM accounts")) or 0


@rules(mode="closed")
async def test_where_sign_ups_are_closed_nobody_comes_in(client: httpx2.AsyncClient, app: App) -> None:
    assert await register(client) == (403, "registration_closed")
    assert await register(client, invite="sfi_x") == (403, "registration_closed")
    assert await accounts_made(app) == 0


@rules(mode="invite")
async def test_where_invites_are_needed_one_is_needed(client: httpx2.AsyncClient, app: App) -> None:
    assert await register(client) == (403, "invite_needed")
    assert await register(client, invite="sfi_x") == (403, "invite_invalid")
    assert await accounts_made(app) == 0


@rules(blocked_email_domains=("throw.example",), disposable_list=None)
async def test_addresses_of_a_blocked_domain_and_below_are_refused(client: httpx2.AsyncClient) -> None:
    for email in ("e@throw.example", "e@mail.throw.example", "e@THROW.example"):
        assert await register(client, email=email) == (422, "email_not_accepted")
    assert await register(client, email="e@throw.example.org") == (201, "eve")
    assert await register(client, "eva", email="e@notthrow.example") == (201, "eva")


@rules(allowed_email_domains=("school.example",))
async def test_only_addresses_of_allowed_domains_are_accepted(client: httpx2.AsyncClient) -> None:
    for email in ("e@example.org", "e@school.example.org", "e@preschool.example"):
        assert await register(client, email=email) == (422, "email_not_accepted")
    assert await register(client, email="e@mail.school.example") == (201, "eve")


def test_a_list_of_disposable_domains_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("# throw-away\nMailinator.example\n\n  temp.example \n")
    rules = SignUpSettings(disposable_list=path)
    for email in ("a@mailinator.example", "a@x.temp.example"):
        with pytest.raises(entrance.EmailNotAccepted):
            entrance.refuse_domain(email, rules)
    entrance.refuse_domain("a@example.org", rules)


@pytest.mark.parametrize("address", ["192.0.2.9", "::ffff:192.0.2.9", "2001:db8::7"])
def test_nobody_signs_up_from_a_blocked_network(address: str) -> None:
    with pytest.raises(entrance.SignUpRefused):
        entrance.refuse_network(address, SignUpSettings(blocked_networks=("192.0.2.0/24", "2001:db8::/32")))
    entrance.refuse_network("198.51.100.1", SignUpSettings(blocked_networks=("192.0.2.0/24", "2001:db8::/32")))


@rules(blocked_networks=("127.0.0.0/8",))
async def test_a_blocked_network_is_not_told_why(client: httpx2.AsyncClient, app: App) -> None:
    answer = await client.post(REGISTER, json=form("eve"))
    assert (answer.status_code, answer.json()["code"]) == (403, "sign_up_refused")
    assert "network" not in answer.text
    assert "127." not in answer.text
    assert await accounts_made(app) == 0


@rules(minimum_age=16)
async def test_who_is_old_enough_comes_in_and_the_date_is_not_kept(client: httpx2.AsyncClient, app: App) -> None:
    today = app.clock().date()
    assert await register(client) == (422, "invalid_request")
    assert await register(client, birth_date=f"{today.year - 15}-01-01") == (403, "too_young")
    assert await register(client, birth_date=f"{today.year + 1}-01-01") == (422, "invalid_request")
    assert await register(client, birth_date="1850-01-01") == (422, "invalid_request")
    assert await accounts_made(app) == 0
    born = f"{today.year - 16}-{today:%m-%d}"
    assert await register(client, birth_date=born) == (201, "eve")

    async with app.sessions() as session:
        rows = (await session.execute(text("SELECT document, version FROM consents"))).all()
        tables = (await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))).all()
        kept = [row for t in tables for row in await session.scalars(text(f'SELECT t::text FROM "{t}" t'))]
    assert [tuple(row) for row in rows] == [("minimum_age", "16")]
    assert not [row for row in kept if born in row]


@pytest.mark.parametrize("birth", [20_000_101, "20000101", "2000-13-01", "2000-01-01T00:00:00", True, "", "x" * 9000])
async def test_a_date_of_birth_is_a_date(client: httpx2.AsyncClient, birth: object) -> None:
    assert await register(client, birth_date=birth) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("birth", "today", "years"),
    [("2010-11-25", "2026-11-25", 16), ("2010-11-26", "2026-11-25", 15), ("2008-02-29", "2026-02-28", 17)],
)
def test_a_year_is_full_on_the_birthday(birth: str, today: str, years: int) -> None:
    assert entrance.years_between(date.fromisoformat(birth), date.fromisoformat(today)) == years


@rules(terms_version="2026-11", terms_url="https://example.org/terms")
async def test_the_terms_in_force_must_be_accepted(client: httpx2.AsyncClient, app: App) -> None:
    answer = await client.post(REGISTER, json=form("eve"))
    assert (answer.status_code, answer.json()["code"]) == (422, "terms_not_accepted")
    assert answer.json()["terms_version"] == "2026-11"
    assert await register(client, accept_terms="2025-01") == (422, "terms_not_accepted")
    assert await accounts_made(app) == 0
    assert await register(client, accept_terms="2026-11") == (201, "eve")
    async with app.sessions() as session:
        (row,) = (await session.execute(text("SELECT document, version, address, at FROM consents"))).all()
    assert tuple(row)[:3] == ("terms", "2026-11", "127.0.0.1")


@rules(terms_version="2")
async def test_a_later_version_asks_again_and_every_answer_is_kept(
    app: App, api: FastAPI, client: httpx2.AsyncClient
) -> None:
    given = (await client.post(REGISTER, json={**form("eve"), "accept_terms": "2"})).json()
    client.headers["Authorization"] = f"Bearer {given['access_token']}"
    consents = (await client.get("/api/v1/me/consents")).json()
    assert consents["due"] == []
    assert [(each["document"], each["version"]) for each in consents["given"]] == [("terms", "2")]

    # The same person, as if their consent were an older one.
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE consents SET version = '1'"))
    due = (await client.get("/api/v1/me/consents")).json()["due"]
    assert due == [{"document": "terms", "version": "2", "url": None}]
    for version in ("1", "3"):
        answer = await client.post("/api/v1/me/consents", json={"document": "terms", "version": version})
        assert (answer.status_code, answer.json()["code"]) == (422, "terms_not_accepted")
    for _ in range(2):
        answer = await client.post("/api/v1/me/consents", json={"document": "terms", "version": "2"})
        assert answer.status_code == 201
        assert answer.json()["due"] == []
    assert sorted(each["version"] for each in answer.json()["given"]) == ["1", "2"]
    assert (
        await client.post("/api/v1/me/consents", json={"document": "minimum_age", "version": "2"})
    ).status_code == 422


@rules(mode="approval", minimum_age=13, terms_version="7", terms_url="/about")
async def test_the_instance_tells_what_a_sign_up_needs(client: httpx2.AsyncClient) -> None:
    found = (await client.get("/api/v1/instance")).json()
    assert found["sign_up"] == {"mode": "approval", "minimum_age": 13, "terms_version": "7", "terms_url": "/about"}
    assert found["features"]["registration"] is True


@rules()
async def test_a_client_of_before_signs_up_as_before(client: httpx2.AsyncClient) -> None:
    assert await register(client) == (201, "eve")


@rules()
async def test_with_an_idempotency_key_no_connection_is_held_while_a_password_is_hashed(
    app: App, client: httpx2.AsyncClient
) -> None:
    held: list[int] = []
    passwords = app.port(Passwords)

    class Watching(Passwords):
        def __init__(self) -> None:
            """Nothing of its own: the real one does the work."""

        async def hash(self, password: str) -> str:
            held.append(app.engine.pool.checkedout())  # type: ignore[attr-defined]  # the pool of an engine counts
            return await passwords.hash(password)

    assert isinstance(app.ports, dict)
    app.ports[Passwords] = Watching()
    headers = {"Idempotency-Key": "once"}
    first = await client.post(REGISTER, json=form("eve"), headers=headers)
    assert first.status_code == 201
    assert held == [0]
    # The second time nothing is hashed at all.
    again = await client.post(REGISTER, json=form("eve"), headers=headers)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.content == first.content
    assert held == [0]
    other = await client.post(REGISTER, json=form("eva"), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@rules(mode="approval")
async def test_a_pending_account_is_nobody_yet(
    app: App,
    client: httpx2.AsyncClient,
    person: Callable[..., Awaitable[Person]],
) -> None:
    assert await register(client, reason="I make films.") == (202, "pending")

    login = await client.post("/api/v1/auth/login", json={"login": "eve", "password": PASSWORD})
    assert (login.status_code, login.json()["code"]) == (403, "account_pending")
    wrong = await client.post("/api/v1/auth/login", json={"login": "eve", "password": "wrong password"})
    assert wrong.status_code == 401
    assert (await client.get("/api/v1/channels/@eve")).status_code == 404
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(text("SELECT count(*) FROM sessions")) == 0
    # The name is kept for them; the address is nobody's before it is confirmed.
    assert await register(client) == (409, "handle_taken")
