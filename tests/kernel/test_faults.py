"""Fault points: silent unless asked, never in production."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from socialflow.kernel import faults
from socialflow.kernel.config import InvalidSettings


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    faults.arm("", environment="test")


def test_a_point_does_nothing_unless_it_is_named() -> None:
    faults.point("here")
    faults.arm("there:raise", environment="test")
    faults.point("here")

    with pytest.raises(faults.Injected, match="there"):
        faults.point("there")


def test_several_may_be_asked_for_and_one_may_strike_once(tmp_path: Path) -> None:
    faults.arm(f"a:sleep:0.05,b:raise@{tmp_path / 'struck'}", environment="test")

    began = time.monotonic()
    faults.point("a")
    assert time.monotonic() - began >= 0.05
    with pytest.raises(faults.Injected):
        faults.point("b")
    faults.point("b")


@pytest.mark.parametrize("text", ["here", "here:", ":kill", "here:explode", "a:raise,here:explode"])
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(InvalidSettings):
        faults.arm(text, environment="test")


def test_production_refuses_any() -> None:
    faults.arm("", environment="production")
    with pytest.raises(InvalidSettings, match="no place in production"):
        faults.arm("here:kill", environment="production")
    faults.point("here")


@pytest.mark.parametrize(("action", "number"), [("kill", signal.SIGKILL), ("stop", signal.SIGSTOP)])
def test_a_process_is_ended_or_stopped_by_itself(action: str, number: signal.Signals) -> None:
    program = (
        "from socialflow.kernel import faults; "
        f"faults.arm('here:{action}', environment='test'); faults.point('here'); print('went on')"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)

    if number is signal.SIGSTOP:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        process.send_signal(signal.SIGCONT)
        assert process.communicate(timeout=20)[0] == "went on\n"
    else:
        assert process.communicate(timeout=20)[0] == ""
        assert process.returncode == -number
