"""A11: whoever knows an app's requests, codes and addresses gets nothing by them but what they were given."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.oauth import (
    CALLBACK,
    VERIFIER,
    Client,
    answered,
    asking,
    challenge_of,
    code_for,
    let_in,
    make_app,
)

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.models import Session
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

Connect = Callable[..., httpx2.AsyncClient]
LOOPBACK, SIX, OWN_SCHEME = "http://127.0.0.1/back", "http://[::1]:7000/back", "com.sky.app:/back"
ORIGIN = "http://testserver"


@pytest.fixture
async def sky(ada: Person, connect: Connect) -> Client:
    """A public app with an address of each kind."""
    return await make_app(ada, connect(), redirect_uris=[CALLBACK, LOOPBACK, SIX, OWN_SCHEME], scopes=["read", "write"])


@pytest.fixture
async def other(bob: Person, connect: Connect) -> Client:
    """An app of somebody else's, with the same address and a secret."""
    return await make_app(bob, connect(), name="Other", confidential=True)


def moved(app: App, **by: float) -> App:
    """The same App, later."""
    return replace(app, clock=lambda: app.clock() + timedelta(**by))


async def refused(answer: httpx2.Response, error: str, status: int = 400) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert "access_token" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_a11_pkce_is_needed_and_plain_is_none(ada: Person, sky: Client, other: Client) -> None:
    bad: list[dict[str, str | None]] = [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "plain", "code_challenge": VERIFIER},
        {"code_challenge": ""},
        {"code_challenge": challenge_of(VERIFIER)[:-1]},
        {"code_challenge": challenge_of(VERIFIER) + "="},
        {"code_challenge": "+" * 43},
    ]
    for changes in bad:
        # Of apps with a secret, too.
        for client in (sky, other):
            answer = await ada.post("/oauth/grants", {**asking(client.id, **changes), "allow": True})
            told = answered(answer.json()["redirect_to"])
            assert (told["error"], told["state"]) == ("invalid_request", "a state"), changes
            assert "code" not in told
    for verifier in (
        None,
        "",
        VERIFIER[:-1],
        f"{VERIFIER}x",
        challenge_of(VERIFIER),
        "x" * 42,
        "x" * 129,
        "\N{SNOWMAN}" * 43,
    ):
        await refused(await sky.exchange(await code_for(ada, sky), code_verifier=verifier), "invalid_grant")


async def test_a11_a_code_is_good_once_and_its_second_use_ends_what_it_gave(app: App, ada: Person, sky: Client) -> None:
    code = await code_for(ada, sky)
    given = (await sky.exchange(code)).json()
    # Whoever has the code alone can neither use it nor end anything by it.
    await refused(await sky.exchange(code, code_verifier="y" * 43), "invalid_grant")
    assert (await sky.refresh(given["refresh_token"])).status_code == 200

    await refused(await sky.exchange(code), "invalid_grant")
    await refused(await sky.refresh(given["refresh_token"]), "invalid_grant")
    claims = app.port(accounts.AccessTokens).read(given["access_token"], app.clock())
    async with app.sessions() as session:
        found = await session.get(Session, claims.session_id)
        assert found is not None
        assert found.revoked_reason == "code_reused"


async def test_a11_a_code_is_one_app_s(ada: Person, sky: Client, other: Client) -> None:
    # Whom she has let in as well, and for the same.
    await let_in(ada, other)
    code = await code_for(ada, sky)
    await refused(await other.exchange(code), "invalid_grant")
    stolen = Client(other.id, None, other.http)
    await refused(await stolen.exchange(code), "invalid_client", 401)
    # It was not used up by that.
    assert (await sky.exchange(code)).status_code == 200


async def test_a11_a_code_lives_for_a_minute(app: App, api: FastAPI, ada: Person, sky: Client) -> None:
    early, late = await code_for(ada, sky), await code_for(ada, sky)
    api.state.app = moved(app, seconds=58)
    assert (await sky.exchange(early)).status_code == 200
    api.state.app = moved(app, seconds=61)
    await refused(await sky.exchange(late), "invalid_grant")


async def test_a11_each_answer_says_who_gives_it(ada: Person, sky: Client, settings: Settings) -> None:
    for body in ({"allow": True}, {"allow": False}, {"allow": True, "scope": "nonsense"}):
        told = answered((await ada.post("/oauth/grants", {**asking(sky.id), **body})).json()["redirect_to"])
        assert told["iss"] == settings.public_url
        assert told["state"] == "a state"
    untold = answered(
        (await ada.post("/oauth/grants", {**asking(sky.id, state=None), "allow": True})).json()["redirect_to"]
    )
    assert "state" not in untold
    odd = "a&b=c#\N{SNOWMAN}%00 x"
    told = answered(
        (await ada.post("/oauth/grants", {**asking(sky.id, state=odd), "allow": True})).json()["redirect_to"]
    )
    assert (told["state"], set(told)) == (odd, {"code", "state", "iss"})


@pytest.mark.parametrize("kind", ["token", "code token", "id_token", "code id_token token", "none", "", None])
async def test_a11_nothing_but_a_code_is_given_in_an_address(ada: Person, sky: Client, kind: str | None) -> None:
    answer = await ada.get("/oauth/authorization", params=asking(sky.id, response_type=kind))
    told = answered(answer.json()["redirect_to"])

    assert told["error"] == "unsupported_response_type"
    assert not {"code", "access_token"} & set(told)


async def test_a11_a_refresh_token_that_comes_twice_ends_the_family(
    app: App, api: FastAPI, ada: Person, sky: Client, other: Client
) -> None:
    given = await let_in(ada, sky)
    await refused(await other.refresh(given["refresh_token"]), "invalid_grant")
    # The way of our own log-ins is not theirs, and theirs is not ours.
    own = await sky.http.post("/api/v1/auth/refresh", json={"refresh_token": given["refresh_token"]})
    assert (own.status_code, own.json()["code"]) == (401, "invalid_token")
    await refused(await sky.refresh(ada.refresh_token), "invalid_grant")

    second = (await sky.refresh(given["refresh_token"])).json()
    api.state.app = moved(app, seconds=30)
    await refused(await sky.refresh(given["refresh_token"]), "invalid_grant")
    await refused(await sky.refresh(second["refresh_token"]), "invalid_grant")


async def test_a11_a_refresh_does_not_widen(ada: Person, sky: Client) -> None:
    given = await let_in(ada, sky, scope="write:videos")
    for wider in ("write", "read", "write:videos read", "security", "admin", "write:videos admin:apps", "*"):
        await refused(await sky.refresh(given["refresh_token"], scope=wider), "invalid_scope")
    assert (await sky.refresh(given["refresh_token"])).json()["scope"] == "write:videos"


@pytest.mark.parametrize("scope", ["security", "read security", "admin", "admin:apps", "*", "READ", "read\twrit"])
async def test_a11_an_app_gets_no_scope_that_is_none_of_its(ada: Person, sky: Client, scope: str) -> None:
    answer = await ada.post("/oauth/grants", {**asking(sky.id, scope=scope), "allow": True})

    assert answered(answer.json()["redirect_to"])["error"] == "invalid_scope"


async def test_a11_who_cannot_show_that_it_is_the_app_is_none(ada: Person, sky: Client, other: Client) -> None:
    code = await code_for(ada, other)
    for secret in (None, "", "x", f"{other.secret}x", (other.secret or "")[:-1], "\N{SNOWMAN}"):
        await refused(await Client(other.id, secret, other.http).exchange(code), "invalid_client", 401)
    for path in ("/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/device"):
        body = {"token": "x", "grant_type": "refresh_token"}
        for client_id in ("", "app_nobody", f"app_{'0' * 26}", sky.id.upper(), "\x01"):
            answer = await Client(client_id, "x", sky.http).form(path, **body)
            await refused(answer, "invalid_client", 401)
            assert answer.headers["www-authenticate"].startswith("Basic ")
        answer = await Client(sky.id, "a secret that a public app has not", sky.http).form(path, **body)
        await refused(answer, "invalid_client", 401)
    for header in ("Basic", "Basic !!!", "Basic eA==", f"Bearer {ada.access_token}", "Basic " + "A" * 2_000):
        answer = await sky.http.post("/oauth/token", data={"grant_type": "x"}, headers={"Authorization": header})
        await refused(answer, "invalid_client", 401)


async def test_a11_a_form_is_read_strictly(ada: Person, sky: Client) -> None:
    code = await code_for(ada, sky)
    good = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": sky.id,
    }
    json = await sky.http.post("/oauth/token", json=good)
    await refused(json, "invalid_request")
    in_query = await sky.http.post("/oauth/token", params=good, data={})
    assert in_query.status_code in {400, 401}
    twice = httpx2.QueryParams([*good.items(), ("code", "another")])
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for content in (
        str(twice).encode(),
        b"\xff\xfe=1",
        b"a=%ff",
        b"client_id=%00",
        b"a=1&" * 100,
        b"a=" + b"x" * 20_000,
    ):
        await refused(await sky.http.post("/oauth/token", content=content, headers=headers), "invalid_request")
    assert (await sky.http.get("/oauth/token")).status_code in {404, 405}
    assert (await sky.exchange(code)).status_code == 200


async def test_a11_a_code_of_a_device_is_one_app_s_and_cannot_be_guessed(
    app: App, api: FastAPI, settings: Settings, ada: Person, bob: Person, connect: Connect
) -> None:
    limits = settings.limits.model_copy(update={"user_code_account": "5/600", "user_code_address": "8/600"})
    api.state.app = replace(app, settings=settings.model_copy(update={"limits": limits}))
    tv = await make_app(ada, connect(), device_flow=True)
    other = await make_app(ada, connect(), device_flow=True)
    begun = (await tv.form("/oauth/device")).json()
    ask = {"grant_type": accounts.oauth.DEVICE, "device_code": begun["device_code"]}
    await refused(await other.token(**ask), "invalid_grant")
    await refused(await tv.token(**(ask | {"device_code": begun["user_code"]})), "invalid_grant")
    await refused(await tv.token(**ask), "authorization_pending")

    statuses = []
    for number in range(7):
        guess = {"user_code": f"BBBB-BBB{'BCDFGHJ'[number]}", "allow": True}
        statuses.append((await bob.post("/oauth/device-requests", guess)).status_code)
    assert statuses == [404] * 5 + [429] * 2
    # Looking is a guess as well, and so is the true code now; another account is stopped by the address.
    assert (await bob.get("/oauth/device-requests?user_code=" + begun["user_code"])).status_code == 429
    statuses = [(await ada.get("/oauth/device-requests?user_code=BBBB-BBBB")).status_code for _ in range(4)]
    assert statuses == [404] * 3 + [429]


async def test_a11_where_the_lists_of_codes_are_read_none_can_be_used(app: App, ada: Person, connect: Connect) -> None:
    tv = await make_app(ada, connect(), device_flow=True)
    begun = (await tv.form("/oauth/device")).json()
    code = await code_for(ada, tv)
    async with app.sessions() as session:
        rows = [
            str(row)
            for table in ("app_codes", "device_codes", "client_apps")
            for row in (await session.execute(text(f'SELECT t::text FROM "{table}" t'))).scalars()
        ]
    dump = "\n".join(rows)
    assert "read" in dump, "the dump is one"
    for secret in (code, begun["device_code"], begun["user_code"], begun["user_code"].replace("-", "")):
        assert secret not in dump
        assert secret.encode().hex() not in dump
