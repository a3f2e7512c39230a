"""Passkeys over HTTP: made, used with and without a password, renamed and removed."""

from typing import Any

import httpx2
import orjson
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.authenticators import Authenticator, add_passkey, b64, begin, unb64

from socialflow.kernel import ids
from socialflow.kernel.work import App

LOG_IN = "/api/v1/auth/passkey"


async def ask(client: httpx2.AsyncClient, path: str = LOG_IN, body: Any = None) -> dict[str, str]:
    answer = await client.post(f"{path}/options", json=body)
    assert answer.status_code == 200, answer.text
    asked: dict[str, str] = answer.json()
    return asked


async def log_in(client: httpx2.AsyncClient, device: Authenticator, **changes: Any) -> httpx2.Response:
    asked = await ask(client)
    sent = {"state": asked["state"], "credential": device.get(asked["options"], **changes)}
    return await client.post(LOG_IN, json=sent)


async def test_one_logs_in_without_a_password(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    device = Authenticator()
    made = await add_passkey(ada, device, "Ada's phone")
    assert len(made["recovery_codes"]) == 10
    assert made["passkey"]["transports"] == ["internal", "hybrid"]

    answer = await log_in(client, device)

    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["id"] == ada.id
    async with app.sessions() as session:
        methods = set(await session.scalars(text("SELECT methods FROM sessions ORDER BY created_at")))
    assert "hwk mfa" in methods, "a verified passkey is two factors, and needs nothing more"
    assert (await ada.get("/me/factors")).json()["passkeys"][0]["last_used_at"]


async def test_what_is_asked_fits_the_site(client: httpx2.AsyncClient, ada: Person) -> None:
    new = orjson.loads((await ada.post("/me/factors/passkeys/options")).json()["options"])
    assert (new["rp"]["id"], new["rp"]["name"]) == ("localhost", "Social Flow")
    assert new["user"]["name"] == "ada"
    assert unb64(new["user"]["id"]) != ids.parse("acc", ada.id).bytes, "devices tell nobody whose key it is"
    got = orjson.loads((await ask(client))["options"])
    assert (got["rpId"], got["userVerification"], got["allowCredentials"]) == ("localhost", "required", [])


async def test_a_passkey_is_a_second_factor_beside_a_password(client: httpx2.AsyncClient, ada: Person) -> None:
    device = Authenticator(verifies=False)
    await add_passkey(ada, device)
    begun = await begin(ada, client)
    assert begun["methods"] == ["passkey", "recovery_code"]

    asked = await ask(client, "/api/v1/auth/second-factor", {"challenge": begun["challenge"]})
    answer = {"state": asked["state"], "credential": device.get(asked["options"])}
    given = await client.post("/api/v1/auth/second-factor", json={"challenge": begun["challenge"], "passkey": answer})

    assert given.status_code == 200, given.text
    assert len(orjson.loads(asked["options"])["allowCredentials"]) == 1


async def test_without_verification_a_passkey_is_not_enough_alone(client: httpx2.AsyncClient, ada: Person) -> None:
    device = Authenticator(verifies=False)
    await add_passkey(ada, device)

    answer = await log_in(client, device)

    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_factor")


async def test_an_answer_is_good_once(client: httpx2.AsyncClient, ada: Person) -> None:
    device = Authenticator(counts=False)
    await add_passkey(ada, device)
    asked = await ask(client)
    sent = {"state": asked["state"], "credential": device.get(asked["options"])}

    assert (await client.post(LOG_IN, json=sent)).status_code == 200
    again = await client.post(LOG_IN, json=sent)

    assert (again.status_code, again.json()["code"]) == (401, "invalid_challenge")


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:8001"},
        {"type": "webauthn.create"},
        {"challenge": b64(bytes(64))},
    ],
)
async def test_an_answer_to_something_else_is_none(
    client: httpx2.AsyncClient, ada: Person, change: dict[str, str]
) -> None:
    device = Authenticator()
    await add_passkey(ada, device)

    answer = await log_in(client, device, **change)

    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_factor")
    assert (await log_in(client, device)).status_code == 200


async def test_a_key_of_another_site_or_forged_by_another_device_is_none(
    client: httpx2.AsyncClient, ada: Person
) -> None:
    device, thief = Authenticator(), Authenticator()
    await add_passkey(ada, device)
    asked = await ask(client)
    thief.create((await ada.post("/me/factors/passkeys/options")).json()["options"])
    thief.held[0].id = device.held[0].id
    forged = {"state": asked["state"], "credential": thief.get(asked["options"])}
    assert (await client.post(LOG_IN, json=forged)).json()["code"] == "wrong_factor"

    device.held[0].rp_id = "evil.example"
    assert (await log_in(client, device)).json()["code"] == "wrong_factor"


async def test_a_count_that_goes_back_shows_a_copy_and_is_noted(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    device = Authenticator()
    await add_passkey(ada, device)
    assert (await log_in(client, device)).status_code == 200
    device.held[0].count = 0

    answer = await log_in(client, device)

    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_factor")
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM audit_events WHERE tag = 'account:passkey:copied'")) == 1


async def test_a_challenge_is_for_one_purpose_and_one_account(
    client: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    device = Authenticator()
    await add_passkey(ada, device)
    for_new = (await ada.post("/me/factors/passkeys/options")).json()
    theirs = {"state": for_new["state"], "credential": device.create(for_new["options"]), "name": "x"}
    assert (await bob.post("/me/factors/passkeys", theirs)).json()["code"] == "invalid_challenge"

    own = (await ada.post("/auth/step-up/options")).json()
    assert own["options"]
    sent = {"state": own["state"], "credential": device.get(own["options"])}
    assert (await client.post(LOG_IN, json=sent)).json()["code"] == "invalid_challenge"


async def test_one_key_belongs_to_one_account(ada: Person, bob: Person) -> None:
    device = Authenticator()
    await add_passkey(ada, device)
    asked = (await bob.post("/me/factors/passkeys/options")).json()
    said = orjson.loads(device.create(asked["options"]))
    known, new = (key.id for key in device.held)
    said["id"] = said["rawId"] = b64(known)
    attested = unb64(said["response"]["attestationObject"]).replace(new, known)
    said["response"]["attestationObject"] = b64(attested)

    answer = await bob.post(
        "/me/factors/passkeys", {"state": asked["state"], "credential": orjson.dumps(said).decode(), "name": "mine"}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "passkey_known")


async def test_a_passkey_is_renamed_and_removed_by_its_owner_only(
    client: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    device = Authenticator()
    made = (await add_passkey(ada, device))["passkey"]
    path = f"/me/factors/passkeys/{made['id']}"
    for answer in (await bob.patch(path, {"name": "mine"}), await bob.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    assert (await ada.patch(path, {"name": "Old phone"})).json()["name"] == "Old phone"
    assert (await ada.delete(path)).status_code == 204

    assert (await ada.get("/me/factors")).json()["passkeys"] == []
    assert (await log_in(client, device)).json()["code"] == "wrong_factor"


async def test_there_are_twenty_at_most(ada: Person) -> None:
    for number in range(20):
        await add_passkey(ada, Authenticator(), f"Key {number}")

    answer = await ada.post("/me/factors/passkeys/options")

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_passkeys")


@pytest.mark.parametrize("credential", ["{}", "[]", "not json", '{"id": 7}', '{"id": "AA", "response": 3}', "\\u0000x"])
async def test_what_is_no_credential_is_refused(client: httpx2.AsyncClient, ada: Person, credential: str) -> None:
    asked = await ask(client)
    answer = await client.post(LOG_IN, json={"state": asked["state"], "credential": credential})
    assert answer.status_code == 401, answer.text

    new = (await ada.post("/me/factors/passkeys/options")).json()
    sent = {"state": new["state"], "credential": credential, "name": "x"}
    answer = await ada.post("/me/factors/passkeys", sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "passkey_refused")
