"""A1: trying out passwords, from one place on many, from many places on one, and both spread: each meets a limit."""

import asyncio
from collections.abc import Callable

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import PASSWORD, Person
from tests.factories.letters import log_in

from socialflow.kernel.config import Settings

OF_ACCOUNT, OF_ADDRESS, OF_ALL = 4, 6, 20


@pytest.fixture
def settings(settings: Settings) -> Settings:
    limits = settings.limits.model_copy(
        update={
            "login_account": f"{OF_ACCOUNT}/3600",
            "login_address": f"{OF_ADDRESS}/3600",
            "login_global": f"{OF_ALL}/3600",
        }
    )
    auth = settings.auth.model_copy(update={"login_hold_s": 0.2})
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


async def test_a01_from_one_place_on_many_accounts(at: At, ada: Person) -> None:
    answers = [await log_in(at(1), f"somebody{number}", PASSWORD) for number in range(OF_ADDRESS + 3)]

    assert [turned_away(each) for each in answers] == [False] * OF_ADDRESS + [True] * 3
    assert turned_away(await log_in(at(1), "ada", PASSWORD)), "even with the right one"
    assert (await log_in(at(2), "ada", PASSWORD)).status_code == 200, "elsewhere nobody is hindered"


async def test_a01_from_many_places_on_one_account(at: At, ada: Person, bob: Person) -> None:
    answers = [await log_in(at(number), "ada", f"{PASSWORD}{number}") for number in range(OF_ACCOUNT + 3)]

    assert [turned_away(each) for each in answers] == [False] * OF_ACCOUNT + [True] * 3
    assert (await log_in(at(99), "bob", PASSWORD)).status_code == 200


async def test_a01_an_account_that_nobody_has_is_limited_alike(at: At, ada: Person) -> None:
    answers = [await log_in(at(number), "nobody", PASSWORD) for number in range(OF_ACCOUNT + 3)]

    assert [turned_away(each) for each in answers] == [False] * OF_ACCOUNT + [True] * 3


async def test_a01_from_many_places_on_many_accounts(at: At, ada: Person) -> None:
    answers = [await log_in(at(number), f"somebody{number}", PASSWORD) for number in range(OF_ALL)]
    more = await asyncio.gather(*(log_in(at(OF_ALL + number), f"anybody{number}", PASSWORD) for number in range(3)))

    assert not any(turned_away(each) for each in answers)
    assert all(turned_away(each) for each in more)


async def test_a01_many_at_once_get_no_more_tries(at: At, ada: Person) -> None:
    tries = (log_in(at(number), "ada", f"{PASSWORD}{number}") for number in range(30))

    answers = await asyncio.gather(*tries)

    assert sum(not turned_away(each) for each in answers) == OF_ACCOUNT


async def test_a01_right_ones_use_nothing_up(at: At, ada: Person) -> None:
    for number in range(OF_ALL + 3):
        assert (await log_in(at(number), "ada", PASSWORD)).status_code == 200
