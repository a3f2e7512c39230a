"""F3: a server is put to sleep in the middle of a request, another does it meanwhile, and the first wakes up."""

import asyncio
from pathlib import Path

import httpx2
import psutil
import pytest
from tests.factories.accounts import Person
from tests.factories.deeds import DEEDS
from tests.factories.forks import Forks, Server, forked
from tests.factories.worlds import change, world

from socialflow.kernel.work import App

pytestmark = pytest.mark.adversary

PATIENCE_SECONDS = 60
# What the database allows a sleeper that holds a transaction open.
IDLE = {"SF_DATABASE__IDLE_IN_TRANSACTION_TIMEOUT_MS": "1000"}


async def until_asleep(server: Server, asleep: Path) -> None:
    """It says so first, and stops then."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not asleep.exists() or server.process.status() != psutil.STATUS_STOPPED:
            await asyncio.sleep(0.02)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("operation", ["register", "createVideo", "updateVideo"])
async def test_f03_a_server_that_slept_between_commit_and_answer_gives_the_same_answer(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person, forks: Forks, tmp_path: Path, operation: str
) -> None:
    deed = await DEEDS[operation](app, ada, bob)
    before = await world(app)

    asleep = tmp_path / "asleep"
    fault = f"{operation}.after_commit:stop@{asleep}"
    async with (
        forked(forks, app.settings, tmp_path / "api.log", SF_FAULT=fault) as server,
        httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as outside,
    ):
        sleeping = asyncio.create_task(deed.send(outside, server.url))
        await until_asleep(server, asleep)
        retried = await deed.insist(client)
        assert change(before, await world(app)) == deed.changes
        server.process.resume()
        late = await sleeping

    assert (late.status_code, late.content) == (retried.status_code, retried.content)
    assert ("idempotency-replayed" in retried.headers) == deed.is_keyed
    assert change(before, await world(app)) == deed.changes


@pytest.mark.timeout(300)
@pytest.mark.parametrize("operation", ["register", "createVideo", "updateVideo"])
async def test_f03_a_server_that_slept_before_its_commit_finds_that_it_must_not(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person, forks: Forks, tmp_path: Path, operation: str
) -> None:
    deed = await DEEDS[operation](app, ada, bob)
    before = await world(app)

    asleep = tmp_path / "asleep"
    fault = f"{operation}.before_commit:stop@{asleep}"
    async with (
        forked(forks, app.settings, tmp_path / "api.log", SF_FAULT=fault, **IDLE) as server,
        httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as outside,
    ):
        sleeping = asyncio.create_task(deed.send(outside, server.url))
        await until_asleep(server, asleep)
        # Until the database has given the sleeper up, its key and its rows are taken.
        retried = await deed.insist(client)
        server.process.resume()
        late = await sleeping

        assert retried.is_success
        assert "idempotency-replayed" not in retried.headers
        assert (late.status_code, late.json()["code"], late.headers["retry-after"]) == (503, "unavailable", "1")
        again = await deed.insist(outside, server.url)
    assert (again.status_code, again.content) == (retried.status_code, retried.content)
    assert change(before, await world(app)) == deed.changes
