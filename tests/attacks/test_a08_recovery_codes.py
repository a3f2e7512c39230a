"""A8: a recovery code is burned by its first use, however many use it at once, and time tells nothing of it."""

import asyncio
import contextlib
import re
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.attacks.test_a19_database_dump import dump, spellings
from tests.factories.accounts import Person
from tests.factories.authenticators import add_phone, begin, grow_old

from socialflow.domains.accounts.errors import WrongFactor
from socialflow.domains.accounts.service import Passwords, recovery
from socialflow.kernel import ids
from socialflow.kernel.work import App

STEP = "/api/v1/auth/second-factor"


@pytest.fixture
def ports() -> dict[type[Any], Any]:
    """What hashing costs is what this is about."""
    return {}


class Counting(Passwords):
    """The hasher, which counts."""

    verified = 0

    async def verify(self, password: str, encoded: str | None) -> bool:
        self.verified += 1
        return await super().verify(password, encoded)


async def give(client: httpx2.AsyncClient, ada: Person, code: str) -> int:
    challenge = (await begin(ada, client))["challenge"]
    return (await client.post(STEP, json={"challenge": challenge, "recovery_code": code})).status_code


async def test_a08_once_and_never_again(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    phone = await add_phone(app, ada)

    assert await give(client, ada, phone.codes[4]) == 200
    assert await give(client, ada, phone.codes[4]) == 401
    await grow_old(app)
    assert (await ada.post("/auth/step-up", {"recovery_code": phone.codes[4]})).status_code == 401
    assert (await ada.get("/me/factors")).json()["recovery_codes_left"] == 9
    assert await give(client, ada, phone.codes[5]) == 200


async def test_a08_at_once_with_one_code_there_is_one_success(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    phone = await add_phone(app, ada)
    challenges = [(await begin(ada, client))["challenge"] for _ in range(4)]

    answers = await asyncio.gather(
        *(client.post(STEP, json={"challenge": one, "recovery_code": phone.codes[0]}) for one in challenges)
    )

    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_a08_another_number_in_front_is_another_code(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    phone = await add_phone(app, ada)

    assert await give(client, ada, "1" + phone.codes[0][1:]) == 401
    assert await give(client, ada, phone.codes[0]) == 200


async def test_a08_one_hash_is_computed_whatever_is_sent(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    phone = await add_phone(app, ada)
    assert await give(client, ada, phone.codes[2]) == 200
    counting = Counting(concurrency=1, queue=1)

    for code in ("nonsense", "0-0000-0000-0000-0000", phone.codes[2], "9" * 40, phone.codes[7]):
        counting.verified = 0
        with contextlib.suppress(WrongFactor):
            await recovery.examine(app, ids.parse("acc", ada.id), code, passwords=counting)
        assert counting.verified == 1, code
    counting.close()


async def test_a08_what_is_kept_is_hashed_as_passwords_are_and_opens_nothing(app: App, ada: Person) -> None:
    phone = await add_phone(app, ada)

    async with app.sessions() as session:
        hashes = list(await session.scalars(text("SELECT code_hash FROM recovery_codes")))
    assert len(set(hashes)) == 10
    assert all(re.match(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$", kept) for kept in hashes)
    text_of_all = await dump(app)
    for secret in (phone.secret, *phone.codes, *(code[2:].replace("-", "") for code in phone.codes)):
        for shown in spellings(secret):
            assert shown not in text_of_all
