"""F22: Redis is down, or swallows what it is told: limits hold, people read, write and upload, and all heals."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.parts import add_jobs, all_done, part, states
from tests.factories.servers import serving
from tests.factories.uploads import uploaded
from tests.factories.videos import bring, video
from tests.factories.ways import SilentWay, silent_way

from socialflow.entrypoints.bootstrap import open_app
from socialflow.entrypoints.engines.daemon import Daemon
from socialflow.entrypoints.engines.valkey import Valkey
from socialflow.entrypoints.worker import hint_sender
from socialflow.kernel import outbox
from socialflow.kernel.signals import Signal
from socialflow.kernel.work import App

pytestmark = [pytest.mark.adversary, pytest.mark.xdist_group("fleet"), pytest.mark.timeout(300)]
TRIES = 10
WRITES = 30
# Every command of thirty writes would wait for two seconds, were it tried each time.
SOON, BOUND_SECONDS = 45.0, 90.0
# So slow that no try comes back while the test runs.
STRICT = {"SF_LIMITS__LOGIN_ACCOUNT": f"{TRIES}/36000"}
Break = Callable[[], None]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon(Valkey(tmp_path / "valkey", tmp_path / "valkey.log"))
    daemon.start()
    yield daemon
    daemon.halt()


@pytest.fixture
async def way(valkey: Daemon) -> AsyncIterator[SilentWay]:
    socket = valkey.engine.url.removeprefix("unix://").partition("?")[0]
    async with silent_way(Path(socket)) as made:
        yield made


@pytest.fixture
async def apart(app: App, way: SilentWay) -> AsyncIterator[App]:
    """An App like the test's, with a Redis of its own behind the way."""
    redis = app.settings.redis.model_copy(update={"url": SecretStr(f"redis://127.0.0.1:{way.port}/0")})
    async with open_app(app.settings.model_copy(update={"redis": redis})) as opened:
        yield opened


@pytest.fixture(params=["down", "silent"])
def fault(request: pytest.FixtureRequest, valkey: Daemon, way: SilentWay) -> tuple[Break, Break]:
    """How Redis goes, and how it comes back."""

    def fall_silent(*, silent: bool) -> None:
        way.silent = silent

    def kill() -> None:
        assert valkey.process is not None
        valkey.process.kill()
        valkey.process.wait()

    if request.param == "down":
        return kill, valkey.start
    return lambda: fall_silent(silent=True), lambda: fall_silent(silent=False)


@asynccontextmanager
async def visited(person: Person, url: str) -> AsyncIterator[Person]:
    """The person as a client of another server."""
    headers = {"Authorization": f"Bearer {person.access_token}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=SOON) as http:
        yield replace(person, http=http)


async def test_f22_the_api_goes_on_and_log_ins_stay_limited(
    apart: App, ada: Person, tmp_path: Path, fault: tuple[Break, Break]
) -> None:
    made = await video(apart, ada, state="processing")
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(apart.settings, tmp_path / "api.log", **STRICT))
        here = await stack.enter_async_context(visited(ada, url))
        stream = await stack.enter_async_context(here.http.stream("GET", f"/api/v1/events?topics=video:{made['id']}"))
        told = stream.aiter_lines()
        await _hear(told, "processing")
        break_it, heal_it = fault

        break_it()
        assert await _log_ins(url, TRIES + 2) == [401] * TRIES + [429] * 2
        async with asyncio.timeout(SOON):
            for number in range(WRITES):
                answer = await here.patch(f"/videos/{made['id']}", {"title": f"title {number}"})
                assert answer.status_code == 200, answer.text
                assert (await here.get(f"/videos/{made['id']}")).json()["title"] == f"title {number}"
        await uploaded(here, b"some bytes")
        assert (await _readiness(url))["status"] == "degraded"
        # A stream looks by itself where it hears of nothing.
        await bring(apart, made["id"], "ready")
        await _hear(told, "ready")

        heal_it()
        await _comes_true(lambda: _is_well(url))
        assert await _log_ins(url, TRIES + 2) == [401] * TRIES + [429] * 2


async def test_f22_jobs_are_made_meanwhile_and_done_when_it_is_back(
    apart: App, ada: Person, tmp_path: Path, fault: tuple[Break, Break]
) -> None:
    break_it, heal_it = fault
    with ExitStack() as stack:
        for arguments in (("worker", "--queues", "default"), ("scheduler",)):
            log = tmp_path / f"{arguments[0]}.log"
            stack.enter_context(part(apart.settings, *arguments, log=log, SF_JOBS__REHINT_S="1"))
        await all_done(apart, await add_jobs(apart, 3), BOUND_SECONDS)

        break_it()
        await uploaded(ada, b"some bytes")
        relaying = replace(apart, send_hints=hint_sender(apart.settings))
        async with asyncio.timeout(SOON):
            while await outbox.relay_once(relaying):
                pass
        during = await add_jobs(apart, 5)
        assert await _waiting_media(apart) == 1

        heal_it()
        await all_done(apart, during, BOUND_SECONDS)
        assert all(attempt == 1 for _, attempt in await states(apart, during))


async def test_f22_a_subscription_that_falls_silent_is_made_anew(apart: App, way: SilentWay) -> None:
    async with asyncio.timeout(BOUND_SECONDS), apart.signals.listening("here") as queue:
        await _heard(apart, queue)
        way.silent = True
        # None: something may have been missed.
        assert await queue.get() is None
        way.silent = False
        await _heard(apart, queue)


async def _heard(app: App, queue: "asyncio.Queue[Signal | None]") -> None:
    """Say something until it is heard."""
    while True:
        await app.signals.publish("here", "word", {})
        await asyncio.sleep(0.1)
        while not queue.empty():
            if queue.get_nowait() is not None:
                return


async def _log_ins(url: str, count: int) -> list[int]:
    """What somebody is answered who guesses at a password, each time one that nobody guessed at before."""
    guess = {"login": f"nobody{count}", "password": "not the password"}
    async with httpx2.AsyncClient(base_url=url, timeout=SOON) as client:
        return [(await client.post("/api/v1/auth/login", json=guess)).status_code for _ in range(count)]


async def _readiness(url: str) -> dict[str, object]:
    async with httpx2.AsyncClient(timeout=SOON) as client:
        found: dict[str, object] = (await client.get(f"{url}/readyz")).json()
        return found


async def _is_well(url: str) -> bool:
    return (await _readiness(url))["status"] == "ok"


async def _comes_true(look: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(SOON):
        while not await look():
            await asyncio.sleep(0.2)


async def _hear(lines: AsyncIterator[str], word: str) -> None:
    async with asyncio.timeout(SOON):
        async for line in lines:
            if line.startswith("data:") and f'"{word}"' in line:
                return
    raise AssertionError(f"the stream ended without {word}")


async def _waiting_media(app: App) -> int:
    async with app.sessions() as session:
        found = await session.scalar(
            text("SELECT count(*) FROM jobs WHERE kind = 'media.transcode' AND state = 'queued'")
        )
        return int(found or 0)
