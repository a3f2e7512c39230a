"""A13: nothing but an access token of ours, whole and in its time, opens a route; whatever else comes is a 401."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx2
import orjson
import pytest
from fastapi import FastAPI
from joserfc.jwk import ECKey, KeySet
from pydantic import SecretStr
from tests.factories.accounts import PASSWORD, Person
from tests.factories.operations import NOBODYS, operations
from tests.factories.streams import listening
from tests.factories.tokens import Forger
from tests.factories.uploads import TUS, UPLOADS

from socialflow.domains.accounts.service import new_signing_keys
from socialflow.kernel import crypto
from socialflow.kernel.config import Settings

KEYS = new_signing_keys()
EVIL = "https://evil.example/keys.json"
KIDS: list[Any] = [
    "../../../../dev/null",
    "/etc/passwd",
    "..%2f..%2fkey",
    "x' UNION SELECT 'k' --",
    "'; DROP TABLE accounts; --",
    EVIL,
    "file:///dev/null",
    "",
    "x" * 2_000,
    None,
    0,
    True,
    [],
    {},
    ["kid"],
    "\x00",
]
Connect = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An installation whose signing key the attacker may use, in order to get past the signature."""
    auth = settings.auth.model_copy(update={"signing_keys": SecretStr(KEYS)})
    return settings.model_copy(update={"auth": auth})


@pytest.fixture
def forger(ada: Person) -> Forger:
    return Forger(KEYS, ada.access_token)


@pytest.fixture
async def cookie(connect: Connect, ada: Person) -> AsyncIterator[str]:
    """The secret of a session in a browser."""
    async with connect() as browser:
        body = {"login": "ada", "password": PASSWORD}
        answer = await browser.post("/api/v1/auth/login", json=body, headers={"X-Session": "cookie"})
        assert answer.status_code == 200
        yield browser.cookies["sf_session"]


async def refused(api: FastAPI, client: httpx2.AsyncClient, token: str, name: object) -> None:
    """The token opens nothing: neither what is for somebody, nor what is for everybody."""
    bearer = {"Authorization": f"Bearer {token}"}
    answers = [
        await client.get("/api/v1/me", headers=bearer),
        await client.get("/api/v1/instance", headers=bearer),
        await client.patch("/api/v1/me", json={"display_name": "Eve"}, headers=bearer),
        await client.post(UPLOADS, headers={**bearer, **TUS, "Upload-Length": "3"}),
        await client.post("/api/v1/auth/logout", headers=bearer),
    ]
    for answer in answers:
        assert answer.status_code == 401, (name, answer.request.url, answer.status_code)
        assert answer.json()["code"] == "invalid_token", name
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer"), name
    async with listening(api, f"video:vid_{NOBODYS}", token=token) as stream:
        assert stream.status == 401, name


def wrong_algorithms(forger: Forger) -> Iterator[str]:
    for none in ("none", "None", "NONE", "nOnE", "", "null"):
        yield forger.unsigned(alg=none)
    yield forger.unsigned()
    ours = KeySet.import_key_set(orjson.loads(KEYS)).keys[0]
    public = ours.as_dict(private=False)
    for secret in (
        ours.as_pem(private=False),
        ours.as_der(private=False),
        orjson.dumps(public),
        public["x"].encode(),
        public["kid"].encode(),
        b"",
    ):
        for algorithm in ("HS256", "HS384", "HS512"):
            yield forger.by_mac(secret, algorithm)
        # The same signature under the name of the algorithm that we use.
        yield forger.by_mac(secret, "HS256", alg="ES256")


async def test_a13_the_algorithm_is_not_the_token_s_to_choose(
    api: FastAPI, client: httpx2.AsyncClient, forger: Forger
) -> None:
    for number, token in enumerate(wrong_algorithms(forger)):
        await refused(api, client, token, number)


async def test_a13_a_key_is_not_the_token_s_to_name_or_to_bring(
    api: FastAPI, client: httpx2.AsyncClient, forger: Forger
) -> None:
    stranger = ECKey.generate_key("P-256", {"kid": forger.header["kid"]}, private=True)
    brought = {
        "jku": EVIL,
        "x5u": EVIL,
        "jwk": stranger.as_dict(private=False),
        "x5c": ["AAAA"],
        "x5t": "AAAA",
    }
    for name, value in brought.items():
        await refused(api, client, forger.signed({**forger.header, name: value}), name)
        await refused(api, client, forger.signed({**forger.header, name: value}, key=stranger), name)
    await refused(api, client, forger.signed(key=stranger), "a stranger's key under our key's name")
    for kid in KIDS:
        header = {**forger.header, "kid": kid}
        said = crypto.from_text(forger.good.split(".")[1])
        signature = crypto.from_text(forger.good.split(".")[2])
        token = ".".join(map(crypto.to_text, (orjson.dumps(header), said, signature)))
        await refused(api, client, token, kid)


@pytest.mark.parametrize(
    "change",
    [
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"crit": []},
        {"typ": "JWT"},
        {"typ": "refresh+jwt"},
        {"typ": "AT+JWT"},
        {"cty": "JWT"},
        {"zip": "DEF"},
    ],
    ids=str,
)
async def test_a13_a_header_asks_for_nothing(
    api: FastAPI, client: httpx2.AsyncClient, forger: Forger, change: dict[str, Any]
) -> None:
    header = crypto.to_text(orjson.dumps({**forger.header, **change}))
    await refused(api, client, ".".join([header, *forger.good.split(".")[1:]]), change)


async def test_a13_what_must_be_said_is_said_and_of_its_type(
    api: FastAPI, client: httpx2.AsyncClient, forger: Forger
) -> None:
    await _opens(client, forger.with_claims())
    for claim in ("iss", "aud", "sub", "sid", "jti", "iat", "exp", "scope", "role"):
        await refused(api, client, forger.with_claims(**{claim: None}), f"no {claim}")
    strange: list[dict[str, Any]] = [
        {"iss": "elsewhere"},
        {"aud": "elsewhere"},
        {"aud": [forger.said["aud"], "elsewhere"]},
        {"sub": 7},
        {"sub": True},
        {"sub": [forger.said["sub"]]},
        {"sub": forger.said["sub"].upper()},
        {"sub": forger.said["sid"]},
        {"sid": 7},
        {"jti": ""},
        {"exp": True},
        {"exp": 1e12},
        {"exp": 2**63 - 1},
        {"exp": -(2**62)},
        {"exp": str(forger.said["exp"])},
        {"iat": float(forger.said["iat"])},
        {"scope": ["read", "write", "admin"]},
        {"scope": {"read": 1}},
        {"nbf": "now"},
        {"nbf": True},
    ]
    for change in strange:
        await refused(api, client, forger.with_claims(**change), change)


async def test_a13_no_token_is_good_before_or_after_its_time(
    api: FastAPI, client: httpx2.AsyncClient, forger: Forger
) -> None:
    now = int(time.time())
    for change in (
        {"exp": now},
        {"exp": now - 1},
        {"exp": 0},
        {"iat": now + 60, "exp": now + 120},
        {"nbf": now + 60},
        {"nbf": 2**53},
    ):
        await refused(api, client, forger.with_claims(**change), change)
    # Clocks differ by a second or two.
    await _opens(client, forger.with_claims(iat=now + 2, nbf=now + 2))


async def test_a13_said_twice_is_not_said(api: FastAPI, client: httpx2.AsyncClient, forger: Forger) -> None:
    said = orjson.dumps(forger.said)
    twice = {
        "role first": b'{"role":"admin",' + said[1:],
        "role last": said[:-1] + b',"role":"admin"}',
        "exp last": said[:-1] + b',"exp":99999999999}',
        "sub escaped": said[:-1] + b',"s\\u0075b":"acc_01jdxyz7q4e5v8w9r0t1y2p3a4"}',
    }
    for name, words in twice.items():
        await refused(api, client, forger.signed(said=words), name)
    header = orjson.dumps(forger.header)
    for head in (b'{"alg":"none",' + header[1:], header[:-1] + b',"alg":"none"}'):
        await refused(api, client, ".".join([crypto.to_text(head), *forger.good.split(".")[1:]]), head)


async def test_a13_what_is_no_token_is_no_fault_of_ours(
    api: FastAPI, client: httpx2.AsyncClient, forger: Forger
) -> None:
    head, said, signature = forger.good.split(".")
    deep = crypto.to_text(b"[" * 1_000 + b"]" * 1_000)
    for token in (
        "x" * 1_000_000,
        f"{head}.{said}.{'A' * 1_000_000}",
        f"{head}.{deep}.{signature}",
        f"{deep}.{said}.{signature}",
        f"{head}.{crypto.to_text(b'7')}.{signature}",
        forger.signed(said=b"7"),
        forger.signed(said=b"null"),
        forger.signed(said=b'"text"'),
        forger.signed(said=b"[]"),
        forger.signed(said=b"\xff\xfe"),
        f"{crypto.to_text(b'null')}.{said}.{signature}",
        f"{head}.{said}.{signature}.",
        f"{head}.{said}.{signature}=",
        f"{head}.{said}",
        f"{head}..{signature}",
        f"{forger.good} {forger.good}",
        f"{forger.good},",
        "..",
        "%00",
        "null",
        "undefined",
    ):
        await refused(api, client, token, token[:80])


async def test_a13_a_credential_is_good_for_its_own_purpose_only(
    api: FastAPI, client: httpx2.AsyncClient, ada: Person, cookie: str
) -> None:
    for name, secret in (("refresh", ada.refresh_token), ("cookie", cookie)):
        await refused(api, client, secret, name)
    for name, secret in (
        ("cookie", cookie),
        ("a cookie that calls itself a refresh token", cookie.replace("sfw_", "sfr_", 1)),
        ("a refresh token that calls itself a cookie", ada.refresh_token.replace("sfr_", "sfw_", 1)),
        ("cut", ada.refresh_token.partition(".")[0]),
        ("nothing", ""),
    ):
        answer = await client.post("/api/v1/auth/refresh", json={"refresh_token": secret})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token"), name
    # Longer than a refresh token can be.
    answer = await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.access_token})
    assert answer.status_code == 422
    # None of these has ended the session that it spoke of.
    assert (await ada.get("/me")).status_code == 200
    answer = await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    assert answer.status_code == 200


async def test_a13_the_web_app_s_cookie_holds_a_cookie_s_secret_and_nothing_else(
    connect: Connect, forger: Forger, ada: Person, cookie: str
) -> None:
    async with connect(Cookie=f"sf_session={cookie}") as browser:
        assert (await browser.get("/api/v1/me")).status_code == 200
        assert (await browser.get("/settings")).status_code == 200
    for name, secret in (
        ("access", ada.access_token),
        ("refresh", ada.refresh_token),
        ("refresh as cookie", ada.refresh_token.replace("sfr_", "sfw_", 1)),
        ("forged", forger.unsigned(alg="none")),
        ("other secret", cookie.partition(".")[0] + "." + "A" * 43),
        ("longer", cookie + "A"),
        ("other session", f"sfw_{NOBODYS}." + cookie.partition(".")[2]),
        ("SQL", "sfw_' OR 1=1 --.x"),
        ("1 MB", "sfw_" + "x" * 1_000_000),
        ("letters", "sfw_\u00e9.x"),
    ):
        async with connect(Cookie=f"sf_session={secret}".encode("latin-1")) as browser:
            assert (await browser.get("/api/v1/me")).status_code == 401, name
            assert (await browser.get("/api/v1/auth/session")).status_code == 401, name
            # To a browser it is as if there were none: it may read what is public, and log in again.
            assert (await browser.get("/api/v1/instance")).status_code == 200, name
            page = await browser.get("/settings")
            assert (page.status_code, page.headers["location"]) == (303, "/login?next=/settings"), name


async def test_a13_a_bad_token_is_not_made_good_by_a_good_cookie(
    api: FastAPI, connect: Connect, forger: Forger, cookie: str
) -> None:
    async with connect(Cookie=f"sf_session={cookie}") as browser:
        await refused(api, browser, forger.unsigned(alg="none"), "beside a cookie")


async def test_a13_a_token_stands_in_its_header_only(client: httpx2.AsyncClient, ada: Person) -> None:
    token = ada.access_token
    for headers in (
        {},
        {"X-Access-Token": token},
        {"X-Authorization": f"Bearer {token}"},
        {"Proxy-Authorization": f"Bearer {token}"},
    ):
        path = f"/api/v1/me?access_token={token}&token={token}&authorization=Bearer%20{token}"
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), headers
    for scheme in ("", "Basic ", "Token ", "JWT ", "Bearer\u00a0", "Bearer"):
        header = {"Authorization": f"{scheme}{token}".encode("latin-1")}
        assert (await client.get("/api/v1/me", headers=header)).status_code == 401, scheme


async def test_a13_every_operation_refuses_alike(api: FastAPI, client: httpx2.AsyncClient, forger: Forger) -> None:
    for token in (forger.unsigned(alg="none"), forger.with_claims(exp=1), "sfr_x.y"):
        seen = 0
        for operation in operations(api):
            # These take no token of a person: the keys, the metadata, and where apps speak for themselves.
            if operation.path.startswith(("/.well-known/", "/oauth/")):
                continue
            answer = await client.request(
                operation.method,
                operation.url(),
                headers={"Authorization": f"Bearer {token}", **TUS, "Upload-Length": "1"},
            )
            assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token"), operation.name
            seen += 1
        assert seen > 30


async def _opens(client: httpx2.AsyncClient, token: str) -> None:
    """The model itself is good, so that what differs from it is what is refused."""
    answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
