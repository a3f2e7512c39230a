"""Under which user PostgreSQL runs: it refuses root, so root needs a way around.

An ordinary user starts it directly. Root enters a user namespace of one user: the server sees
uid 65534 while its files stay root's, and nothing on the machine is changed. Where namespaces
are forbidden (most containers) the server runs as the machine's `nobody` on a folder given to it.
"""

import os
import pwd
import subprocess
import sys
from enum import StrEnum
from functools import cache
from pathlib import Path

from socialflow.entrypoints.engines.errors import EngineError

TETHER = Path(__file__).with_name("tether.py")


class Identity(StrEnum):
    """Who an engine is, in the words of the tether."""

    SELF = "self"
    USERNS = "userns"
    NOBODY = "nobody"


@cache
def for_postgres() -> Identity:
    """The identity to use on this machine; found by trying, once per process."""
    if os.geteuid() != 0:
        return Identity.SELF
    return Identity.USERNS if _works(Identity.USERNS) else Identity.NOBODY


def owner_of(identity: Identity) -> tuple[int, int]:
    """Uid and gid that must own the files of an engine with this identity."""
    if identity is not Identity.NOBODY:
        return os.geteuid(), os.getegid()
    try:
        user = pwd.getpwnam("nobody")
    except KeyError:
        raise EngineError(
            "PostgreSQL refuses to run as root and there is no user 'nobody': start as an ordinary user."
        ) from None
    return user.pw_uid, user.pw_gid


def tethered(command: list[str], *, stop: int, identity: Identity = Identity.SELF) -> list[str]:
    """The command line that runs `command` and sends it the signal `stop` when we die."""
    return [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), str(int(stop)), identity, *command]


def _works(identity: Identity) -> bool:
    trial = tethered(["true"], stop=9, identity=identity)
    return subprocess.run(trial, capture_output=True, check=False, timeout=20).returncode == 0
