"""Changing one's password, and getting a new one by mail."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.breaches import range_service
from tests.factories.letters import Mails, letters_to, log_in, reset

from socialflow.adapters.breaches.ranges import RangeBreaches
from socialflow.domains.accounts import service
from socialflow.domains.accounts.errors import InvalidLink
from socialflow.kernel import metrics
from socialflow.kernel.config import Settings
from socialflow.kernel.errors import InvalidRequest
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.breaches import Breaches

NEW = "another long and winding password"
Deliver = Callable[..., Awaitable[int]]
Connect = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Mails without number."""
    limits = settings.limits.model_copy(update={"mail_account": "1000/60", "mail_address": "1000/60"})
    return settings.model_copy(update={"limits": limits})


async def change(person: Person, new: str, current: str | None = PASSWORD) -> httpx2.Response:
    return await person.post("/me/password", {"current_password": current, "new_password": new})


async def test_one_changes_ones_password(
    client: httpx2.AsyncClient, ada: Person, deliver: Deliver, mails: Mails
) -> None:
    answer = await change(ada, NEW)

    assert answer.status_code == 200, answer.text
    assert (await log_in(client, "ada", PASSWORD)).status_code == 401
    assert (await log_in(client, "ada", NEW)).status_code == 200
    await deliver(times=1)
    assert "password" in mails()[-1].subject
    assert mails()[-1].to == "ada@example.org"


async def test_all_other_sessions_end_and_this_one_goes_on_under_a_new_secret(
    client: httpx2.AsyncClient, connect: Connect, ada: Person
) -> None:
    other = (await log_in(client, "ada", PASSWORD)).json()

    given = (await change(ada, NEW)).json()

    for old in (other["refresh_token"], ada.refresh_token):
        answer = await client.post("/api/v1/auth/refresh", json={"refresh_token": old})
        assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
    fresh = await client.post("/api/v1/auth/refresh", json={"refresh_token": given["refresh_token"]})
    assert fresh.status_code == 200
    assert (await connect(Authorization=f"Bearer {given['access_token']}").get("/api/v1/me")).status_code == 200


async def test_a_browser_stays_logged_in_by_a_new_cookie(connect: Connect, ada: Person) -> None:
    browser = connect(**{"X-Session": "cookie"})
    given = await log_in(browser, "ada", PASSWORD)
    old = browser.cookies["sf_session"]
    body = {"current_password": PASSWORD, "new_password": NEW}

    answer = await browser.post("/api/v1/me/password", json=body, headers={"X-CSRF-Token": given.json()["csrf_token"]})

    assert answer.status_code == 200, answer.text
    assert browser.cookies["sf_session"] != old
    assert (await browser.get("/api/v1/me")).status_code == 200
    left_behind = connect(Cookie=f"sf_session={old}")
    assert (await left_behind.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize("current", [None, "", "wrong password", PASSWORD + " ", PASSWORD.upper()])
async def test_whoever_does_not_know_the_password_cannot_change_it(
    client: httpx2.AsyncClient, ada: Person, current: str | None
) -> None:
    answer = await change(ada, NEW, current)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/current_password"
    assert (await log_in(client, "ada", PASSWORD)).status_code == 200


async def test_wrong_present_passwords_are_counted(ada: Person, settings: Settings) -> None:
    most = int(settings.limits.password_account.partition("/")[0])
    for _ in range(most):
        assert (await change(ada, NEW, "wrong password")).status_code == 422

    assert (await change(ada, NEW)).status_code == 429


async def test_an_account_without_a_password_sets_one_after_a_fresh_proof(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    async with app.sessions.begin() as session:
        await session.execute(text("UPDATE accounts SET password_hash = NULL"))
        await session.execute(text("UPDATE sessions SET authenticated_at = now() - interval '1 hour'"))
    assert (await ada.get("/me")).json()["has_password"] is False
    assert (await log_in(client, "ada", PASSWORD)).status_code == 401
    refused = await change(ada, NEW, None)
    assert (refused.status_code, refused.json()["code"]) == (401, "step_up_required")

    async with app.sessions.begin() as session:
        await session.execute(text("UPDATE sessions SET authenticated_at = now()"))
    assert (await change(ada, NEW, None)).status_code == 200
    assert (await log_in(client, "ada", NEW)).status_code == 200


async def test_a_personal_token_s_scopes_do_not_reach_passwords(app: App, connect: Connect, ada: Person) -> None:
    async with app.work(SYSTEM) as work:
        account = await service.by_login(work, "ada")
    tokens = app.port(service.AccessTokens)
    later = datetime.now(UTC) + timedelta(minutes=5)
    claims = service.Claims(account.id, account.id, "user", frozenset({"read", "write"}), later)
    bearer = connect(Authorization=f"Bearer {tokens.issue(claims, datetime.now(UTC))}")

    for path in ("/me/password", "/me/email", "/me/email/verification"):
        answer = await bearer.post(f"/api/v1{path}", json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope"), path


async def test_a_forgotten_password_is_replaced_by_mail(
    client: httpx2.AsyncClient, ada: Person, deliver: Deliver, mails: Mails, settings: Settings
) -> None:
    asked = await client.post("/api/v1/auth/password-reset", json={"email": "Ada@Example.org"})
    assert (asked.status_code, asked.content) == (202, b"")
    await deliver(times=1)
    (letter,) = letters_to(mails, "ada@example.org", "/reset")
    assert letter.link.startswith(settings.public_url + "/reset?token=")

    answer = await reset(client, letter, NEW)

    assert (answer.status_code, answer.content) == (204, b""), "it logs nobody in"
    assert "set-cookie" not in answer.headers
    assert (await log_in(client, "ada", PASSWORD)).status_code == 401
    assert (await log_in(client, "ada", NEW)).json()["user"]["email_verified"] is True
    assert (await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})).status_code == 401
    await deliver(times=1)
    assert "password" in mails()[-1].subject.lower()


async def test_a_refused_password_does_not_use_the_link_up(
    client: httpx2.AsyncClient, ada: Person, deliver: Deliver, mails: Mails
) -> None:
    await client.post("/api/v1/auth/password-reset", json={"email": "ada@example.org"})
    await deliver(times=1)
    (letter,) = letters_to(mails, "ada@example.org", "/reset")

    refused = await reset(client, letter, "password123")

    assert refused.json()["errors"][0]["code"] == "password_common"
    assert (await reset(client, letter, NEW)).status_code == 204


async def test_a_link_is_good_for_an_hour(app: App, ada: Person) -> None:
    async with app.work(SYSTEM) as work:
        account = await service.by_login(work, "ada")
        page = service.reset_page(account, keys=app.keys, settings=app.settings, now=work.now)
    token = page.partition("token=")[2]
    for minutes, good in ((59, True), (61, False)):
        later = replace(app, clock=lambda minutes=minutes: datetime.now(UTC) + timedelta(minutes=minutes))
        async with later.work(SYSTEM) as work:
            if good:
                assert (await service.resettable(work, token, keys=app.keys)).id == account.id
                continue
            with pytest.raises(InvalidLink):
                await service.resettable(work, token, keys=app.keys)


async def test_a_password_that_another_site_lost_is_refused_and_an_outage_is_not_ours(app: App) -> None:
    with range_service() as lost:
        lost.lost[NEW] = 2
        asking = replace(app, ports={**app.ports, Breaches: RangeBreaches(lost.url)})
        with pytest.raises(InvalidRequest) as refused:
            await service.screen(asking, NEW)
        await service.screen(asking, PASSWORD)
        lost.status = 500
        before = metrics.BREACHES_UNKNOWN._value.get()  # the client library shows a value in no other way
        await service.screen(asking, NEW)
        assert metrics.BREACHES_UNKNOWN._value.get() == before + 1  # as above
    assert refused.value.errors[0].code == "password_breached"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("de", "de"),
        ("de-CH, fr;q=0.9", "de-CH"),
        ("fr;q=0.3, pt-BR;q=0.8", "pt-BR"),
        ("*", "en"),
        ("x\x7f;;;", "en"),
        ("de;q=0", "en"),
    ],
)
def test_the_language_is_the_one_that_is_liked_best(header: str | None, language: str) -> None:
    assert service.preferred_language(header) == language


async def test_mails_speak_the_language_of_the_sign_up_until_it_is_changed(connect: Connect, person: object) -> None:
    client = connect(**{"Accept-Language": "de-CH, fr;q=0.9"})
    body = {"email": "mo@example.org", "password": PASSWORD, "handle": "mo_", "display_name": "Mo"}
    given = (await client.post("/api/v1/auth/register", json=body)).json()
    assert given["user"]["language"] == "de-CH"
    client.headers["Authorization"] = f"Bearer {given['access_token']}"

    changed = await client.patch("/api/v1/me", json={"language": "fr"})

    assert changed.json()["language"] == "fr"
    assert (await client.patch("/api/v1/me", json={"language": "../x"})).status_code == 422
