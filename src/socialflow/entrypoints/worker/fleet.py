"""One worker at run: Celery's parent process and its pool."""

import contextlib
import logging
import os
import signal
import socket
import sys
import time
import uuid
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from celery import signals
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning

from socialflow.entrypoints.worker.app import GRACE_SECONDS, LONG_QUEUES, LONG_VISIBILITY, celery_for
from socialflow.entrypoints.worker.child import STOP_SIGNAL, Child
from socialflow.entrypoints.worker.hint import PREFIX, TASK
from socialflow.kernel import logs, presence
from socialflow.kernel.config import InvalidSettings, Settings
from socialflow.kernel.events import QUEUES

LAST_RESORT_SECONDS = 20
SPARE_SECONDS = 600

log = logs.named(__name__)


class Fleet:
    """One worker: its parent process, and through `fork` each of its pool processes."""

    def __init__(self, settings: Settings, queues: Sequence[str]) -> None:
        self._settings = settings
        self._queues = queues
        self._child: Child | None = None
        self._pool: Any = None
        self._concurrency = 0
        self._started_at = time.time()
        self.celery = celery_for(settings, queues)
        self.celery.task(name=TASK)(self._run_job)

        signals.worker_ready.connect(self._on_ready, weak=False)
        signals.worker_process_init.connect(self._on_fork, weak=False)
        signals.worker_process_shutdown.connect(self._on_child_end, weak=False)
        signals.worker_shutting_down.connect(self._on_stop, weak=False)
        # Our own handlers write the log; Celery's set-up would replace them.
        signals.setup_logging.connect(_keep_logging, weak=False)

    def run(self, *, concurrency: int) -> None:
        """Serve until told to stop."""
        self._concurrency = concurrency
        # One speaks of pickle, which `accept_content` refuses; the other of a choice that we made.
        warnings.simplefilter("ignore", SecurityWarning)
        warnings.simplefilter("ignore", CPendingDeprecationWarning)
        worker = self.celery.Worker(
            hostname=f"{'-'.join(self._queues)}@{socket.gethostname()}",
            pool_cls="prefork",
            concurrency=concurrency,
            queues=[PREFIX + queue for queue in self._queues],
            loglevel="WARNING",
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.start()
        self._leave()
        sys.exit(worker.exitcode)

    def _run_job(self, job_id: str) -> None:
        if self._child is None:
            raise RuntimeError("the pool process was not opened")
        self._child.run(uuid.UUID(job_id))

    def _on_ready(self, sender: Any, **_: Any) -> None:
        self._pool = sender.pool
        self._beat()
        sender.timer.call_repeatedly(presence.BEAT_SECONDS, self._beat)
        log.info("worker_ready", queues=list(self._queues))

    def _beat(self) -> None:
        """In the parent, between what it does for its pool: say that this worker is there."""
        if self._settings.redis.url is not None:
            now = time.time()
            me = presence.Worker(
                socket.gethostname(),
                os.getpid(),
                tuple(self._queues),
                self._concurrency,
                version("social-flow"),
                self._started_at,
                now,
            )
            presence.beat(self._settings.redis.url.get_secret_value(), me)

    def _leave(self) -> None:
        """One that was killed cannot, and shows as silent; one that was stopped is nobody's worry."""
        if self._settings.redis.url is not None:
            presence.leave(self._settings.redis.url.get_secret_value(), socket.gethostname(), os.getpid())

    def _on_fork(self, **_: Any) -> None:
        # A long job is handed back before the broker's patience ends, and goes on from its checkpoint.
        long = bool(LONG_QUEUES & set(self._queues))
        slice_seconds = LONG_VISIBILITY - SPARE_SECONDS if long else None
        self._child = Child(self._settings, slice_seconds=slice_seconds, grace_seconds=GRACE_SECONDS, chooses=long)

    def _on_child_end(self, **_: Any) -> None:
        if self._child is not None:
            self._child.close()

    def _on_stop(self, **_: Any) -> None:
        """In the parent, in a signal handler: tell the pool, and the kernel to end us should Celery not."""
        signal.alarm(LAST_RESORT_SECONDS)
        if self._pool is None:
            return
        for pid in self._pool.info.get("processes", ()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, STOP_SIGNAL)


def _keep_logging(**_: Any) -> None:
    logging.getLogger("celery").setLevel(logging.WARNING)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)


def run(settings: Settings, *, queues: Sequence[str] = QUEUES, concurrency: int | None = None) -> None:
    """Serve these queues until SIGTERM."""
    unknown = sorted(set(queues) - set(QUEUES))
    if unknown:
        raise InvalidSettings(f"no queue is called {', '.join(unknown)}; there are {', '.join(QUEUES)}")
    logs.configure(settings.observability, role="worker")
    Fleet(settings, queues).run(concurrency=concurrency or _concurrency(settings, set(queues)))


def _concurrency(settings: Settings, queues: set[str]) -> int:
    """Jobs at once: of those that encode one for each encoder, of others as many as the settings say."""
    jobs = settings.jobs
    if "encode" in queues:
        return settings.media.concurrency or os.cpu_count() or 1
    if queues == {"imports"}:
        return jobs.import_concurrency
    if queues == {"hearing"}:
        return jobs.hearing_concurrency
    return jobs.media_concurrency if queues <= LONG_QUEUES else jobs.concurrency
