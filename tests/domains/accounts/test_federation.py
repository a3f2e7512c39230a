"""Log-ins by other providers: newcomers, people who are known, links, and the way in that is left."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.federation import API, Browser, Phone, with_providers
from tests.factories.issuers import CLIENT, SECRET, Facebook, Issuer, X, consent, introduce, provider_mock, serving

from socialflow.domains.accounts import service
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App
from socialflow.ports.mail import Mailer, Message

Deliver = Callable[..., Awaitable[int]]


class Letters:
    """A mailer that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    async def send(self, message: Message) -> None:
        self.sent.append(message)


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    with provider_mock() as issuer:
        introduce(issuer, "1", email="grace@gmail.com", email_verified=True, name="Grace Hopper")
        introduce(issuer, "2", email="heidi@example.org", email_verified=False)
        yield issuer


@pytest.fixture
def acme() -> Iterator[Issuer]:
    issuer = Issuer({"1": {"email": "grace@example.org", "email_verified": True, "name": "Grace Hopper"}})
    with serving(issuer.app()) as issuer.address:
        yield issuer


@pytest.fixture
def x() -> Iterator[str]:
    with serving(X({"1": {"name": "Grace", "username": "grace"}}).app()) as address:
        yield address


@pytest.fixture
def facebook() -> Iterator[tuple[Facebook, str]]:
    made = Facebook({"1": {"name": "Grace", "email": "grace@example.org"}})
    with serving(made.app()) as address:
        made.limited.address = address
        yield made, address


@pytest.fixture
def settings(settings: Settings, real: str, acme: Issuer, x: str, facebook: tuple[Facebook, str]) -> Settings:
    return with_providers(
        settings,
        mock={"issuer": real, "name": "The real one"},
        google={"issuer": real, "kind": "google"},
        acme={"issuer": acme.address},
        x={"issuer": x, "api_url": x, "kind": "x"},
        facebook={"issuer": facebook[1], "api_url": facebook[1], "kind": "facebook"},
    )


@pytest.fixture
def letters(app: App) -> Letters:
    kept = Letters()
    app.ports[Mailer] = kept  # type: ignore[index]  # a dictionary, though it is passed on as one that is only read
    return kept


async def notes(app: App, tag: str) -> list[Any]:
    async with app.sessions() as session:
        wanted = text("SELECT account_id FROM audit_events WHERE tag = :tag ORDER BY seq")
        return list(await session.scalars(wanted, {"tag": tag}))


async def test_the_list_tells_whom_one_may_log_in_by(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"{API}/auth/providers")

    found = {each["key"]: each for each in answer.json()["items"]}
    assert list(found) == ["mock", "google", "acme", "x", "facebook"]
    assert found["mock"] == {"key": "mock", "name": "The real one", "kind": "oidc", "native": ["id_token"]}
    assert found["facebook"]["native"] == ["access_token", "id_token"]
    assert SECRET not in answer.text
    methods = (await client.get(f"{API}/instance")).json()["auth_methods"]
    assert methods == ["password", "passkey", *found]


@pytest.mark.parametrize("key", ["mock", "google"])
async def test_a_newcomer_of_a_real_provider_chooses_a_handle_and_is_known_ever_after(
    client: httpx2.AsyncClient, app: App, deliver: Deliver, letters: Letters, key: str
) -> None:
    browser = Browser(client, key)

    unfinished = (await browser.log_in("1", next="/upload")).json()
    assert (unfinished["kind"], unfinished["next"], unfinished["credentials"]) == ("sign_up", "/upload", None)
    told = unfinished["sign_up"]
    assert (told["email"], told["email_verified"]) == ("grace@gmail.com", True)
    assert (told["display_name"], told["provider"]) == ("Grace Hopper", key)
    sent = {"ticket": told["ticket"], "handle": "grace", "display_name": "Grace"}
    made = await client.post(f"{API}/auth/providers/finish", json=sent)

    assert made.status_code == 201, made.text
    user = made.json()["user"]
    assert (user["handle"], user["email"]) == ("grace", "grace@gmail.com")
    token = {"Authorization": f"Bearer {made.json()['access_token']}"}
    assert (await client.get(f"{API}/channels/@grace")).json()["id"] == user["channel_id"]
    assert (await client.get(f"{API}/me", headers=token)).json()["id"] == user["id"]
    again = (await browser.log_in("1")).json()
    assert (again["kind"], again["sign_up"], again["credentials"]["user"]["id"]) == ("session", None, user["id"])
    async with app.sessions() as session:
        row = (await session.execute(text("SELECT password_hash, email_verified_at FROM accounts"))).one()
        methods = await session.scalars(text("SELECT DISTINCT methods FROM sessions"))
        assert row.password_hash is None
        assert row.email_verified_at is not None
        assert list(methods) == ["fed"]
    assert await notes(app, "account:connection:added") == [ids.parse("acc", user["id"])]
    answer = await client.post(f"{API}/auth/login", json={"login": "grace", "password": PASSWORD})
    assert answer.status_code == 401, "there is no password"


async def test_an_address_that_the_provider_does_not_vouch_for_is_not_verified_here(
    client: httpx2.AsyncClient, app: App
) -> None:
    assert (await Browser(client, "mock").sign_up("2", "heidi")).status_code == 201
    async with app.sessions() as session:
        row = (await session.execute(text("SELECT email, email_verified_at FROM accounts"))).one()
    assert tuple(row) == ("heidi@example.org", None)


async def test_another_address_than_the_provider_s_is_not_verified_either(client: httpx2.AsyncClient, app: App) -> None:
    assert (await Browser(client, "mock").sign_up("1", "grace", email="g@example.net")).status_code == 201
    async with app.sessions() as session:
        row = (await session.execute(text("SELECT email, email_verified_at FROM accounts"))).one()
    assert tuple(row) == ("g@example.net", None)


async def test_who_comes_by_x_gives_an_address_themselves(client: httpx2.AsyncClient) -> None:
    browser = Browser(client, "x")
    unfinished = (await browser.log_in("1")).json()["sign_up"]
    assert (unfinished["email"], unfinished["display_name"]) == (None, "Grace")
    sent = {"ticket": unfinished["ticket"], "handle": "grace", "display_name": "Grace"}
    refused = await client.post(f"{API}/auth/providers/finish", json=sent)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/email")

    made = await client.post(f"{API}/auth/providers/finish", json={**sent, "email": "g@example.org"})

    assert made.status_code == 201
    assert (await browser.log_in("1")).json()["kind"] == "session"


async def test_who_comes_by_facebook_is_the_same_in_a_browser_and_in_an_app(
    client: httpx2.AsyncClient, facebook: tuple[Facebook, str]
) -> None:
    made = await Browser(client, "facebook").sign_up("1", "grace")
    token = facebook[0].grants.access_token("1")

    for sent in (
        {"access_token": token},
        {"id_token": facebook[0].limited.token("1", "n" * 20), "nonce": "n" * 20},
    ):
        answer = await client.post(f"{API}/auth/providers/facebook/token", json=sent)
        assert answer.json()["credentials"]["user"]["id"] == made.json()["user"]["id"], answer.text


async def test_an_app_s_newcomer_is_asked_for_a_handle_too(client: httpx2.AsyncClient, acme: Issuer) -> None:
    phone = Phone(client, acme)
    ticket = (await phone.log_in("1")).json()["sign_up"]["ticket"]
    sent = {"ticket": ticket, "handle": "grace", "display_name": "Grace"}
    assert (await client.post(f"{API}/auth/providers/finish", json=sent)).status_code == 201
    assert (await phone.log_in("1")).json()["kind"] == "session"


async def test_a_ticket_is_good_once_for_a_while_and_for_what_it_says(
    client: httpx2.AsyncClient, app: App, acme: Issuer, ada: Person
) -> None:
    browser = Browser(client)
    ticket = (await browser.log_in("1")).json()["sign_up"]["ticket"]
    sent = {"ticket": ticket, "handle": "grace", "display_name": "Grace"}
    path = f"{API}/auth/providers/finish"
    for made_up in ("x", ticket[:-3] + "AAA", "é", (await browser.start())["transaction"]):
        assert (await client.post(path, json={**sent, "ticket": made_up})).json()["code"] == "invalid_ticket"
    for handle, code in (("ada", "handle_taken"), ("admin", "handle_reserved"), ("a", "invalid_request")):
        assert (await client.post(path, json={**sent, "handle": handle})).json()["code"] == code
    answers = await asyncio.gather(
        *(client.post(path, json={**sent, "handle": f"grace{n}", "email": f"g{n}@example.org"}) for n in range(3))
    )
    assert sorted(each.status_code for each in answers) == [201, 401, 401]
    assert (await client.post(path, json=sent)).json()["code"] == "invalid_ticket"
    # As old as may be.
    old = service.Ticket("acme", acme.address, "9", None, False, None, (app.clock() - timedelta(seconds=1)).timestamp())
    late = {**sent, "ticket": service.seal_ticket(app.keys, old)}
    assert (await client.post(path, json=late)).json()["code"] == "invalid_ticket"


class TestClosed:
    """Where nobody may sign up."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        auth = settings.auth.model_copy(update={"registration": "closed"})
        return settings.model_copy(update={"auth": auth})

    async def test_a_provider_opens_no_door_that_is_closed(self, client: httpx2.AsyncClient) -> None:
        answer = await Browser(client).sign_up("1", "grace")
        assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")


class TestNone:
    """Where nobody is configured."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return with_providers(settings)

    async def test_the_list_is_empty_and_the_routes_find_nobody(self, client: httpx2.AsyncClient, ada: Person) -> None:
        assert (await client.get(f"{API}/auth/providers")).json() == {"items": [], "next_cursor": None}
        for path, body in (
            ("start", {}),
            ("callback", {"transaction": "x", "state": "x"}),
            ("token", {"id_token": "x", "nonce": "n" * 16}),
        ):
            answer = await client.post(f"{API}/auth/providers/acme/{path}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown_provider")
        assert (await ada.post("/me/connections/acme/start", {})).status_code == 404


async def test_one_s_own_account_is_connected_and_entered(
    client: httpx2.AsyncClient, ada: Person, app: App, deliver: Deliver, letters: Letters
) -> None:
    linking = Browser(ada.http, route="/me/connections")

    linked = await linking.log_in("1")

    assert linked.status_code == 201, linked.text
    assert (linked.json()["provider"], linked.json()["email"]) == ("acme", "grace@example.org")
    assert (await Browser(client).log_in("1")).json()["credentials"]["user"]["id"] == ada.id
    assert (await linking.log_in("1")).json()["id"] == linked.json()["id"], "twice is once"
    page = (await ada.get("/me/connections")).json()
    assert [each["id"] for each in page["items"]] == [linked.json()["id"]]
    assert page["items"][0]["last_used_at"] is not None
    await deliver(times=1)
    mails = [each for each in letters.sent if "Acme" in each.text]
    assert [each.to for each in mails] == ["ada@example.org"]
    assert await notes(app, "account:connection:added") == [ids.parse("acc", ada.id)]


async def test_what_is_connected_to_somebody_is_nobody_else_s(ada: Person, bob: Person) -> None:
    assert (await Browser(ada.http, route="/me/connections").log_in("1")).status_code == 201
    answer = await Browser(bob.http, route="/me/connections").log_in("1")
    assert (answer.status_code, answer.json()["code"]) == (409, "connected_elsewhere")


async def test_an_app_connects_too(ada: Person, acme: Issuer, client: httpx2.AsyncClient) -> None:
    nonce = "n" * 20
    answer = await ada.post("/me/connections/acme/token", {"id_token": acme.token("1", nonce), "nonce": nonce})
    assert answer.status_code == 201, answer.text
    assert (await Phone(client, acme).log_in("1")).json()["credentials"]["user"]["id"] == ada.id


async def test_connections_come_page_by_page(ada: Person, bob: Person) -> None:
    linking = Browser(ada.http, route="/me/connections")
    made = [(await linking.log_in(subject)).json()["id"] for subject in ("1", "2", "3")]

    first = (await ada.get("/me/connections?limit=2")).json()
    second = (await ada.get(f"/me/connections?limit=2&cursor={first['next_cursor']}")).json()

    assert [each["id"] for each in first["items"] + second["items"]] == made
    assert second["next_cursor"] is None
    assert (await bob.get(f"/me/connections?cursor={first['next_cursor']}")).status_code == 422


async def test_a_connection_is_taken_away_by_its_owner(
    client: httpx2.AsyncClient, ada: Person, bob: Person, app: App
) -> None:
    made = (await Browser(ada.http, route="/me/connections").log_in("1")).json()
    assert (await bob.delete(f"/me/connections/{made['id']}")).status_code == 404

    assert (await ada.delete(f"/me/connections/{made['id']}")).status_code == 204

    assert (await ada.get("/me/connections")).json()["items"] == []
    assert (await ada.delete(f"/me/connections/{made['id']}")).status_code == 404
    assert (await Browser(client).log_in("1")).json()["kind"] == "sign_up"
    assert await notes(app, "account:connection:removed") == [ids.parse("acc", ada.id)]


async def test_the_last_way_in_stays_even_when_two_are_taken_away_at_once(
    connect: Callable[..., httpx2.AsyncClient],
) -> None:
    client = connect()
    made = await Browser(client).sign_up("1", "grace")
    client.headers["Authorization"] = f"Bearer {made.json()['access_token']}"
    linking = Browser(client, route="/me/connections")
    only = (await client.get(f"{API}/me/connections")).json()["items"][0]["id"]
    refused = await client.delete(f"{API}/me/connections/{only}")
    assert (refused.status_code, refused.json()["code"]) == (409, "last_way_in")
    other = (await linking.log_in("2")).json()["id"]

    answers = await asyncio.gather(*(client.delete(f"{API}/me/connections/{each}") for each in (only, other)))

    assert sorted(each.status_code for each in answers) == [204, 409]
    assert len((await client.get(f"{API}/me/connections")).json()["items"]) == 1


async def test_a_provider_that_is_gone_is_no_way_in(connect: Callable[..., httpx2.AsyncClient], app: App) -> None:
    client = connect()
    made = await Browser(client).sign_up("1", "grace")
    client.headers["Authorization"] = f"Bearer {made.json()['access_token']}"
    async with app.sessions() as session, session.begin():
        await session.execute(
            text(
                "INSERT INTO connections (id, account_id, issuer, subject, provider, created_at)"
                " SELECT gen_random_uuid(), id, 'https://gone.example', '1', 'gone', now() FROM accounts"
            )
        )
    found = {each["provider"]: each for each in (await client.get(f"{API}/me/connections")).json()["items"]}
    assert (found["gone"]["usable"], found["acme"]["usable"]) == (False, True)
    assert (await client.delete(f"{API}/me/connections/{found['acme']['id']}")).status_code == 409
    assert (await client.delete(f"{API}/me/connections/{found['gone']['id']}")).status_code == 204


async def test_links_are_made_and_cut_by_who_has_just_shown_who_they_are(app: App, ada: Person) -> None:
    made = (await Browser(ada.http, route="/me/connections").log_in("1")).json()
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE sessions SET authenticated_at = now() - interval '1 day'"))

    for answer in (
        await ada.post("/me/connections/acme/start", {}),
        await ada.post("/me/connections/acme/token", {"id_token": "x", "nonce": "n" * 16}),
        await ada.delete(f"/me/connections/{made['id']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "step_up_required")


async def test_who_is_suspended_does_not_get_in_this_way_either(client: httpx2.AsyncClient, app: App) -> None:
    await Browser(client).sign_up("1", "grace")
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE accounts SET state = 'suspended'"))

    answer = await Browser(client).log_in("1")

    assert (answer.status_code, answer.json()["code"]) == (403, "account_suspended")


async def test_the_web_app_gets_a_cookie(client: httpx2.AsyncClient) -> None:
    await Browser(client).sign_up("1", "grace")

    answer = await Browser(client, headers={"X-Session": "cookie"}).log_in("1")

    assert answer.json()["credentials"]["token_type"] == "Cookie"
    assert "HttpOnly" in answer.headers["set-cookie"]


async def test_who_says_no_and_what_fails_is_told(client: httpx2.AsyncClient, acme: Issuer) -> None:
    browser = Browser(client)
    begun = await browser.start()
    denied = await browser.finish(begun, consent(begun["authorization_url"], deny=True))
    assert (denied.status_code, denied.json()["code"]) == (403, "log_in_declined")
    begun = await browser.start()
    came = consent(begun["authorization_url"], "1")
    acme.metadata = {"token_endpoint": "http://localhost:9/token"}
    acme.check_secret = lambda _: False
    silent = await browser.finish(begun, came)
    assert (silent.status_code, silent.json()["code"]) == (503, "provider_unavailable")
    assert SECRET not in silent.text
    assert CLIENT not in silent.text
