"""Tasks that end when they are told to."""

import asyncio
from typing import Any

AGAIN_SECONDS = 0.2


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
    for task in tasks:
        # Looked at, so that nobody says that it was not.
        if not task.cancelled():
            task.exception()
