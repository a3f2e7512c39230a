"""Apps of other people's are let in, do what they were allowed, and are shown out."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import PASSWORD, Person
from tests.factories.mails import Letter
from tests.factories.oauth import (
    CALLBACK,
    Client,
    answered,
    asking,
    code_for,
    let_in,
    make_app,
    refused_within_five_seconds,
    verify,
)

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.service import AccessTokens
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
Connect = Callable[..., httpx2.AsyncClient]


@pytest.fixture
async def sky(ada: Person, connect: Connect) -> Client:
    """An app of Ada's that keeps a secret."""
    return await make_app(ada, connect(), confidential=True)


@pytest.fixture
async def phone(ada: Person, connect: Connect) -> Client:
    """An app of Ada's that cannot keep one."""
    return await make_app(ada, connect(), name="Phone", device_flow=True)


async def test_an_app_is_let_in_and_acts_for_a_person(bob: Person, sky: Client, connect: Connect) -> None:
    asked = await bob.get("/oauth/authorization", params=asking(sky.id, scope="read write:account"))
    assert asked.status_code == 200, asked.text
    assert asked.json()["app"]["name"] == "Sky"
    assert asked.json()["app"]["owner"] == "ada"
    assert [scope["name"] for scope in asked.json()["scopes"]] == ["read", "write:account"]
    assert asked.json()["redirect_to"] is None
    assert asked.headers["cache-control"] == "no-store"

    decided = await bob.post("/oauth/grants", {**asking(sky.id, scope="read write:account"), "allow": True})
    target = decided.json()["redirect_to"]
    assert target.startswith(f"{CALLBACK}?")
    back = answered(target)
    assert (back["state"], back["iss"]) == ("a state", "http://localhost:8000")
    answer = await sky.exchange(back["code"])
    given = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert (given["token_type"], given["scope"], given["expires_in"]) == ("Bearer", "read write:account", 900)

    speaking = connect(Authorization=f"Bearer {given['access_token']}")
    assert (await speaking.get("/api/v1/me")).json()["handle"] == "bob"
    assert (await speaking.patch("/api/v1/me", json={"display_name": "Robert"})).status_code == 200
    for path, scope in (("/me/apps", "security"), ("/admin/apps", "admin:apps")):
        no = await speaking.get(f"/api/v1{path}")
        assert (no.status_code, no.json()["missing_scopes"]) == (403, [scope])


async def test_somebody_says_no_and_the_app_is_told(bob: Person, sky: Client) -> None:
    decided = await bob.post("/oauth/grants", {**asking(sky.id), "allow": False})
    back = answered(decided.json()["redirect_to"])

    assert (back["error"], back["state"], back["iss"]) == ("access_denied", "a state", "http://localhost:8000")
    assert "code" not in back
    assert (await bob.get("/me/authorized-apps")).json()["items"] == []


async def test_what_was_allowed_is_not_asked_again_where_the_app_is_sure_to_be_itself(
    app: App, bob: Person, sky: Client, phone: Client
) -> None:
    for client in (sky, phone):
        await let_in(bob, client)
    again = (await bob.get("/oauth/authorization", params=asking(sky.id))).json()
    assert "code" in answered(again["redirect_to"])
    wider = (await bob.get("/oauth/authorization", params=asking(sky.id, scope="read write"))).json()
    assert wider["redirect_to"] is None
    public = (await bob.get("/oauth/authorization", params=asking(phone.id))).json()
    assert public["redirect_to"] is None, "anybody may call themselves by a public app's name"

    await verify(app, phone)
    public = (await bob.get("/oauth/authorization", params=asking(phone.id))).json()
    assert "code" in answered(public["redirect_to"])


async def test_a_refresh_token_is_good_once_and_for_no_more_than_was_allowed(bob: Person, sky: Client) -> None:
    given = await let_in(bob, sky, scope="read write")
    second = (await sky.refresh(given["refresh_token"], scope="write:videos")).json()
    assert second["scope"] == "write:videos"
    third = (await sky.refresh(second["refresh_token"])).json()
    assert third["scope"] == "read write", "a narrower token does not narrow what was allowed"

    wider = await sky.refresh(third["refresh_token"], scope="read write admin")
    assert (wider.status_code, wider.json()["error"]) == (400, "invalid_scope")
    assert wider.headers["content-type"] == "application/json"
    assert (await sky.refresh(third["refresh_token"])).status_code == 200


async def test_an_app_shows_itself_by_header_or_form(bob: Person, sky: Client, connect: Connect) -> None:
    basic = b64encode(f"{sky.id}:{sky.secret}".encode()).decode()
    by_header = Client(sky.id, None, connect(Authorization=f"Basic {basic}"))

    assert (await by_header.exchange(await code_for(bob, sky), client_id=None)).status_code == 200
    assert (await by_header.exchange(await code_for(bob, sky))).status_code == 200
    both = await Client(sky.id, sky.secret, by_header.http).exchange(await code_for(bob, sky))
    assert (both.status_code, both.json()["error"]) == (400, "invalid_request")


async def test_a_person_sees_what_they_allowed_and_takes_it_back(
    bob: Person, sky: Client, phone: Client, connect: Connect
) -> None:
    given = await let_in(bob, sky)
    await let_in(bob, phone, scope="write:likes")
    code = await code_for(bob, sky)
    first = (await bob.get("/me/authorized-apps", params={"limit": 1})).json()
    assert [item["app"]["name"] for item in first["items"]] == ["Phone"]
    assert [scope["sentence"] for scope in first["items"][0]["scopes"]] == [
        "like things, and take likes back, in your name"
    ]
    rest = (await bob.get("/me/authorized-apps", params={"cursor": first["next_cursor"]})).json()
    assert [item["app"]["name"] for item in rest["items"]] == ["Sky"]
    assert rest["items"][0]["last_used_at"]

    assert (await bob.delete(f"/me/authorized-apps/{sky.id}")).status_code == 204
    await refused_within_five_seconds(connect(Authorization=f"Bearer {given['access_token']}"))
    assert (await sky.refresh(given["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await sky.exchange(code)).json()["error"] == "invalid_grant"
    assert (await bob.delete(f"/me/authorized-apps/{sky.id}")).status_code == 404


async def test_a_mail_tells_of_an_app_once(
    bob: Person, sky: Client, deliver: Callable[..., Awaitable[int]], mails: Callable[[], list[Letter]]
) -> None:
    await let_in(bob, sky)
    await let_in(bob, sky)
    await deliver(times=1)

    told = [letter for letter in mails() if letter.to == "bob@example.org" and "Sky" in letter.text]
    assert len(told) == 1


async def test_all_that_ends_a_person_s_sessions_ends_their_apps_too(
    app: App, bob: Person, sky: Client, connect: Connect
) -> None:
    given = await let_in(bob, sky)
    async with app.work(SYSTEM) as work:
        await accounts.end_all(work, ids.parse("acc", bob.id), reason="password_changed")

    await refused_within_five_seconds(connect(Authorization=f"Bearer {given['access_token']}"))
    assert (await sky.refresh(given["refresh_token"])).status_code == 400


async def test_an_app_asks_about_its_tokens_and_gives_them_back(bob: Person, sky: Client, phone: Client) -> None:
    given = await let_in(bob, sky)
    for token, kind in ((given["access_token"], "Bearer"), (given["refresh_token"], "refresh_token")):
        known = (await sky.form("/oauth/introspect", token=token)).json()
        assert (known["active"], known["client_id"], known["sub"]) == (True, sky.id, bob.id)
        assert (known["scope"], known["token_type"], known["iss"]) == ("read", kind, "http://localhost:8000")
    for nothing in (bob.access_token, bob.refresh_token, "nonsense", f"{given['refresh_token']}x"):
        assert (await sky.form("/oauth/introspect", token=nothing)).json() == {"active": False}
    assert (await phone.form("/oauth/introspect", token=given["access_token"])).json()["error"] == "unauthorized_client"

    # Another's token, and one that is none, are no faults, and nothing ends.
    for token in (given["access_token"], "nonsense"):
        assert (await phone.form("/oauth/revoke", token=token)).status_code == 200
    assert (await sky.form("/oauth/introspect", token=given["access_token"])).json()["active"] is True
    assert (await sky.form("/oauth/revoke", token=given["access_token"])).status_code == 200
    for token in (given["access_token"], given["refresh_token"]):
        assert (await sky.form("/oauth/introspect", token=token)).json() == {"active": False}
    assert (await sky.refresh(given["refresh_token"])).status_code == 400
    missing = await sky.form("/oauth/revoke")
    assert (missing.status_code, missing.json()["error"]) == (400, "invalid_request")


async def test_the_metadata_name_what_is_there(client: httpx2.AsyncClient, api: FastAPI) -> None:
    said = (await client.get("/.well-known/oauth-authorization-server")).json()

    assert said["issuer"] == "http://localhost:8000"
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["response_types_supported"] == ["code"]
    assert said["authorization_response_iss_parameter_supported"] is True
    assert "registration_endpoint" not in said
    assert "security" not in said["scopes_supported"]
    for name, address in said.items():
        if name.endswith(("_endpoint", "_uri")):
            path = address.removeprefix("http://localhost:8000")
            there = await (client.get if name in {"jwks_uri", "authorization_endpoint"} else client.post)(path)
            assert there.status_code in {200, 303, 400}, name
    resource = (await client.get("/.well-known/oauth-protected-resource")).json()
    assert resource["authorization_servers"] == [said["issuer"]]


async def test_a_device_is_let_in_by_the_code_that_it_shows(app: App, bob: Person, phone: Client, api: FastAPI) -> None:
    begun = (await phone.form("/oauth/device", scope="read")).json()
    assert begun["verification_uri"] == "http://localhost:8000/device"
    assert begun["verification_uri_complete"].endswith(f"?user_code={begun['user_code']}")
    assert (begun["interval"], begun["expires_in"]) == (5, 600)
    ask = {"grant_type": accounts.oauth.DEVICE, "device_code": begun["device_code"]}

    waiting = await phone.token(**ask)
    assert (waiting.status_code, waiting.json()["error"]) == (400, "authorization_pending")
    hasty = (await phone.token(**ask)).json()
    assert hasty["error"] == "slow_down"
    assert "10 seconds" in hasty["error_description"]
    typed = begun["user_code"].replace("-", " ").lower()
    shown = (await bob.get("/oauth/device-requests", params={"user_code": typed})).json()
    assert (shown["user_code"], shown["app"]["name"]) == (begun["user_code"], "Phone")
    assert (await bob.post("/oauth/device-requests", {"user_code": typed, "allow": True})).status_code == 204
    assert (await phone.token(**ask)).json()["error"] == "slow_down"

    later = replace(app, clock=lambda: app.clock() + timedelta(seconds=16))
    api.state.app = later
    given = (await phone.token(**ask)).json()
    assert given["scope"] == "read"
    assert later.port(AccessTokens).read(given["access_token"], later.clock()).account_id == ids.parse("acc", bob.id)
    assert (await phone.token(**ask)).json()["error"] == "invalid_grant", "a code is good once"
    gone = await bob.post("/oauth/device-requests", {"user_code": typed, "allow": True})
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_user_code")
    assert [item["app"]["name"] for item in (await bob.get("/me/authorized-apps")).json()["items"]] == ["Phone"]


async def test_a_device_is_refused_or_too_late(app: App, api: FastAPI, bob: Person, phone: Client, sky: Client) -> None:
    begun = (await phone.form("/oauth/device")).json()
    ask = {"grant_type": accounts.oauth.DEVICE, "device_code": begun["device_code"]}
    await bob.post("/oauth/device-requests", {"user_code": begun["user_code"], "allow": False})
    assert (await phone.token(**ask)).json()["error"] == "access_denied"

    late = (await phone.form("/oauth/device")).json()
    api.state.app = replace(app, clock=lambda: app.clock() + timedelta(seconds=601))
    ask["device_code"] = late["device_code"]
    assert (await phone.token(**ask)).json()["error"] == "expired_token"
    gone = await bob.post("/oauth/device-requests", {"user_code": late["user_code"], "allow": True})
    assert gone.status_code == 404
    none = (await sky.form("/oauth/device")).json()
    assert none["error"] == "unauthorized_client"


async def test_the_password_is_no_way_in(sky: Client, bob: Person) -> None:
    for kind in ("password", "client_credentials", "implicit"):
        answer = await sky.token(grant_type=kind, username="bob", password=PASSWORD)
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
