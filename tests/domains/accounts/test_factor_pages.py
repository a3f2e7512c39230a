"""Pages of second factors before the real API, in a browser without scripts."""

import re
from collections.abc import Callable

import httpx2
import pytest
from tests.factories.accounts import PASSWORD, Person
from tests.factories.authenticators import Phone, add_phone, grow_old

from socialflow.kernel.work import App

Connect = Callable[..., httpx2.AsyncClient]
ORIGIN = {"Origin": "http://testserver"}
SECURITY = "/settings/security"


def hidden(page: str, name: str) -> str:
    """What a hidden field of a page holds."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


@pytest.fixture
async def phone(app: App, ada: Person) -> Phone:
    return await add_phone(app, ada)


async def begin(browser: httpx2.AsyncClient, target: str = SECURITY) -> dict[str, str]:
    """Log in by password; the fields of the form that asks for more."""
    answer = await browser.post("/login", data={"login": "ada", "password": PASSWORD, "next": target})
    assert answer.status_code == 200
    assert "One more step" in answer.text
    return {name: hidden(answer.text, name) for name in ("challenge", "methods", "next")}


async def logged_in(connect: Connect) -> tuple[httpx2.AsyncClient, str]:
    """A browser of Ada's, and its CSRF token."""
    browser = connect(**ORIGIN)
    await browser.post("/login", data={"login": "ada", "password": PASSWORD})
    return browser, hidden((await browser.get(SECURITY)).text, "csrf_token")


@pytest.mark.parametrize(("target", "arrives"), [(SECURITY, SECURITY), ("https://evil.example/", "/")])
async def test_the_second_step_leads_on_to_a_page_of_ours(
    connect: Connect, phone: Phone, target: str, arrives: str
) -> None:
    browser = connect(**ORIGIN)
    fields = await begin(browser, target)
    assert not browser.cookies

    answer = await browser.post("/login/second", data={**fields, "totp": phone.code()})

    assert (answer.status_code, answer.headers["location"]) == (303, arrives)
    assert (await browser.get("/api/v1/me")).json()["handle"] == "ada"


@pytest.mark.parametrize("wrong", [{"totp": "000000"}, {"totp": "abc"}, {"recovery_code": "x"}, {"totp": ""}])
async def test_a_wrong_answer_is_said_and_asked_again(connect: Connect, phone: Phone, wrong: dict[str, str]) -> None:
    browser = connect(**ORIGIN)
    fields = await begin(browser)

    answer = await browser.post("/login/second", data={**fields, **wrong})

    assert answer.status_code in {401, 422}
    assert 'role="alert"' in answer.text
    assert hidden(answer.text, "challenge") == fields["challenge"]
    right = await browser.post("/login/second", data={**fields, "recovery_code": phone.codes[0]})
    assert right.status_code == 303


async def test_who_took_too_long_begins_again(connect: Connect, phone: Phone) -> None:
    browser = connect(**ORIGIN)
    fields = await begin(browser) | {"challenge": "old"}

    answer = await browser.post("/login/second", data={**fields, "totp": phone.code()})

    assert answer.status_code == 401
    assert "Welcome back" in answer.text
    assert "begin again" in answer.text
    assert hidden(answer.text, "next") == SECURITY


async def test_what_is_dangerous_asks_first_and_says_that_nothing_was_done(
    app: App, connect: Connect, ada: Person
) -> None:
    browser, token = await logged_in(connect)
    await grow_old(app)
    where = {"Referer": f"http://testserver{SECURITY}"}

    sent = await browser.post(f"{SECURITY}/totp", data={"csrf_token": token}, headers=where)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/confirm?next={SECURITY}&lost=1")
    asked = await browser.get(sent.headers["location"])
    assert "Nothing has been changed yet" in asked.text

    fields = {"csrf_token": token, "next": hidden(asked.text, "next"), "lost": "1"}
    wrong = await browser.post("/confirm", data={**fields, "password": "wrong"})
    assert wrong.status_code == 401
    assert "is wrong" in wrong.text
    right = await browser.post("/confirm", data={**fields, "password": PASSWORD})
    assert (right.status_code, right.headers["location"]) == (303, SECURITY)
    assert "Set up an authenticator app" in (await browser.post(f"{SECURITY}/totp", data={"csrf_token": token})).text


async def test_confirming_leads_to_no_other_site_and_takes_no_form_of_one(connect: Connect, ada: Person) -> None:
    browser, token = await logged_in(connect)
    fields = {"csrf_token": token, "password": PASSWORD, "next": "//evil.example"}

    assert (await browser.post("/confirm", data=fields)).headers["location"] == "/"
    foreign = await browser.post("/confirm", data=fields, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert (await browser.post("/confirm", data=fields | {"csrf_token": "x"})).status_code == 403


async def test_an_app_is_set_up_and_the_codes_are_kept_by_nobody(connect: Connect, ada: Person) -> None:
    browser, token = await logged_in(connect)
    begun = await browser.post(f"{SECURITY}/totp", data={"csrf_token": token})
    secret = re.search(r'<p class="secret"><code>([A-Z2-7 ]+)</code>', begun.text)
    assert secret
    shown = Phone(secret[1].replace(" ", ""), [])

    wrong = await browser.post(f"{SECURITY}/totp/confirm", data={"csrf_token": token, "totp": "12"})
    assert wrong.status_code == 422
    assert secret[1] in wrong.text, "the picture stays"
    done = await browser.post(f"{SECURITY}/totp/confirm", data={"csrf_token": token, "totp": shown.code()})

    assert len(re.findall(r"<li><code>[0-9](?:-\w{4}){4}</code></li>", done.text)) == 10
    assert done.headers["cache-control"] == "no-store"
    page = await browser.get(SECURITY)
    assert "A second factor is on." in page.text
    assert "10 codes left" in page.text
    gone = await browser.post(f"{SECURITY}/totp/remove", data={"csrf_token": token})
    assert gone.headers["location"] == f"{SECURITY}?said=removed"


async def test_visitors_are_sent_to_the_log_in(connect: Connect) -> None:
    browser = connect(**ORIGIN)
    for path in (SECURITY, "/confirm", f"{SECURITY}/totp"):
        answer = await browser.get(path)
        if answer.headers["location"] != SECURITY:
            assert answer.headers["location"].startswith("/login?next="), path


async def test_nothing_is_refused_without_a_sentence(connect: Connect, ada: Person) -> None:
    browser, token = await logged_in(connect)
    for path, status in (("/codes", 409), ("/passkeys", 422), ("/passkeys/psk_01jdxyz7q4e5v8w9r0t1y2p3a4/rename", 422)):
        answer = await browser.post(SECURITY + path, data={"csrf_token": token})
        assert answer.status_code == status, path
        assert 'role="alert"' in answer.text, path
