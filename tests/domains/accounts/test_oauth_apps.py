"""Apps are registered, changed, judged and forgotten."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.oauth import (
    CALLBACK,
    Client,
    answered,
    app_form,
    asking,
    code_for,
    let_in,
    make_app,
    refused_within_five_seconds,
    verify,
)
from tests.factories.staff import of_role

from socialflow.domains.accounts import service as accounts
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
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


async def test_an_owner_makes_changes_and_deletes_an_app(ada: Person, bob: Person, connect: Connect, app: App) -> None:
    made = (await ada.post("/me/apps", app_form(confidential=True))).json()
    client = Client(made["id"], made["client_secret"], connect())
    given = await let_in(bob, client)
    await verify(app, client)
    assert (await ada.get(f"/me/apps/{client.id}")).json()["verified"] is True

    changed = (await ada.patch(f"/me/apps/{client.id}", {"name": "Skies"})).json()
    assert (changed["name"], changed["verified"]) == ("Skies", False), "what was looked at is not what it is now"
    fresh = (await ada.post(f"/me/apps/{client.id}/secret")).json()["client_secret"]
    old = await client.refresh(given["refresh_token"])
    assert (old.status_code, old.json()["error"]) == (401, "invalid_client")
    renewed = (await Client(client.id, fresh, client.http).refresh(given["refresh_token"])).json()
    assert [item["name"] for item in (await ada.get("/me/apps")).json()["items"]] == ["Skies"]

    for method in ("get", "delete"):
        assert (await getattr(bob, method)(f"/me/apps/{client.id}")).status_code == 404
    assert (await bob.patch(f"/me/apps/{client.id}", {"name": "Mine"})).status_code == 404
    assert (await ada.delete(f"/me/apps/{client.id}")).status_code == 204
    await refused_within_five_seconds(connect(Authorization=f"Bearer {renewed['access_token']}"))
    assert (await ada.get("/me/apps")).json()["items"] == []


async def test_an_app_that_has_changed_since_is_left_as_it_is(ada: Person, sky: Client) -> None:
    path = f"/me/apps/{sky.id}"
    tag = {"If-Match": (await ada.get(path)).headers["etag"]}
    assert (await ada.patch(path, {"name": "First"}, headers=tag)).status_code == 200
    late = await ada.patch(path, {"name": "Second"}, headers=tag)
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert (await ada.get(path)).json()["name"] == "First"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"redirect_uris": []}, "/redirect_uris"),
        ({"redirect_uris": ["http://sky.example/"]}, "/redirect_uris/0"),
        ({"redirect_uris": [CALLBACK, "javascript:alert(1)"]}, "/redirect_uris/1"),
        ({"scopes": ["security"]}, "/scopes"),
        ({"scopes": ["everything"]}, "/scopes"),
        ({"scopes": []}, "/scopes"),
        ({"website": "javascript:alert(1)"}, "/website"),
        ({"name": "\N{RIGHT-TO-LEFT OVERRIDE}yks"}, "/name"),
        ({"name": " "}, "/name"),
    ],
)
async def test_an_app_that_cannot_be_registered_is_told_why(ada: Person, changes: dict[str, Any], pointer: str) -> None:
    answer = await ada.post("/me/apps", app_form(**changes))

    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_an_account_registers_so_many_apps_and_no_more(
    app: App, api: FastAPI, settings: Settings, ada: Person
) -> None:
    few = settings.oauth.model_copy(update={"apps_per_account": 1})
    api.state.app = replace(app, settings=settings.model_copy(update={"oauth": few}))

    assert (await ada.post("/me/apps", app_form())).status_code == 201
    answer = await ada.post("/me/apps", app_form())
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_apps")


async def test_registering_asks_for_a_fresh_proof(app: App, ada: Person, sky: Client) -> None:
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("UPDATE sessions SET authenticated_at = authenticated_at - interval '1 day'"))

    for answer in (
        await ada.post("/me/apps", app_form()),
        await ada.patch(f"/me/apps/{sky.id}", {"name": "x"}),
        await ada.post(f"/me/apps/{sky.id}/secret"),
        await ada.delete(f"/me/apps/{sky.id}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "step_up_required")


async def test_staff_verify_and_stop_apps(person: People, bob: Person, sky: Client, connect: Connect) -> None:
    root = await person("root1", role="admin")
    mo = await person("moe", role="moderator")
    given = await let_in(bob, sky)
    assert (await bob.get("/admin/apps")).status_code == 403
    assert (await mo.get("/admin/apps")).status_code == 403, "a moderator's row does not say so"
    listed = (await root.get("/admin/apps")).json()["items"]
    assert [(item["name"], item["owner"]) for item in listed] == [("Sky", "ada")]
    assert (await root.patch(f"/admin/apps/{sky.id}", {"verified": True})).json()["verified"] is True
    assert (await root.get(f"/admin/apps/{sky.id}")).json() == listed[0] | {"verified": True}
    assert (await mo.get(f"/admin/apps/{sky.id}")).status_code == 403
    unknown = await root.get(f"/admin/apps/{ids.show('app', ids.new())}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")

    stopped = (await root.patch(f"/admin/apps/{sky.id}", {"disabled": True})).json()
    assert stopped["disabled"] is True
    await refused_within_five_seconds(connect(Authorization=f"Bearer {given['access_token']}"))
    assert (await sky.refresh(given["refresh_token"])).json()["error"] == "invalid_client"
    assert (await bob.get("/oauth/authorization", params=asking(sky.id))).status_code == 400
    again = (await root.patch(f"/admin/apps/{sky.id}", {"disabled": False})).json()
    assert again["disabled"] is False
    assert (await sky.refresh(given["refresh_token"])).json()["error"] == "invalid_grant"


async def test_only_a_verified_app_of_somebody_of_staff_gets_a_staff_s_scope(
    app: App, person: People, bob: Person, connect: Connect
) -> None:
    root = await person("root1", role="admin")
    client = await make_app(root, connect(), confidential=True, scopes=["read", "admin"])
    wanted = {"scope": "read admin:apps"}
    asked = (await root.get("/oauth/authorization", params=asking(client.id, **wanted))).json()
    assert answered(asked["redirect_to"])["error"] == "invalid_scope"

    await verify(app, client)
    assert (await let_in(bob, client, **wanted))["scope"] == "read"
    assert (await let_in(root, client, scope=None))["scope"] == "read", "only when it is named"
    plain = await let_in(root, client, scope="read")
    full = await let_in(root, client, **wanted)
    assert full["scope"] == "admin:apps read"
    for given, allowed in ((plain, False), (full, True)):
        actor = await app.port(accounts.Authenticator).bearer(given["access_token"])
        assert bool(actor.permissions) is allowed
    speaking = connect(Authorization=f"Bearer {full['access_token']}")
    assert (await speaking.get("/api/v1/admin/apps")).status_code == 200
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("UPDATE client_apps SET verified_at = NULL"))
    assert (await client.refresh(full["refresh_token"])).json()["scope"] == "read"


async def test_an_app_is_registered_for_no_more_than_its_owner_s_role_opens(
    app: App, person: People, ada: Person, connect: Connect
) -> None:
    auditor = await of_role(app, person, "aud", "audit:view")
    everything = {each["name"] for each in (await ada.get("/oauth/scopes")).json()["items"]}
    for who, opened in ((ada, set[str]()), (auditor, {"admin", "admin:audit"})):
        offered = {each["name"] for each in (await who.get("/me/app-scopes")).json()["items"]}
        assert offered == {name for name in everything if not name.startswith("admin")} | opened
        made = await make_app(who, connect(), scopes=sorted(offered))
        for scope in sorted(everything - offered):
            for answer in (
                await who.post("/me/apps", app_form(scopes=["read", scope])),
                await who.patch(f"/me/apps/{made.id}", {"scopes": [scope]}),
            ):
                [error] = answer.json()["errors"]
                assert (answer.status_code, error["pointer"], error["code"]) == (422, "/scopes", "scope_not_yours")
                assert scope in error["detail"]
        assert set((await who.get(f"/me/apps/{made.id}")).json()["scopes"]) == offered
    assert (await ada.post("/me/apps", app_form(scopes=["security"]))).json()["errors"][0]["code"] == "scope"


async def test_an_app_registers_itself_where_that_is_open(
    app: App, api: FastAPI, settings: Settings, client: httpx2.AsyncClient, bob: Person, connect: Connect
) -> None:
    said = {
        "client_name": "Stray",
        "client_uri": "https://stray.example",
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "none",
        "scope": "read write:likes",
        "software_id": "what we do not know of",
    }
    closed = await client.post("/oauth/register", json=said)
    assert (closed.status_code, closed.json()["code"]) == (403, "app_registration_closed")
    wide = settings.oauth.model_copy(update={"open_registration": True})
    limits = settings.limits.model_copy(update={"app_registration_address": "100/3600"})
    api.state.app = replace(app, settings=settings.model_copy(update={"oauth": wide, "limits": limits}))
    assert (await client.get("/.well-known/oauth-authorization-server")).json()["registration_endpoint"]

    made = await client.post("/oauth/register", json=said)
    assert made.status_code == 201, made.text
    assert made.json()["grant_types"] == ["authorization_code", "refresh_token"]
    assert "client_secret" not in made.json()
    stray = Client(made.json()["client_id"], None, connect())
    asked = (await bob.get("/oauth/authorization", params=asking(stray.id))).json()
    assert (asked["app"]["verified"], asked["app"]["owner"]) == (False, None)
    assert (await let_in(bob, stray))["scope"] == "read"
    with_secret = (
        await client.post("/oauth/register", json={**said, "token_endpoint_auth_method": "client_secret_post"})
    ).json()
    assert with_secret["client_secret"].startswith("sfcs_")
    for bad, error in (
        ({"redirect_uris": ["http://stray.example"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": "x"}, "invalid_client_metadata"),
        ({"client_name": ""}, "invalid_client_metadata"),
        ({"client_uri": "javascript:x"}, "invalid_client_metadata"),
        ({"scope": "security"}, "invalid_client_metadata"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
    ):
        answer = await client.post("/oauth/register", json={**said, **bad})
        assert (answer.status_code, answer.json()["error"]) == (400, error), bad
    assert (await client.post("/oauth/register", json=[1])).json()["error"] == "invalid_client_metadata"


async def test_what_is_old_is_forgotten(app: App, bob: Person, sky: Client, phone: Client) -> None:
    await code_for(bob, sky)
    await phone.form("/oauth/device")
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("UPDATE client_apps SET owner_id = NULL"))
    later = replace(app, clock=lambda: app.clock() + timedelta(days=31))
    async with later.work(SYSTEM) as work:
        await accounts.oauth.forget_old(work)

    async with app.sessions() as session:
        for table, left in (("app_codes", 0), ("device_codes", 0), ("client_apps", 1)):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == left, table
