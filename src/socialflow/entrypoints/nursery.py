"""The nursery: one process that has loaded everything and forks the parts of `socialflow run`.

Seven processes that each load the same modules cost seven times the seconds and the memory; forked
from one that has loaded them they share both. It stays single-threaded, opens nothing, and speaks
with the supervisor over one socket: a request carries the arguments of a part and the pipe it
shall write to; answers tell its process id, and later how it ended.

Should the nursery die, the kernel ends its children with it, as it ends the nursery with the
supervisor: nothing is left to run alone.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from socialflow.entrypoints import cli
from socialflow.entrypoints.engines.tether import tie_to

LOADED = ("api", "worker", "relay", "scheduler", "cli.parts", "cli.database")
LARGEST_MESSAGE = 65_536
NAME_BYTES = 15  # what the kernel keeps of a process' name


def main() -> None:
    """Serve the supervisor on the socket whose number is the first argument; in a fork, become the part."""
    line = socket.socket(fileno=int(sys.argv[1]))
    for module in LOADED:
        import_module(f"socialflow.entrypoints.{module}")
    # What is loaded now is never garbage: left alone by the collector, its pages stay shared.
    gc.collect()
    gc.freeze()

    arguments = Nursery(line).serve()
    if arguments is not None:
        sys.exit(cli.main(arguments))


class Nursery:
    """Forks on request and tells who ended."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._pid = os.getpid()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._parts: dict[int, int] = {}
        self._before: dict[signal.Signals, Any] = {}

    def serve(self) -> list[str] | None:
        """Until the supervisor hangs up; in a forked child, returns the arguments of its part."""
        self._before = {
            signal.SIGCHLD: signal.signal(signal.SIGCHLD, lambda *_: None),
            signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)),
        }
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        while True:
            ready, _, _ = select.select([self._line.fileno(), self._wake_read], [], [])
            if self._wake_read in ready:
                with suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
            self._reap()
            if self._line.fileno() not in ready:
                continue
            message, descriptors, _, _ = socket.recv_fds(self._line, LARGEST_MESSAGE, 1)
            if not message:
                return None
            part = self._fork(json.loads(message), descriptors[0])
            if part is not None:
                return part

    def _fork(self, request: dict[str, Any], out: int) -> list[str] | None:
        pid = os.fork()
        if pid == 0:
            self._settle(out, request["name"])
            return list(request["arguments"])
        os.close(out)
        self._parts[pid] = request["id"]
        self._tell(id=request["id"], pid=pid)
        return None

    def _reap(self) -> None:
        while self._parts:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._tell(id=self._parts.pop(pid), code=os.waitstatus_to_exitcode(status))

    def _tell(self, **message: Any) -> None:
        self._line.send(json.dumps(message).encode())

    def _settle(self, out: int, name: str) -> None:
        """In the child: a session, signals and output of its own, and an end together with its parent."""
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.setsid()
        tie_to(self._pid, signal.SIGTERM)
        os.dup2(out, 1)
        os.dup2(out, 2)
        for descriptor in (out, self._wake_read, self._wake_write):
            os.close(descriptor)
        self._line.close()
        _call_itself(f"sf {name}")


def _call_itself(name: str) -> None:
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name[:NAME_BYTES], encoding="ascii")


if __name__ == "__main__":
    main()
