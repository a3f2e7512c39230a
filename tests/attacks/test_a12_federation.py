"""A12: nobody waits in an account for its owner, and nobody gets into one by an address alone."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.federation import API, Browser, Phone, with_providers
from tests.factories.issuers import Issuer, serving
from tests.factories.letters import Mails, letters_to, reset

from socialflow.adapters.identity.http import Http
from socialflow.adapters.identity.oidc import GoogleProvider, Terms
from socialflow.domains.accounts.errors import UnknownLogIn
from socialflow.domains.accounts.service import federation
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.identity import Identity

Deliver = Callable[..., Awaitable[int]]
VICTIM = "ada@example.org"  # whose account here is that of the fixture `ada`


@pytest.fixture
def acme() -> Iterator[Issuer]:
    issuer = Issuer({"1": {"email": VICTIM, "email_verified": True}, "2": {"email": VICTIM, "email_verified": False}})
    with serving(issuer.app()) as issuer.address:
        yield issuer


@pytest.fixture
def other() -> Iterator[Issuer]:
    issuer = Issuer({"1": {"email": "eve@example.org", "email_verified": True}})
    with serving(issuer.app()) as issuer.address:
        yield issuer


@pytest.fixture
def settings(settings: Settings, acme: Issuer, other: Issuer) -> Settings:
    return with_providers(settings, acme={"issuer": acme.address}, other={"issuer": other.address})


async def verify(app: App, handle: str) -> None:
    async with app.sessions() as session, session.begin():
        wanted = text("UPDATE accounts SET email_verified_at = now() WHERE handle = :handle")
        await session.execute(wanted, {"handle": handle})


async def connections(app: App) -> list[tuple[str, str]]:
    async with app.sessions() as session:
        found = await session.execute(
            text("SELECT a.handle, c.subject FROM connections c JOIN accounts a ON a.id = c.account_id ORDER BY 1, 2")
        )
        return [(row.handle, row.subject) for row in found]


async def test_a12_who_registered_with_somebody_s_address_does_not_wait_in_their_account(
    client: httpx2.AsyncClient, app: App, ada: Person
) -> None:
    # `ada` stands for the attacker: the account has the victim's address, which was never verified.
    answer = await Browser(client).log_in("1")

    assert answer.json()["kind"] == "sign_up", "the victim is a newcomer and enters nobody's account"
    sent = {"ticket": answer.json()["sign_up"]["ticket"], "handle": "victim", "display_name": "Victim"}
    made = await client.post(f"{API}/auth/providers/finish", json=sent)
    assert made.status_code == 201, "an address is one account's alone only where it was verified"
    assert await connections(app) == [("victim", "1")]
    assert made.json()["user"]["id"] != ada.id
    again = await client.post(f"{API}/auth/login", json={"login": "victim", "password": PASSWORD})
    assert again.status_code == 401
    assert (await ada.get("/me/connections")).json()["items"] == []


async def test_a12_verified_on_both_sides_still_needs_the_account_s_own_log_in(
    client: httpx2.AsyncClient, app: App, ada: Person, acme: Issuer
) -> None:
    early = (await Browser(client).log_in("1")).json()["sign_up"]["ticket"]
    await verify(app, "ada")

    for answer in (await Browser(client).log_in("1"), await Phone(client, acme).log_in("1")):
        assert (answer.status_code, answer.json()["code"]) == (409, "account_needs_link")
        assert ada.id not in answer.text
    sent = {"ticket": early, "handle": "victim", "display_name": "Victim"}
    late = await client.post(f"{API}/auth/providers/finish", json=sent)
    assert (late.status_code, late.json()["code"]) == (409, "account_needs_link")
    assert await connections(app) == []

    assert (await Browser(ada.http, route="/me/connections").log_in("1")).status_code == 201
    assert (await Browser(client).log_in("1")).json()["credentials"]["user"]["id"] == ada.id


async def test_a12_an_address_that_is_only_claimed_at_the_provider_opens_nothing(
    client: httpx2.AsyncClient, app: App, ada: Person
) -> None:
    await verify(app, "ada")

    answer = await Browser(client).log_in("2")

    unfinished = answer.json()["sign_up"]
    assert (answer.json()["kind"], unfinished["email_verified"]) == ("sign_up", False)
    sent = {"ticket": unfinished["ticket"], "handle": "eve", "display_name": "Eve"}
    made = await client.post(f"{API}/auth/providers/finish", json=sent)
    assert made.status_code == 201
    async with app.sessions() as session:
        verified = await session.scalars(text("SELECT handle FROM accounts WHERE email_verified_at IS NOT NULL"))
        assert list(verified) == ["ada"]
    assert ("ada", "2") not in await connections(app)


async def test_a12_another_subject_with_the_same_address_is_another_person(
    client: httpx2.AsyncClient, app: App, acme: Issuer
) -> None:
    acme.people["3"] = {"email": "grace@example.org", "email_verified": True}
    made = await Browser(client).sign_up("3", "grace")
    # The address was given to somebody else, or the provider numbers its people anew.
    acme.people["4"] = acme.people["3"]

    answer = await Browser(client).log_in("4")

    assert (answer.status_code, answer.json()["code"]) == (409, "account_needs_link")
    again = (await Browser(client).log_in("3")).json()
    assert again["credentials"]["user"]["id"] == made.json()["user"]["id"]


async def test_a12_an_address_that_changes_at_the_provider_changes_nothing_here(
    client: httpx2.AsyncClient, app: App, acme: Issuer, ada: Person
) -> None:
    await verify(app, "ada")
    acme.people["3"] = {"email": "grace@example.org", "email_verified": True}
    made = await Browser(client).sign_up("3", "grace")
    acme.people["3"] = {"email": VICTIM, "email_verified": True}

    answer = (await Browser(client).log_in("3")).json()

    assert answer["credentials"]["user"]["id"] == made.json()["user"]["id"]
    assert answer["credentials"]["user"]["email"] == "grace@example.org"


async def test_a12_two_providers_may_call_two_people_by_the_same_name(
    client: httpx2.AsyncClient, app: App, acme: Issuer
) -> None:
    one = await Browser(client).sign_up("1", "victim")

    answer = await Browser(client, "other").log_in("1")

    assert answer.json()["kind"] == "sign_up"
    two = await Browser(client, "other").sign_up("1", "eve")
    assert one.json()["user"]["id"] != two.json()["user"]["id"]


async def test_a12_a_mailbox_that_is_not_google_s_is_not_vouched_for_by_google() -> None:
    # Google asked for it once; whose it is today it does not say.
    google = GoogleProvider(Terms("Google", "https://accounts.google.com", "x"), Http())
    for claims, verified in (
        ({"email": "a@gmail.com", "email_verified": True}, True),
        ({"email": "a@example.org", "email_verified": True, "hd": "example.org"}, True),
        ({"email": "a@example.org", "email_verified": True}, False),
        ({"email": "a@gmail.com", "email_verified": False}, False),
        ({"email": "a@gmail.com", "email_verified": "true"}, False),
        ({"email": "a@gmail.com.example.org", "email_verified": True}, False),
        ({"hd": "example.org", "email_verified": False, "email": "a@example.org"}, False),
    ):
        assert google.vouches(claims) is verified, claims
    await google.close()


async def test_a12_a_provider_that_a_thief_has_connected_goes_with_the_first_reset(
    client: httpx2.AsyncClient, app: App, ada: Person, deliver: Deliver, mails: Mails
) -> None:
    # `ada` has the victim's address, unverified, and has left a second door open.
    assert (await Browser(ada.http, "other", route="/me/connections").log_in("1")).status_code == 201
    await client.post(f"{API}/auth/password-reset", json={"email": VICTIM})
    await deliver()
    (letter,) = letters_to(mails, VICTIM, "/reset")

    assert (await reset(client, letter, "the victim's own long words")).status_code == 204

    assert await connections(app) == []
    assert (await Browser(client, "other").log_in("1")).json()["kind"] == "sign_up"
    async with app.sessions() as session:
        noted = text("SELECT count(*) FROM audit_events WHERE tag = 'account:ways:cleared'")
        assert await session.scalar(noted) == 1


async def test_a12_a_provider_of_a_verified_account_stays_when_the_password_is_reset(
    client: httpx2.AsyncClient, app: App, ada: Person, deliver: Deliver, mails: Mails
) -> None:
    await verify(app, "ada")
    assert (await Browser(ada.http, "other", route="/me/connections").log_in("1")).status_code == 201
    await client.post(f"{API}/auth/password-reset", json={"email": VICTIM})
    await deliver()
    (letter,) = letters_to(mails, VICTIM, "/reset")

    assert (await reset(client, letter, "my own new long words")).status_code == 204

    assert await connections(app) == [("ada", "1")]


async def test_a12_a_connection_that_is_taken_away_lets_nobody_in_who_is_just_arriving(
    app: App, ada: Person, other: Issuer
) -> None:
    assert (await Browser(ada.http, "other", route="/me/connections").log_in("1")).status_code == 201

    async def arrive() -> object:
        async with app.work(SYSTEM) as work:
            return await federation.arrive(work, Identity(other.address, "1"))

    assert await arrive() is not None
    async with app.sessions.begin() as session:
        await session.execute(text("SELECT FROM accounts WHERE handle = 'ada' FOR UPDATE"))
        arriving = asyncio.create_task(arrive())
        await asyncio.sleep(0.5)
        # Whoever takes it away holds the account: who arrives waits for that, and holds nothing meanwhile.
        await session.execute(text("SET LOCAL lock_timeout = '1s'"))
        await session.execute(text("DELETE FROM connections"))
    with pytest.raises(UnknownLogIn):
        await arriving
