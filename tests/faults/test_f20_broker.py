"""F20: the broker is flushed, killed and restarted: all jobs are done, none twice."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.factories.parts import add_jobs, all_done, part, states

from socialflow.entrypoints import worker
from socialflow.entrypoints.bootstrap import open_app
from socialflow.entrypoints.engines.daemon import Daemon
from socialflow.entrypoints.engines.valkey import Valkey
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

pytestmark = pytest.mark.xdist_group("fleet")
REHINT_S = "1"
BOUND_SECONDS = 20  # re-hint, plus Celery's own way back to the broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon(Valkey(tmp_path / "valkey", tmp_path / "valkey.log"))
    daemon.start()
    yield daemon
    daemon.halt()


@pytest.fixture
async def apart(app: App, broker: Daemon) -> AsyncIterator[App]:
    """An App like the test's, with a broker of its own that may be harmed."""
    redis = app.settings.redis.model_copy(update={"url": SecretStr(broker.engine.url)})
    settings: Settings = app.settings.model_copy(update={"redis": redis})
    async with open_app(settings) as opened:
        yield opened


@pytest.fixture
def fleet(apart: App, tmp_path: Path) -> Iterator[None]:
    with ExitStack() as stack:
        for arguments in (("worker", "--queues", "default"), ("scheduler",)):
            log = tmp_path / f"{arguments[0]}.log"
            stack.enter_context(part(apart.settings, *arguments, log=log, SF_JOBS__REHINT_S=REHINT_S))
        yield


async def test_f20_hints_that_are_flushed_are_sent_again(apart: App, fleet: None) -> None:
    send = worker.hint_sender(apart.settings)
    jobs = await add_jobs(apart, 20)
    await send("default", jobs[:10])
    await apart.redis.flushall()

    await all_done(apart, jobs, BOUND_SECONDS)
    assert all(attempt == 1 for _, attempt in await states(apart, jobs))


async def test_f20_a_broker_that_is_killed_delays_and_loses_nothing(apart: App, fleet: None, broker: Daemon) -> None:
    before = await add_jobs(apart, 5)
    await all_done(apart, before, BOUND_SECONDS)

    assert broker.process is not None
    broker.process.kill()
    broker.process.wait()
    during = await add_jobs(apart, 5)
    await worker.hint_sender(apart.settings)("default", during)
    broker.start()

    await all_done(apart, during, BOUND_SECONDS)
    assert all(attempt == 1 for _, attempt in await states(apart, [*before, *during]))
