"""Fault points: places where a test may kill, stop, delay or fail this process, to show that nothing is lost there.

`SF_FAULT=register.after_commit:kill` strikes at the point of that name, in any process that is not
in production. Several are separated by commas; `name:sleep:2` waits two seconds, `name:stop` until
SIGCONT, and `name:kill@/path` strikes once: by whoever is the first to make that file. Without the
variable a point is one look into an empty dictionary.

Every route has `<operationId>.before_commit`, `.after_commit` and `.after_reply`; every handler has
`<handler>.claimed` and `<handler>.reacted`.
"""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from socialflow.kernel.config import InvalidSettings

VARIABLE = "SF_FAULT"
Action = Literal["kill", "stop", "raise", "sleep"]


class Injected(Exception):
    """The failure that was asked for."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at a point."""

    action: Action
    seconds: float = 0.0
    once: Path | None = None


_armed: dict[str, Fault] = {}


def arm(text: str, *, environment: str) -> None:
    """Read the faults asked for; raises InvalidSettings for what is none, and for any in production."""
    _armed.clear()
    if text and environment == "production":
        raise InvalidSettings(f"{VARIABLE} is for tests: it has no place in production")
    for one in filter(None, text.split(",")):
        name, fault = _read(one)
        _armed[name] = fault


def point(name: str) -> None:
    """Let a test strike here."""
    fault = _armed.get(name)
    if fault is not None and _is_due(fault):
        _strike(name, fault)


def _read(text: str) -> tuple[str, Fault]:
    what, _, path = text.partition("@")
    name, _, rest = what.partition(":")
    action, _, seconds = rest.partition(":")
    if not name or action not in get_args(Action):
        raise InvalidSettings(f"{VARIABLE}: {text!r} is not name:action, action being {', '.join(get_args(Action))}")
    return name, Fault(cast("Action", action), float(seconds or 0), Path(path) if path else None)


def _is_due(fault: Fault) -> bool:
    if fault.once is None:
        return True
    try:
        fault.once.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _strike(name: str, fault: Fault) -> None:
    match fault.action:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "sleep":
            time.sleep(fault.seconds)
        case "raise":
            raise Injected(name)
