"""A11: nobody is sent where no app has said it is, and nobody lets an app in but by a page of ours."""

from collections.abc import Callable
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import Person, form
from tests.factories.oauth import (
    CALLBACK,
    Client,
    asking,
    code_for,
    make_app,
    verify,
)

from socialflow.domains.accounts.service.oauth import redirects
from socialflow.kernel.work import App

Connect = Callable[..., httpx2.AsyncClient]
LOOPBACK, SIX, OWN_SCHEME = "http://127.0.0.1/back", "http://[::1]:7000/back", "com.sky.app:/back"
ORIGIN = "http://testserver"

TRICKS = [
    # Longer, shorter, and in another spelling.
    "https://sky.example/callback/",
    "https://sky.example/callback/..",
    "https://sky.example/callback/../evil",
    "https://sky.example/callback%2f..%2fevil",
    "https://sky.example/callback?x=1",
    "https://sky.example/callback#x",
    "https://sky.example/Callback",
    "https://sky.example/",
    "https://sky.example",
    "https://SKY.example/callback",
    "HTTPS://sky.example/callback",
    "http://sky.example/callback",
    "https://sky.example:443/callback",
    "https://sky.example:8443/callback",
    " https://sky.example/callback",
    "https://sky.example/callback ",
    "https://sky.example/callback\n",
    # Another host that looks like ours.
    "https://sky.example.evil.example/callback",
    "https://evil-sky.example/callback",
    "https://evil.example/https://sky.example/callback",
    "https://sky.example@evil.example/callback",
    "https://sky.example:pass@evil.example/callback",
    "https://evil.example\\@sky.example/callback",
    "https://evil.example\\sky.example/callback",
    "https:\\\\sky.example/callback",
    "https://evil.example#@sky.example/callback",
    "https://evil.example?@sky.example/callback",
    "https://sky.example%00.evil.example/callback",
    "https://sky.example%2eevil.example/callback",
    "https://\N{CYRILLIC SMALL LETTER ES}ky.example/callback",
    "//sky.example/callback",
    "/callback",
    "javascript:alert(1)//https://sky.example/callback",
    "data:text/html,x",
    # The loopback interface: its port may be any, and nothing else may.
    "http://localhost/back",
    "http://localhost:7000/back",
    "https://127.0.0.1/back",
    "http://127.0.0.1/backdoor",
    "http://127.0.0.1:7000/back/",
    "http://127.0.0.1:7000/back?x",
    "http://127.0.0.2:7000/back",
    "http://127.1:7000/back",
    "http://2130706433/back",
    "http://0x7f.0.0.1/back",
    "http://0.0.0.0:7000/back",
    "http://127.0.0.1.evil.example:7000/back",
    "http://127.0.0.1:7000@evil.example/back",
    "http://127.0.0.1@evil.example/back",
    "http://evil.example/@127.0.0.1:7000/back",
    "http://127.0.0.1:7000\\@evil.example/back",
    "http://127.0.0.1:evil.example/back",
    "http://127.0.0.1:-1/back",
    "http://127.0.0.1:/back",
    "http://[::1]/other",
    "http://[::ffff:127.0.0.1]:7000/back",
    "http://[::1%25lo]:7000/back",
    # A scheme of one's own, letter by letter.
    "com.sky.app://back",
    "com.sky.app:/back/more",
    "com.sky.app2:/back",
    "COM.SKY.APP:/back",
    "",
]


@pytest.fixture
async def sky(ada: Person, connect: Connect) -> Client:
    """A public app with an address of each kind."""
    return await make_app(ada, connect(), redirect_uris=[CALLBACK, LOOPBACK, SIX, OWN_SCHEME], scopes=["read", "write"])


@pytest.fixture
async def browser(api: FastAPI) -> httpx2.AsyncClient:
    """A browser in which Eve's account is logged in."""
    transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    client = httpx2.AsyncClient(transport=transport, base_url=ORIGIN)
    answer = await client.post("/signup", data=form("eve"), headers={"Origin": ORIGIN})
    assert answer.status_code == 303
    return client


async def refused(answer: httpx2.Response, error: str, status: int = 400) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert "access_token" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_a11_nobody_is_sent_to_an_address_that_was_not_registered(
    ada: Person, sky: Client, browser: httpx2.AsyncClient
) -> None:
    for uri in TRICKS:
        asked = asking(sky.id, redirect_uri=uri)
        answers = {
            "read": await ada.get("/oauth/authorization", params=asked),
            "broken": await ada.get("/oauth/authorization", params=asked | {"response_type": "token"}),
            "allowed": await ada.post("/oauth/grants", {**asked, "allow": True}),
            "denied": await ada.post("/oauth/grants", {**asked, "allow": False}),
        }
        for way, answer in answers.items():
            assert answer.status_code == 400, (uri, way)
            assert answer.json()["code"] == "authorization_unusable", (uri, way)
            assert "redirect_to" not in answer.json()

        page = await browser.get("/oauth/authorize", params=asked)
        assert page.status_code == 400, uri
        assert "location" not in page.headers


@pytest.mark.parametrize(
    "uri", [CALLBACK, LOOPBACK, "http://127.0.0.1:49152/back", SIX, "http://[::1]:49152/back", OWN_SCHEME]
)
async def test_a11_the_registered_addresses_work(ada: Person, sky: Client, uri: str) -> None:
    code = await code_for(ada, sky, redirect_uri=uri)

    # The same again at the token endpoint, port and all.
    await refused(await sky.exchange(code, redirect_uri=f"{uri}x"), "invalid_grant")
    assert (await sky.exchange(code, redirect_uri=uri)).status_code == 200


@pytest.mark.parametrize(
    "uri",
    [
        "http://sky.example/cb",
        "http://localhost:3000/cb",
        "https://user@sky.example/cb",
        "https://sky.example/cb#fragment",
        "https://sky.example\\@evil.example/cb",
        "https://*.sky.example/cb",
        "https://sky.example/cb;script-src *, x\r\n",
        "https:///cb",
        "myapp:/cb",
        "javascript:alert(1)",
        "com.sky.app:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "https://sky.example/" + "x" * 500,
        "http://127.0.0.1:99999999/cb",
        "",
    ],
)
def test_a11_an_address_that_could_mean_two_things_is_not_taken(uri: str) -> None:
    assert not redirects.is_usable(uri)


async def test_a11_a_page_of_another_site_cannot_consent(browser: httpx2.AsyncClient, sky: Client) -> None:
    session = (await browser.get("/api/v1/auth/session")).json()
    token = session["csrf_token"]
    body = {**asking(sky.id), "decision": "allow"}
    for headers, sent in (
        ({"Origin": "https://evil.example"}, {**body, "csrf_token": token}),
        ({"Origin": "null"}, {**body, "csrf_token": token}),
        ({"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"}, {**body, "csrf_token": token}),
        ({}, {**body, "csrf_token": token}),
        ({"Origin": ORIGIN}, body),
        ({"Origin": ORIGIN}, {**body, "csrf_token": "x" * 22}),
    ):
        answer = await browser.post("/oauth/authorize", data=sent, headers=headers)
        assert answer.status_code == 403, (headers, answer.headers)
        assert "location" not in answer.headers
    # A visit alone lets nobody in: the app is asked for each time.
    visit = await browser.get("/oauth/authorize", params=asking(sky.id), headers={"Sec-Fetch-Site": "cross-site"})
    assert visit.status_code == 200
    api = await browser.post("/api/v1/oauth/grants", json={**asking(sky.id), "allow": True})
    assert (api.status_code, api.json()["code"]) == (403, "csrf_failed")

    yes = await browser.post("/oauth/authorize", data={**body, "csrf_token": token}, headers={"Origin": ORIGIN})
    assert yes.status_code == 303
    assert yes.headers["location"].startswith(f"{CALLBACK}?code=")
    assert yes.headers["referrer-policy"] == "no-referrer"
    assert yes.headers["cache-control"] == "no-store"


async def test_a11_the_question_stands_in_no_frame_and_leads_to_one_place(
    browser: httpx2.AsyncClient, sky: Client
) -> None:
    for uri, source in (
        (CALLBACK, "https://sky.example"),
        ("http://127.0.0.1:49152/back", "http://127.0.0.1:49152"),
        (SIX, "http:"),
        (OWN_SCHEME, "com.sky.app:"),
    ):
        page = await browser.get("/oauth/authorize", params=asking(sky.id, redirect_uri=uri))
        assert page.status_code == 200
        assert page.headers["x-frame-options"] == "DENY"
        rules = dict(rule.strip().split(" ", 1) for rule in page.headers["content-security-policy"].split(";"))
        assert rules["frame-ancestors"] == "'none'"
        assert rules["form-action"] == f"'self' {source}"
        assert page.headers["cache-control"] == "no-store"
    device = await browser.get("/device")
    assert (device.status_code, device.headers["x-frame-options"]) == (200, "DENY")


async def test_a11_the_page_names_who_asks_and_for_what(browser: httpx2.AsyncClient, sky: Client) -> None:
    page = (await browser.get("/oauth/authorize", params=asking(sky.id, scope="read write:likes"))).text

    for words in (
        "Sky",
        "https://sky.example",
        "@ada",
        "@eve",
        "Nobody at Social Flow has checked this app",
        "365 days",
    ):
        assert words in page, words
    assert "like things, and take likes back, in your name" in page
    assert "change your name" not in page


async def test_a11_names_and_addresses_are_words_on_the_page(
    ada: Person, browser: httpx2.AsyncClient, connect: Connect
) -> None:
    evil = await make_app(ada, connect(), name="<script>alert(1)</script>", website="https://x.example/'%22><b>")
    page = (await browser.get("/oauth/authorize", params=asking(evil.id, state='"><script>'))).text

    assert "<script>alert" not in page
    assert '"><script>' not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_a11_who_is_not_logged_in_comes_back_to_the_question(client: httpx2.AsyncClient, sky: Client) -> None:
    answer = await client.get("/oauth/authorize", params=asking(sky.id))

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=/oauth/authorize%3F")
    # Whether or not the app is one: nobody is sent out without having been asked.
    nothing = await client.get("/oauth/authorize", params={"redirect_uri": "https://evil.example"})
    assert urlsplit(nothing.headers["location"]).netloc == ""


async def test_a11_a_parameter_that_comes_twice_means_nothing(browser: httpx2.AsyncClient, sky: Client) -> None:
    twice = httpx2.QueryParams([*asking(sky.id).items(), ("redirect_uri", OWN_SCHEME)])

    page = await browser.get(f"/oauth/authorize?{twice}")

    assert page.status_code == 400
    assert "location" not in page.headers


async def test_a11_an_app_that_nobody_has_looked_at_sends_nobody_anywhere_by_an_error(
    app: App, browser: httpx2.AsyncClient, sky: Client
) -> None:
    wrong = httpx2.QueryParams(asking(sky.id, response_type="token"))

    page = await browser.get(f"/oauth/authorize?{wrong}")

    assert page.status_code == 200
    assert "location" not in page.headers
    assert "http-equiv" not in page.text
    assert "<strong>sky.example</strong>" in page.text
    assert f'href="{CALLBACK}?error=unsupported_response_type' in page.text

    await verify(app, sky)
    page = await browser.get(f"/oauth/authorize?{wrong}")
    assert (page.status_code, urlsplit(page.headers["location"]).netloc) == (303, "sky.example")
