"""The breaker: nobody waits for what has just been found away, and one try is enough to find it back."""

import pytest
from redis.exceptions import ConnectionError as NoConnection

from socialflow.entrypoints.bootstrap import connect_redis
from socialflow.kernel import breaker
from socialflow.kernel.breaker import Breaker
from socialflow.kernel.config import Settings


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_after_a_failure_nobody_is_admitted_for_a_while_and_then_one_at_a_time() -> None:
    clock = Clock()
    made = Breaker(2.0, clock=clock)
    assert [made.admits(), made.admits()] == [True, True]

    made.failed()
    clock.now += 1.9
    assert not made.admits()
    clock.now += 0.2
    assert [made.admits(), made.admits()] == [True, False]


def test_one_success_lets_everybody_in_again() -> None:
    clock = Clock()
    made = Breaker(2.0, clock=clock)
    made.failed()
    clock.now += 2.1
    assert made.admits()
    made.succeeded()
    assert [made.admits(), made.admits()] == [True, True]


def test_a_try_that_never_tells_how_it_went_does_not_shut_out_the_next_one() -> None:
    clock = Clock()
    made = Breaker(2.0, clock=clock)
    made.failed()
    clock.now += 2.1
    assert made.admits()
    clock.now += breaker.TRIAL_SECONDS + 0.1
    assert made.admits()


async def test_a_client_does_not_ask_again_at_once(settings: Settings) -> None:
    gone = settings.redis.model_validate({"url": "unix:///nowhere/valkey.sock?db=0"})
    redis = connect_redis(settings.model_copy(update={"redis": gone}))
    with pytest.raises(NoConnection, match="nowhere"):
        await redis.ping()
    with pytest.raises(NoConnection, match="asked again in a moment"):
        await redis.ping()
    await redis.aclose()
