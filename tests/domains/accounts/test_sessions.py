"""One's own log-ins: seen, recognised and ended, and those of nobody else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.factories import mmdb
from tests.factories.accounts import PASSWORD, Person
from tests.factories.mails import Letter
from tests.factories.operations import operations
from tests.factories.tokens import part, personal_token

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.service import tokens
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App

Connect = Callable[..., httpx2.AsyncClient]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
BERLIN = {"city": {"names": {"en": "Berlin"}}, "country": {"names": {"en": "Germany"}}}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """An installation that knows where it is."""
    file = mmdb.write(tmp_path / "city.mmdb", {"127.0.0.0/8": BERLIN})
    return settings.model_copy(update={"auth": settings.auth.model_copy(update={"place_database": file})})


async def browser_of(connect: Connect, handle: str = "ada") -> httpx2.AsyncClient:
    """A browser that is logged in, with the token for its changes."""
    browser = connect(**{"User-Agent": FIREFOX})
    body = {"login": handle, "password": PASSWORD}
    answer = await browser.post("/api/v1/auth/login", json=body, headers={"X-Session": "cookie"})
    browser.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return browser


async def person_again(connect: Connect, handle: str = "ada") -> httpx2.Response:
    """Another log-in of somebody."""
    return await connect().post("/api/v1/auth/login", json={"login": handle, "password": PASSWORD})


async def listed(client: httpx2.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/me/sessions", params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def grow_old(app: App) -> None:
    """Nobody has shown who they are for a day."""
    async with app.sessions.begin() as session:
        await session.execute(text("UPDATE sessions SET authenticated_at = now() - interval '1 day'"))


async def test_a_list_says_what_one_recognises_a_log_in_by(connect: Connect, ada: Person) -> None:
    browser = await browser_of(connect)

    here, there = await listed(browser)

    assert here["current"]
    assert (here["kind"], here["device"], here["place"]) == ("cookie", "Firefox on Linux", "Berlin, Germany")
    assert here["address"] == "127.0.0.1"
    assert here["methods"] == ["pwd"]
    assert not there["current"]
    assert there["kind"] == "token"
    assert there["id"] == part(ada.access_token, 1)["sid"]
    assert there["created_at"] <= there["last_used_at"] < there["expires_at"] <= there["ends_at"]
    assert [item["current"] for item in await listed(ada.http)] == [False, True]


async def test_one_log_in_is_read_as_it_stands_in_the_list_while_it_lives(
    connect: Connect, app: App, ada: Person, bob: Person
) -> None:
    browser = await browser_of(connect)
    here, there = await listed(browser)
    for item in (here, there):
        assert (await browser.get(f"/api/v1/me/sessions/{item['id']}")).json() == item
    gone = f"/me/sessions/{there['id']}"
    assert (await bob.get(gone)).status_code == 404

    async with app.sessions.begin() as session:
        await session.execute(
            text("UPDATE sessions SET kind = 'app' WHERE id = :id"), {"id": ids.parse("ses", here["id"])}
        )
    assert (await ada.get(f"/me/sessions/{here['id']}")).status_code == 404, "an app's is the app's"
    assert (await ada.delete(gone)).status_code == 204
    again = connect(Authorization=f"Bearer {(await person_again(connect)).json()['access_token']}")
    answer = await again.get(f"/api/v1{gone}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_last_use_is_kept_at_a_refresh(client: httpx2.AsyncClient, ada: Person) -> None:
    (before,) = await listed(ada.http)
    answer = await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    assert answer.status_code == 200
    (after,) = await listed(ada.http)
    assert after["last_used_at"] > before["last_used_at"]
    assert after["created_at"] == before["created_at"]


async def test_a_list_has_pages(connect: Connect, ada: Person) -> None:
    for _ in range(4):
        await browser_of(connect)
    first = (await ada.get("/me/sessions?limit=3")).json()
    rest = (await ada.get(f"/me/sessions?limit=3&cursor={first['next_cursor']}")).json()
    seen = [item["id"] for item in first["items"] + rest["items"]]
    assert len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)
    assert rest["next_cursor"] is None


async def test_one_log_in_is_ended_and_the_others_go_on(
    connect: Connect, client: httpx2.AsyncClient, ada: Person
) -> None:
    browser = await browser_of(connect)
    theirs = part(ada.access_token, 1)["sid"]

    assert (await browser.delete(f"/api/v1/me/sessions/{theirs}")).status_code == 204

    answer = await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
    assert [item["current"] for item in await listed(browser)] == [True]
    # Once more changes nothing.
    assert (await browser.delete(f"/api/v1/me/sessions/{theirs}")).status_code == 204


async def test_all_others_are_ended_at_once_and_tokens_go_on(app: App, connect: Connect, ada: Person) -> None:
    token = await personal_token(app, ada, "read")
    browsers = [await browser_of(connect) for _ in range(3)]

    assert (await browsers[0].delete("/api/v1/me/sessions")).status_code == 204

    assert [item["current"] for item in await listed(browsers[0])] == [True]
    program = connect(Authorization=f"Bearer {token}")
    assert (await program.get("/api/v1/me")).status_code == 200


async def test_a_log_in_of_somebody_else_is_none(ada: Person, bob: Person) -> None:
    theirs = part(ada.access_token, 1)["sid"]
    for session in (theirs, ids.show("ses", ids.new())):
        answer = await bob.delete(f"/me/sessions/{session}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await bob.delete("/me/sessions")).status_code == 204
    assert (await ada.get("/me")).status_code == 200
    assert [item["id"] for item in await listed(bob.http)] == [part(bob.access_token, 1)["sid"]]


async def test_another_log_in_is_ended_by_who_has_just_shown_who_they_are(
    app: App, connect: Connect, ada: Person
) -> None:
    browser = await browser_of(connect)
    mine = next(item["id"] for item in await listed(browser) if item["current"])
    await grow_old(app)
    for path in ("/me/sessions", f"/me/sessions/{part(ada.access_token, 1)['sid']}"):
        answer = await browser.delete(f"/api/v1{path}")
        assert (answer.status_code, answer.json()["code"]) == (401, "step_up_required")
    assert len(await listed(ada.http)) == 2

    # To go needs no proof.
    assert (await browser.delete(f"/api/v1/me/sessions/{mine}")).status_code == 204


async def test_apps_are_neither_listed_nor_ended_with_log_ins(app: App, ada: Person) -> None:
    session_id = ids.new()
    async with app.sessions.begin() as session:
        await session.execute(
            text("""
                INSERT INTO sessions (id, account_id, kind, secret_digest, created_at, last_used_at, expires_at,
                                      ends_at, authenticated_at, address, user_agent)
                SELECT :id, account_id, 'app', '\\x00', created_at, last_used_at, expires_at, ends_at,
                       authenticated_at, address, user_agent FROM sessions
            """),
            {"id": session_id},
        )
    assert len(await listed(ada.http)) == 1
    assert (await ada.delete("/me/sessions")).status_code == 204
    assert (await ada.delete(f"/me/sessions/{ids.show('ses', session_id)}")).status_code == 404
    async with app.work(SYSTEM) as work:
        await accounts.end_everything(work, ids.parse("acc", ada.id), "suspended")
    async with app.sessions() as session:
        reason = text("SELECT revoked_reason FROM sessions WHERE id = :id")
        assert await session.scalar(reason, {"id": session_id}) == "suspended"


async def test_what_is_about_accounts_is_kept_by_no_browser(
    app: App, api: FastAPI, connect: Connect, ada: Person
) -> None:
    """ASVS 14.3.2."""
    seen = 0
    browser = await browser_of(connect)
    for operation in operations(api):
        if operation.method != "GET" or not operation.path.startswith(("/api/v1/me", "/api/v1/auth", "/api/v1/admin")):
            continue
        if operation.path == "/api/v1/me/marks":
            continue
        answer = await browser.get(operation.url())
        assert answer.headers["cache-control"] == "no-store", operation.name
        seen += 1
    assert seen >= 5
    for path in ("/settings", "/settings/sessions", "/settings/tokens"):
        page = await browser.get(path)
        assert (page.status_code, page.headers["cache-control"]) == (200, "private, no-store"), path


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139 Safari/537.36 Edg/139",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605", "Safari on Mac"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 CriOS/139 Safari/604",
            "Chrome on iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/139 Mobile Safari/537.36", "Chrome on Android"),
        ("Social Flow/1.2 (Android 15)", "Social Flow on Android"),
        ("curl/8.9.1", "curl"),
        ("Mozilla/5.0", "Unknown device"),
        ("", "Unknown device"),
        ("<script>alert(1)</script>", "Unknown device"),
        ("x" * 5_000, "x" * 40),
    ],
)
def test_a_device_is_called_as_a_person_would(user_agent: str, name: str) -> None:
    assert accounts.name_of(user_agent) == name


async def test_the_owner_of_a_leaked_token_gets_a_mail(
    app: App, ada: Person, deliver: Callable[..., Any], mails: Callable[[], list[Letter]]
) -> None:
    token = await personal_token(app, ada, "read")
    async with app.work(SYSTEM) as work:
        assert await tokens.leaked(work, token, url="https://example.org/x")

    await deliver(times=1)

    (letter,) = [each for each in mails() if "found in public" in each.subject]
    assert letter.to == "ada@example.org"
    assert "a script" in letter.text
    assert token not in letter.text + letter.html
