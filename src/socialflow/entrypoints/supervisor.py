"""The supervisor of `socialflow run`: starts every part in order, keeps it running, stops it in order.

Every part is a child that the kernel ends with us, in a session of its own, so that a Ctrl-C
reaches only this process. An engine that dies comes back under the same address, so nobody has to
be told; whoever uses it waits and goes on.
"""

import asyncio
import os
import signal
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from socialflow.entrypoints import panel
from socialflow.entrypoints.children import BAD_SETTINGS, Child, Part, Unusable
from socialflow.entrypoints.engines import folders, local
from socialflow.entrypoints.engines.daemon import Daemon
from socialflow.entrypoints.engines.errors import EngineError
from socialflow.entrypoints.printer import Printer
from socialflow.entrypoints.starters import Starter, starter
from socialflow.kernel.config import Settings

API = Part("api", ("api",))
PARTS = (
    # Transcodes have workers of their own: a sign-up's mail never waits behind a film, and what makes
    # a video playable never behind what makes another one better.
    Part("worker", ("worker", "--queues", "default,mail,feed")),
    Part("media", ("worker", "--queues", "media")),
    Part("encode", ("worker", "--queues", "encode")),
    # Imports wait for other people's servers, and nobody is to wait for them.
    Part("imports", ("worker", "--queues", "imports")),
    # Listening to a film takes as long as a part of it, and nobody waits for it.
    Part("hearing", ("worker", "--queues", "hearing")),
    Part("relay", ("relay",)),
    Part("scheduler", ("scheduler",)),
)
HEARING = PARTS[4]
MIGRATE = Part("migrate", ("db", "migrate"), stays=False)
DEMO = Part("demo", ("demo",), stays=False)
STOP_PATIENCE = 12.0
NO_PATIENCE = 0.2
PULSE = 0.1
READY_PAUSE = 0.05


def parts_of(settings: Settings) -> tuple[Part, ...]:
    """What runs beside the API: where no program may listen, nobody waits to be asked to."""
    return tuple(part for part in PARTS if part is not HEARING or settings.media.speech != "off")


class Supervisor:
    """Everything that one `socialflow run` started."""

    def __init__(self, settings: Settings, *, demo: bool, verbose: bool) -> None:
        self._settings = settings
        self._demo = demo
        self._printer = Printer(folders.private(settings.data_dir / "logs"), verbose=verbose)
        self._stop = asyncio.Event()
        self._engines: list[Daemon] = []
        self._starter: Starter | None = None
        self._children: list[Child] = []
        self._tasks: list[asyncio.Task[Any]] = []
        self._code = 0

    async def run(self) -> int:
        """Start, keep and stop; returns the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._asked_to_stop)
        began = time.monotonic()
        try:
            self._starter = starter(self._start_engines())
            self._start(API)
            self._spawn(self._welcome(began))
            if await self._migrate():
                for part in parts_of(self._settings):
                    self._start(part)
                await self._stop.wait()
        finally:
            await self._stop_all()
        return self._code

    def _asked_to_stop(self) -> None:
        if self._stop.is_set():
            for child in self._children:
                self._spawn(child.stop(NO_PATIENCE))
            return
        self._printer.say("stopping (again to stop at once)")
        self._stop.set()

    def _start_engines(self) -> dict[str, str]:
        """Bring up what the settings do not name; returns the environment of our children."""
        self._engines = local.wanted(self._settings)
        for daemon in self._engines:
            self._printer.say(f"starting {daemon.engine.name}")
            daemon.start()
        settings = local.addressed(self._settings, self._engines)
        facts = {
            "pid": str(os.getpid()),
            "address": settings.public_url,
            "database_url": _revealed(settings.database.url),
            "redis_url": _revealed(settings.redis.url),
        }
        folders.remember(settings.data_dir, facts)
        for daemon in self._engines:
            self._spawn(self._revive(daemon))
        return environment(settings)

    async def _migrate(self) -> bool:
        """Bring the schema up to date, while the API is loading; it is not ready before."""
        child = self._child(MIGRATE)
        migration = self._spawn(child.once())
        stopped = self._spawn(self._stop.wait())
        await asyncio.wait({migration, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if self._stop.is_set():
            return False
        if migration.result() != 0:
            self._printer.say("The database could not be migrated: the reason stands above.")
            self._code = max(1, migration.result())
            return False
        return True

    def _start(self, part: Part) -> None:
        self._spawn(self._keep(self._child(part)))

    def _child(self, part: Part) -> Child:
        assert self._starter is not None
        child = Child(part, self._starter, self._printer)
        self._children.append(child)
        return child

    async def _keep(self, child: Child) -> None:
        try:
            await child.keep()
        except Unusable:
            self._code = BAD_SETTINGS
            self._stop.set()

    async def _revive(self, daemon: Daemon) -> None:
        """Start an engine again whenever it ends."""
        while not self._stop.is_set():
            await asyncio.sleep(PULSE)
            if daemon.alive():
                continue
            self._printer.say(f"{daemon.engine.name} ended; starting it again")
            try:
                daemon.spawn()
                while daemon.alive() and not daemon.engine.ready():
                    await asyncio.sleep(READY_PAUSE)
                if not daemon.alive() and not daemon.engine.repair():
                    await asyncio.sleep(1.0)
            except EngineError as error:
                self._printer.say(str(error))
                await asyncio.sleep(1.0)

    async def _welcome(self, began: float) -> None:
        """Once a request can be served, say so; then let the demo content be made."""
        host, port = self._settings.http.host, self._settings.http.port
        while not await is_ready("127.0.0.1" if host in {"0.0.0.0", "::"} else host, port):  # noqa: S104  # only compared
            await asyncio.sleep(PULSE)
        names = [daemon.engine.name for daemon in self._engines]
        panel.show(self._settings, engines=names, demo=self._demo, seconds=time.monotonic() - began)
        if self._demo:
            self._start(DEMO)

    async def _stop_all(self) -> None:
        """Parts first, all at once; the engines when nobody uses them any more."""
        began = time.monotonic()
        self._stop.set()
        await asyncio.gather(*(child.stop(STOP_PATIENCE) for child in self._children))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._starter is not None:
            self._starter.close()
        for daemon in reversed(self._engines):
            daemon.halt()
        folders.forget(self._settings.data_dir)
        self._printer.say(f"stopped in {time.monotonic() - began:.1f} s")
        self._printer.close()

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        task = asyncio.create_task(work)
        self._tasks.append(task)
        return task


def run(settings: Settings, *, demo: bool, verbose: bool = False) -> int:
    """Run everything until Ctrl-C; returns the exit code."""
    with folders.held(settings.data_dir):
        return asyncio.run(Supervisor(settings, demo=demo, verbose=verbose).run())


def environment(settings: Settings) -> dict[str, str]:
    """The variables that give our children these settings."""
    found = {
        **os.environ,
        "SF_DATA_DIR": str(settings.data_dir),
        "SF_HTTP__HOST": settings.http.host,
        "SF_HTTP__PORT": str(settings.http.port),
        "SF_OBSERVABILITY__LOG_FORMAT": "json",
        "PYTHONUNBUFFERED": "1",
    }
    if settings.environment != "production":
        # Nobody balances load onto this terminal: there is no one to be told before the door closes.
        found.setdefault("SF_HTTP__DRAIN_SECONDS", "0")
    for name, url in (("SF_DATABASE__URL", settings.database.url), ("SF_REDIS__URL", settings.redis.url)):
        if f"{name}_FILE" not in found:
            found[name] = _revealed(url)
    return found


async def is_ready(host: str, port: int) -> bool:
    """Whether the API says that it can serve a request."""
    with suppress(OSError, TimeoutError, IndexError):
        async with asyncio.timeout(3):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                status = await reader.readline()
                return status.split()[1] == b"200"
            finally:
                writer.close()
    return False


def _revealed(secret: Any) -> str:
    return "" if secret is None else str(secret.get_secret_value())
