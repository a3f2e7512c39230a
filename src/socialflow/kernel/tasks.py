"""Tasks that end when they are told to."""

import asyncio
from typing import Any

from socialflow.kernel import logs

AGAIN_SECONDS = 1.0
"""Longer than what they do at their end takes, which telling them again would cut short."""

log = logs.named(__name__)


async def end(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel tasks and wait until they are over, whatever became of them.

    They are told again and again: before Python 3.12 `asyncio.wait_for`, which clients of other systems use, swallows a
    cancellation that comes when its answer does (https://github.com/python/cpython/issues/86296).
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_SECONDS)
        for task in left:
            log.warning("task_goes_on", task=task.get_name())
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task_failed", task=task.get_name(), error=repr(error))
