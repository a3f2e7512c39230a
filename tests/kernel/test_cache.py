"""The cache of shared answers: one reader at a time, nothing stale for who changed it, bounded."""

import asyncio
import uuid

import pytest

from socialflow.kernel.cache import OWN_SECONDS, TOPIC, TYPE, Cache, Shared
from socialflow.kernel.work import App


class Source:
    """Answers that tell how often they were asked for."""

    def __init__(self, *names: str, seconds: float = 0.0, size: int = 1) -> None:
        self.asked = 0
        self.names = frozenset(names)
        self.seconds = seconds
        self.size = size

    async def __call__(self) -> Shared:
        self.asked += 1
        number = self.asked
        await asyncio.sleep(self.seconds)
        return Shared(str(number).encode() * self.size, f'"{number}"', self.names)


class Clock:
    """A time that moves when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_two_hundred_who_ask_at_once_are_answered_by_one_read() -> None:
    cache, source = Cache(), Source(seconds=0.02)
    answers = await asyncio.gather(*(cache.get("k", source) for _ in range(200)))
    assert source.asked == 1
    assert {answer.body for answer in answers} == {b"1"}


async def test_an_answer_is_kept_for_its_time_and_not_longer() -> None:
    clock, source = Clock(), Source()
    cache = Cache(keep_seconds=1.0, clock=clock)
    await cache.get("k", source)
    clock.now += 0.9
    assert (await cache.get("k", source)).body == b"1"
    clock.now += 0.2
    assert (await cache.get("k", source)).body == b"2"


async def test_who_has_written_reads_past_it_and_others_do_not() -> None:
    clock, source, writer = Clock(), Source(), uuid.uuid4()
    cache = Cache(clock=clock)
    await cache.get("k", source, viewer=writer)
    cache.wrote(writer)

    assert (await cache.get("k", source, viewer=writer)).body == b"2"
    assert (await cache.get("k", source, viewer=uuid.uuid4())).body == b"1"
    assert (await cache.get("k", source)).body == b"1"
    clock.now += OWN_SECONDS
    await cache.get("k", source, viewer=writer)
    assert (await cache.get("k", source, viewer=writer)).body == b"3"


async def test_what_is_forgotten_by_name_is_read_anew_also_when_it_was_just_being_read() -> None:
    cache, source, other = Cache(), Source("video:1", "videos", seconds=0.02), Source("video:2")
    await cache.get("k", source)
    await cache.get("o", other)
    cache.forget(["video:1"])
    assert (await cache.get("k", source)).body == b"2"
    assert (await cache.get("o", other)).body == b"1"

    cache.clear()
    late = asyncio.create_task(cache.get("k", source))
    await asyncio.sleep(0.01)
    cache.forget(["video:1"])
    assert (await cache.get("k", source)).body == b"4"
    # Whoever had asked before gets the old answer, and nobody else does.
    assert (await late).body == b"3"
    assert (await cache.get("k", source)).body == b"4"


async def test_a_failure_is_told_to_all_who_asked_and_is_not_kept() -> None:
    cache, tries = Cache(), 0

    async def fail() -> Shared:
        nonlocal tries
        tries += 1
        await asyncio.sleep(0.01)
        raise LookupError(tries)

    results = await asyncio.gather(*(cache.get("k", fail) for _ in range(5)), return_exceptions=True)
    assert [str(result) for result in results] == ["1"] * 5
    with pytest.raises(LookupError, match="2"):
        await cache.get("k", fail)


async def test_one_who_leaves_does_not_take_the_answer_with_them() -> None:
    cache, source = Cache(), Source(seconds=0.05)
    leaving = asyncio.create_task(cache.get("k", source))
    await asyncio.sleep(0.01)
    staying = asyncio.create_task(cache.get("k", source))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).body == b"1"
    assert source.asked == 1


async def test_it_holds_so_many_bytes_and_drops_the_oldest_first() -> None:
    cache = Cache(most_bytes=1_000)
    sources = [Source(size=300) for _ in range(5)]
    for number, source in enumerate(sources):
        await cache.get(number, source)
    for number, source in reversed(list(enumerate(sources))):
        await cache.get(number, source)
    assert [source.asked for source in sources] == [2, 2, 1, 1, 1]


async def test_writers_are_forgotten_in_time() -> None:
    clock = Clock()
    cache = Cache(clock=clock)
    for _ in range(20_000):
        cache.wrote(uuid.uuid4())
    clock.now += OWN_SECONDS
    cache.wrote(uuid.uuid4())
    assert len(cache._writers) == 1


async def test_another_process_hears_what_was_committed_and_who_did_it(app: App) -> None:
    elsewhere, source, writer = Cache(), Source("video:1"), uuid.uuid4()
    following = asyncio.create_task(elsewhere.follow(app.signals))
    try:
        async with app.signals.listening(TOPIC) as told:
            await asyncio.sleep(0.3)
            await elsewhere.get("k", source)
            await app.signals.publish(TOPIC, TYPE, {"names": ["video:1"], "writer": str(writer)})
            async with asyncio.timeout(5):
                await told.get()
            await asyncio.sleep(0.05)
        assert (await elsewhere.get("k", source)).body == b"2"
        assert (await elsewhere.get("k", source, viewer=writer)).body == b"3"

        # Who missed something cannot know what it was.
        app.signals._tell_all_missed()
        await asyncio.sleep(0.05)
        assert (await elsewhere.get("k", source)).body == b"4"
    finally:
        following.cancel()
        await asyncio.wait({following})
