"""Second factors over HTTP: an authenticator app, recovery codes and what is said about them."""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

import httpx2
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.authenticators import (
    Authenticator,
    Phone,
    add_passkey,
    add_phone,
    begin,
    grow_old,
    let_codes_pass,
)
from tests.factories.mails import read_letters

from socialflow.domains.accounts import service
from socialflow.kernel.work import SYSTEM, App

Connect = Callable[..., httpx2.AsyncClient]
Deliver = Callable[..., Awaitable[int]]
STEP = "/api/v1/auth/second-factor"


async def test_an_authenticator_app_is_set_up_and_asked_for(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    begun = (await ada.post("/me/factors/totp")).json()
    uri = urlsplit(begun["uri"])
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Social%20Flow:ada")
    assert parse_qs(uri.query)["secret"] == [begun["secret"]]
    assert begun["qr_svg"].startswith("<svg ")
    assert (await ada.post("/me/factors/totp")).json() == begun, "a second look shows the same"
    assert (await ada.get("/me/factors")).json()["enabled"] is False, "it counts for nothing yet"

    phone = Phone(begun["secret"], [])
    answer = await ada.post("/me/factors/totp/confirm", {"code": phone.code()})

    codes = answer.json()["recovery_codes"]
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[0-9](-[0-9a-hjkmnp-tv-z]{4}){4}", code) for code in codes)
    found = (await ada.get("/me/factors")).json()
    assert (found["enabled"], found["recovery_codes_left"], found["passkeys"]) == (True, 10, [])
    assert found["totp_since"]

    asked = await begin(ada, client)
    assert asked["methods"] == ["totp", "recovery_code"]
    given = await client.post(STEP, json={"challenge": asked["challenge"], "totp": phone.code(1)})
    assert given.status_code == 200, given.text
    assert given.json()["user"]["id"] == ada.id


async def test_a_wrong_first_code_leaves_things_as_they_were(ada: Person) -> None:
    begun = (await ada.post("/me/factors/totp")).json()

    answer = await ada.post("/me/factors/totp/confirm", {"code": Phone(begun["secret"], []).code(40)})

    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_factor")
    assert (await ada.get("/me/factors")).json()["enabled"] is False
    assert (await ada.get("/me/factors")).json()["recovery_codes_left"] == 0


async def test_a_second_app_is_not_set_up_beside_the_first(app: App, ada: Person) -> None:
    await add_phone(app, ada)

    answer = await ada.post("/me/factors/totp")

    assert (answer.status_code, answer.json()["code"]) == (409, "factor_already_on")


async def test_without_a_second_factor_there_are_no_recovery_codes(ada: Person) -> None:
    answer = await ada.post("/me/factors/recovery-codes")

    assert (answer.status_code, answer.json()["code"]) == (409, "no_factor_yet")


async def test_new_recovery_codes_make_the_old_ones_worthless(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    phone = await add_phone(app, ada)
    fresh = (await ada.post("/me/factors/recovery-codes")).json()["recovery_codes"]
    challenge = (await begin(ada, client))["challenge"]

    old = await client.post(STEP, json={"challenge": challenge, "recovery_code": phone.codes[3]})
    new = await client.post(STEP, json={"challenge": challenge, "recovery_code": fresh[3]})

    assert (old.status_code, new.status_code) == (401, 200)


async def test_a_recovery_code_is_read_however_it_was_typed(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    phone = await add_phone(app, ada)
    typed = " " + phone.codes[0].upper().replace("-", " ").replace("0", "O", 1).replace("1", "l") + " "
    typed = typed.replace(" O", " 0", 1) if phone.codes[0].startswith("0") else typed

    asked = await begin(ada, client)
    given = await client.post(STEP, json={"challenge": asked["challenge"], "recovery_code": typed})

    assert given.status_code == 200, given.text


async def test_mails_tell_of_factors_that_come_and_go_and_of_used_codes(
    app: App, client: httpx2.AsyncClient, ada: Person, deliver: Deliver
) -> None:
    phone = await add_phone(app, ada)
    asked = await begin(ada, client)
    await client.post(STEP, json={"challenge": asked["challenge"], "recovery_code": phone.codes[0]})
    await deliver(times=1)
    assert (await ada.http.delete("/api/v1/me/factors/totp")).status_code == 204
    await deliver(times=1)

    letters = read_letters(app.settings.data_dir / "mail")
    texts = [letter.text for letter in letters if letter.to == "ada@example.org"]
    assert len([said for said in texts if "an authenticator app" in said]) == 2
    assert [said for said in texts if re.search(r"\b9\b", said)]


async def test_when_the_last_factor_goes_so_do_the_codes(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    await add_phone(app, ada)

    assert (await ada.delete("/me/factors/totp")).status_code == 204

    found = (await ada.get("/me/factors")).json()
    assert (found["enabled"], found["totp_since"], found["recovery_codes_left"]) == (False, None, 0)
    body = {"login": "ada", "password": PASSWORD}
    assert (await client.post("/api/v1/auth/login", json=body)).status_code == 200


async def test_a_second_factor_beside_the_first_brings_no_new_codes(app: App, ada: Person) -> None:
    await add_phone(app, ada)

    made = await add_passkey(ada, Authenticator())

    assert made["recovery_codes"] is None
    assert (await ada.get("/me/factors")).json()["recovery_codes_left"] == 10


async def test_exactly_one_factor_is_given(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    phone = await add_phone(app, ada)
    challenge = (await begin(ada, client))["challenge"]

    for body in ({}, {"totp": phone.code(), "recovery_code": phone.codes[0]}):
        answer = await client.post(STEP, json={"challenge": challenge, **body})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_staff_who_must_have_a_second_factor_are_ordinary_people_until_they_do(
    app: App, connect: Connect, person: Callable[..., Awaitable[Person]]
) -> None:
    strict = app.settings.auth.model_copy(update={"require_second_factor_for_staff": True})
    moe = await person("moe", role="moderator")
    device = service.Device("127.0.0.1", "test")
    signing = service.Signing(app.port(service.AccessTokens), app.keys, strict)
    for methods, admin in (({"pwd"}, False), ({"pwd", "otp", "mfa"}, True)):
        async with app.work(SYSTEM) as work:
            account = await service.by_login(work, moe.handle)
            given = await service.enter(
                work,
                account,
                proof=service.Proof(frozenset(methods)),
                kind=service.kind_of(None),
                device=device,
                signing=signing,
            )
        actor = await app.port(service.Authenticator).bearer(given.access_token or "")
        assert actor.holds("admin:accounts") is admin
        assert ("videos:see_any" in actor.permissions) is admin


async def test_who_has_lost_everything_is_given_a_new_start(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    await add_phone(app, ada)
    await add_passkey(ada, Authenticator())

    async with app.work(SYSTEM) as work:
        await service.factors.reset(work, await service.by_login(work, "ada"))

    assert (await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})).status_code == 401
    body = {"login": "ada", "password": PASSWORD}
    assert (await client.post("/api/v1/auth/login", json=body)).status_code == 200
    async with app.sessions() as session:
        for table in ("totp_factors", "passkeys", "recovery_codes"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


async def test_the_audit_log_knows_of_every_change(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    phone = await add_phone(app, ada)
    asked = await begin(ada, client)
    await client.post(STEP, json={"challenge": asked["challenge"], "totp": "000000"})
    await client.post(STEP, json={"challenge": asked["challenge"], "recovery_code": phone.codes[1]})
    await let_codes_pass(app)
    await grow_old(app)
    assert (await ada.post("/auth/step-up", {"totp": phone.code()})).status_code == 200
    await ada.delete("/me/factors/totp")

    async with app.sessions() as session:
        tags = set(await session.scalars(text("SELECT tag FROM audit_events")))
    assert tags >= {
        "account:factor:added",
        "account:second_factor:asked",
        "account:second_factor:failed",
        "account:recovery_code:used",
        "account:session:stepped_up",
        "account:factor:removed",
    }
