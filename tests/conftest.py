"""What every test may ask for: engines, an App, the API, clients and people.

One PostgreSQL and one Valkey are started per run. Each test process has its own database, copied
from a migrated template, and its own Valkey database; both are emptied after a test that used them.
"""

import asyncio
import fcntl
import gc
import os
import re
import sys
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import hypothesis
import pytest
import structlog
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import create_async_engine

from socialflow.domains.accounts.models import BUILT_IN, RoleRow
from socialflow.domains.accounts.service import Passwords
from socialflow.entrypoints import schema
from socialflow.entrypoints.api import build
from socialflow.entrypoints.api.application import authenticate
from socialflow.entrypoints.bootstrap import open_app
from socialflow.entrypoints.engines.throwaway import Pair, throwaway
from socialflow.kernel import jobs, outbox
from socialflow.kernel.config import Settings
from socialflow.kernel.db import Base
from socialflow.kernel.events import QUEUES
from socialflow.kernel.limits import Limiter
from socialflow.kernel.work import App
from tests.factories import beside, evidence, second_tries, timely
from tests.factories.accounts import Person, sign_up
from tests.factories.mails import Letter, read_letters

TEMPLATE = "template_sf"
SECRET = "a test's secret, of no use to anybody else 0123456789"
# What a role has of which BUILT_IN says nothing.
ROLE: dict[str, Any] = {
    "built_in": True,
    "quota_bytes": None,
    "rate": 1.0,
    "may_upload": True,
    "may_go_live": True,
    "may_invite": False,
}
LONGEST_NAME = 80
PASSED: set[str] = set()
ENGINES = pytest.StashKey[tuple[Any, Pair]]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the engines in the process that stays until the end; test processes find them by environment."""
    warnings.filterwarnings("error")
    # A machine that is busy, or measures coverage, is no finding.
    hypothesis.settings.register_profile("unhurried", deadline=None, max_examples=60)
    hypothesis.settings.load_profile("unhurried")
    # Pretty tracebacks of bugs that tests provoke on purpose take seconds each.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, plain],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    if hasattr(config, "workerinput"):
        return
    manager = throwaway()
    pair = manager.__enter__()
    config.stash[ENGINES] = (manager, pair)
    os.environ.update(TEST_FOLDER=str(pair.folder), TEST_DATABASE=pair.database("DATABASE"), TEST_REDIS=pair.redis_url)


def pytest_make_parametrize_id(val: object) -> str | None:
    """What is long, or made by chance, is no name: processes that deal out tests must call each the same."""
    if isinstance(val, str | bytes) and len(val) > LONGEST_NAME:
        return f"{len(val)} {'bytes' if isinstance(val, bytes) else 'letters'}"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On CI's busy machine a browser, or a process that is killed on purpose, gets a second try; the report says so."""
    for item in items:
        timely.bound(item)
    if os.environ.get("CI"):
        for item in items:
            if item.get_closest_marker("browser") or item.get_closest_marker("adversary"):
                item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before all fixtures: what a test needs from beside the checkout is there, or the test is not run."""
    timely.begin(item)
    second_tries.start_afresh(item)
    for mark in item.iter_markers("beside"):
        beside.demand(mark.args[0], must=os.environ.get("REQUIRE_SHARED") == "1")


def pytest_collection_finish() -> None:
    """What is loaded now stays until the end: no use in looking through it for garbage again and again."""
    gc.collect()
    gc.freeze()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what has passed, for the table of requirements."""
    if report.when == "call" and report.passed:
        # `path::name[parameters]@group`
        PASSED.add(re.split(r"[\[@]", report.nodeid, maxsplit=1)[0])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """After a run of everything: whatever the table of requirements names must have run and passed."""
    config = session.config
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.keyword
    if hasattr(config, "workerinput") or not whole or config.option.markexpr != "not adversary":
        return
    unseen = sorted(evidence.named_tests() - PASSED) if evidence.TABLE.is_file() else []
    if unseen and session.exitstatus == pytest.ExitCode.OK:
        print("\nNamed in the table of requirements, but did not pass:", *unseen, sep="\n  ")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the engines."""
    if ENGINES in config.stash:
        config.stash[ENGINES][0].__exit__(None, None, None)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One colour: asyncio."""
    return "asyncio"


def database_url(name: str) -> str:
    """Address of a database of this run's cluster."""
    return os.environ["TEST_DATABASE"].replace("DATABASE", name, 1)


@pytest.fixture(scope="session")
async def test_database(anyio_backend: str, worker_id: str) -> str:
    """A migrated database for this test process."""
    with (Path(os.environ["TEST_FOLDER"]) / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        admin = await asyncpg.connect(database_url("postgres"))
        try:
            if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", TEMPLATE):
                await admin.execute(f"CREATE DATABASE {TEMPLATE}")
                await _make_schema(database_url(TEMPLATE))
            await admin.execute(f"CREATE DATABASE t_{worker_id} TEMPLATE {TEMPLATE}")
        finally:
            await admin.close()
    return database_url(f"t_{worker_id}")


async def _make_schema(url: str) -> None:
    # Alembic starts an event loop of its own.
    await asyncio.to_thread(schema.upgrade, url)


@pytest.fixture
def redis_url(worker_id: str) -> str:
    """Valkey's database of this test process."""
    number = 0 if worker_id == "master" else int(worker_id.removeprefix("gw")) + 1
    return os.environ["TEST_REDIS"].partition("?")[0] + f"?db={number}"


@pytest.fixture
def settings(test_database: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings of a test's own installation."""
    return Settings.model_validate(
        {
            "environment": "test",
            "data_dir": tmp_path / "data",
            "database": {"url": SecretStr(test_database), "pool_size": 5},
            "redis": {"url": SecretStr(redis_url)},
            "auth": {"secret": SecretStr(SECRET)},
            "jobs": {"retry_base_s": 0.01, "lease_s": 5, "heartbeat_s": 0.5},
            "http": {"drain_seconds": 0},
            "limits": {"anonymous": "100000/60", "account": "100000/60", "register_address": "1000/60"},
        }
    )


@pytest.fixture
def ports(settings: Settings) -> dict[type[Any], Any]:
    """Ports of the App that are not those of the settings: passwords are hashed at almost no cost.

    A test of what hashing costs, or of how its results look, has a fixture of its own that gives none.
    """
    auth = settings.auth
    cheap = Passwords(concurrency=auth.hash_concurrency, queue=auth.hash_queue, memory_kib=8, passes=1)
    return {Passwords: cheap}


@pytest.fixture
async def app(settings: Settings, ports: dict[type[Any], Any]) -> AsyncIterator[App]:
    """An open App; what it leaves in the engines is removed."""
    async with open_app(settings, ports=ports) as opened:
        try:
            yield opened
        finally:
            await _empty(opened)


async def _empty(app: App) -> None:
    """Remove what a test has left. Most tables are untouched by most tests: those are only looked at."""
    names = [table.name for table in Base.metadata.sorted_tables if table.name != RoleRow.__tablename__]
    emptied = "".join(f'IF EXISTS (SELECT FROM "{name}") THEN DELETE FROM "{name}"; END IF;' for name in names)
    built_in = ", ".join(f"'{row['name']}'" for row in BUILT_IN)
    engine = create_async_engine(app.engine.url)
    async with engine.begin() as connection:
        # The audit log refuses to be emptied, and is right; and what refers to what does not matter here.
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text(f"DO $$ BEGIN {emptied} END $$"))
        # Without the roles that the migration made nobody could sign up.
        await connection.execute(text(f"DELETE FROM roles WHERE name NOT IN ({built_in})"))
        for row in BUILT_IN:
            whole = ROLE | dict(row)
            await connection.execute(update(RoleRow).where(RoleRow.name == row["name"]).values(whole))
    await engine.dispose()
    await app.redis.flushdb()


MOST_KEPT = 6


class _Kept:
    """Applications by their settings: making one, with all its routes, takes longer than most tests."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[FastAPI, list[App], list[Any]]] = {}

    @asynccontextmanager
    async def serving(self, app: App, settings: Settings) -> AsyncIterator[FastAPI]:
        """An API that serves an App; one that the test has changed is not used again."""
        key = repr(settings.model_copy(update={"data_dir": Path()}))
        api, served, routes = self._known.pop(key, None) or self._make(settings)
        served[:] = [app]
        async with api.router.lifespan_context(api):
            yield api
        api.state.draining.clear()
        if api.router.routes == routes and api.state.authenticate is authenticate:
            self._known[key] = (api, served, routes)
            # The least used go: each holds some fifty megabytes.
            while len(self._known) > MOST_KEPT:
                del self._known[next(iter(self._known))]

    def _make(self, settings: Settings) -> tuple[FastAPI, list[App], list[Any]]:
        served: list[App] = []

        @asynccontextmanager
        async def opener(_: Settings) -> AsyncIterator[App]:
            yield served[0]

        api = build(settings, opener=opener)
        return api, served, list(api.router.routes)


KEPT = _Kept()


@pytest.fixture
async def api(app: App, settings: Settings) -> AsyncIterator[FastAPI]:
    """The API serving that App."""
    async with KEPT.serving(app, settings) as built:
        yield built


@pytest.fixture
def connect(api: FastAPI) -> Callable[..., httpx2.AsyncClient]:
    """Make HTTP clients of the API, each with headers of its own."""

    def make(**headers: str) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
        return httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers)

    return make


@pytest.fixture
def client(connect: Callable[..., httpx2.AsyncClient]) -> httpx2.AsyncClient:
    """A client that is nobody."""
    return connect()


@pytest.fixture
def person(connect: Callable[..., httpx2.AsyncClient], app: App) -> Callable[..., Awaitable[Person]]:
    """Sign somebody up: `ada = await person("ada")`, or `person("mo", role="moderator")`."""

    async def make(handle: str, *, role: str = "user") -> Person:
        return await sign_up(app, connect, handle, role=role)

    return make


@pytest.fixture
async def ada(person: Callable[..., Awaitable[Person]]) -> Person:
    """Somebody."""
    return await person("ada")


@pytest.fixture
async def bob(person: Callable[..., Awaitable[Person]]) -> Person:
    """Somebody else."""
    return await person("bob")


@pytest.fixture
def deliver(app: App) -> Callable[..., Awaitable[int]]:
    """Drain the outbox and run every job that follows, each of them twice: `await deliver()`.

    `times=1` runs each once, for the sake of speed; `queues` limits which are run.
    """

    async def drain(*, times: int = 2, queues: tuple[str, ...] = QUEUES) -> int:
        return await deliver_all(app, times=times, queues=queues)

    return drain


@pytest.fixture
def mails(settings: Settings) -> Callable[[], list[Letter]]:
    """Every mail that was sent so far, the oldest first: `mails()[-1].link`."""
    return lambda: read_letters(settings.mail_folder)


async def deliver_all(app: App, *, times: int, queues: tuple[str, ...]) -> int:
    """The relay and a worker, in this process, until nothing is left."""
    ran = 0
    for _ in range(100):
        hinted: list[Any] = []

        async def note(queue: str, job_ids: list[Any], into: list[Any] = hinted) -> None:
            if queue in queues:
                into.extend(job_ids)

        relaying = replace(app, send_hints=note)
        while await outbox.relay_once(relaying):
            pass
        await jobs.sweep(relaying)
        if not hinted:
            return ran
        for job_id in dict.fromkeys(hinted):
            for again in range(times):
                if again:
                    await _requeue(app, job_id)
                outcome = await jobs.execute(app, job_id)
                ran += outcome is jobs.Outcome.DONE
                assert outcome is not jobs.Outcome.DEAD, await _error_of(app, job_id)
    raise AssertionError("events beget events without end")


async def _requeue(app: App, job_id: Any) -> None:
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE jobs SET state = 'queued', attempt = 0 WHERE id = :id"), {"id": job_id})


async def _error_of(app: App, job_id: Any) -> str:
    async with app.sessions() as session:
        return str(await session.scalar(text("SELECT kind || ': ' || error FROM jobs WHERE id = :id"), {"id": job_id}))


@pytest.fixture
def limiter(api: FastAPI) -> Limiter:
    """The limiter of the API under test."""
    found: Limiter = api.state.limiter
    return found
