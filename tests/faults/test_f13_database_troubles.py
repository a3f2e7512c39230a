"""F13: connections killed, none free, a lock not given, a deadlock: 503 with Retry-After, and a retry succeeds."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.deeds import DEEDS, Deed
from tests.factories.forks import Forks, Server, forked
from tests.factories.parts import given
from tests.factories.worlds import change, world

from socialflow.kernel.work import App

pytestmark = pytest.mark.adversary

PATIENCE_SECONDS = 60
PATIENT = {"SF_DATABASE__LOCK_TIMEOUT_MS": "60000", "SF_DATABASE__STATEMENT_TIMEOUT_MS": "60000"}
CLIENTS = 4
KILLS = 3
KILL_OTHERS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND (pid = $1 OR relation = to_regclass($2::text))"


@asynccontextmanager
async def troublemaker(app: App) -> AsyncIterator["asyncpg.Connection"]:
    """A connection of the test's own, with the patience that the product has not."""
    connection = await asyncpg.connect(given(app.settings)["SF_DATABASE__URL"])
    try:
        yield connection
    finally:
        await connection.close()


def unavailable(answer: httpx2.Response) -> bool:
    """Whether it says in the proper way that one may come back."""
    return (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "1")


async def until_waiting(connection: "asyncpg.Connection", *, pid: int = 0, table: str | None = None) -> None:
    """Until a connection waits for any lock, or anybody for that of a table."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await connection.fetchval(WAITING, pid, table):
            await asyncio.sleep(0.02)


class Talkers:
    """People who comment without an end, each comment under a key of its own until it is taken."""

    def __init__(self, deed: Deed, server: Server) -> None:
        self.taken = 0
        self.refused = 0
        self._deed = deed
        self._server = server
        self._stop = asyncio.Event()

    async def talk(self, name: int) -> None:
        """One of them, until the end."""
        assert self._deed.body is not None
        number = 0
        async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as client:
            while not self._stop.is_set():
                number += 1
                headers = {**self._deed.headers, "Idempotency-Key": f"{name}/{number}"}
                body = {**self._deed.body, "text": f"{name}/{number}"}
                await self._insist(client, replace(self._deed, headers=headers, body=body))

    async def _insist(self, client: httpx2.AsyncClient, deed: Deed) -> None:
        while (answer := await deed.send(client, self._server.url)).status_code != 201:
            in_flight = answer.status_code == 409 and answer.json()["code"] == "idempotency_key_in_flight"
            assert in_flight or unavailable(answer), answer.text
            self.refused += 1
            await asyncio.sleep(0.05)
        self.taken += 1

    def stop(self) -> None:
        """What was begun is finished."""
        self._stop.set()


@pytest.mark.timeout(300)
async def test_f13_killed_connections_lose_nothing_and_double_nothing(
    app: App, ada: Person, bob: Person, forks: Forks, tmp_path: Path
) -> None:
    deed = await DEEDS["postComment"](app, ada, bob)
    before = await world(app)
    async with forked(forks, app.settings, tmp_path / "api.log") as server, troublemaker(app) as connection:
        talkers = Talkers(deed, server)
        async with asyncio.timeout(4 * PATIENCE_SECONDS), asyncio.TaskGroup() as talking:
            for name in range(CLIENTS):
                talking.create_task(talkers.talk(name))
            kills = 0
            while kills < KILLS or not talkers.refused:
                seen = talkers.taken
                while talkers.taken <= seen + CLIENTS:
                    await asyncio.sleep(0.01)
                await connection.execute(KILL_OTHERS)
                kills += 1
            talkers.stop()

    # The connections of this process were among them.
    await app.engine.dispose()
    expected = {name: by * talkers.taken for name, by in deed.changes.items()}
    assert change(before, await world(app)) == expected


@pytest.mark.timeout(300)
async def test_f13_whoever_finds_no_free_connection_is_told_to_come_back(
    app: App, ada: Person, bob: Person, forks: Forks, tmp_path: Path
) -> None:
    like, follow = [await DEEDS[name](app, ada, bob) for name in ("like", "followChannel")]
    before = await world(app)
    one = {"SF_DATABASE__POOL_SIZE": "1", "SF_DATABASE__POOL_TIMEOUT_SECONDS": "0.2", **PATIENT}
    async with (
        forked(forks, app.settings, tmp_path / "api.log", **one) as server,
        troublemaker(app) as connection,
        httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as client,
    ):
        async with connection.transaction():
            await connection.execute("LOCK TABLE likes IN SHARE MODE")
            holding = asyncio.create_task(like.send(client, server.url))
            await until_waiting(connection, table="likes")

            assert unavailable(await follow.send(client, server.url))
            assert not holding.done()
            assert change(before, await world(app)) == {}
        assert (await holding).status_code == 200
        assert (await follow.send(client, server.url)).is_success

    assert change(before, await world(app)) == dict(Counter(like.changes) + Counter(follow.changes))


@pytest.mark.timeout(300)
async def test_f13_a_lock_that_is_not_given_ends_in_nothing_done(
    app: App, ada: Person, bob: Person, forks: Forks, tmp_path: Path
) -> None:
    deeds = [await make(app, ada, bob) for make in DEEDS.values()]
    expected: Counter[str] = Counter()
    for deed in deeds:
        expected.update(deed.changes)
    before = await world(app)
    async with (
        forked(forks, app.settings, tmp_path / "api.log", SF_DATABASE__LOCK_TIMEOUT_MS="200") as server,
        troublemaker(app) as connection,
        httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as client,
    ):
        async with connection.transaction():
            # Who emits nothing writes to one table alone.
            await connection.execute("LOCK TABLE outbox, watches, saves, people_lists IN SHARE MODE")
            answers = await asyncio.gather(*(deed.send(client, server.url) for deed in deeds))
            assert all(map(unavailable, answers)), [answer.text for answer in answers]
            assert change(before, await world(app)) == {}
        assert all([(await deed.insist(client, server.url)).is_success for deed in deeds])

    assert change(before, await world(app)) == {name: by for name, by in expected.items() if by}


@pytest.mark.timeout(300)
async def test_f13_the_victim_of_a_deadlock_may_come_back(
    app: App, ada: Person, bob: Person, forks: Forks, tmp_path: Path
) -> None:
    like = await DEEDS["like"](app, ada, bob)
    before = await world(app)
    async with (
        forked(forks, app.settings, tmp_path / "api.log", **PATIENT) as server,
        troublemaker(app) as gate,
        troublemaker(app) as rival,
        httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as client,
    ):
        # Who waits last closes the circle and is its victim: the gate sees to it that this is the server.
        await rival.execute("SET deadlock_timeout = '60s'")
        closed = gate.transaction()
        await closed.start()
        await gate.execute("LOCK TABLE likes IN SHARE MODE")
        async with rival.transaction():
            await rival.execute("LOCK TABLE outbox IN SHARE MODE")
            liking = asyncio.create_task(like.send(client, server.url))
            await until_waiting(gate, table="likes")
            waiting = asyncio.create_task(rival.execute("SELECT FROM videos FOR UPDATE"))
            await until_waiting(gate, pid=rival.get_server_pid())
            await closed.commit()
            assert unavailable(await liking)
            await waiting
        assert "deadlock detected" in (tmp_path / "api.log").read_text()
        assert (await like.send(client, server.url)).is_success

    assert change(before, await world(app)) == like.changes
