"""Folders of an installation on one machine, and the lock that keeps two instances off one of them."""

import fcntl
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from socialflow.entrypoints.engines.errors import EngineError

LONGEST_SOCKET_FOLDER = 80  # sockaddr_un holds 107 bytes; the rest is the name of the socket
PRIVATE = 0o700


class AlreadyRunning(EngineError):
    """Another instance holds the data folder."""


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Hold the data folder for this process; the kernel lets go when we end, however we end."""
    private(data_dir)
    path = data_dir / "instance.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_refusal(data_dir, path)) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def is_held(data_dir: Path) -> bool:
    """Whether some process holds the data folder now."""
    try:
        descriptor = os.open(data_dir / "instance.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def private(folder: Path) -> Path:
    """Make a folder that only its owner may enter; one that exists keeps its mode."""
    try:
        folder.mkdir(parents=True, mode=PRIVATE, exist_ok=True)
    except OSError as error:
        raise EngineError(
            f"Cannot make the folder {folder} ({error.strerror}): choose another with --data-dir."
        ) from None
    return folder


def sockets_of(home: Path, owner: tuple[int, int]) -> Path:
    """A folder for an engine's Unix socket: inside its home, or a short private one where that path is too long.

    Whoever can enter it is let in without a password, so it must be ours and closed to others.
    """
    folder = home / "run"
    if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
        name = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"socialflow-{os.geteuid()}-{name}"
    folder.mkdir(mode=PRIVATE, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {os.geteuid(), owner[0]}:
        raise EngineError(f"{folder} belongs to somebody else: remove it, or choose a shorter --data-dir.")
    give(folder, owner)
    folder.chmod(PRIVATE)
    return folder


def give(folder: Path, owner: tuple[int, int]) -> None:
    """Give a folder and all in it to its engine's user; does nothing where it is theirs already."""
    status = folder.lstat()
    if (status.st_uid, status.st_gid) == owner or os.geteuid() != 0:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, *owner, follow_symlinks=False)


def remember(data_dir: Path, facts: dict[str, str]) -> None:
    """Write what other commands want to know of the running instance; read by `recall`."""
    target = data_dir / "running.json"
    draft = target.with_suffix(".new")
    draft.write_text(json.dumps(facts), encoding="utf-8")
    draft.chmod(0o600)
    draft.replace(target)


def recall(data_dir: Path) -> dict[str, str]:
    """What the running instance wrote; empty where none runs."""
    if not is_held(data_dir):
        return {}
    try:
        facts: dict[str, str] = json.loads((data_dir / "running.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts


def forget(data_dir: Path) -> None:
    """Remove what `remember` wrote."""
    (data_dir / "running.json").unlink(missing_ok=True)


def _refusal(data_dir: Path, path: Path) -> str:
    try:
        holder = path.read_text(encoding="utf-8").strip()
    except OSError:
        holder = ""
    who = f" (process {holder})" if holder.isdigit() else ""
    return f"Another Social Flow{who} is using {data_dir}. Stop it, or choose another folder with --data-dir."
