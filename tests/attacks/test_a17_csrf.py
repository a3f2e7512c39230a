"""A17: a page of another site cannot act with the session of somebody who visits it."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from tests.factories.operations import PREFIXES

from socialflow.web.app import WebMount

ORIGIN = "http://testserver"
PASSWORD = "correct horse battery"
ID = "x" * 26
# Posted to by another site on purpose: it changes nothing, and sends the browser on to the same address by GET.
OF_OTHERS = {"/auth/providers/acme/callback"}
# Pages of a mail's links, whose browsers are asked to be silent: whoever says nothing of where they come from is let
# in, since what is done there is done in nobody's name, by the link alone.
BY_LINK = {"/verify", "/email/confirm", "/email/undo", "/reset"}
EVIL: list[dict[str, str]] = [
    {},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
    {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
]


@pytest.fixture
async def browser(api: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser in which somebody has signed up."""
    transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        form = {"display_name": "Ada", "handle": "ada", "email": "ada@example.org", "password": PASSWORD}
        answer = await client.post("/signup", data=form, headers={"Origin": ORIGIN})
        assert answer.status_code == 303, answer.text
        assert client.cookies
        yield client


def page_posts(api: FastAPI) -> Iterator[str]:
    """The path of every page that takes a form."""
    mount = next(route for route in api.router.routes if isinstance(route, WebMount))
    pages: FastAPI = mount.app.app
    ids = {name: f"{prefix}_{ID}" for name, prefix in PREFIXES.items()} | {"key": "acme", "name": "moderator"}
    ids |= {"language": "en", "tag": "sea", "handle": "ada", "person_id": f"chn_{ID}"}
    for context in iter_route_contexts(pages.routes):
        if isinstance(context.original_route, APIRoute) and "POST" in context.original_route.methods:
            yield context.path_format.format(**ids)


async def session(browser: httpx2.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await browser.get("/api/v1/auth/session")).json()
    return found


@pytest.mark.parametrize("headers", EVIL, ids=str)
async def test_no_form_of_ours_takes_a_post_of_another_site(
    api: FastAPI, browser: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    token = (await session(browser))["csrf_token"]
    passed = OF_OTHERS | (BY_LINK if headers.get("Origin", "null") == "null" else set())
    paths = [path for path in page_posts(api) if path not in passed]

    assert {"/login", "/signup", "/logout", "/settings", "/comments"} <= set(paths)
    for path in paths:
        answer = await browser.post(path, data={"csrf_token": token, "on": "1"}, headers=headers)
        assert answer.status_code == 403, path
    assert (await session(browser))["user"]["handle"] == "ada"


async def test_no_form_works_without_its_token(browser: httpx2.AsyncClient) -> None:
    for token in ("", "x" * 43, (await session(browser))["csrf_token"][:-1]):
        answer = await browser.post(
            "/settings", data={"display_name": "Eve", "csrf_token": token}, headers={"Origin": ORIGIN}
        )
        assert answer.status_code == 403
    assert (await browser.get("/api/v1/channels/@ada")).json()["display_name"] == "Ada"


async def test_nobody_is_logged_in_by_another_site(browser: httpx2.AsyncClient) -> None:
    before = browser.cookies["sf_session"]

    answer = await browser.post("/login", data={"login": "ada", "password": PASSWORD}, headers=EVIL[1])

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert browser.cookies["sf_session"] == before


@pytest.mark.parametrize("headers", [{}, {"X-CSRF-Token": "x"}, *EVIL[1:]], ids=str)
async def test_the_api_takes_no_change_with_the_cookie_alone(
    browser: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    found = await session(browser)
    if "Origin" in headers:
        headers = {**headers, "X-CSRF-Token": found["csrf_token"]}
    body = {"display_name": "Eve"}

    for answer in (
        await browser.patch(f"/api/v1/channels/{found['user']['channel_id']}", json=body, headers=headers),
        await browser.patch("/api/v1/me", json=body, headers=headers),
        await browser.post("/api/v1/auth/logout", headers=headers),
        await browser.post("/api/v1/uploads", headers={**headers, "Tus-Resumable": "1.0.0", "Upload-Length": "3"}),
    ):
        assert answer.status_code == 403, answer.text
        assert answer.json()["code"] == "csrf_failed"
    assert (await session(browser))["user"]["display_name"] == "Ada"


async def test_json_as_plain_text_is_refused(browser: httpx2.AsyncClient) -> None:
    token = (await session(browser))["csrf_token"]
    headers = {"Content-Type": "text/plain", "Origin": ORIGIN, "X-CSRF-Token": token}

    answer = await browser.patch("/api/v1/me", content='{"display_name": "Eve"}', headers=headers)

    assert answer.status_code in {415, 422}


async def test_reading_changes_nothing(browser: httpx2.AsyncClient) -> None:
    for path in ("/logout", "/settings?display_name=Eve", "/likes/vid_1", "/my/videos/x/delete", "/api/v1/auth/logout"):
        await browser.get(path)

    assert (await session(browser))["user"]["display_name"] == "Ada"


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites_posts(api: FastAPI) -> None:
    transport = httpx2.ASGITransport(app=api)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        form = {"display_name": "Bob", "handle": "bob", "email": "bob@example.org", "password": PASSWORD}
        cookie = (await client.post("/signup", data=form, headers={"Origin": ORIGIN})).headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
