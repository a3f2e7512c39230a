"""A4: two hundred log-ins at once are hashed a few at a time, the rest turned away, and everybody else is served."""

import asyncio
import os
import sys
import threading
import time
from collections import Counter

import httpx2
import pytest
from tests.factories.accounts import PASSWORD, Person

from socialflow.domains.accounts.service import Passwords
from socialflow.domains.accounts.service.passwords import LOWER_PRIORITY
from socialflow.kernel.config import Settings

AT_ONCE = 200


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
