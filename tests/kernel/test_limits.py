"""Rate limits: the same arithmetic in Redis and in the process, and what is told of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from redis.asyncio import Redis

from socialflow.entrypoints.bootstrap import connect_redis
from socialflow.kernel import limits
from socialflow.kernel.config import Settings
from socialflow.kernel.errors import TooManyRequests
from socialflow.kernel.limits import Limiter, Local, Rate, Verdict
from socialflow.kernel.work import App

Take = Callable[..., Awaitable[Verdict]]
RATE = Rate.parse("5/60")


@pytest.fixture(params=["redis", "local"])
async def take(request: pytest.FixtureRequest, app: App) -> Take:
    """Counting against one bucket, either way."""
    if request.param == "redis":
        return lambda rate=RATE, cost=1, key="k": Limiter(app.redis).take("test", key, rate, cost)
    local = Local()

    async def here(rate: Rate = RATE, cost: int = 1, key: str = "k") -> Verdict:
        return local.take(key, rate, cost)

    return here


async def test_a_burst_goes_through_and_the_next_one_waits(take: Take) -> None:
    verdicts = [await take() for _ in range(6)]

    assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False]
    assert [verdict.left for verdict in verdicts] == [4, 3, 2, 1, 0, 0]
    assert verdicts[-1].retry_after == pytest.approx(12, abs=2)


async def test_points_come_back_one_by_one(take: Take) -> None:
    fast = Rate(2, 0.4)
    assert [(await take(fast)).allowed for _ in range(3)] == [True, True, False]

    await asyncio.sleep(0.22)

    assert [(await take(fast)).allowed for _ in range(2)] == [True, False]


async def test_a_request_may_cost_several_points_or_all_but_not_more(take: Take) -> None:
    assert (await take(cost=3)).left == 2
    assert not (await take(cost=3)).allowed
    assert (await take(cost=2)).allowed
    assert (await take(cost=5, key="other")).allowed
    assert not (await take(cost=6, key="third")).allowed


async def test_points_that_are_given_back_can_be_taken_again(take: Take) -> None:
    for _ in range(20):
        assert (await take()).allowed
        await take(cost=-1)
    assert (await take(cost=-100)).left == 5

    assert [(await take()).allowed for _ in range(6)] == [True] * 5 + [False]


async def test_buckets_are_apart(take: Take) -> None:
    assert (await take(cost=5, key="a")).allowed
    assert (await take(key="b")).allowed
    assert not (await take(key="a")).allowed


async def test_fifty_at_once_get_five(app: App) -> None:
    limiter = Limiter(app.redis)

    verdicts = await asyncio.gather(*(limiter.take("test", "k", RATE) for _ in range(50)))

    assert sum(verdict.allowed for verdict in verdicts) == 5


async def test_a_bucket_in_redis_goes_away_by_itself(app: App) -> None:
    limiter = Limiter(app.redis)
    await limiter.take("test", "k", RATE)
    (bucket,) = [key async for key in app.redis.scan_iter("sf:limit:test:*")]
    left = await app.redis.pttl(bucket)
    assert 0 < left <= 12_001

    await limiter.take("test", "k", RATE, cost=-1)
    assert not await app.redis.exists(bucket)


@pytest.fixture
async def away(settings: Settings) -> AsyncIterator[Redis]:
    """A Redis that is not there."""
    gone = settings.redis.model_validate({"url": "unix:///nowhere/valkey.sock?db=0"})
    redis = connect_redis(settings.model_copy(update={"redis": gone}))
    yield redis
    await redis.aclose()


async def test_without_redis_the_process_counts_by_itself_and_stays_closed(away: Redis) -> None:
    limiter = Limiter(away)

    verdicts = [await limiter.take("login", "ada", RATE) for _ in range(6)]

    assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False]
    assert (await limiter.take("login", "bob", RATE)).allowed


async def test_a_flood_of_reads_does_not_wash_away_what_was_counted_against_a_log_in(away: Redis) -> None:
    limiter = Limiter(away)
    await limiter.take("login", "ada", RATE, cost=5)

    for number in range(limits.LOCAL_BUCKETS + 1):
        limiter.local.take(f"read:{number}", RATE)

    assert not (await limiter.take("login", "ada", RATE)).allowed


def test_of_too_many_buckets_the_least_used_is_forgotten() -> None:
    local = Local(size=2)
    local.take("a", RATE, 5)
    local.take("b", RATE, 5)
    local.take("c", RATE, 5)

    assert local.take("a", RATE).allowed
    assert not local.take("c", RATE).allowed


async def test_a_refusal_says_how_long_to_wait(app: App) -> None:
    limiter = Limiter(app.redis)
    await limiter.demand("test", "k", RATE, cost=5)

    with pytest.raises(TooManyRequests) as caught:
        await limiter.demand("test", "k", RATE)

    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 12
    assert caught.value.headers["RateLimit-Policy"] == '"default";q=5;w=60'
    assert caught.value.headers["RateLimit"] == '"default";r=0;t=60'


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::1", True),
        ("nonsense", "", True),
    ],
)
def test_an_address_stands_for_a_household(*, one: str, other: str, same: bool) -> None:
    assert (limits.address_key(one) == limits.address_key(other)) is same


def test_ten_thousand_checks_in_the_process_take_no_time() -> None:
    local, began = Local(), time.perf_counter()
    for number in range(10_000):
        local.take(str(number % 100), RATE)

    assert time.perf_counter() - began < 1
