"""A11: whoever is asked to vouch for people is believed only for what they can say, for this browser, once."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import orjson
import pytest
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.federation import API, Browser, Phone, with_providers
from tests.factories.issuers import CLIENT, Issuer, consent, serving

from socialflow.domains.accounts import service
from socialflow.kernel import crypto
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App

NONCE = "a nonce that is long enough"
APP = "an-app-of-ours"


@pytest.fixture
def acme() -> Iterator[Issuer]:
    issuer = Issuer({"1": {"email": "eve@example.org", "email_verified": True, "name": "Eve"}})
    with serving(issuer.app()) as issuer.address:
        yield issuer


@pytest.fixture
def other() -> Iterator[Issuer]:
    """Another provider of the same installation: one that has turned bad."""
    issuer = Issuer()
    with serving(issuer.app()) as issuer.address:
        yield issuer


@pytest.fixture
def settings(settings: Settings, acme: Issuer, other: Issuer) -> Settings:
    unlimited = settings.limits.model_copy(update={"federation_failures": "1000/60", "federation_address": "1000/60"})
    return with_providers(
        settings.model_copy(update={"limits": unlimited}),
        acme={"issuer": acme.address, "audiences": [APP]},
        other={"issuer": other.address},
    )


@pytest.fixture
def browser(client: httpx2.AsyncClient) -> Browser:
    return Browser(client)


@pytest.fixture
def phone(client: httpx2.AsyncClient, acme: Issuer) -> Phone:
    return Phone(client, acme)


def refused(answer: httpx2.Response, code: str, status: int = 401) -> bool:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert "set-cookie" not in answer.headers
    return True


async def test_a11_an_answer_without_its_state_or_with_another_s_is_nobody_s(browser: Browser) -> None:
    begun, elsewhere = await browser.start(), await browser.start()
    came = consent(begun["authorization_url"], "1")
    assert (await browser.finish(begun, came, state=None)).status_code == 422
    for state in ("", "x", came["state"][:-1], came["state"] + "x", came["state"].swapcase()):
        refused(await browser.finish(begun, came, state=state), "unknown_log_in")
    # The attacker's own code and state, brought to the victim's browser, which began another log-in (or none).
    refused(await browser.finish(elsewhere, came), "unknown_log_in")
    for made_up in ("x", "x" * 8_192, crypto.to_text(b"x" * 200), begun["transaction"][:-2] + "AA"):
        refused(await browser.finish(begun, came, transaction=made_up), "unknown_log_in")

    assert (await browser.finish(begun, came)).status_code == 200


async def test_a11_an_answer_is_good_once_even_in_parallel(browser: Browser, app: App) -> None:
    begun = await browser.start()
    came = consent(begun["authorization_url"], "1")

    answers = await asyncio.gather(*(browser.finish(begun, came) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    refused(await browser.finish(begun, came), "proof_used")


async def test_a11_an_answer_comes_within_ten_minutes(browser: Browser, app: App) -> None:
    old = service.begin(app.clock() - service.TRANSACTION, "acme", service.LOG_IN)
    came = {"code": "x", "state": old.state}

    refused(await browser.finish({"transaction": service.seal(app.keys, old)}, came), "unknown_log_in")


async def test_a11_a_log_in_is_for_one_provider_and_one_purpose(
    browser: Browser, client: httpx2.AsyncClient, ada: Person
) -> None:
    begun = await browser.start()
    came = consent(begun["authorization_url"], "1")
    refused(await Browser(client, "other").finish(begun, came), "unknown_log_in")
    linking = Browser(ada.http, route="/me/connections")
    refused(await linking.finish(begun, came), "unknown_log_in")
    link = await linking.start()
    refused(await browser.finish(link, consent(link["authorization_url"], "1")), "unknown_log_in")


async def test_a11_a_link_is_finished_in_the_session_that_began_it(ada: Person, bob: Person) -> None:
    link = await Browser(ada.http, route="/me/connections").start()
    came = consent(link["authorization_url"], "1")

    refused(await Browser(bob.http, route="/me/connections").finish(link, came), "unknown_log_in")

    assert (await bob.get("/me/connections")).json()["items"] == []


async def test_a11_a_code_of_another_log_in_is_refused_by_its_verifier(browser: Browser) -> None:
    stolen = consent((await browser.start())["authorization_url"], "1")["code"]
    begun = await browser.start()
    came = consent(begun["authorization_url"], "2")

    refused(await browser.finish(begun, {**came, "code": stolen}), "identity_rejected")


@pytest.mark.parametrize("iss", ["https://attacker.example", "", "acme", None], ids=str)
async def test_a11_answers_of_two_providers_are_not_mixed_up(browser: Browser, acme: Issuer, iss: str | None) -> None:
    acme.metadata = {"authorization_response_iss_parameter_supported": True}
    begun = await browser.start()
    came = consent(begun["authorization_url"], "1")

    refused(await browser.finish(begun, came, iss=iss), "identity_rejected")
    again = await browser.start()
    came = consent(again["authorization_url"], "1")
    assert (await browser.finish(again, came, iss=acme.address)).status_code == 200


async def test_a11_each_provider_has_a_way_back_of_its_own(client: httpx2.AsyncClient) -> None:
    ways = set()
    for key in ("acme", "other"):
        url = httpx2.URL((await Browser(client, key).start())["authorization_url"])
        ways.add(url.params["redirect_uri"])
    assert ways == {f"http://testserver/auth/providers/{key}/callback" for key in ("acme", "other")}


async def test_a11_the_web_s_token_holds_the_nonce_of_its_log_in(browser: Browser, acme: Issuer) -> None:
    for nonce in (None, "", "x", ["x"], 1):
        acme.claims = {"nonce": nonce}
        begun = await browser.start()
        refused(await browser.finish(begun, consent(begun["authorization_url"], "1")), "identity_rejected")


async def test_a11_the_web_takes_no_token_that_was_made_for_an_app(browser: Browser, acme: Issuer) -> None:
    acme.claims = {"aud": APP}
    begun = await browser.start()

    refused(await browser.finish(begun, consent(begun["authorization_url"], "1")), "identity_rejected")


async def test_a11_a_good_token_of_an_app_is_taken(phone: Phone) -> None:
    for claims in ({}, {"aud": APP}, {"aud": CLIENT, "azp": APP}, {"aud": [CLIENT, APP], "azp": APP}, {"aud": [APP]}):
        answer = await phone.log_in("1", **claims)
        assert (answer.status_code, answer.json()["kind"]) == (200, "sign_up"), answer.text
    # Apple's software shows the provider a hash, and keeps the nonce.
    hashed = hashlib.sha256(NONCE.encode()).hexdigest()
    assert (await phone.bring(phone.issuer.token("1", hashed), NONCE)).status_code == 200


BAD: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://attacker.example"},
    "a slash more": {"iss": "SLASH"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "somebody-else"},
    "one audience too many": {"aud": [CLIENT, "somebody-else"], "azp": CLIENT},
    "two audiences and no party": {"aud": [CLIENT, APP]},
    "no audience": {"aud": None},
    "an empty audience": {"aud": []},
    "audience as an object": {"aud": {CLIENT: 1}},
    "audience as a list in a list": {"aud": [[CLIENT]]},
    "another party": {"azp": "somebody-else"},
    "party of another type": {"azp": [CLIENT]},
    "expired": {"exp": int(time.time()) - 120},
    "never expires": {"exp": None},
    "expires at a word": {"exp": "tomorrow"},
    "expires at infinity": {"exp": 1e300},
    "not yet": {"nbf": int(time.time()) + 86_400},
    "made in the future": {"iat": int(time.time()) + 86_400},
    "made long ago": {"iat": int(time.time()) - 90_000},
    "made at no time": {"iat": None},
    "true is no time": {"iat": True},
    "another nonce": {"nonce": "x" * 20},
    "no nonce": {"nonce": None},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is a number": {"sub": 1},
    "a subject that is too long": {"sub": "1" * 256},
    "a subject with a line in it": {"sub": "1\n2"},
}


@pytest.mark.parametrize("claims", BAD.values(), ids=BAD.keys())
async def test_a11_a_token_that_says_anything_else_is_refused(phone: Phone, claims: dict[str, Any]) -> None:
    if claims.get("iss") == "SLASH":
        claims = {"iss": f"{phone.issuer.address}/"}
    refused(await phone.log_in("1", **claims), "identity_rejected")


def unsigned(issuer: Issuer, algorithm: str) -> str:
    _, body, _ = issuer.token("1", NONCE).split(".")
    header = {"alg": algorithm, "kid": issuer.key.kid}
    return f"{crypto.to_text(orjson.dumps(header))}.{body}."


def by_public_key(issuer: Issuer, form: str) -> str:
    """Signed by HMAC with what everybody can read."""
    secret = issuer.key.as_pem(private=False) if form == "pem" else orjson.dumps(issuer.key.as_dict(private=False))
    body = issuer.token("1", NONCE).split(".")[1]
    head = crypto.to_text(orjson.dumps({"alg": "HS256", "kid": issuer.key.kid, "typ": "JWT"}))
    made = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{crypto.to_text(made)}"


def with_key(issuer: Issuer, key: Any, **header: Any) -> str:
    said = orjson.loads(base64.urlsafe_b64decode(issuer.token("1", NONCE).split(".")[1] + "=="))
    return issuer.signed(said, key=key, **header)


def of_key(issuer: Issuer, **header: Any) -> str:
    return with_key(issuer, issuer.key, **header)


STRANGER = RSAKey.generate_key(2048, auto_kid=True)
FORGED: dict[str, Callable[[Issuer], str]] = {
    "none": lambda issuer: unsigned(issuer, "none"),
    "None": lambda issuer: unsigned(issuer, "None"),
    "empty algorithm": lambda issuer: unsigned(issuer, ""),
    "signature cut off": lambda issuer: issuer.token("1", NONCE).rpartition(".")[0] + ".",
    "HS256 with the public key, PEM": lambda issuer: by_public_key(issuer, "pem"),
    "HS256 with the public key, JWK": lambda issuer: by_public_key(issuer, "jwk"),
    "a stranger's key": lambda issuer: with_key(issuer, STRANGER),
    "a stranger's key under the known name": lambda issuer: with_key(issuer, STRANGER, kid=issuer.key.kid),
    "a stranger's key brought along": lambda issuer: with_key(
        issuer, STRANGER, kid=issuer.key.kid, jwk=STRANGER.as_dict(private=False)
    ),
    "a key to be fetched": lambda issuer: with_key(issuer, STRANGER, kid="x", jku="https://attacker.example/jwks"),
    "an algorithm the provider does not use": lambda issuer: of_key(issuer, alg="RS512"),
    "another kind of key": lambda issuer: with_key(issuer, ECKey.generate_key("P-256", auto_kid=True)),
    "another sort of token": lambda issuer: of_key(issuer, typ="at+jwt"),
    "a log-out token": lambda issuer: of_key(issuer, typ="logout+jwt"),
    "a body that was changed": lambda issuer: ".".join(
        part if number != 1 else issuer.token("2", NONCE).split(".")[1]
        for number, part in enumerate(issuer.token("1", NONCE).split("."))
    ),
    "no token": lambda _: "x",
    "five parts": lambda _: "a.b.c.d.e",
    "not ASCII": lambda issuer: issuer.token("1", NONCE) + "ä",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
async def test_a11_a_token_that_the_provider_did_not_sign_is_refused(
    phone: Phone, forge: Callable[[Issuer], str]
) -> None:
    refused(await phone.bring(forge(phone.issuer), NONCE), "identity_rejected")
    # The one that it is made from is good, so what is refused is the forging.
    assert (await phone.bring(phone.issuer.token("1", NONCE), NONCE)).status_code == 200


async def test_a11_a_good_key_is_no_good_for_another_provider_s_people(phone: Phone, other: Issuer) -> None:
    other.claims = {"iss": phone.issuer.address}
    refused(await phone.bring(other.token("1", NONCE), NONCE), "identity_rejected")
    refused(await Phone(phone.client, other, "other").log_in("1"), "identity_rejected")


async def test_a11_a_token_is_shown_once_and_so_is_its_nonce(phone: Phone) -> None:
    token = phone.issuer.token("1", NONCE, jti="one")
    assert (await phone.bring(token, NONCE)).status_code == 200
    refused(await phone.bring(token, NONCE), "proof_used")
    refused(await phone.bring(phone.issuer.token("2", NONCE, jti="two"), NONCE), "proof_used")
    refused(await phone.log_in("1", jti="one"), "proof_used")
    assert (await phone.log_in("1", jti="three")).status_code == 200


async def test_a11_what_was_shown_is_remembered_as_long_as_it_could_come_again(phone: Phone, app: App) -> None:
    await phone.log_in("1")
    async with app.sessions() as session:
        kept = await session.scalar(text("SELECT min(expires_at) - now() FROM spent_proofs"))
        assert kept is not None
        assert kept.total_seconds() > 86_400
    async with app.work(SYSTEM) as work:
        await service.forget_spent(work)
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM spent_proofs"))


async def test_a11_a_new_key_is_found_and_made_up_names_are_not_looked_for_all_the_time(phone: Phone) -> None:
    assert (await phone.log_in("1")).status_code == 200
    phone.issuer.key = RSAKey.generate_key(2048, auto_kid=True)
    assert (await phone.log_in("1")).status_code == 200
    assert phone.issuer.calls.count("jwks") == 2

    for number in range(5):
        stranger = with_key(phone.issuer, STRANGER, kid=f"made-up-{number}")
        refused(await phone.bring(stranger, NONCE), "identity_rejected")
    assert phone.issuer.calls.count("jwks") == 2


# The library warns of the short key that is made here on purpose.
@pytest.mark.filterwarnings("ignore:Key size")
async def test_a11_a_short_key_is_none(phone: Phone) -> None:
    phone.issuer.key = RSAKey.generate_key(1024, auto_kid=True)
    refused(await phone.log_in("1"), "identity_rejected")


async def test_a11_the_way_back_and_afterwards_lead_to_us_alone(browser: Browser) -> None:
    begun = await browser.start(next="https://attacker.example")
    url = httpx2.URL(begun["authorization_url"])
    assert url.params["redirect_uri"].startswith("http://testserver/")
    for host in ("attacker.example", "testserver.attacker.example"):
        answer = await browser.client.post(
            f"{API}/auth/providers/acme/start", json={}, headers={"Host": host, "X-Forwarded-Host": host}
        )
        assert httpx2.URL(answer.json()["authorization_url"]).params["redirect_uri"].startswith("http://testserver/")


async def test_a11_a_provider_that_is_none_is_not_found(client: httpx2.AsyncClient, ada: Person) -> None:
    for key in ("nobody", "ACME", "acme2"):
        for path in ("start", "callback", "token"):
            answer = await client.post(f"{API}/auth/providers/{key}/{path}", json={"transaction": "x", "state": "x"})
            assert answer.status_code in {404, 422}, (key, path)
        assert (await ada.post(f"/me/connections/{key}/start", {})).status_code in {404, 422}
