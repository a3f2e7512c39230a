"""A15: a limit is of the handler, by account and by address, however it is reached and whoever one claims to be."""

import itertools
import json
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.conftest import SECRET
from tests.factories.accounts import PASSWORD, Person, form
from tests.factories.federation import with_providers

from socialflow.domains.accounts.service import challenges
from socialflow.entrypoints.api import openapi
from socialflow.kernel import crypto, ids
from socialflow.kernel.config import Settings
from socialflow.kernel.crypto import Keys

OF_ACCOUNT, OF_ADDRESS = 3, 5
# Where nobody answers: a door is counted whether it opens or not.
NOBODY = "http://127.0.0.1:9"
PROXY, PEER = "10.0.0.1", "203.0.113.9"
Call = Callable[[httpx2.AsyncClient, int], Awaitable[httpx2.Response]]


@dataclass(frozen=True, slots=True)
class Door:
    """A way in: how one knocks for the account of a number, and at whose operation that ends."""

    operation: str
    knock: Call


def login(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
    return client.post("/api/v1/auth/login", json={"login": f"nobody{who}", "password": PASSWORD})


def register(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
    # Refused by the policy on handles, before anything is hashed.
    return client.post("/api/v1/auth/register", json=form("admin") | {"email": f"nobody{who}@example.org"})


def refresh(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
    session = f"{who:026}"
    return client.post("/api/v1/auth/refresh", json={"refresh_token": f"sfr_{session}.{ids.new()}"})


def link(path: str, **more: str) -> Call:
    """A way to use links of mails: forged ones, of the account of a number."""

    def use(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
        said = who.to_bytes(16, "big") + bytes(8) + (2**53).to_bytes(8, "big") + bytes(32)
        return client.post(f"/api/v1{path}", json={"token": crypto.to_text(said), **more})

    return use


def ask_reset(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
    return client.post("/api/v1/auth/password-reset", json={"email": f"nobody{who}@example.org"})


def by_app(path: str) -> Call:
    """An app that is none, with the same credentials each time for the same number."""

    def knock(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
        sent = {"client_id": f"app_{who:026}", "client_secret": "x", "token": "x", "grant_type": "refresh_token"}
        return client.post(path, data=sent)

    return knock


def login_page(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
    sent = {"login": f"nobody{who}", "password": PASSWORD}
    return client.post("/login", data=sent, headers={"Origin": "http://testserver"})


def sign_up_page(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
    sent = form("admin") | {"email": f"nobody{who}@example.org"}
    return client.post("/signup", data=sent, headers={"Origin": "http://testserver"})


def second_factor(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
    # As if this account's password had been right.
    account, said = uuid.UUID(int=who), {"methods": ["pwd"], "state": ""}
    challenge = challenges.issue(Keys(SECRET), "second-factor", account, datetime.now(UTC), **said)
    return client.post("/api/v1/auth/second-factor", json={"challenge": challenge, "totp": "000000"})


def passkey(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
    state = challenges.issue(Keys(SECRET), "passkey-log-in", None, datetime.now(UTC), challenge="00")
    sent = {"state": state, "credential": json.dumps({"id": f"{who:04}"})}
    return client.post("/api/v1/auth/passkey", json=sent)


def restore(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
    return client.post("/api/v1/auth/restore", json={"restore_token": f"sfb_{who:060}"})


def start(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
    return client.post("/api/v1/auth/providers/acme/start", json={})


def come_back(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
    return client.post("/api/v1/auth/providers/acme/callback", json={"transaction": "x", "state": f"{who}"})


def bring(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
    return client.post("/api/v1/auth/providers/acme/token", json={"id_token": f"x{who}"})


def finish(client: httpx2.AsyncClient, who: int) -> Awaitable[httpx2.Response]:
    return client.post("/api/v1/auth/providers/finish", json={"ticket": "x", "handle": "ada", "display_name": "x"})


# Of these nobody says whose account it would be until it is shown: by address alone.
OF_NOBODY = {
    "start at a provider": Door("startProviderLogIn", start),
    "back from a provider": Door("finishProviderLogIn", come_back),
    "a provider's token": Door("logInByProviderToken", bring),
    "a newcomer's handle": Door("finishSignUp", finish),
}
DOORS = {
    "restore": Door("restoreAccount", restore),
    "login": Door("logIn", login),
    "register": Door("register", register),
    "refresh": Door("refreshTokens", refresh),
    "reset asked": Door("askPasswordReset", ask_reset),
    "reset": Door("resetPassword", link("/auth/password-reset/confirm", password=PASSWORD)),
    "verify": Door("verifyEmail", link("/auth/verify-email")),
    "email confirm": Door("confirmEmailChange", link("/auth/email-change/confirm")),
    "email undo": Door("undoEmailChange", link("/auth/email-change/undo")),
    "second factor": Door("giveSecondFactor", second_factor),
    "passkey": Door("logInByPasskey", passkey),
    "app's tokens": Door("getTokens", by_app("/oauth/token")),
    "app's device": Door("beginDevice", by_app("/oauth/device")),
    "app's revocation": Door("revokeAppToken", by_app("/oauth/revoke")),
    "app's question": Door("introspectToken", by_app("/oauth/introspect")),
    "login page": Door("logIn", login_page),
    "sign-up page": Door("register", sign_up_page),
}
doors = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS.keys())
all_doors = pytest.mark.parametrize("door", [*DOORS.values(), *OF_NOBODY.values()], ids=[*DOORS, *OF_NOBODY])
# They take no credential but the one that they end, or none at all, or give a number drawn by chance.
NOT_A_DOOR = {"beginPasskeyLogIn", "beginSecondFactor", "giveUpToken", "logOut", "registerClient"}


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Tight limits; proxies of ours stand in 10.0.0.0/8 where a test asks for them."""
    account, address = f"{OF_ACCOUNT}/3600", f"{OF_ADDRESS}/3600"
    limits = settings.limits.model_copy(
        update={
            f"{what}_{whose}": rate
            for what in ("login", "register", "refresh", "link", "mail", "password", "factor", "restore", "federation")
            for whose, rate in (("account", account), ("session", account), ("address", address), ("failures", address))
        }
        | {"oauth_credential": account, "oauth_address": address, "app_registration_address": address}
    )
    proxies = ("10.0.0.0/8",) if "behind_a_proxy" in request.fixturenames else ()
    http = settings.http.model_copy(update={"trusted_proxies": proxies})
    return with_providers(settings.model_copy(update={"limits": limits, "http": http}), acme={"issuer": NOBODY})


@pytest.fixture
def behind_a_proxy() -> None:
    """Asks for proxies of ours."""


@pytest.fixture
def at(api: FastAPI) -> Callable[..., httpx2.AsyncClient]:
    """A client that comes from an address."""

    def make(address: str, *headers: tuple[str, str]) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=(address, 50_000))
        return httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=list(headers))

    return make


At = Callable[..., httpx2.AsyncClient]


def spoofed(number: int) -> Iterator[tuple[str, str]]:
    """Every header by which somebody may claim to come from elsewhere."""
    claimed = f"198.51.100.{number}"
    for name in ("X-Forwarded-For", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "Client-IP"):
        yield name, claimed
    yield "Forwarded", f"for={claimed};proto=https"
    yield "X-Forwarded-For", f"{claimed}, 10.0.0.{number}"
    yield "X-Originating-IP", claimed
    yield "X-Cluster-Client-IP", claimed
    yield "Fastly-Client-IP", claimed


async def admitted(answers: Iterator[Awaitable[httpx2.Response]]) -> int:
    """How many got through before the first was turned away, which must say when to come again."""
    for count in itertools.count():
        answer = await next(answers)
        assert answer.status_code < 500 or answer.json()["code"] == "provider_unavailable", answer.text
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) > 0
            return count
    raise AssertionError


def test_a15_the_doors_are_all_that_stand_open_to_anybody_s_changes(api: FastAPI) -> None:
    paths: dict[str, dict[str, Any]] = openapi.document(api)["paths"]
    found = {
        operation["operationId"]
        for item in paths.values()
        for method, operation in item.items()
        if method not in {"get", "head", "options"} and not operation["x-scopes"]
    }
    assert found == {door.operation for door in (*DOORS.values(), *OF_NOBODY.values())} | NOT_A_DOOR
    assert all("429" in operation["responses"] for item in paths.values() for operation in item.values())


@doors
async def test_a15_one_account_from_everywhere(at: At, door: Door) -> None:
    answers = (door.knock(at(f"203.0.113.{number}"), 1) for number in itertools.count(1))

    assert await admitted(answers) == OF_ACCOUNT


@all_doors
async def test_a15_all_accounts_from_one_address_whatever_it_calls_itself(at: At, door: Door) -> None:
    answers = (door.knock(at(PEER, *spoofed(number)), number) for number in itertools.count(1))

    assert await admitted(answers) == OF_ADDRESS


@all_doors
async def test_a15_a_household_of_2_to_the_64_addresses_is_one(at: At, door: Door) -> None:
    answers = (door.knock(at(f"2001:db8:0:1:{number:x}::{number:x}"), number) for number in itertools.count(1))

    assert await admitted(answers) == OF_ADDRESS
    assert (await door.knock(at("2001:db8:0:2::1"), 99)).status_code != 429


@all_doors
@pytest.mark.usefixtures("behind_a_proxy")
async def test_a15_of_what_a_proxy_says_only_its_own_word_counts(at: At, door: Door) -> None:
    def said(number: int) -> list[tuple[str, str]]:
        # Some proxies prolong the caller's line, and some add one of their own.
        claimed, true = f"198.51.100.{number}", PEER
        if number % 2:
            return [("X-Forwarded-For", f"{claimed}, {true}")]
        return [("X-Forwarded-For", claimed), ("X-Forwarded-For", true), ("Forwarded", f"for={claimed}")]

    answers = (door.knock(at(PROXY, *said(number)), number) for number in itertools.count(1))

    assert await admitted(answers) == OF_ADDRESS
    other = at(PROXY, ("X-Forwarded-For", "203.0.113.77"))
    assert (await door.knock(other, 99)).status_code != 429, "behind one proxy are many people"
    direct = at("203.0.113.78", ("X-Forwarded-For", PEER))
    assert (await door.knock(direct, 98)).status_code != 429, "nobody can use up somebody else's"


@pytest.mark.parametrize("name", ["ada", "ADA", "@ada", "@Ada"])
async def test_a15_an_account_by_any_spelling_is_one(at: At, ada: Person, name: str) -> None:
    for number in range(OF_ACCOUNT):
        answer = await at(f"203.0.113.{number}").post("/api/v1/auth/login", json={"login": "ada", "password": "wrong"})
        assert answer.status_code == 401

    answer = await at(PEER).post("/api/v1/auth/login", json={"login": name, "password": PASSWORD})

    assert answer.status_code == 429


async def test_a15_an_account_by_its_address_and_its_handle_is_one_and_nobody_can_tell(at: At, ada: Person) -> None:
    async def tell(login: str, password: str, number: int) -> tuple[int, str]:
        body = {"login": login, "password": password}
        answer = await at(f"198.51.100.{number}").post("/api/v1/auth/login", json=body)
        return answer.status_code, answer.json()["code"]

    for number in range(OF_ACCOUNT):
        assert await tell("ada", "wrong", number) == (401, "wrong_credentials")

    # By another name no guess is good any more, not even the right one, and it is said in the same words in which a
    # stranger's address is refused: or else it would be told whose address it is.
    told = [
        [await tell(login, PASSWORD, 10 * who + number) for number in range(OF_ACCOUNT + 1)]
        for who, login in enumerate(("ada@example.org", "nobody@example.org"), start=1)
    ]
    assert told[0] == told[1] == [(401, "wrong_credentials")] * OF_ACCOUNT + [(429, "too_many_requests")]


async def test_a15_apps_that_register_themselves_from_one_address(at: At) -> None:
    # Refused or not: what counts is that somebody asked.
    answers = (at(PEER, *spoofed(number)).post("/oauth/register", json={}) for number in itertools.count(1))
    assert await admitted(answers) == OF_ADDRESS


VARIANTS = [
    "//api/v1/auth/login",
    "/api//v1/auth/login",
    "/api/v1/auth//login",
    "/api/v1/auth/login/",
    "/api/v1/auth/login//",
    "/api/v1/auth/login.json",
    "/api/v1/auth/login;x=1",
    "/api/v1/auth/login%20",
    "/api/v1/auth/login%00",
    "/api/v1/auth/login%2f",
    "/api/v1/auth/%2e/login",
    "/api/v1/auth/x/%2e%2e/login",
    "/api/v1/auth/./login",
    "/api/v1/./auth/login",
    "/API/v1/auth/login",
    "/api/v1/auth/LOGIN",
    "/api/v1/auth%2flogin",
    "/api/v1/auth/l%6fgin",
    "/api/v1/auth/login?x=1",
    "/login/",
    "//login",
    "/LOGIN",
]


async def test_a15_no_spelling_of_the_path_is_another_door(at: At, ada: Person) -> None:
    client = at(PEER)
    body = {"login": "ada", "password": PASSWORD}
    for _ in range(OF_ACCOUNT):
        await client.post("/api/v1/auth/login", json=body | {"password": "wrong"})

    for path in VARIANTS:
        # As it stands: a client would tidy it up.
        target = httpx2.URL("http://testserver").copy_with(raw_path=path.encode())
        for sent in ({"json": body}, {"data": body}):
            answer = await client.post(target, headers={"Origin": "http://testserver"}, **sent)
            assert answer.status_code in {400, 404, 405, 415, 422, 429}, (path, answer.status_code)
            assert "set-cookie" not in answer.headers
            assert "access_token" not in answer.text


async def test_a15_the_method_is_the_one_that_was_used(at: At, ada: Person) -> None:
    body = {"login": "ada", "password": PASSWORD}
    override = [(name, "POST") for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")]
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"):
        answer = await at(PEER, *override).request(method, "/api/v1/auth/login?_method=POST", json=body)
        assert answer.status_code == 405, method
    quiet = [(name, "GET") for name, _ in override]
    answers = (login(at(PEER, *quiet), number) for number in itertools.count(1))
    assert await admitted(answers) == OF_ADDRESS


async def test_a15_who_is_logged_in_is_counted_at_the_doors_like_anybody(at: At, ada: Person) -> None:
    bearer = ("Authorization", f"Bearer {ada.access_token}")
    answers = (refresh(at(PEER, bearer), number) for number in itertools.count(1))

    assert await admitted(answers) == OF_ADDRESS


async def test_a15_what_succeeds_is_not_counted(at: At, ada: Person) -> None:
    token = ada.refresh_token
    for _ in range(OF_ADDRESS + 2):
        answer = await at(PEER).post("/api/v1/auth/refresh", json={"refresh_token": token})
        assert answer.status_code == 200, answer.text
        token = answer.json()["refresh_token"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/me/password", {"current_password": "wrong words", "new_password": PASSWORD}, 422),
        ("/me/email", {"email": "new@example.org"}, 202),
        ("/me/email/verification", None, 202),
    ],
)
async def test_a15_credentials_of_one_s_own_are_counted_by_account_and_by_address(
    at: At, ada: Person, person: Callable[..., Awaitable[Person]], path: str, body: Any, status: int
) -> None:
    def ask(who: Person, address: str) -> Awaitable[httpx2.Response]:
        bearer = ("Authorization", f"Bearer {who.access_token}")
        return at(address, bearer).post(f"/api/v1{path}", json=body)

    for number in range(OF_ACCOUNT):
        assert (await ask(ada, f"203.0.113.{number}")).status_code == status
    assert (await ask(ada, "203.0.113.200")).status_code == 429

    people = [await person(f"one{number}") for number in range(2)]
    answers = [await ask(people[number % 2], PEER) for number in range(OF_ADDRESS)]
    assert [answer.status_code for answer in answers] == [status] * OF_ADDRESS
    other = await person("another")
    assert (await ask(other, PEER)).status_code == 429
