"""How the supervisor starts a part: forked from the nursery (Linux), else as a process of its own."""

import asyncio
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from socialflow.entrypoints.engines.identity import tethered

LARGEST_MESSAGE = 65_536
DIED_WITH_NURSERY = -signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Handle:
    """A process that was started; `ended` holds its exit code in the end, negative for a signal."""

    pid: int
    ended: "asyncio.Future[int]"

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if not self.ended.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Starter(Protocol):
    """Starts `socialflow <arguments>`, writing to the descriptor `out`."""

    async def start(self, name: str, arguments: tuple[str, ...], out: int) -> Handle:
        """Start one; raises OSError where that is not possible."""

    def close(self) -> None:
        """No more will be started."""


class Processes:
    """Every part is a fresh interpreter."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._waits: set[asyncio.Task[None]] = set()

    async def start(self, name: str, arguments: tuple[str, ...], out: int) -> Handle:
        """Start one."""
        process = await asyncio.create_subprocess_exec(
            *tethered([sys.executable, "-m", "socialflow", *arguments], stop=signal.SIGTERM),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env=self._environment,
        )
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def wait() -> None:
            ended.set_result(await process.wait())

        self._keep(wait(), name)
        return Handle(process.pid, ended)

    def close(self) -> None:
        """Nothing is held."""

    def _keep(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._waits.add(task)
        task.add_done_callback(self._waits.discard)


class Nursery:
    """The line to the nursery, which is started with the first part, and again should it die."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._numbers = itertools.count(1)
        self._line: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._started: dict[int, asyncio.Future[Handle]] = {}
        self._running: dict[int, Handle] = {}

    async def start(self, name: str, arguments: tuple[str, ...], out: int) -> Handle:
        """Have one forked."""
        line = self._line or self._open()
        number = next(self._numbers)
        started: asyncio.Future[Handle] = asyncio.get_running_loop().create_future()
        self._started[number] = started
        request = {"id": number, "name": name, "arguments": arguments}
        socket.send_fds(line, [json.dumps(request).encode()], [out])
        return await started

    def close(self) -> None:
        """Hang up: the nursery ends, and with it whatever it still has."""
        self._hang_up()

    def _open(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        number = str(theirs.fileno())
        command = [sys.executable, "-m", "socialflow.entrypoints.nursery", number]
        # Started from the main thread, whose life is the supervisor's: the tether depends on that.
        self._process = subprocess.Popen(
            tethered(command, stop=signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
            env=self._environment,
        )
        theirs.close()
        self._line = ours
        asyncio.get_running_loop().add_reader(ours, self._hear)
        return ours

    def _hear(self) -> None:
        assert self._line is not None
        try:
            message = self._line.recv(LARGEST_MESSAGE)
        except OSError:
            message = b""
        if not message:
            self._hang_up()
            return
        answer = json.loads(message)
        number = answer["id"]
        if "pid" in answer:
            handle = Handle(answer["pid"], asyncio.get_running_loop().create_future())
            self._running[number] = handle
            self._started.pop(number).set_result(handle)
        else:
            self._running.pop(number).ended.set_result(answer["code"])

    def _hang_up(self) -> None:
        if self._line is None:
            return
        asyncio.get_running_loop().remove_reader(self._line)
        self._line.close()
        self._line = None
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        for waiting in self._started.values():
            waiting.set_exception(ConnectionResetError("the nursery died"))
        for handle in self._running.values():
            handle.ended.set_result(DIED_WITH_NURSERY)
        self._started.clear()
        self._running.clear()


def starter(environment: dict[str, str]) -> Starter:
    """The better one that works here."""
    # Elsewhere forking a process that has loaded system frameworks is not safe.
    return Nursery(environment) if sys.platform == "linux" else Processes(environment)
