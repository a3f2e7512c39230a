"""Pages of log-ins by other providers, in a browser without scripts."""

import re
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import httpx2
import pyotp
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.factories.federation import with_providers
from tests.factories.issuers import Issuer, consent, serving

from socialflow.domains.accounts.schemas import InviteCreate
from socialflow.domains.accounts.service import invites
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App

ORIGIN = "http://testserver"
PASSWORD = "correct horse battery"


@pytest.fixture
def acme() -> Iterator[Issuer]:
    issuer = Issuer({"1": {"email": "grace@example.org", "email_verified": True, "name": "Grace"}, "2": {}})
    with serving(issuer.app()) as issuer.address:
        yield issuer


@pytest.fixture
def settings(settings: Settings, acme: Issuer, request: pytest.FixtureRequest) -> Settings:
    """With a provider, and rules of sign-ups where a test asks for them."""
    rules = dict(getattr(request, "param", {}))
    auth = settings.auth.model_copy(update={"registration": rules.pop("registration", "open")})
    sign_up = settings.sign_up.model_copy(update=rules)
    asked = settings.model_copy(update={"auth": auth, "sign_up": sign_up})
    return with_providers(asked, acme={"issuer": acme.address, "name": "Acme & Sons"})


@pytest.fixture
async def browser(api: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


async def away(browser: httpx2.AsyncClient, path: str = "/login/with/acme", **form: str) -> str:
    """Press a button, and be sent to the provider; gives its address."""
    page = await browser.post(path, data=form, headers={"Origin": ORIGIN})
    assert page.status_code == 200, page.text
    found = re.search(r'href="([^"]+)" rel="noreferrer"', page.text)
    assert found is not None
    url = found[1].replace("&amp;", "&")
    assert f'<meta http-equiv="refresh" content="0; url={found[1]}">' in page.text
    return url


async def back(browser: httpx2.AsyncClient, came: dict[str, str], **headers: str) -> httpx2.Response:
    """Come back from the provider, as a browser does."""
    answer = await browser.get(
        "/auth/providers/acme/callback", params=came, headers={"Sec-Fetch-Site": "cross-site", **headers}
    )
    assert "sf_provider=" in answer.headers.get("set-cookie", ""), "what was kept is dropped"
    return answer


async def newcomer(browser: httpx2.AsyncClient, subject: str, handle: str, **form: str) -> httpx2.Response:
    """The whole way of a newcomer."""
    answer = await back(browser, consent(await away(browser, next="/upload"), subject))
    assert answer.headers["location"] == "/signup/finish"
    data = {"handle": handle, "display_name": handle, **form}
    return await browser.post("/signup/finish", data=data, headers={"Origin": ORIGIN})


async def sign_up(browser: httpx2.AsyncClient, handle: str) -> str:
    """Somebody with a password; gives their token against forged requests."""
    form = {"display_name": handle, "handle": handle, "email": f"{handle}@example.org", "password": PASSWORD}
    assert (await browser.post("/signup", data=form, headers={"Origin": ORIGIN})).status_code == 303
    return str((await browser.get("/api/v1/auth/session")).json()["csrf_token"])


async def test_the_doors_have_a_button_for_each_provider(browser: httpx2.AsyncClient) -> None:
    for path, words in (("/login", "Log in with Acme &amp; Sons"), ("/signup", "Sign up with Acme &amp; Sons")):
        page = (await browser.get(f"{path}?next=/upload")).text
        assert words in page
        assert 'action="/login/with/acme"' in page
        assert '<input type="hidden" name="next" value="/upload">' in page


async def test_a_newcomer_chooses_a_handle_and_goes_where_they_wanted(browser: httpx2.AsyncClient) -> None:
    answer = await back(browser, consent(await away(browser, next="/upload"), "1"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/signup/finish")
    page = await browser.get("/signup/finish")
    assert "grace@example.org" in page.text
    assert 'value="Grace"' in page.text
    assert 'name="email"' not in page.text
    wrong = await browser.post("/signup/finish", data={"handle": "no"}, headers={"Origin": ORIGIN})
    assert wrong.status_code == 422
    assert 'id="handle-fault"' in wrong.text

    made = await browser.post("/signup/finish", data={"handle": "@grace"}, headers={"Origin": ORIGIN})

    assert (made.status_code, made.headers["location"]) == (303, "/upload")
    assert "sf_session" in browser.cookies
    assert "sf_newcomer" not in browser.cookies
    assert (await browser.get("/api/v1/auth/session")).json()["user"]["handle"] == "grace"
    assert (await browser.get("/signup/finish")).headers["location"] == "/"


async def test_who_is_known_goes_straight_on(browser: httpx2.AsyncClient) -> None:
    await newcomer(browser, "1", "grace")
    browser.cookies.clear()

    answer = await back(browser, consent(await away(browser, next="/my/videos"), "1"))

    assert (answer.status_code, answer.headers["location"]) == (303, "/my/videos")
    assert (await browser.get("/api/v1/auth/session")).json()["user"]["handle"] == "grace"


async def test_who_has_no_address_there_is_asked_for_one(browser: httpx2.AsyncClient, acme: Issuer) -> None:
    acme.metadata = {"userinfo_endpoint": None}
    await back(browser, consent(await away(browser), "2"))
    assert 'name="email"' in (await browser.get("/signup/finish")).text
    data = {"handle": "heidi", "email": "heidi@example.org"}
    assert (await browser.post("/signup/finish", data=data, headers={"Origin": ORIGIN})).status_code == 303


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_nobody_is_sent_elsewhere_afterwards(browser: httpx2.AsyncClient, target: str) -> None:
    await newcomer(browser, "1", "grace")
    browser.cookies.clear()
    answer = await back(browser, consent(await away(browser, next=target), "1"))
    assert answer.headers["location"] == "/"


async def test_an_answer_that_another_browser_brings_is_nobodys(api: FastAPI, browser: httpx2.AsyncClient) -> None:
    came = consent(await away(browser), "1")
    transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as victim:
        answer = await back(victim, came)
        assert answer.status_code == 401
        assert "begun elsewhere" in answer.text
        assert "sf_session" not in victim.cookies
        # Nor does a log-in of the victim's own help.
        await away(victim)
        assert (await back(victim, came)).status_code == 401
    for came_back in ({}, {"state": "x"}, {"code": "x"}, {"error": "access_denied"}):
        await away(browser)
        assert (await back(browser, came_back)).status_code == 401


async def test_a_form_of_the_provider_s_is_only_passed_on(browser: httpx2.AsyncClient, acme: Issuer) -> None:
    url = await away(browser)
    came = consent(url + "&response_mode=form_post", "1")
    form = {**came, "user": '{"name": {"firstName": "Grace", "lastName": "Hopper"}}', "id_token": "x", "evil": "y"}

    # A browser sends no cookie of ours with another site's post.
    kept = dict(browser.cookies)
    browser.cookies.clear()
    passed = await browser.post(
        "/auth/providers/acme/callback", data=form, headers={"Origin": acme.address, "Sec-Fetch-Site": "cross-site"}
    )

    assert passed.status_code == 303
    assert "set-cookie" not in passed.headers
    target = urlsplit(passed.headers["location"])
    assert (target.scheme, target.netloc, target.path) == ("", "", "/auth/providers/acme/callback")
    assert set(httpx2.QueryParams(target.query)) == {"state", "code", "name"}
    assert httpx2.QueryParams(target.query)["name"] == "Grace Hopper"
    browser.cookies.update(kept)
    answer = await browser.get(passed.headers["location"], headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.headers["location"] == "/signup/finish"
    for broken in ("", "[", "[]", '{"name": 1}', '{"name": {"firstName": {}}}'):
        posted = await browser.post("/auth/providers/acme/callback", data={"user": broken})
        assert posted.status_code == 303


async def test_what_is_kept_is_out_of_reach(browser: httpx2.AsyncClient) -> None:
    page = await browser.post("/login/with/acme", headers={"Origin": ORIGIN})
    cookie = page.headers["set-cookie"]
    for word in ("HttpOnly", "Path=/", "SameSite=lax", "Max-Age=600"):
        assert word in cookie
    assert "Domain" not in cookie
    assert page.headers["cache-control"] == "no-store"


async def test_an_account_of_the_same_address_is_named_as_the_way(browser: httpx2.AsyncClient, app: App) -> None:
    await sign_up(browser, "grace")
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE accounts SET email_verified_at = now()"))
    browser.cookies.clear()

    answer = await back(browser, consent(await away(browser), "1"))

    assert answer.status_code == 409
    assert "/login?next=/settings/connections" in answer.text


async def test_connections_are_listed_added_and_taken_away(browser: httpx2.AsyncClient) -> None:
    token = await sign_up(browser, "ada")
    page = await browser.get("/settings/connections")
    assert "Nobody else vouches" in page.text
    assert "Connect Acme &amp; Sons" in page.text

    url = await away(browser, "/settings/connections/with/acme", csrf_token=token)
    answer = await back(browser, consent(url, "1"))

    assert answer.headers["location"] == "/settings/connections?added=acme"
    page = await browser.get(answer.headers["location"])
    assert "log in with Acme &amp; Sons from now on" in page.text
    assert "grace@example.org" in page.text
    path = re.search(r'action="(/settings/connections/con_\w+/remove)"', page.text)
    assert path is not None
    removed = await browser.post(path[1], data={"csrf_token": token}, headers={"Origin": ORIGIN})
    assert removed.headers["location"] == "/settings/connections?removed=1"
    assert "Disconnected" in (await browser.get(removed.headers["location"])).text


async def test_the_last_way_in_says_why_it_stays(browser: httpx2.AsyncClient) -> None:
    await newcomer(browser, "1", "grace")
    token = (await browser.get("/api/v1/auth/session")).json()["csrf_token"]
    page = await browser.get("/settings/connections")
    path = re.search(r'action="(/settings/connections/con_\w+/remove)"', page.text)
    assert path is not None

    refused = await browser.post(path[1], data={"csrf_token": token}, headers={"Origin": ORIGIN})

    assert refused.status_code == 409
    assert "set a password or add another way first" in refused.text


async def test_a_link_needs_the_session_that_began_it(browser: httpx2.AsyncClient) -> None:
    token = await sign_up(browser, "ada")
    came = consent(await away(browser, "/settings/connections/with/acme", csrf_token=token), "1")
    del browser.cookies["sf_session"]
    await sign_up(browser, "mallory")

    answer = await back(browser, came)

    assert answer.status_code == 401
    assert "Nobody else vouches" in (await browser.get("/settings/connections")).text


async def test_who_says_no_is_told_so_without_alarm(browser: httpx2.AsyncClient) -> None:
    answer = await back(browser, consent(await away(browser), deny=True))
    assert answer.status_code == 403
    assert "The provider did not let you in" in answer.text


async def test_a_provider_that_is_none_is_a_page_that_is_none(browser: httpx2.AsyncClient) -> None:
    assert (await browser.post("/login/with/nobody", headers={"Origin": ORIGIN})).status_code == 404


async def own(browser: httpx2.AsyncClient, path: str, body: object = None) -> httpx2.Response:
    """Something dangerous, by the API and with the browser's cookie."""
    token = (await browser.get("/api/v1/auth/session")).json()["csrf_token"]
    headers = {"X-CSRF-Token": token, "Origin": ORIGIN}
    answer = await browser.post(f"/api/v1{path}", json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer


async def test_a_second_factor_is_asked_for_after_the_provider(browser: httpx2.AsyncClient) -> None:
    await newcomer(browser, "1", "grace")
    app = pyotp.TOTP((await own(browser, "/me/factors/totp")).json()["secret"])
    codes = (await own(browser, "/me/factors/totp/confirm", {"code": app.now()})).json()["recovery_codes"]
    browser.cookies.clear()

    page = await back(browser, consent(await away(browser, next="/my/videos"), "1"))

    assert (page.status_code, "sf_session" in browser.cookies) == (200, False)
    assert 'action="/login/second"' in page.text
    challenge = re.search(r'name="challenge" value="([^"]+)"', page.text)
    assert challenge is not None
    data = {"challenge": challenge[1], "methods": "totp", "recovery_code": codes[0], "next": "/my/videos"}
    entered = await browser.post("/login/second", data=data, headers={"Origin": ORIGIN})
    assert (entered.status_code, entered.headers["location"]) == (303, "/my/videos")
    assert (await browser.get("/api/v1/auth/session")).json()["user"]["handle"] == "grace"


async def test_who_leaves_is_asked_whether_to_come_back(browser: httpx2.AsyncClient) -> None:
    await newcomer(browser, "1", "grace")
    await own(browser, "/me/erasure", {"handle": "grace"})
    browser.cookies.clear()

    page = await back(browser, consent(await away(browser, next="/upload"), "1"))

    assert (page.status_code, page.headers["cache-control"]) == (403, "no-store")
    token = re.search(r'name="restore_token" value="([^"]+)"', page.text)
    assert token is not None
    data = {"restore_token": token[1], "next": "/upload"}
    entered = await browser.post("/login/restore", data=data, headers={"Origin": ORIGIN})
    assert entered.headers["location"] == "/upload"
    assert (await browser.get("/api/v1/auth/session")).json()["user"]["handle"] == "grace"


async def test_a_way_back_opens_after_the_second_step_too(browser: httpx2.AsyncClient) -> None:
    await newcomer(browser, "1", "grace")
    app = pyotp.TOTP((await own(browser, "/me/factors/totp")).json()["secret"])
    codes = (await own(browser, "/me/factors/totp/confirm", {"code": app.now()})).json()["recovery_codes"]
    await own(browser, "/me/erasure", {"handle": "grace"})
    browser.cookies.clear()
    page = await back(browser, consent(await away(browser), "1"))
    challenge = re.search(r'name="challenge" value="([^"]+)"', page.text)
    assert challenge is not None

    data = {"challenge": challenge[1], "methods": "recovery_code", "recovery_code": codes[0]}
    asked = await browser.post("/login/second", data=data, headers={"Origin": ORIGIN})

    assert (asked.status_code, 'name="restore_token"' in asked.text) == (403, True)


@pytest.mark.parametrize("settings", [{"registration": "approval"}], indirect=True)
async def test_a_newcomer_waits_where_staff_decide(browser: httpx2.AsyncClient) -> None:
    await back(browser, consent(await away(browser), "1"))
    page = (await browser.get("/signup/finish")).text
    assert 'name="reason"' in page
    assert "Ask to join" in page

    data = {"handle": "grace", "reason": "I make films."}
    waits = await browser.post("/signup/finish", data=data, headers={"Origin": ORIGIN})

    assert (waits.status_code, "Thank you, @grace" in waits.text) == (202, True)
    assert not {"sf_session", "sf_newcomer"} & set(browser.cookies)


@pytest.mark.parametrize("settings", [{"registration": "invite"}], indirect=True)
async def test_an_invite_is_taken_along_to_the_provider_and_back(browser: httpx2.AsyncClient, app: App) -> None:
    async with app.work(SYSTEM) as work:
        invite = (await invites.invite(work, InviteCreate(), settings=app.settings)).token
    assert invite is not None
    door = (await browser.get(f"/signup?invite={invite}")).text
    assert f'<input type="hidden" name="invite" value="{invite}">' in door, "in the form of the provider, too"

    await back(browser, consent(await away(browser, invite=invite), "1"))

    assert f'value="{invite}"' in (await browser.get("/signup/finish")).text
    wrong = await browser.post("/signup/finish", data={"handle": "grace"}, headers={"Origin": ORIGIN})
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (403, True)
    data = {"handle": "grace", "invite": invite}
    assert (await browser.post("/signup/finish", data=data, headers={"Origin": ORIGIN})).status_code == 303


@pytest.mark.parametrize("settings", [{"registration": "closed"}], indirect=True)
async def test_a_newcomer_is_told_that_nobody_new_comes(browser: httpx2.AsyncClient) -> None:
    await back(browser, consent(await away(browser), "1"))
    page = (await browser.get("/signup/finish")).text
    assert "New accounts cannot be made here" in page
    assert 'name="handle"' not in page


@pytest.mark.parametrize("settings", [{"terms_version": "3", "minimum_age": 16}], indirect=True)
async def test_terms_are_asked_for_at_the_door_and_after_each_log_in(browser: httpx2.AsyncClient) -> None:
    await back(browser, consent(await away(browser), "1"))
    page = (await browser.get("/signup/finish")).text
    assert 'name="birth_date"' in page
    data = {"handle": "grace", "birth_date": "1906-12-09"}
    wrong = await browser.post("/signup/finish", data=data, headers={"Origin": ORIGIN})
    assert (wrong.status_code, 'id="accept_terms-fault"' in wrong.text) == (422, True)
    made = await browser.post("/signup/finish", data={**data, "accept_terms": "3"}, headers={"Origin": ORIGIN})
    assert made.status_code == 303, made.text
    browser.cookies.clear()

    answer = await back(browser, consent(await away(browser, next="/upload"), "1"))

    assert answer.headers["location"] == "/terms/accept?next=/upload"
    assert (await browser.get(answer.headers["location"])).headers["location"] == "/upload", "they are accepted"


async def test_who_has_a_provider_alone_confirms_by_logging_in_there_again(
    browser: httpx2.AsyncClient, app: App
) -> None:
    await newcomer(browser, "1", "grace")
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE sessions SET authenticated_at = now() - interval '1 day'"))
    token = (await browser.get("/api/v1/auth/session")).json()["csrf_token"]
    page = await browser.get("/settings/connections")
    path = re.search(r'action="(/settings/connections/con_\w+/remove)"', page.text)
    assert path is not None
    refused = await browser.post(path[1], data={"csrf_token": token}, headers={"Origin": ORIGIN})
    assert refused.headers["location"].startswith("/confirm?next=")
    confirm = (await browser.get(refused.headers["location"])).text
    assert "Log in again with Acme &amp; Sons" in confirm
    assert "you are not asked" in confirm

    url = await away(browser, csrf_token=token, next="/settings/connections")
    entered = await back(browser, consent(url, "1"))

    assert entered.headers["location"] == "/settings/connections"
    token = (await browser.get("/api/v1/auth/session")).json()["csrf_token"]
    again = await browser.post(path[1], data={"csrf_token": token}, headers={"Origin": ORIGIN})
    assert again.status_code == 409, "it goes through, and the last way in stays"
