"""One process that has loaded the product and forks a part of it per line it reads: `python forking.py`.

Loading takes a second or more, forking none: what a test kills is replaced at once. A line is JSON with
`arguments`, `environment` and `log`; the answer is the process id.
"""

import json
import os
import signal
import sys
from importlib import import_module

from socialflow.entrypoints import cli
from socialflow.entrypoints.engines.tether import tie_to


def main() -> None:
    import_module("socialflow.entrypoints.api")
    import_module("socialflow.entrypoints.cli.parts")
    # Nobody asks how they ended: the kernel shall forget them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    parent = os.getpid()
    for line in iter(sys.stdin.readline, ""):
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            become(asked["environment"], asked["log"], parent)
            sys.exit(cli.main(asked["arguments"]))
        print(pid, flush=True)


def become(environment: dict[str, str], log: str, parent: int) -> None:
    """In the child: what a process of its own would have."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    tie_to(parent, signal.SIGKILL)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for descriptor in (1, 2):
        os.dup2(out, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(environment)


main()
