"""What a killed PostgreSQL leaves: orphans that still work on its files, and a postmaster.pid that names nobody.

We hold the lock of the data folder when we come here, so any server on it is one that outlived
its supervisor. PostgreSQL refuses to start while the number in postmaster.pid is some running
process, even one that has nothing to do with it; we know better and remove the file, but never
before the last process inside the cluster's folder has gone.
"""

import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

from socialflow.entrypoints.engines.errors import EngineError

PATIENCE = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
GRACE = 2.0


def clear(data: Path) -> None:
    """End the orphans of a cluster and remove its stale lock file."""
    lock = data / "postmaster.pid"
    if not lock.exists():
        return

    # A server whose supervisor was killed is on its way down already: give it a moment before asking.
    orphans = _wait(data, GRACE)
    for number, patience in PATIENCE:
        if not orphans:
            break
        for orphan in _to_ask(lock, orphans):
            with suppress(psutil.NoSuchProcess):
                orphan.send_signal(number)
        orphans = _wait(data, patience)
    if orphans:
        raise EngineError(f"Process {orphans[0].pid} still works on {data} and cannot be stopped: stop it by hand.")
    lock.unlink(missing_ok=True)


def _wait(data: Path, patience: float) -> list[psutil.Process]:
    deadline = time.monotonic() + patience
    while (inside := _inside(data)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return inside


def _inside(data: Path) -> list[psutil.Process]:
    """Processes at work in the cluster: the server and its backends all make it their working folder."""
    place = str(data.resolve())
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cwd() == place and process.name().startswith("postgres"):
                found.append(process)
    return found


def _to_ask(lock: Path, orphans: list[psutil.Process]) -> list[psutil.Process]:
    """The postmaster if it lives (its backends follow), else the backends themselves."""
    try:
        pid = int(lock.read_text(encoding="ascii").split("\n", 1)[0])
    except (OSError, ValueError):
        return orphans
    return [process for process in orphans if process.pid == pid] or orphans
