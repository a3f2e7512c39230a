"""Run a command that dies with its parent, and as root under another identity; a script of its own.

Called as `python -I -S tether.py PARENT_PID SIGNAL IDENTITY COMMAND...`. On Linux the kernel sends
SIGNAL when the thread that started us ends (prctl(2), PR_SET_PDEATHSIG), even if it was killed.
IDENTITY is `self`, `userns` (a user namespace in which we are nobody, while files still see the
caller) or `nobody` (the real one). Nothing of the project is imported: this runs before each engine.
"""

import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NOBODY = 65534
PARENT_IS_GONE = 75


def main(arguments: list[str]) -> None:
    """Become the command; returns only by an exception."""
    parent, number, identity, *command = arguments
    become(identity)
    tie_to(int(parent), int(number))
    os.execvp(command[0], command)  # noqa: S606  # becoming the command is what this is for


def become(identity: str) -> None:
    """Take on the identity asked for."""
    if identity == "userns":
        enter_user_namespace()
    elif identity == "nobody":
        user = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)


def enter_user_namespace() -> None:
    """Map us, and nobody else, to uid and gid 65534 of a new user namespace (user_namespaces(7))."""
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")

    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{NOBODY} {uid} 1")
    _write("/proc/self/gid_map", f"{NOBODY} {gid} 1")


def tie_to(parent: int, number: int) -> None:
    """Ask for a signal at the parent's death; a parent that is dead already ends us here."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(PARENT_IS_GONE)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    for name in ("SIGPIPE", "SIGXFSZ"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    main(sys.argv[1:])
