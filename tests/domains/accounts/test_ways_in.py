"""The ways in together: another provider beside passwords, second factors, passkeys and the rules of sign-ups."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.authenticators import Authenticator, add_passkey, add_phone, let_codes_pass
from tests.factories.federation import API, Browser, Phone, with_providers
from tests.factories.issuers import Issuer, serving

from socialflow.domains.accounts.schemas import InviteCreate
from socialflow.domains.accounts.service import invites
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App

# One failure is allowed: whatever counted as one would be refused with 429 from the second time on.
ONE = "1/600"
Connect = Callable[..., httpx2.AsyncClient]
FINISH = f"{API}/auth/providers/finish"


@pytest.fixture
def acme() -> Iterator[Issuer]:
    issuer = Issuer({"1": {"email": "grace@example.org", "email_verified": True}})
    with serving(issuer.app()) as issuer.address:
        yield issuer


@pytest.fixture
def settings(settings: Settings, acme: Issuer, request: pytest.FixtureRequest) -> Settings:
    """Rules of sign-ups as a test asks for them, and no room for failures."""
    rules = dict(getattr(request, "param", {}))
    auth = settings.auth.model_copy(update={"registration": rules.pop("registration", "open")})
    limits = settings.limits.model_copy(update=dict.fromkeys(("federation_failures", "login_account"), ONE))
    sign_up = settings.sign_up.model_copy(update=rules)
    asked = settings.model_copy(update={"auth": auth, "limits": limits, "sign_up": sign_up})
    return with_providers(asked, acme={"issuer": acme.address})


async def grace(connect: Connect) -> Person:
    """Somebody who came by the provider, and has no password."""
    client = connect()
    answer = await Browser(client).sign_up("1", "grace")
    assert answer.status_code == 201, answer.text
    given = answer.json()
    client.headers["Authorization"] = f"Bearer {given['access_token']}"
    user = given["user"]
    return Person(user["id"], "grace", user["channel_id"], given["access_token"], given["refresh_token"], client)


def device_here() -> Authenticator:
    """A device that is shown the pages of this installation, which has the address of providers' answers."""
    return Authenticator(origin="http://testserver")


async def ticket(client: httpx2.AsyncClient) -> dict[str, Any]:
    told = (await Browser(client).log_in("1")).json()["sign_up"]
    return {"ticket": told["ticket"], "handle": "grace", "display_name": "Grace"}


async def scalar(app: App, query: str) -> Any:
    async with app.sessions() as session:
        return await session.scalar(text(query))


async def test_a_provider_is_one_factor_and_asks_for_the_second(
    app: App, client: httpx2.AsyncClient, connect: Connect, acme: Issuer
) -> None:
    phone = await add_phone(app, await grace(connect))

    for log_in in (Browser(client).log_in, Phone(client, acme).log_in, Browser(client).log_in):
        asked = await log_in("1")
        assert (asked.status_code, asked.json()["code"]) == (401, "second_factor_required")
        assert asked.json()["methods"] == ["totp", "recovery_code"]
    told = "SELECT count(*) FROM audit_events WHERE tag = 'account:second_factor:asked'"
    assert await scalar(app, told) == 3, "that a provider has vouched for somebody is written down"

    sent = {"challenge": asked.json()["challenge"], "totp": phone.code()}
    given = await client.post(f"{API}/auth/second-factor", json=sent)
    assert (given.status_code, given.json()["user"]["handle"]) == (200, "grace")
    assert await scalar(app, "SELECT methods FROM sessions ORDER BY created_at DESC LIMIT 1") == "fed mfa otp"


async def test_who_leaves_comes_back_by_whatever_way_they_come_in(
    app: App, client: httpx2.AsyncClient, connect: Connect
) -> None:
    person = await grace(connect)
    assert (await person.post("/me/erasure", {"handle": "grace"})).status_code == 202

    for _ in range(3):
        asked = await Browser(client).log_in("1")
        assert (asked.status_code, asked.json()["code"]) == (403, "account_leaving")
    back = await client.post(f"{API}/auth/restore", json={"restore_token": asked.json()["restore_token"]})

    assert (back.status_code, back.json()["user"]["handle"]) == (200, "grace")
    assert await scalar(app, "SELECT methods FROM sessions ORDER BY created_at DESC LIMIT 1") == "fed"


async def test_a_right_password_of_who_leaves_is_no_guess(client: httpx2.AsyncClient, ada: Person) -> None:
    assert (await ada.post("/me/erasure", {"handle": "ada"})).status_code == 202
    for _ in range(3):
        asked = await client.post(f"{API}/auth/login", json={"login": "ada", "password": PASSWORD})
        assert (asked.status_code, asked.json()["code"]) == (403, "account_leaving")


async def test_a_code_that_shows_the_way_back_is_used_up(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    phone = await add_phone(app, ada)
    assert (await ada.post("/me/erasure", {"handle": "ada"})).status_code == 202
    code, said = phone.code(), []
    for _ in range(2):
        asked = await client.post(f"{API}/auth/login", json={"login": "ada", "password": PASSWORD})
        sent = {"challenge": asked.json()["challenge"], "totp": code}
        said.append((await client.post(f"{API}/auth/second-factor", json=sent)).json()["code"])
    assert said == ["account_leaving", "wrong_factor"]


async def test_a_passkey_shows_the_way_back_too(client: httpx2.AsyncClient, ada: Person) -> None:
    device = device_here()
    await add_passkey(ada, device)
    assert (await ada.post("/me/erasure", {"handle": "ada"})).status_code == 202
    asked = (await client.post(f"{API}/auth/passkey/options")).json()
    sent = {"state": asked["state"], "credential": device.get(asked["options"])}

    answer = await client.post(f"{API}/auth/passkey", json=sent)

    assert (answer.status_code, answer.json()["code"]) == (403, "account_leaving")
    back = await client.post(f"{API}/auth/restore", json={"restore_token": answer.json()["restore_token"]})
    assert back.status_code == 200, "no second factor is asked for again"


async def test_a_passkey_is_a_way_in_and_the_last_one_stays(connect: Connect) -> None:
    person, device = await grace(connect), device_here()
    first = (await add_passkey(person, device, "Phone"))["passkey"]["id"]
    (connection,) = (await person.get("/me/connections")).json()["items"]

    assert (await person.delete(f"/me/connections/{connection['id']}")).status_code == 204
    refused = await person.delete(f"/me/factors/passkeys/{first}")
    assert (refused.status_code, refused.json()["code"]) == (409, "last_way_in")
    assert len((await person.get("/me/factors")).json()["passkeys"]) == 1

    second = (await add_passkey(person, device, "Key"))["passkey"]["id"]
    assert (await person.delete(f"/me/factors/passkeys/{first}")).status_code == 204
    assert (await person.delete(f"/me/factors/passkeys/{second}")).status_code == 409


async def test_a_passkey_beside_a_provider_or_a_password_may_go(connect: Connect, ada: Person) -> None:
    for person in (await grace(connect), ada):
        made = (await add_passkey(person, device_here()))["passkey"]["id"]
        assert (await person.delete(f"/me/factors/passkeys/{made}")).status_code == 204


async def test_a_factor_set_up_by_a_provider_s_newcomer_asks_for_itself_alone(
    app: App, client: httpx2.AsyncClient, connect: Connect
) -> None:
    phone = await add_phone(app, await grace(connect))
    asked = (await Browser(client).log_in("1")).json()
    given = await client.post(
        f"{API}/auth/second-factor", json={"challenge": asked["challenge"], "recovery_code": phone.codes[0]}
    )
    assert given.status_code == 200, given.text
    await let_codes_pass(app)
    person = Person("", "grace", "", "", "", connect(Authorization=f"Bearer {given.json()['access_token']}"))
    assert (await person.get("/auth/step-up")).json()["methods"] == ["totp", "recovery_code"]
    assert (await person.post("/auth/step-up", {"totp": phone.code()})).status_code == 200


@pytest.mark.parametrize("settings", [{"registration": "approval"}], indirect=True)
async def test_a_newcomer_waits_where_staff_decide(app: App, client: httpx2.AsyncClient) -> None:
    made = await client.post(FINISH, json={**await ticket(client), "reason": "I make films."})

    assert (made.status_code, made.json()["state"], made.json()["handle"]) == (202, "pending", "grace")
    assert "access_token" not in made.text
    assert await scalar(app, "SELECT reason FROM sign_ups") == "I make films."
    answer = await Browser(client).log_in("1")
    assert (answer.status_code, answer.json()["code"]) == (403, "account_pending")


@pytest.mark.parametrize("settings", [{"registration": "invite"}], indirect=True)
async def test_a_newcomer_needs_an_invite_where_everybody_does(app: App, client: httpx2.AsyncClient) -> None:
    sent = await ticket(client)
    async with app.work(SYSTEM) as work:
        token = (await invites.invite(work, InviteCreate(), settings=app.settings)).token
    for wrong, code in (({}, "invite_needed"), ({"invite": "sfi_" + "x" * 43}, "invite_invalid")):
        refused = await client.post(FINISH, json={**sent, **wrong})
        assert (refused.status_code, refused.json()["code"]) == (403, code)

    assert (await client.post(FINISH, json={**sent, "invite": token})).status_code == 201
    assert await scalar(app, "SELECT uses FROM invites") == 1


@pytest.mark.parametrize("settings", [{"registration": "closed"}], indirect=True)
async def test_nobody_new_comes_where_sign_ups_are_closed(app: App, client: httpx2.AsyncClient) -> None:
    refused = await client.post(FINISH, json=await ticket(client))
    assert (refused.status_code, refused.json()["code"]) == (403, "registration_closed")
    assert await scalar(app, "SELECT count(*) FROM accounts") == 0


@pytest.mark.parametrize("settings", [{"minimum_age": 16, "terms_version": "3"}], indirect=True)
async def test_a_newcomer_is_asked_for_age_and_terms(app: App, client: httpx2.AsyncClient) -> None:
    sent = await ticket(client)
    old, agreed = {"birth_date": "1906-12-09"}, {"accept_terms": "3"}
    for given, code in ((agreed, "invalid_request"), (old, "terms_not_accepted"), (old | {"accept_terms": "2"}, None)):
        refused = await client.post(FINISH, json={**sent, **given})
        assert refused.status_code in {403, 422}, refused.text
        assert refused.json()["code"] == (code or "terms_not_accepted")

    assert (await client.post(FINISH, json={**sent, **old, **agreed})).status_code == 201
    assert await scalar(app, "SELECT count(*) FROM consents") == 2
