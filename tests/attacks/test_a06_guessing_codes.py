"""A6: codes are drawn by the machine's secure generator, and nobody may guess for long."""

import ast
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import Person
from tests.factories.authenticators import Authenticator, add_passkey, add_phone, begin, let_codes_pass

from socialflow.domains.accounts.service import recovery, totp
from socialflow.kernel.config import Settings
from socialflow.kernel.config.sections import LimitSettings
from socialflow.kernel.limits import Rate
from socialflow.kernel.work import App

STEP = "/api/v1/auth/second-factor"
SOURCES = Path(__file__).parents[2] / "src"


@pytest.fixture
def at(api: FastAPI) -> Callable[[str], httpx2.AsyncClient]:
    """A client that comes from an address."""

    def make(address: str) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=(address, 50_000))
        return httpx2.AsyncClient(transport=transport, base_url="http://testserver")

    return make


At = Callable[[str], httpx2.AsyncClient]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Log-ins by password are not what is limited here."""
    more = settings.limits.model_copy(update={"login_account": "1000/60", "login_address": "1000/60"})
    return settings.model_copy(update={"limits": more})


def test_a06_the_limits_are_pypi_s() -> None:
    rates = LimitSettings()
    assert Rate.parse(rates.factor_account) == Rate(5, 300)
    assert Rate.parse(rates.factor_account_hour) == Rate(20, 3_600)
    assert Rate.parse(rates.factor_account_day) == Rate(50, 86_400)
    assert Rate.parse(rates.factor_address) == Rate(10, 300)
    assert Rate.parse(rates.factor_address_hour) == Rate(50, 3_600)


async def test_a06_five_wrong_guesses_by_whatever_means_and_from_everywhere(
    app: App, at: At, client: httpx2.AsyncClient, ada: Person
) -> None:
    phone = await add_phone(app, ada)
    device = Authenticator()
    await add_passkey(ada, device)
    await let_codes_pass(app)
    means: list[dict[str, Any]] = [
        {"totp": "000000"},
        {"recovery_code": "0-0000-0000-0000-0000"},
        {"passkey": {"state": "x", "credential": "{}"}},
        {"recovery_code": "nonsense"},
        {"totp": "999999"},
    ]
    for number, given in enumerate(means):
        challenge = (await begin(ada, client))["challenge"]
        answer = await at(f"203.0.113.{number}").post(STEP, json={"challenge": challenge, **given})
        assert answer.status_code == 401, given

    challenge = (await begin(ada, client))["challenge"]
    for right in ({"totp": phone.code()}, {"recovery_code": phone.codes[0]}):
        answer = await at("203.0.113.99").post(STEP, json={"challenge": challenge, **right})
        assert answer.status_code == 429, "also the right one waits"
        assert int(answer.headers["retry-after"]) > 0
    assert (await ada.post("/auth/step-up", {"totp": phone.code()})).status_code == 429, "one limit for both doors"


async def test_a06_ten_wrong_guesses_from_one_address(app: App, at: At, ada: Person) -> None:
    client = at("203.0.113.9")
    for number in itertools.count():
        answer = await client.post(STEP, json={"challenge": f"guess{number}", "totp": "000000"})
        if answer.status_code == 429:
            break
        assert answer.status_code == 401
    assert number == 10


async def test_a06_right_answers_are_not_counted(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    phone = await add_phone(app, ada)
    for _ in range(7):
        challenge = (await begin(ada, client))["challenge"]
        answer = await client.post(STEP, json={"challenge": challenge, "totp": phone.code()})
        assert answer.status_code == 200, answer.text
        await let_codes_pass(app)


async def test_a06_what_is_wrong_is_not_told(app: App, client: httpx2.AsyncClient, ada: Person, bob: Person) -> None:
    await add_phone(app, ada)
    await add_passkey(bob, Authenticator())
    told = set()
    for person, given in (
        (ada, {"totp": "000000"}),
        (ada, {"recovery_code": "0-0000-0000-0000-0000"}),
        (ada, {"recovery_code": "x"}),
        (bob, {"totp": "000000"}),
    ):
        challenge = (await begin(person, client))["challenge"]
        answer = await client.post(STEP, json={"challenge": challenge, **given})
        told.add((answer.status_code, answer.json()["code"], answer.json()["detail"]))
    assert len(told) == 1


async def test_a06_codes_and_seeds_have_the_bits_that_are_promised(app: App, ada: Person, bob: Person) -> None:
    phones = [await add_phone(app, person) for person in (ada, bob)]
    assert len(totp.pyotp.TOTP(phones[0].secret).byte_secret()) == 20
    assert phones[0].secret != phones[1].secret
    codes = [code for phone in phones for code in phone.codes]
    assert len({code[2:] for code in codes}) == 20
    assert recovery.LETTERS * 5 == 80
    drawn = "".join(code[2:].replace("-", "") for code in codes)
    # 320 letters of 32 kinds: fewer than 28 of them would be a wonder of one in a billion.
    assert len(set(drawn)) >= 28


def test_a06_chance_is_never_drawn_from_a_seed() -> None:
    """No module of the product imports `random`, whose numbers can be told from those before (semgrep's rule, here).

    But for the made-up world of the demo, which has to be the same twice, and keeps no secret.
    """
    made_up = SOURCES / "socialflow" / "entrypoints" / "demo"
    for path in sorted({*SOURCES.rglob("*.py")} - {made_up / "scale.py", made_up / "sizes.py"}):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            parts = {name.partition(".")[0] for name in names} | {name for name in names if "random" in name}
            assert not parts & {"random", "numpy.random"}, path
