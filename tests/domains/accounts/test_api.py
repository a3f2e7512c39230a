"""Accounts over HTTP: signing up, logging in and out, and keeping a session."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from tests.factories.accounts import PASSWORD, Person, form

Connect = Callable[..., httpx2.AsyncClient]
People = Callable[..., Awaitable[Person]]


async def test_signing_up_makes_an_account_a_channel_and_a_session(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/register", json=form("ada"))

    assert answer.status_code == 201
    given = answer.json()
    assert given["token_type"] == "Bearer"
    assert given["csrf_token"] is None
    assert given["user"]["handle"] == "ada"
    me = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {given['access_token']}"})
    assert me.json() == given["user"]
    channel = await client.get("/api/v1/channels/@ada")
    assert channel.json()["id"] == given["user"]["channel_id"]


@pytest.mark.parametrize("login", ["ada", "ADA", "@ada", "ada@example.org", "Ada@Example.org"])
async def test_one_logs_in_by_handle_or_address(client: httpx2.AsyncClient, ada: Person, login: str) -> None:
    answer = await client.post("/api/v1/auth/login", json={"login": login, "password": PASSWORD})

    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["id"] == ada.id


@pytest.mark.parametrize(("login", "password"), [("ada", "wrong password"), ("nobody", PASSWORD), ("x@y.z", PASSWORD)])
async def test_a_wrong_password_and_an_unknown_account_look_the_same(
    client: httpx2.AsyncClient, ada: Person, login: str, password: str
) -> None:
    answer = await client.post("/api/v1/auth/login", json={"login": login, "password": password})

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "wrong_credentials"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"handle": "ada", "email": "other@example.org"}, 409, "handle_taken"),
        ({"handle": "ADA", "email": "other@example.org"}, 409, "handle_taken"),
        ({"handle": "admin", "email": "other@example.org"}, 422, "handle_reserved"),
        ({"handle": "a b"}, 422, "invalid_request"),
        ({"handle": "ab"}, 422, "invalid_request"),
        ({"email": "not an address"}, 422, "invalid_request"),
        ({"password": "short"}, 422, "invalid_request"),
        ({"password": "x" * 1025}, 422, "invalid_request"),
        ({"display_name": ""}, 422, "invalid_request"),
        ({"role": "admin"}, 422, "invalid_request"),
    ],
)
async def test_a_sign_up_that_cannot_be_says_why(
    client: httpx2.AsyncClient, ada: Person, change: dict[str, str], status: int, code: str
) -> None:
    answer = await client.post("/api/v1/auth/register", json=form("ada") | change)

    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code
    if code == "invalid_request":
        assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(change))}"


async def test_a_refresh_token_is_good_once_and_its_reuse_ends_the_family(
    client: httpx2.AsyncClient, ada: Person
) -> None:
    first = await _refresh(client, ada.refresh_token)
    again = await _refresh(client, ada.refresh_token)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json(), "a second tap within the grace gets the same pair"

    second = await _refresh(client, first.json()["refresh_token"])
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first.json()["refresh_token"]

    stolen = await _refresh(client, ada.refresh_token)
    assert stolen.status_code == 401
    assert stolen.json()["code"] == "session_ended"
    after = await _refresh(client, second.json()["refresh_token"])
    assert after.status_code == 401


async def test_logging_out_ends_the_session_everywhere(client: httpx2.AsyncClient, ada: Person) -> None:
    assert (await ada.post("/auth/logout")).status_code == 204

    assert (await _refresh(client, ada.refresh_token)).json()["code"] == "session_ended"


async def test_a_cookie_session_needs_its_csrf_token_for_changes(connect: Connect, ada: Person) -> None:
    browser = connect()
    answer = await browser.post(
        "/api/v1/auth/login", json={"login": "ada", "password": PASSWORD}, headers={"X-Session": "cookie"}
    )
    assert answer.json()["access_token"] is None
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=Lax" in answer.headers["set-cookie"]
    token = answer.json()["csrf_token"]

    assert (await browser.get("/api/v1/me")).json()["handle"] == "ada"
    assert (await browser.get("/api/v1/auth/session")).json()["csrf_token"] == token
    bare = await browser.patch("/api/v1/me", json={"display_name": "Eve"})
    assert (bare.status_code, bare.json()["code"]) == (403, "csrf_failed")
    foreign = await browser.patch(
        "/api/v1/me", json={"display_name": "Eve"}, headers={"X-CSRF-Token": token, "Origin": "https://evil.example"}
    )
    assert foreign.status_code == 403
    good = await browser.patch("/api/v1/me", json={"display_name": "Ada L."}, headers={"X-CSRF-Token": token})
    assert good.json()["display_name"] == "Ada L."

    assert (await browser.post("/api/v1/auth/logout", headers={"X-CSRF-Token": token})).status_code == 204
    assert (await browser.get("/api/v1/me")).status_code == 401


async def test_an_edit_of_something_that_has_changed_since_is_refused(ada: Person) -> None:
    before = await ada.get("/me")
    assert (await ada.patch("/me", {"display_name": "First"})).status_code == 200

    answer = await ada.patch("/me", {"display_name": "Second"}, headers={"If-Match": before.headers["etag"]})

    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert (await ada.get("/me")).json()["display_name"] == "First"


async def test_what_has_not_changed_is_not_sent_again(ada: Person) -> None:
    before = await ada.get("/me")

    answer = await ada.get("/me", headers={"If-None-Match": before.headers["etag"]})

    assert answer.status_code == 304
    assert answer.content == b""


async def test_the_public_keys_are_published(client: httpx2.AsyncClient) -> None:
    keys = (await client.get("/.well-known/jwks.json")).json()["keys"]

    assert keys
    assert all("d" not in key for key in keys)


async def _refresh(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.post("/api/v1/auth/refresh", json={"refresh_token": token})
