"""API processes by the dozen: forked from one that has loaded the product, so that each starts at once."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from socialflow.entrypoints.engines.identity import tethered
from socialflow.kernel.config import Settings
from tests.factories.instance import free_port
from tests.factories.parts import given, kept
from tests.factories.servers import until_ready

FORKING = Path(__file__).parents[1] / "faults" / "forking.py"
END_SECONDS = 60
# Processes that share a bucket must agree on its rate: this one is what the tests' own API has.
CALM = {"SF_LIMITS__ENABLED": "false", "SF_LIMITS__REGISTER_ADDRESS": "1000/60", "SF_HTTP__DRAIN_SECONDS": "0"}


class Forks:
    """The process that forks; started when it is first asked."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate()

    def start(self, *arguments: str, environment: dict[str, str], log: Path) -> psutil.Process:
        """`socialflow <arguments>`."""
        process = self._process = self._process or self._open()
        assert process.stdin is not None
        assert process.stdout is not None
        asked = {"arguments": arguments, "environment": environment, "log": str(log)}
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        return psutil.Process(int(process.stdout.readline()))

    def _open(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            tethered([sys.executable, str(FORKING)], stop=9),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=kept(),
        )


@dataclass(frozen=True, slots=True)
class Server:
    """One API process and its address."""

    url: str
    process: psutil.Process

    def wait_killed(self) -> None:
        """Until it is gone; raises TimeoutExpired."""
        self.process.wait(END_SECONDS)


def end(process: psutil.Process) -> None:
    """Kill it, if it is still there."""
    with suppress(psutil.NoSuchProcess):
        process.kill()
        process.wait(END_SECONDS)


@asynccontextmanager
async def forked(forks: Forks, settings: Settings, log: Path, **environment: str) -> AsyncIterator[Server]:
    """`socialflow api` until the block ends, which it need not live to see."""
    port = free_port()
    options = {**given(settings), **CALM, **environment}
    process = forks.start("api", "--port", str(port), environment=options, log=log)
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        await until_ready(server.url, process.is_running, log)
        yield server
    finally:
        end(process)
