"""Puts itself behind bars and becomes the program it was asked to run.

Started as `python -I -S launcher.py SPEC`, where SPEC is JSON made by sandbox.py. Only the
standard library may be imported: nothing of this project is readable once the bars are up.
Everything here is permission taken away, in an order that matters: Landlock and seccomp come
last, since they forbid the calls before them.
"""

import base64
import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
LAST_CAPABILITY = 63
SECCOMP_FD = 9

# linux/landlock.h
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
RULE_PATH_BENEATH = 1
FS_EXECUTE, FS_WRITE_FILE, FS_READ_FILE, FS_READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
FS_REMOVE_FILE, FS_MAKE_REG, FS_TRUNCATE, FS_IOCTL_DEV = 1 << 5, 1 << 8, 1 << 14, 1 << 15
FS_ALL_ABI_4, FS_ALL_ABI_5 = (1 << 15) - 1, (1 << 16) - 1
NET_ALL, SCOPE_ALL = 0b11, 0b11

GRANTS = {
    "library": FS_EXECUTE | FS_READ_FILE | FS_READ_DIR,
    "read": FS_READ_FILE | FS_READ_DIR,
    "write": FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_REMOVE_FILE | FS_MAKE_REG | FS_TRUNCATE,
}
GRANTS["device"] = FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_IOCTL_DEV
FILE_RIGHTS = FS_EXECUTE | FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV

libc = ctypes.CDLL(None, use_errno=True)


class RulesetAttr(ctypes.Structure):
    """struct landlock_ruleset_attr."""

    _fields_ = [("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class PathBeneathAttr(ctypes.Structure):
    """struct landlock_path_beneath_attr."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


class SockFprog(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def check(result: int, what: str) -> int:
    """Stop at the first bar that cannot be put up."""
    if result < 0:
        raise OSError(ctypes.get_errno(), what)
    return result


def die_with_parent(parent: int) -> None:
    """Be killed when the worker is, however it dies; leave at once if it already has."""
    if sys.platform == "linux":
        check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "pdeathsig")
    if os.getppid() != parent:
        os._exit(1)


def limit(limits: dict[str, int]) -> None:
    """Set resource limits by name (`cpu`, `as`, `fsize`, `nofile`, `core`), never above the present hard ones."""
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name.upper()}", None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))


def drop_capabilities() -> None:
    """Make root an ordinary user from the next exec on."""
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def landlock(abi: int, grants: dict[str, list[str]]) -> None:
    """Close the file system but for the granted paths, and TCP (ABI 4), devices (5) and signals (6)."""
    attr = RulesetAttr(FS_ALL_ABI_5 if abi >= 5 else FS_ALL_ABI_4, NET_ALL, SCOPE_ALL if abi >= 6 else 0)
    size = ctypes.sizeof(attr) if abi >= 6 else RulesetAttr.scoped.offset
    ruleset = check(libc.syscall(CREATE_RULESET, ctypes.byref(attr), size, 0), "landlock ruleset")
    for kind, paths in grants.items():
        for path in paths:
            parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rights = GRANTS[kind] if Path(path).is_dir() else GRANTS[kind] & FILE_RIGHTS
            rule = PathBeneathAttr(rights & attr.fs, parent)
            check(libc.syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, ctypes.byref(rule), 0), f"landlock {path}")
            os.close(parent)
    check(libc.syscall(RESTRICT_SELF, ruleset, 0), "landlock restrict")


def seccomp(program: bytes) -> None:
    """Install a compiled filter of system calls."""
    buffer = ctypes.create_string_buffer(program, len(program))
    fprog = SockFprog(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(fprog), 0, 0), "seccomp")


def hand_over(program: bytes) -> None:
    """Leave the compiled filter on a descriptor, for bubblewrap to install after it has built its room."""
    memory = os.memfd_create("seccomp", 0)
    os.write(memory, program)
    os.lseek(memory, 0, os.SEEK_SET)
    os.dup2(memory, SECCOMP_FD)
    os.close(memory)


def main() -> None:
    """Read the order, put up the bars, become the program."""
    spec = json.loads(sys.argv[1])
    die_with_parent(spec["parent"])
    limit(spec["limits"])
    os.nice(spec["nice"])
    os.chdir(spec["folder"])

    program = base64.b64decode(spec["seccomp"])
    if spec["layer"] == "bubblewrap":
        if program:
            hand_over(program)
    elif spec["layer"] == "landlock":
        if os.geteuid() == 0:
            drop_capabilities()
        check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
        landlock(spec["abi"], spec["grants"])
        seccomp(program)
    os.execve(spec["argv"][0], spec["argv"], {"LC_ALL": "C"})  # noqa: S606  # no shell is the point


main()
