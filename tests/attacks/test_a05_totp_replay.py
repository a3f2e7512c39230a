"""A5: a code of an authenticator app is good once, and none is good after a newer one."""

import asyncio

import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.authenticators import Phone, add_phone, begin, grow_old, let_codes_pass

from socialflow.kernel.work import App

STEP = "/api/v1/auth/second-factor"


async def give(client: httpx2.AsyncClient, ada: Person, code: str) -> int:
    challenge = (await begin(ada, client))["challenge"]
    return (await client.post(STEP, json={"challenge": challenge, "totp": code})).status_code


async def test_a05_the_same_code_twice(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    phone = await add_phone(app, ada)
    code = phone.code()

    assert await give(client, ada, code) == 200
    assert await give(client, ada, code) == 401


async def test_a05_the_code_that_confirmed_the_app_logs_nobody_in(client: httpx2.AsyncClient, ada: Person) -> None:
    begun = (await ada.post("/me/factors/totp")).json()
    code = Phone(begun["secret"], []).code()
    assert (await ada.post("/me/factors/totp/confirm", {"code": code})).status_code == 200

    assert await give(client, ada, code) == 401


async def test_a05_an_older_step_after_a_newer_one(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    phone = await add_phone(app, ada)
    older, newer = phone.code(), phone.code(1)

    assert await give(client, ada, newer) == 200
    assert await give(client, ada, older) == 401


async def test_a05_only_the_steps_beside_this_one_are_taken(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    phone = await add_phone(app, ada)
    for later in (-4, 4):
        assert await give(client, ada, phone.code(later)) == 401


@pytest.mark.parametrize("together", [2, 6])
async def test_a05_at_once_with_one_code_there_is_one_success(
    app: App, client: httpx2.AsyncClient, ada: Person, together: int
) -> None:
    phone = await add_phone(app, ada)
    # More than the limit would let through: here the row alone decides.
    challenges = [(await begin(ada, client))["challenge"] for _ in range(together)]
    code = phone.code()

    answers = await asyncio.gather(
        *(client.post(STEP, json={"challenge": challenge, "totp": code}) for challenge in challenges)
    )

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 401, 429}


async def test_a05_a_code_that_logged_in_does_not_confirm_a_session_too(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    phone = await add_phone(app, ada)
    code = phone.code()
    assert await give(client, ada, code) == 200
    await grow_old(app)

    answer = await ada.post("/auth/step-up", {"totp": code})

    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_factor")
    await let_codes_pass(app)
    assert (await ada.post("/auth/step-up", {"totp": phone.code()})).status_code == 200


async def test_a05_a_challenge_is_good_for_one_log_in(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    phone = await add_phone(app, ada)
    challenge = (await begin(ada, client))["challenge"]
    first = await client.post(STEP, json={"challenge": challenge, "totp": phone.code()})
    assert first.status_code == 200

    second = await client.post(STEP, json={"challenge": challenge, "recovery_code": phone.codes[0]})

    assert (second.status_code, second.json()["code"]) == (401, "invalid_challenge")
    assert (await ada.get("/me/factors")).json()["recovery_codes_left"] == 10, "the code was not used up by it"
