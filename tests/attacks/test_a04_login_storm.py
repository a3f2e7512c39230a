"""A4: two hundred log-ins at once are hashed a few at a time, the rest turned away, and everybody else is served."""

import asyncio
import os
import sys
import threading
import time
from collections import Counter
from typing import Any

import httpx2
import pytest
from tests.factories.accounts import PASSWORD, Person
from tests.factories.statements import counted

from socialflow.domains.accounts.service import Passwords
from socialflow.domains.accounts.service.passwords import LOWER_PRIORITY
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

AT_ONCE = 200


@pytest.fixture
def ports() -> dict[type[Any], Any]:
    """What hashing costs is what this is about."""
    return {}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    limits = settings.limits.model_copy(update={"login_account": "100000/1", "login_address": "100000/1"})
    return settings.model_copy(update={"limits": limits})


async def test_a04_of_two_hundred_log_ins_at_once_those_beyond_the_line_are_turned_away(
    ada: Person, bob: Person, client: httpx2.AsyncClient, settings: Settings
) -> None:
    body = {"login": ada.handle, "password": PASSWORD}
    storm = asyncio.gather(*(client.post("/api/v1/auth/login", json=body) for _ in range(AT_ONCE)))
    waited = []
    while not storm.done():
        began = time.perf_counter()
        assert (await bob.get("/me")).status_code == 200
        waited.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)
    answers = await storm

    counts = Counter(answer.status_code for answer in answers)
    line = settings.auth.hash_concurrency + settings.auth.hash_queue
    assert set(counts) == {200, 503}
    assert line <= counts[200] < AT_ONCE
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 503)
    assert len(waited) > 3
    assert sorted(waited)[len(waited) // 2] < 1


async def test_a04_who_is_turned_away_has_cost_no_look_at_anything_and_has_not_failed(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    body = {"login": ada.handle, "password": PASSWORD}
    full, released = Passwords(concurrency=1, queue=1), threading.Event()
    going = [asyncio.ensure_future(full._run(released.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    own = app.ports[Passwords]
    app.ports[Passwords] = full  # type: ignore[index]  # a dictionary, though it is passed on as one that is only read
    try:
        async with counted(app) as statements:
            shapes = [
                (answer.status_code, answer.headers["retry-after"], answer.json()["code"])
                for login in (ada.handle, "nobody")
                if (answer := await client.post("/api/v1/auth/login", json=body | {"login": login}))
            ]
    finally:
        released.set()
        app.ports[Passwords] = own  # type: ignore[index]  # a dictionary, though it is passed on as one that is only read
        await asyncio.gather(*going)
        full.close()

    assert shapes == [(503, "2", "unavailable")] * 2
    assert not [statement for statement in statements if "accounts" in statement]
    assert await app.redis.keys("sf:limit:login_*") == []


@pytest.mark.skipif(sys.platform != "linux", reason="a thread has a priority of its own on Linux only")
async def test_a04_hashing_lets_everything_else_go_first() -> None:
    passwords = Passwords(concurrency=1, queue=1)
    try:
        hashing, own = await passwords._run(_priority), _priority()
    finally:
        passwords.close()
    assert hashing == LOWER_PRIORITY > own


def _priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
