"""The pages of one's sessions and tokens, with the real API behind them, as plain forms."""

import re
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person

from socialflow.domains.accounts.service import pat
from socialflow.kernel.work import App

ORIGIN = "http://testserver"
Connect = Callable[..., httpx2.AsyncClient]


@pytest.fixture
async def browser(connect: Connect, ada: Person) -> AsyncIterator[httpx2.AsyncClient]:
    """Ada's browser, logged in by the page."""
    async with connect(Origin=ORIGIN) as made:
        answer = await made.post("/login", data={"login": "ada", "password": PASSWORD})
        assert answer.status_code == 303
        yield made


async def csrf(browser: httpx2.AsyncClient) -> dict[str, str]:
    """What every form carries."""
    page = await browser.get("/settings/tokens")
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found
    return {"csrf_token": found[1]}


async def test_whoever_is_not_logged_in_is_asked_to(client: httpx2.AsyncClient) -> None:
    for path in ("/settings/sessions", "/settings/tokens"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={path}")
    for path in ("/settings/sessions/end-others", "/settings/tokens"):
        answer = await client.post(path, data={}, headers={"Origin": ORIGIN})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")


async def test_sessions_are_seen_and_ended(
    browser: httpx2.AsyncClient, client: httpx2.AsyncClient, ada: Person
) -> None:
    page = (await browser.get("/settings/sessions")).text
    assert page.count("This device") == 1
    (action,) = re.findall(r'action="(/settings/sessions/ses_\w+/end)"', page)
    assert "End all other sessions" in page

    answer = await browser.post(action, data=await csrf(browser))
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/sessions?ended=one")
    page = (await browser.get(answer.headers["location"])).text
    assert "That session has ended." in page
    assert "You are logged in nowhere else." in page
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    assert refreshed.status_code == 401


async def test_all_other_sessions_are_ended(browser: httpx2.AsyncClient, connect: Connect, ada: Person) -> None:
    for _ in range(2):
        await connect().post("/api/v1/auth/login", json={"login": "ada", "password": PASSWORD})
    answer = await browser.post("/settings/sessions/end-others", data=await csrf(browser))
    assert answer.status_code == 303
    page = (await browser.get(answer.headers["location"])).text
    assert "All other sessions have ended." in page
    assert page.count("keyring-item") == 1


async def test_a_token_is_made_shown_once_used_and_revoked(
    browser: httpx2.AsyncClient, connect: Connect, ada: Person
) -> None:
    assert "None yet." in (await browser.get("/settings/tokens")).text
    form = {
        "name": "Backup <b>",
        "scope:read": "on",
        "scope:write:videos": "on",
        "days": "7",
        "networks": "127.0.0.1, ::1",
    }
    answer = await browser.post("/settings/tokens", data={**form, **(await csrf(browser))})

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
    found = re.search(r'value="(sf_pat_\w+)" readonly', answer.text)
    assert found
    assert pat.is_well_formed(found[1])
    program = connect(Authorization=f"Bearer {found[1]}")
    assert (await program.get("/api/v1/me")).json()["id"] == ada.id

    page = (await browser.get("/settings/tokens")).text
    assert "sf_pat_" not in page
    assert "Backup &lt;b&gt;" in page
    assert "read, write:videos; only from 127.0.0.1/32, ::1/128" in page
    (action,) = re.findall(r'action="(/settings/tokens/pat_\w+/revoke)"', page)
    answer = await browser.post(action, data=await csrf(browser))
    assert answer.status_code == 303
    page = (await browser.get(answer.headers["location"])).text
    assert "That token has been revoked." in page
    assert "None yet." in page


async def test_what_is_wrong_is_said_beside_it_and_what_was_typed_stays(browser: httpx2.AsyncClient) -> None:
    sent = {"name": "Script", "networks": "home", "scope:read": "on", "days": "x", **(await csrf(browser))}
    answer = await browser.post("/settings/tokens", data=sent)
    assert answer.status_code == 422
    assert 'id="networks-fault"' in answer.text
    assert 'value="Script"' in answer.text
    assert re.search(r'name="scope:read" checked', answer.text)

    answer = await browser.post("/settings/tokens", data={"name": "Script", "days": "30", **(await csrf(browser))})
    assert answer.status_code == 422
    assert 'id="scopes-fault"' in answer.text


async def test_scopes_are_explained_and_staff_s_are_shown_to_staff(
    browser: httpx2.AsyncClient, connect: Connect, person: Callable[..., object]
) -> None:
    page = (await browser.get("/settings/tokens")).text
    assert "publish, edit and delete your videos" in page
    assert "scope:admin" not in page
    assert "scope:security" not in page


async def test_a_form_of_another_site_does_nothing(browser: httpx2.AsyncClient) -> None:
    token = await csrf(browser)
    for path in ("/settings/tokens", "/settings/sessions/end-others"):
        answer = await browser.post(
            path, data={"name": "x", "scope:read": "on", **token}, headers={"Origin": "https://evil.example"}
        )
        assert answer.status_code == 403
        answer = await browser.post(path, data={"name": "x", "scope:read": "on", "days": "7"})
        assert answer.status_code == 403


async def test_whoever_has_not_proved_who_they_are_lately_is_asked_to(app: App, browser: httpx2.AsyncClient) -> None:
    token = await csrf(browser)
    async with app.sessions.begin() as session:
        await session.execute(text("UPDATE sessions SET authenticated_at = now() - interval '1 day'"))
    for path in ("/settings/tokens", "/settings/sessions/end-others"):
        answer = await browser.post(path, data={"name": "x", "scope:read": "on", "days": "7", **token})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(("/login", "/confirm"))
