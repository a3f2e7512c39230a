"""Run one engine: prepare, start tied to our life, wait until it answers, stop in its own manner."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from socialflow.entrypoints.engines.errors import EngineError
from socialflow.entrypoints.engines.identity import Identity, tethered

LARGEST_LOG = 8 * 1024**2
KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ")


class Engine(Protocol):
    """How one engine is run."""

    name: str
    log: Path
    identity: Identity
    stop: tuple[signal.Signals, ...]

    @property
    def url(self) -> str:
        """Address under which the product reaches it."""

    def prepare(self) -> None:
        """Make what it needs on disk and clear away what a crash left; slow the first time."""

    def command(self) -> list[str]:
        """Its command line, in the foreground."""

    def ready(self) -> bool:
        """Whether it answers now."""

    def repair(self) -> bool:
        """After a failed start: mend what can be mended without losing truth, and say whether to try again."""


class Daemon:
    """One engine at run; start it from a thread that lives as long as it shall."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self) -> None:
        """Prepare and start; the engine may not answer yet."""
        engine = self.engine
        engine.prepare()
        with engine.log.open("ab") as log:
            if log.tell() > LARGEST_LOG:
                log.truncate(0)
            self.process = subprocess.Popen(
                tethered(engine.command(), stop=engine.stop[0], identity=engine.identity),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env=environment(),
            )

    def start(self, *, patience: float = 60.0) -> None:
        """Start and wait until it answers, `patience` seconds at most."""
        self.spawn()
        if self._answers(patience):
            return
        self.halt()
        if self.engine.repair():
            self.spawn()
            if self._answers(patience):
                return
        self.halt()
        raise EngineError(
            f"{self.engine.name} did not start. Its log, {self.engine.log}, ends with:\n{tail(self.engine.log)}"
        )

    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None

    def halt(self, *, patience: float = 10.0) -> None:
        """Stop it: first in its clean manner, `patience` seconds later in the next, at last by SIGKILL."""
        process = self.process
        if process is None:
            return
        for number in (*self.engine.stop, signal.SIGKILL):
            if process.poll() is not None:
                break
            with suppress(ProcessLookupError):
                process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience)
        process.wait()
        self.process = None

    def _answers(self, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and self.alive():
            if self.engine.ready():
                return True
            time.sleep(0.01)
        return False


def environment() -> dict[str, str]:
    """The variables an engine needs; our secrets and the shell's PG* settings stay out."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, "LC_ALL": "C"}


def tail(log: Path, *, lines: int = 12) -> str:
    """The last lines of a log."""
    with suppress(OSError):
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    return ""
