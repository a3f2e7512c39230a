"""A whole installation as a person starts it: `socialflow run` in a folder of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2
import psutil

from socialflow.entrypoints.engines import folders
from socialflow.entrypoints.engines.identity import tethered

OURS = re.compile(r"^(SF_|DATABASE_URL|REDIS_URL|TEST_)")


class Instance:
    """One `socialflow run`; ends with the test, and with the test run even if that is killed."""

    def __init__(self, data_dir: Path, *options: str, **environment: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.lines: list[str] = []
        kept = {name: value for name, value in os.environ.items() if not OURS.match(name)}
        command = [sys.executable, "-m", "socialflow", "run", "--data-dir", str(data_dir), "--port", str(self.port)]
        self.process = subprocess.Popen(
            tethered([*command, *options], stop=signal.SIGINT),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
            env={**kept, "COLUMNS": "120", **environment},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Address of the API."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def text(self) -> str:
        """All it has printed."""
        return "\n".join(self.lines)

    def fact(self, name: str) -> str:
        """What it tells other commands: `database_url`, `redis_url`, `address`, `pid`."""
        return folders.recall(self.data_dir)[name]

    def ready(self) -> bool:
        """Whether a request can be served now."""
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def wait_ready(self, seconds: float = 60.0) -> "Instance":
        """Wait until requests can be served; fails with what was printed."""
        assert until(lambda: self.ready() or self.process.poll() is not None, seconds), self.text
        assert self.process.poll() is None, self.text
        return self

    def children(self, words: str) -> list[psutil.Process]:
        """Its processes whose name or command line contains the words; a part is called `sf api`."""
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if words in " ".join([process.name(), *process.cmdline()]):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def stop(self, number: signal.Signals = signal.SIGINT, seconds: float = 30.0) -> int:
        """Ask it to end; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self._reader.join(5)
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout:
            for line in self.process.stdout:
                self.lines.append(line.rstrip("\n"))


def until(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Wait until something holds; returns whether it came to hold."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
