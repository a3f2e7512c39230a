"""Pages of mails' links and of one's credentials."""

import re
from typing import Any

import httpx2
import pytest
from tests.web.fake_api import CSRF, Refused, World

LINKS = {
    "/verify": "/auth/verify-email",
    "/email/confirm": "/auth/email-change/confirm",
    "/email/undo": "/auth/email-change/undo",
    "/reset": "/auth/password-reset/confirm",
}
TOKEN = "abc-DEF_123"


def sent(world: World) -> list[tuple[str, str, Any]]:
    """What was changed through the API."""
    return [(method, path, body) for method, path, _, body in world.calls if method != "GET"]


@pytest.mark.parametrize("path", LINKS)
async def test_opening_a_link_does_nothing_and_tells_nobody(
    visitor: httpx2.AsyncClient, world: World, path: str
) -> None:
    answer = await visitor.get(path, params={"token": TOKEN})

    assert answer.status_code == 200
    assert world.calls == []
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert f'<input type="hidden" name="token" value="{TOKEN}">' in answer.text
    assert answer.text.count(TOKEN) == 1, "it is in no address"


@pytest.mark.parametrize("path", LINKS)
async def test_the_button_uses_the_link_in_nobody_s_name(
    visitor: httpx2.AsyncClient, ada: httpx2.AsyncClient, world: World, path: str
) -> None:
    form = {"token": TOKEN, "password": "some new words"}
    for browser in (visitor, ada):
        world.calls.clear()

        # A browser that is asked to tell nothing of where one was names no origin either.
        answer = await browser.post(path, data=form, headers={"Origin": "null"})

        assert answer.status_code == 200
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert TOKEN not in answer.text
        ((method, called, body),) = sent(world)
        assert (method, called, body["token"]) == ("POST", LINKS[path], TOKEN)
        assert body.get("password", "some new words") == "some new words"


@pytest.mark.parametrize("path", LINKS)
async def test_a_link_that_is_good_no_more_says_so(visitor: httpx2.AsyncClient, world: World, path: str) -> None:
    world.refuse["POST", LINKS[path]] = Refused(422, "invalid_link", "This link is not good any more.")

    answer = await visitor.post(path, data={"token": TOKEN, "password": "some new words"})

    assert answer.status_code == 422
    assert "This link is not good any more." in answer.text
    assert "some new words" not in answer.text
    assert ('href="/forgot"' in answer.text) == (path == "/reset")


async def test_a_refused_password_says_why_and_keeps_the_link(visitor: httpx2.AsyncClient, world: World) -> None:
    faults = [{"pointer": "/password", "code": "password_common", "detail": "Choose another."}]
    world.refuse["POST", LINKS["/reset"]] = Refused(422, "invalid_request", "No.", faults)

    answer = await visitor.post("/reset", data={"token": TOKEN, "password": "password123"})

    assert '<p class="fault" id="password-fault">' in answer.text
    assert f'value="{TOKEN}"' in answer.text
    assert "password123" not in answer.text


@pytest.mark.parametrize("path", ["/reset", "/reset?token="])
async def test_without_a_link_one_asks_for_one(visitor: httpx2.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)

    assert (answer.status_code, answer.headers["location"]) == (303, "/forgot")


async def test_whoever_forgot_the_password_is_told_the_same_as_everybody(
    visitor: httpx2.AsyncClient, world: World
) -> None:
    assert 'href="/forgot"' in (await visitor.get("/login")).text

    answer = await visitor.post("/forgot", data={"email": " ada@example.org "})

    assert answer.status_code == 200
    assert "Look into your mail" in answer.text
    assert sent(world) == [("POST", "/auth/password-reset", {"email": "ada@example.org"})]


async def test_too_many_asked_for_links_is_said(visitor: httpx2.AsyncClient, world: World) -> None:
    world.refuse["POST", "/auth/password-reset"] = Refused(429, "too_many_requests", "Too many requests.")

    answer = await visitor.post("/forgot", data={"email": "ada@example.org"})

    assert answer.status_code == 429
    assert "Too many requests." in answer.text
    assert 'value="ada@example.org"' in answer.text


async def test_the_state_of_an_address_is_shown(ada: httpx2.AsyncClient, world: World) -> None:
    page = (await ada.get("/settings/account")).text
    assert "not confirmed yet" in page
    assert "ada@lovelace.example" in page
    assert 'action="/settings/account/email/verification"' in page
    assert re.search(r'<option value="de" lang="de" selected>Deutsch</option>', page)

    world.account |= {"email_verified": True, "pending_email": None, "has_password": False}
    page = (await ada.get("/settings/account")).text
    assert "confirmed" in page
    assert 'action="/settings/account/email/verification"' not in page
    assert 'action="/settings/account/email/forget"' not in page
    assert 'name="current_password"' not in page


@pytest.mark.parametrize(
    ("path", "form", "call"),
    [
        ("/email", {"email": "new@example.org"}, ("POST", "/me/email", {"email": "new@example.org"})),
        ("/email/forget", {}, ("DELETE", "/me/email/pending", None)),
        ("/email/verification", {}, ("POST", "/me/email/verification", None)),
        (
            "/password",
            {"current_password": " a b ", "new_password": " c d "},
            ("POST", "/me/password", {"current_password": " a b ", "new_password": " c d "}),
        ),
        ("/language", {"language": "de"}, ("PATCH", "/me", {"language": "de"})),
    ],
)
async def test_every_form_of_the_account_is_sent_and_confirmed(
    ada: httpx2.AsyncClient, world: World, path: str, form: dict[str, str], call: tuple[str, str, Any]
) -> None:
    answer = await ada.post(f"/settings/account{path}", data={**form, "csrf_token": CSRF})

    assert answer.status_code == 303
    assert sent(world) == [call]
    assert 'role="status"' in (await ada.get(answer.headers["location"])).text


@pytest.mark.parametrize("path", ["/email", "/email/forget", "/email/verification", "/password", "/language"])
async def test_forms_of_the_account_are_the_viewer_s_own(
    ada: httpx2.AsyncClient, visitor: httpx2.AsyncClient, world: World, path: str
) -> None:
    foreign = await ada.post(
        f"/settings/account{path}", data={"csrf_token": CSRF}, headers={"Origin": "https://evil.example"}
    )
    bare = await ada.post(f"/settings/account{path}", data={"email": "x@example.org"})
    nobody = await visitor.post(f"/settings/account{path}", data={})

    assert (foreign.status_code, bare.status_code, nobody.status_code) == (403, 403, 303)
    assert sent(world) == []


async def test_faults_of_the_account_stand_at_their_fields(ada: httpx2.AsyncClient, world: World) -> None:
    wrong = {"pointer": "/current_password", "code": "password_wrong", "detail": "This is not your password."}
    world.refuse["POST", "/me/password"] = Refused(422, "invalid_request", "No.", [wrong])
    same = {"pointer": "/email", "code": "email_same", "detail": "This is your address already."}
    world.refuse["POST", "/me/email"] = Refused(422, "invalid_request", "No.", [same])

    password = await ada.post(
        "/settings/account/password", data={"current_password": "x", "new_password": "y y", "csrf_token": CSRF}
    )
    email = await ada.post("/settings/account/email", data={"email": "ada@example.org", "csrf_token": CSRF})

    assert '<p class="fault" id="current_password-fault">' in password.text
    assert '<p class="fault" id="email-fault">' in email.text
    assert 'value="ada@example.org"' in email.text
