"""Passwords: Argon2id with OWASP's parameters (19 MiB, t=2, p=1), in a bounded pool of threads.

Hashing takes some 20 ms of CPU. On the event loop it would stall everybody, and unbounded it
would starve the machine, so log-ins wait in a short line and are turned away beyond it.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

from socialflow.kernel.errors import Unavailable

MEMORY_KIB = 19_456
PASSES = 2
LANES = 1
LOWER_PRIORITY = 19

R = TypeVar("R")


@cache
def _decoy(memory_kib: int, passes: int) -> str:
    """Verified against when there is no such account, so that the answer takes as long."""
    return _hasher(memory_kib, passes).hash("a password that nobody has")


def _hasher(memory_kib: int, passes: int) -> Argon2Hasher:
    return Argon2Hasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)


def _step_back() -> None:
    """Let everything else of this process go first: nobody waits for a page because somebody logs in."""
    if sys.platform == "linux":
        # Linux keeps a priority per thread; elsewhere it would be the whole process's.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWER_PRIORITY)


class Passwords:
    """Hashes and verifies; no setting makes it cheaper than it is by default."""

    def __init__(self, *, concurrency: int, queue: int, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._hasher = _hasher(memory_kib, passes)
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="argon2", initializer=_step_back)
        self._most = concurrency + queue
        self._waiting = 0
        # Made now, and not when somebody first asks for an account that is none.
        self._decoy = _decoy(memory_kib, passes)

    async def hash(self, password: str) -> str:
        """The encoded hash, parameters and salt included."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, encoded: str | None) -> bool:
        """Whether the password is the one; None, for an unknown account, takes as long and is never."""
        return await self._run(lambda: self._verify(password, encoded or self._decoy)) and encoded is not None

    def is_outdated(self, encoded: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(encoded)

    def demand_room(self) -> None:
        """Raise Unavailable while the line is full: before anything is done for somebody who would be turned away."""
        if self._waiting >= self._most:
            raise Unavailable("Too many people log in at this moment; try again.", retry_after=2)

    def close(self) -> None:
        """Stop the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: str, encoded: str) -> bool:
        try:
            return self._hasher.verify(password, encoded)
        except PwdlibError:
            return False

    async def _run(self, task: Callable[[], R]) -> R:
        self.demand_room()
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, task)
        finally:
            self._waiting -= 1
