"""A1: a flood of failed log-ins, from everywhere on everybody, closes the door to strangers and to nobody else."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from tests.factories.accounts import PASSWORD, Person
from tests.factories.letters import log_in

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.models import Session
from socialflow.kernel.config import Settings
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.work import SYSTEM, App

OF_ACCOUNT, OF_ADDRESS, OF_ALL = 4, 6, 20
# However busy this machine is, a right password is found right in that time; and nobody waits for a refusal.
PATIENT, HASTY = 10.0, 0.2


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    limits = settings.limits.model_copy(
        update={
            "login_account": f"{OF_ACCOUNT}/3600",
            "login_address": f"{OF_ADDRESS}/3600",
            "login_global": f"{OF_ALL}/3600",
        }
    )
    auth = settings.auth.model_copy(update={"login_hold_s": getattr(request, "param", HASTY)})
    return settings.model_copy(update={"limits": limits, "auth": auth})


At = Callable[[int], httpx2.AsyncClient]


@pytest.fixture
def at(api: FastAPI) -> At:
    """A client at one of many addresses."""

    def make(number: int) -> httpx2.AsyncClient:
        address = f"203.0.{number // 250}.{number % 250 + 1}"
        transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=(address, 50_000))
        return httpx2.AsyncClient(transport=transport, base_url="http://testserver")

    return make


def turned_away(answer: httpx2.Response) -> bool:
    if answer.status_code != 429:
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")
        return False
    assert int(answer.headers["retry-after"]) > 0
    return True


async def failed(app: App, name: str, key: str, times: int) -> None:
    """As after so many failures: test_a01_stuffing.py makes them."""
    rate = Rate.parse(getattr(app.settings.limits, name))
    assert (await Limiter(app.redis).take(name, key, rate, cost=times)).allowed


async def flooded(app: App) -> None:
    """Failures from everywhere, on everybody."""
    await failed(app, "login_global", "all", OF_ALL)


@pytest.mark.parametrize("settings", [PATIENT], indirect=True)
async def test_a01_a_flood_does_not_shut_out_who_comes_from_where_the_account_is_used(
    app: App, at: At, ada: Person
) -> None:
    assert (await log_in(at(300), "ada", PASSWORD)).status_code == 200
    await flooded(app)

    again = await log_in(at(310), "ada@example.org", PASSWORD)

    assert again.status_code == 200, "another address of that network, another name of that account"


async def test_a01_a_flood_shuts_out_who_comes_from_elsewhere(app: App, at: At, ada: Person, bob: Person) -> None:
    assert (await log_in(at(300), "ada", PASSWORD)).status_code == 200
    await flooded(app)

    far, others, unknown = await asyncio.gather(
        log_in(at(600), "ada", PASSWORD), log_in(at(300), "bob", PASSWORD), log_in(at(300), "nobody", PASSWORD)
    )

    assert turned_away(far)
    assert turned_away(others), "that it is known to somebody else does not count"
    assert turned_away(unknown)


@pytest.mark.parametrize("settings", [PATIENT], indirect=True)
async def test_a01_a_known_network_has_no_more_tries_than_any(app: App, at: At, ada: Person) -> None:
    assert (await log_in(at(300), "ada", PASSWORD)).status_code == 200
    await flooded(app)
    await failed(app, "login_account", "ada", OF_ACCOUNT)
    await failed(app, "login_address", "203.0.1.70", OF_ADDRESS)

    assert turned_away(await log_in(at(300), "ada", PASSWORD)), "too many for the name"
    assert turned_away(await log_in(at(319), "ada@example.org", PASSWORD)), "too many from the address"
    assert (await log_in(at(300), "ada@example.org", PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    ("state", "days", "kind", "known"),
    [("ended", 89, "token", 1), ("ended", 91, "token", 0), ("alive", 91, "cookie", 1), ("alive", 1, "app", 0)],
)
async def test_a01_a_network_is_known_as_long_as_a_session_lives_and_ninety_days_after(
    state: str, days: int, kind: str, known: int, app: App, ada: Person
) -> None:
    async with app.work(SYSTEM) as work:
        used = work.now - timedelta(days=days)
        ended = used if state == "ended" else None
        await work.db.execute(
            update(Session).values(address="2001:db8:1::7", kind=kind, last_used_at=used, revoked_at=ended)
        )
        account = await accounts.named(work, "ada")

        assert await accounts.is_known_near(work, account, "2001:db8:1:ffff::8") is bool(known)
        assert not await accounts.is_known_near(work, account, "2001:db8:2::7")
        assert not await accounts.is_known_near(work, None, "2001:db8:1::7")
