"""The embedded engines: they start for anybody, keep what they promised, and leave nothing behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from socialflow.entrypoints.engines import folders, leftovers
from socialflow.entrypoints.engines.daemon import Daemon
from socialflow.entrypoints.engines.errors import EngineError
from socialflow.entrypoints.engines.identity import Identity
from socialflow.entrypoints.engines.postgres import Postgres
from socialflow.entrypoints.engines.throwaway import throwaway
from socialflow.entrypoints.engines.valkey import Valkey

IS_ROOT = os.geteuid() == 0
SOURCE = Path(__file__).parent.parent.parent / "src"
START_AND_WAIT = """
import sys, time
from pathlib import Path
from socialflow.entrypoints.engines.throwaway import throwaway
with throwaway(Path(sys.argv[1])) as pair:
    print(pair.postgres.process.pid, pair.valkey.process.pid, flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that `nobody` may reach as well; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="sf-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def postgres(home: Path, **options: object) -> Daemon:
    return Daemon(Postgres(home / "postgres", home / "postgres.log", **options))  # type: ignore[arg-type]  # options differ by test


def query(daemon: Daemon, *statements: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(daemon.engine.url)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(ask())


def until(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_pair_for_tests_is_complete_and_vanishes(home: Path) -> None:
    with throwaway(home / "pair") as pair:
        assert query(pair.postgres, "CREATE EXTENSION pg_trgm", "SELECT lower('ÄRGER')") == "ärger"
        assert query(pair.postgres, "SHOW data_checksums") == "on"
        assert query(pair.postgres, "SHOW listen_addresses") == ""
        pids = [pair.postgres.process.pid, pair.valkey.process.pid]  # type: ignore[union-attr]  # both run

    assert all(gone(pid) for pid in pids)


def test_engines_end_with_a_parent_that_was_killed(home: Path) -> None:
    command = [sys.executable, "-c", START_AND_WAIT, str(home / "pair"), "60"]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert until(lambda: all(gone(pid) for pid in pids))
    assert "database system is shut down" in (home / "pair" / "postgresql.log").read_text()


def test_what_was_committed_survives_a_killed_server(home: Path) -> None:
    daemon = postgres(home)
    daemon.start()
    query(daemon, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7) RETURNING n")
    daemon.process.kill()  # type: ignore[union-attr]  # it runs
    daemon.process.wait()  # type: ignore[union-attr]  # it ran

    daemon.start()
    try:
        assert query(daemon, "SELECT n FROM kept") == 7
    finally:
        daemon.halt()


def test_a_lock_file_that_names_a_stranger_is_no_obstacle(home: Path) -> None:
    daemon = postgres(home, durable=False)
    daemon.start()
    daemon.process.kill()  # type: ignore[union-attr]  # it runs
    daemon.process.wait()  # type: ignore[union-attr]  # it ran
    lock = home / "postgres" / "data" / "postmaster.pid"
    lock.write_text("\n".join([str(os.getpid()), *lock.read_text().splitlines()[1:]]) + "\n")

    daemon.start()
    daemon.halt()


def test_a_server_that_outlived_its_supervisor_is_ended_first(home: Path) -> None:
    first = postgres(home, durable=False)
    first.start()
    second = postgres(home, durable=False)

    second.start()
    assert until(lambda: first.process is not None and first.process.poll() is not None)
    assert query(second, "SELECT 1") == 1
    second.halt()
    first.halt()


def test_a_first_start_that_was_cut_off_is_made_anew(home: Path) -> None:
    half = home / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("1")

    daemon = postgres(home, durable=False)
    daemon.start()
    daemon.halt()
    assert not half.exists()


def test_a_cluster_of_another_version_is_refused_in_words(home: Path) -> None:
    data = home / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9")

    with pytest.raises(EngineError, match="made by PostgreSQL 9"):
        postgres(home).start()


@pytest.mark.skipif(not IS_ROOT, reason="only root must become somebody else")
@pytest.mark.parametrize("identity", list(Identity)[1:])
def test_root_runs_the_server_as_somebody_else(identity: Identity, home: Path) -> None:
    daemon = postgres(home, durable=False, identity=identity)
    daemon.start()
    try:
        assert query(daemon, "SELECT 1") == 1
    finally:
        daemon.halt()


@pytest.mark.skipif(not IS_ROOT, reason="only root can become an ordinary user")
def test_an_ordinary_user_starts_the_engines(home: Path) -> None:
    ours = home / "ours"
    ours.mkdir()
    os.chown(ours, 65534, 65534)
    python = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    if not python.exists():
        pytest.skip("no interpreter that nobody may run")
    path = os.pathsep.join([str(SOURCE), *(entry for entry in sys.path if entry.endswith("site-packages"))])
    command = [str(python), "-B", "-c", START_AND_WAIT, str(ours / "pair"), "0"]

    done = subprocess.run(
        command,
        env={"PYTHONPATH": path, "PATH": os.environ["PATH"]},
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )

    if "PermissionError" in done.stderr:
        pytest.skip("this checkout is closed to nobody")
    assert done.returncode == 0, done.stderr


def test_nobody_needs_a_folder_that_can_be_reached(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    if not IS_ROOT:
        pytest.skip("only root starts it as nobody")

    with pytest.raises(EngineError, match="cannot enter"):
        postgres(closed, identity=Identity.NOBODY).start()


def test_valkey_keeps_its_data_and_never_evicts(home: Path) -> None:
    daemon = Daemon(Valkey(home / "valkey", home / "valkey.log"))
    daemon.start()
    assert talk(daemon, "SET kept 7") == "+OK"
    daemon.halt()
    daemon.start()
    assert talk(daemon, "GET kept") == "$1"
    assert "noeviction" in talk(daemon, "CONFIG GET maxmemory-policy", 200)
    daemon.halt()


def test_valkey_puts_an_unreadable_file_aside(home: Path) -> None:
    daemon = Daemon(Valkey(home / "valkey", home / "valkey.log"))
    daemon.start()
    daemon.halt()
    for file in (home / "valkey" / "appendonlydir").glob("*.manifest"):
        file.write_text("nonsense")

    daemon.start()
    daemon.halt()
    assert list((home / "valkey").glob("appendonlydir.broken-*"))


def talk(daemon: Daemon, command: str, size: int = 4) -> str:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(daemon.engine.url.removeprefix("unix://").partition("?")[0])
        line.sendall(f"{command}\r\n".encode())
        return line.recv(size).decode().strip()


def test_an_engine_that_cannot_start_shows_the_end_of_its_log(home: Path) -> None:
    daemon = postgres(home, durable=False)
    daemon.start()
    daemon.halt()
    (home / "postgres" / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(EngineError, match="no_such_setting"):
        daemon.start()


def test_a_long_path_gets_a_short_socket(home: Path) -> None:
    deep = home / ("d" * 90)
    deep.mkdir()
    daemon = postgres(deep, durable=False)
    daemon.start()
    try:
        assert query(daemon, "SELECT 1") == 1
    finally:
        daemon.halt()


def test_a_socket_folder_of_somebody_else_is_refused(home: Path) -> None:
    if not IS_ROOT:
        pytest.skip("only root can give a folder away")
    (home / "run").mkdir()
    os.chown(home / "run", 12345, 12345)

    with pytest.raises(EngineError, match="somebody else"):
        folders.sockets_of(home, (54321, 54321))


def test_leftovers_of_nobody_are_nothing(home: Path) -> None:
    leftovers.clear(home)


def test_signals_of_the_tether_arrive(home: Path) -> None:
    daemon = postgres(home, durable=False)
    daemon.start()
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGINT)
    assert daemon.process.wait(10) == 0
