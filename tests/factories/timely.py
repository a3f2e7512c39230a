"""Time-outs of asynchronous tests come from inside their loop.

The alarm of pytest-timeout raises wherever the process happens to be, and leaves the coroutine of the test in the
middle of what it does, with its transactions: whatever tidies up afterwards then waits for it, perhaps for ever. A
little before the alarm the test is therefore cancelled where it waits, and its traceback says where that was.
"""

import asyncio
import functools
import inspect
import time
from typing import Any

import pytest

SHARE = 0.85
"""Of a test's whole time; the rest is for tidying up."""
_BEGUN = pytest.StashKey[float]()


def begin(item: pytest.Item) -> None:
    """Its time runs from now on: setting up counts."""
    item.stash[_BEGUN] = time.monotonic()


def bound(item: pytest.Item) -> None:
    """Cancel an asynchronous test when most of its time is over."""
    if not isinstance(item, pytest.Function) or not inspect.iscoroutinefunction(item.obj):
        return
    whole = _seconds(item)
    if not whole or hasattr(item.obj, "hypothesis"):
        return
    test = item.obj

    @functools.wraps(test)
    async def in_time(*args: Any, **given: Any) -> None:
        left = SHARE * whole - (time.monotonic() - item.stash[_BEGUN])
        async with asyncio.timeout(left):
            await test(*args, **given)

    item.obj = in_time


def _seconds(item: pytest.Item) -> float:
    mark = item.get_closest_marker("timeout")
    if mark is not None:
        return float(mark.args[0] if mark.args else mark.kwargs["timeout"])
    return float(item.config.getini("timeout") or 0)
