"""A breaker: what has just failed for want of an answer is not asked again for a while, so that nobody waits for it."""

import time
from collections.abc import Callable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer

# How long nothing is tried after a failure, and how long one try may keep all others from trying.
REST_SECONDS = 1.0
TRIAL_SECONDS = 5.0


class Breaker:
    """Admits everybody while all is well; after a failure one now and then, until one succeeds."""

    def __init__(self, rest_seconds: float = REST_SECONDS, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest_seconds
        self._clock = clock
        self._until: float | None = None

    def admits(self) -> bool:
        """Whether to try now; whoever is admitted tells how it went."""
        if self._until is None:
            return True
        now = self._clock()
        if now < self._until:
            return False
        # The others wait for the word of this one.
        self._until = now + TRIAL_SECONDS
        return True

    def succeeded(self) -> None:
        """There was an answer."""
        self._until = None

    def failed(self) -> None:
        """There was none."""
        self._until = self._clock() + self._rest


class BreakingRedis(Redis):
    """A client whose commands fail at once while Redis is known to be away; subscriptions look for themselves."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._breaker = Breaker()

    async def execute_command(self, *arguments: Any, **options: Any) -> Any:
        """Send a command and wait for its answer."""
        if not self._breaker.admits():
            raise NoConnection("Redis has just been away; it is asked again in a moment")
        try:
            answer = await super().execute_command(*arguments, **options)  # type: ignore[no-untyped-call]  # redis is half typed
        except (NoConnection, NoAnswer, OSError):
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return answer
