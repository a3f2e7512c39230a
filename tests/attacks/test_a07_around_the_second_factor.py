"""A7: there is no way around a second factor: not by what comes before it, nor by other doors, nor by old tokens."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.authenticators import Authenticator, add_passkey, add_phone, begin, grow_old, let_codes_pass
from tests.factories.operations import operations

from socialflow.domains.accounts import service
from socialflow.domains.accounts.errors import SecondFactorRequired
from socialflow.domains.accounts.models import SessionKind
from socialflow.domains.accounts.service import challenges
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

Connect = Callable[..., httpx2.AsyncClient]
STEP = "/api/v1/auth/second-factor"
# Changes of what opens an account; each asks for a fresh proof.
DANGEROUS = {"beginTotp", "confirmTotp", "removeTotp", "renewRecoveryCodes", "beginPasskey", "addPasskey"}
DANGEROUS |= {"removePasskey"}


async def refused(answer: httpx2.Response, code: str, status: int = 401) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_a07_what_is_given_before_the_second_factor_opens_nothing(
    app: App, api: FastAPI, connect: Connect, ada: Person
) -> None:
    await add_phone(app, ada)
    client = connect()
    asked = await begin(ada, client)
    assert not client.cookies
    assert set(asked) == {"type", "title", "status", "detail", "code", "request_id", "challenge", "methods"}

    for token in (asked["challenge"], f"sfr_{asked['challenge']}"):
        await refused(await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}), "invalid_token")
        await refused(await client.post("/api/v1/auth/refresh", json={"refresh_token": token[:200]}), "invalid_token")
    client.cookies.set("sf_session", asked["challenge"])
    assert (await client.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize("methods", [{"pwd"}, {"fed"}, {"hwk"}, {"pwd", "fed"}, {"otp"}, set()])
async def test_a07_whatever_the_way_in_one_proof_is_not_enough(app: App, ada: Person, methods: set[str]) -> None:
    await add_phone(app, ada)
    signing = service.Signing(app.port(service.AccessTokens), app.keys, app.settings.auth)

    async with app.work(SYSTEM) as work:
        account = await service.by_login(work, "ada")
        entering = service.enter(
            work,
            account,
            proof=service.Proof(frozenset(methods)),
            kind=SessionKind.TOKEN,
            device=service.Device("127.0.0.1", ""),
            signing=signing,
        )
        with pytest.raises(SecondFactorRequired) as caught:
            await entering
    assert caught.value.extra["methods"] == ["totp", "recovery_code"]


async def test_a07_another_password_kills_what_was_begun_and_still_asks_for_the_factor(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    phone = await add_phone(app, ada)
    stolen = (await begin(ada, client))["challenge"]
    fresh = await app.port(service.Passwords).hash("another one entirely")
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE accounts SET password_hash = :h"), {"h": fresh})

    answer = await client.post(STEP, json={"challenge": stolen, "totp": phone.code()})

    await refused(answer, "invalid_challenge")
    challenge = (await begin(ada, client, "another one entirely"))["challenge"]
    assert (await client.post(STEP, json={"challenge": challenge, "totp": phone.code()})).status_code == 200


async def test_a07_a_challenge_is_of_one_account_and_in_time(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    await add_phone(app, ada)
    bobs = await add_phone(app, bob)
    asked = await begin(ada, client)
    await refused(await client.post(STEP, json={"challenge": asked["challenge"], "totp": bobs.code()}), "wrong_factor")
    other = {"challenge": asked["challenge"], "recovery_code": bobs.codes[0]}
    await refused(await client.post(STEP, json=other), "wrong_factor")

    async with app.work(SYSTEM) as work:
        account = await service.by_login(work, "bob")
        said: dict[str, Any] = {"methods": ["pwd"], "state": challenges.state_of(account, app.keys)}
        old = work.now - challenges.LIFE - timedelta(seconds=1)
        late = challenges.issue(app.keys, "second-factor", account.id, old, **said)
        wrong = challenges.issue(app.keys, "passkey-second", account.id, work.now, **said)
        good = challenges.issue(app.keys, "second-factor", account.id, work.now, **said)
    for challenge in (late, wrong, good[:-2] + "AA", "", "x" * 100):
        answer = await client.post(STEP, json={"challenge": challenge or "-", "totp": bobs.code()})
        await refused(answer, "invalid_challenge")
    assert (await client.post(STEP, json={"challenge": good, "totp": bobs.code()})).status_code == 200


async def test_a07_the_first_factor_ends_every_other_session_and_its_refresh_tokens(
    app: App, connect: Connect, ada: Person
) -> None:
    elsewhere = connect()
    body = {"login": "ada", "password": PASSWORD}
    other = (await elsewhere.post("/api/v1/auth/login", json=body)).json()
    browser = connect()
    await browser.post("/api/v1/auth/login", json=body, headers={"X-Session": "cookie"})

    await add_phone(app, ada)

    await refused(
        await elsewhere.post("/api/v1/auth/refresh", json={"refresh_token": other["refresh_token"]}), "session_ended"
    )
    assert (await browser.get("/api/v1/me")).status_code == 401
    assert (await ada.get("/me")).status_code == 200
    assert (await elsewhere.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})).status_code == 200


async def test_a07_nothing_that_opens_an_account_is_changed_without_a_fresh_proof(
    app: App, api: FastAPI, ada: Person
) -> None:
    await add_phone(app, ada)
    made = await add_passkey(ada, Authenticator())
    before = (await ada.get("/me/factors")).json()
    await grow_old(app)

    asked = set()
    for operation in operations(api):
        if "/me/factors" not in operation.path or operation.name in {"getFactors", "renamePasskey"}:
            continue
        body = (
            {"code": "123456"} if operation.name == "confirmTotp" else {"state": "x", "credential": "{}", "name": "x"}
        )
        sent = {"json": body} if operation.body is not None else {}
        url = operation.url(passkey_id=made["passkey"]["id"])
        await refused(await ada.http.request(operation.method, url, **sent), "step_up_required")
        asked.add(operation.name)
    assert asked == DANGEROUS
    assert (await ada.get("/me/factors")).json() == before


async def test_a07_a_password_is_no_fresh_proof_where_there_is_a_second_factor(app: App, ada: Person) -> None:
    phone = await add_phone(app, ada)
    await grow_old(app)

    answer = await ada.post("/auth/step-up", {"password": PASSWORD})
    await refused(answer, "step_up_required")
    assert answer.json()["methods"] == ["totp", "recovery_code"]

    shown = await ada.post("/auth/step-up", {"totp": phone.code()})
    assert shown.status_code == 200
    assert shown.json()["fresh_until"]
    assert (await ada.delete("/me/factors/totp")).status_code == 204


async def test_a07_a_session_that_has_not_shown_the_factor_may_do_nothing_dangerous(app: App, ada: Person) -> None:
    await add_phone(app, ada)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE sessions SET methods = 'pwd'"))

    answer = await ada.delete("/me/factors/totp")

    await refused(answer, "step_up_required")
    assert 'acr_values="aal2"' in answer.headers["www-authenticate"]


async def test_a07_a_page_of_another_site_changes_nothing(app: App, connect: Connect, ada: Person) -> None:
    phone = await add_phone(app, ada)
    browser = connect()
    asked = await begin(ada, browser)
    given = await browser.post(
        STEP, json={"challenge": asked["challenge"], "totp": phone.code()}, headers={"X-Session": "cookie"}
    )
    assert given.status_code == 200
    for headers in ({}, {"Origin": "https://evil.example", "X-CSRF-Token": given.json()["csrf_token"]}):
        answer = await browser.request("DELETE", "/api/v1/me/factors/totp", headers=headers)
        await refused(answer, "csrf_failed", 403)
    assert (await browser.get("/api/v1/me/factors")).json()["enabled"]


async def test_a07_apps_and_personal_tokens_can_neither_step_up_nor_touch_factors(
    app: App, connect: Connect, ada: Person
) -> None:
    tokens, now = app.port(service.AccessTokens), app.clock()
    account_id = ids.parse("acc", ada.id)
    claims = service.Claims(account_id, ids.new(), "user", frozenset({"read", "write"}), now + tokens.ttl)
    client = connect(Authorization=f"Bearer {tokens.issue(claims, now)}")
    for method, path in (
        ("POST", "/auth/step-up"),
        ("GET", "/auth/step-up"),
        ("GET", "/me/factors"),
        ("POST", "/me/factors/totp"),
    ):
        answer = await client.request(
            method, f"/api/v1{path}", json={"password": PASSWORD} if method == "POST" else None
        )
        await refused(answer, "missing_scope", 403)

    # Whatever scopes an app's session were to carry by mistake.
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE sessions SET kind = 'app'"))
    await refused(await ada.post("/auth/step-up", {"password": PASSWORD}), "forbidden", 403)
    await refused(await ada.post("/me/factors/totp"), "step_up_required")


async def test_a07_step_up_by_password_is_for_the_right_one_only(app: App, ada: Person) -> None:
    await grow_old(app)
    told = (await ada.get("/auth/step-up")).json()
    assert (told["methods"], told["fresh_until"]) == (["password"], None)

    await refused(await ada.post("/auth/step-up", {"password": "wrong"}), "wrong_credentials")
    await refused(await ada.post("/me/factors/totp"), "step_up_required")
    assert (await ada.post("/auth/step-up", {"password": PASSWORD})).status_code == 200
    assert (await ada.post("/me/factors/totp")).status_code == 200


async def test_a07_a_passkey_confirms_a_session(app: App, ada: Person, bob: Person) -> None:
    device, theirs = Authenticator(), Authenticator()
    await add_passkey(ada, device)
    await add_passkey(bob, theirs)
    await grow_old(app)
    for holder, status in ((theirs, 401), (device, 200)):
        asked = (await ada.post("/auth/step-up/options")).json()
        credential = holder.get(asked["options"], holder.held[0])
        answer = await ada.post("/auth/step-up", {"passkey": {"state": asked["state"], "credential": credential}})
        assert answer.status_code == status, answer.text
    await let_codes_pass(app)
    assert (await ada.post("/me/factors/totp")).status_code == 200
