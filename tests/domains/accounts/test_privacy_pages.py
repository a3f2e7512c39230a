"""Settings, privacy: through the pages alone, as a browser without scripts does it, before the real API."""

import html
import io
import re
import zipfile
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from tests.factories.accounts import PASSWORD, Person

from socialflow.domains.accounts.service.sessions import KEEP_ENDED

Deliver = Callable[..., Awaitable[int]]
ORIGIN = {"Origin": "http://testserver"}


@pytest.fixture
async def browser(ada: Person, connect: Callable[..., httpx2.AsyncClient]) -> httpx2.AsyncClient:
    """Ada's browser, logged in."""
    client = connect(**ORIGIN)
    answer = await client.post("/login", data={"login": "ada", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, name
    return html.unescape(found[1])


async def send(browser: httpx2.AsyncClient, path: str, **form: str) -> httpx2.Response:
    page = (await browser.get("/settings/privacy")).text
    return await browser.post(path, data={"csrf_token": hidden(page, "csrf_token"), **form})


async def test_the_page_tells_what_is_kept_and_is_kept_by_nobody(browser: httpx2.AsyncClient) -> None:
    page = await browser.get("/settings/privacy")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    ended = f"{KEEP_ENDED.days} days after they end"
    for said in ("What is kept of you", "Log-ins", ended, "Type your handle, @ada", "14 days"):
        assert said in page.text, said


async def test_an_export_is_asked_for_followed_and_downloaded(browser: httpx2.AsyncClient, deliver: Deliver) -> None:
    asked = await send(browser, "/settings/privacy/exports")
    assert (asked.status_code, asked.headers["location"]) == (303, "/settings/privacy#export")
    page = (await browser.get("/settings/privacy")).text
    assert "Being made: 0 %" in page
    assert 'hx-trigger="every 2s"' in page
    assert "Make an export" not in page
    again = await send(browser, "/settings/privacy/exports")
    assert (again.status_code, "one at a time" in again.text) == (409, True)

    await deliver(times=1)
    part = (await browser.get("/settings/privacy/exports")).text
    assert 'hx-trigger="every 2s"' not in part
    action = re.search(r'action="(/settings/privacy/exports/[^"]+/download)"', part)
    assert action
    sent = await send(browser, action[1])
    assert sent.status_code == 303
    archive = await browser.get(sent.headers["location"])
    assert archive.headers["content-disposition"].startswith("attachment")
    assert "index.json" in zipfile.ZipFile(io.BytesIO(archive.content)).namelist()

    gone = await send(browser, action[1].replace("/download", "/delete"))
    assert gone.status_code == 303
    assert "Deleted" in (await browser.get("/settings/privacy/exports")).text


async def test_one_leaves_by_typing_the_handle_and_comes_back_by_logging_in(
    browser: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    wrong = await send(browser, "/settings/privacy/leave", handle="bob")
    assert (wrong.status_code, "That is not the handle" in wrong.text) == (422, True)
    left = await send(browser, "/settings/privacy/leave", handle="@ada")
    assert (left.status_code, "Goodbye" in left.text) == (200, True)
    assert (await browser.get("/settings/privacy")).status_code == 303
    assert (await client.get("/@ada")).status_code == 404

    refused = await browser.post("/login", data={"login": "ada", "password": PASSWORD, "next": "/@ada"})
    assert (refused.status_code, "Keep my account" in refused.text) == (403, True)
    token = hidden(refused.text, "restore_token")
    back = await browser.post("/login/restore", data={"restore_token": token, "next": "/@ada"})
    assert (back.status_code, back.headers["location"]) == (303, "/@ada")
    assert (await browser.get("/@ada")).status_code == 200
    spent = await client.post("/login/restore", data={"restore_token": token}, headers=ORIGIN)
    assert (spent.status_code, spent.headers["location"]) == (303, "/login")


async def test_nobody_else_opens_the_page_and_no_other_site_posts_to_it(
    client: httpx2.AsyncClient, browser: httpx2.AsyncClient
) -> None:
    for path in ("/settings/privacy", "/settings/privacy/exports"):
        assert (await client.get(path)).headers["location"].startswith("/login?next="), path
    foreign = {"Origin": "https://evil.example"}
    for path in ("/settings/privacy/leave", "/settings/privacy/exports", "/login/restore"):
        answer = await browser.post(path, data={"handle": "ada"}, headers=foreign)
        assert answer.status_code == 403, path
    # Of our own site, and without the session's token.
    assert (await browser.post("/settings/privacy/leave", data={"handle": "ada"})).status_code == 403
