"""Signals: heard by who listens, told when missed, back after Valkey was away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio.client import PubSub
from structlog.testing import capture_logs

from socialflow.entrypoints.bootstrap import connect_redis
from socialflow.entrypoints.engines.daemon import Daemon
from socialflow.entrypoints.engines.valkey import Valkey
from socialflow.kernel import signals, tasks
from socialflow.kernel.config import Settings
from socialflow.kernel.signals import Signal, Signals
from socialflow.kernel.work import App

Queue = "asyncio.Queue[Signal | None]"


async def hear(queue: "asyncio.Queue[Signal | None]", seconds: float = 5.0) -> Signal | None:
    return await asyncio.wait_for(queue.get(), seconds)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Daemon]:
    """A Valkey of this test's own, which may be harmed."""
    daemon = Daemon(Valkey(tmp_path / "valkey", tmp_path / "valkey.log", durable=False))
    daemon.start()
    yield daemon
    daemon.halt()


@pytest.fixture
async def apart(valkey: Daemon, settings: Settings) -> AsyncIterator[Signals]:
    """Signals by way of it."""
    redis = settings.redis.model_copy(update={"url": SecretStr(valkey.engine.url)})
    client = connect_redis(settings.model_copy(update={"redis": redis}))
    made = Signals(client)
    yield made
    await made.close()
    await client.aclose()


async def test_who_listens_hears_and_who_listens_to_something_else_does_not(app: App) -> None:
    async with app.signals.listening("video:1", "video:2") as queue, app.signals.listening("video:3") as other:
        await app.signals.publish("video:1", "progress", {"percent": 5})
        await app.signals.publish("video:2", "ready", {})

        first, second = await hear(queue), await hear(queue)
        assert first is not None
        assert (first.topic, first.type, first.data) == ("video:1", "progress", {"percent": 5})
        assert first.id.startswith("evt_")
        assert second is not None
        assert second.topic == "video:2"
        assert other.empty()


async def test_two_installations_in_two_databases_of_one_server_do_not_hear_each_other(
    valkey: Daemon, settings: Settings
) -> None:
    made = []
    server = valkey.engine.url.partition("?")[0]
    for number in (4, 5):
        redis = settings.redis.model_copy(update={"url": SecretStr(f"{server}?db={number}")})
        client = connect_redis(settings.model_copy(update={"redis": redis}))
        made.append((client, Signals(client)))
    here, there = (one for _, one in made)
    try:
        async with here.listening("t") as queue, here.wakes("outbox") as woken:
            await there.publish("t", "secret", {})
            await there.wake("outbox")
            await here.publish("t", "ours", {})
            heard = await hear(queue)
            assert heard is not None
            assert heard.type == "ours"
            assert queue.empty()
            assert woken.empty()
    finally:
        for client, one in made:
            await one.close()
            await client.aclose()


async def test_what_is_said_as_soon_as_one_listens_is_heard(app: App) -> None:
    for number in range(10):
        async with app.signals.listening(f"t:{number}") as queue:
            await app.signals.publish(f"t:{number}", "x", {})
            assert await hear(queue) is not None


async def test_every_listener_of_a_topic_hears_and_who_leaves_does_not(app: App) -> None:
    async with app.signals.listening("t") as stays:
        async with app.signals.listening("t") as leaves:
            await app.signals.publish("t", "one", {})
            assert await hear(leaves)
            assert await hear(stays)
        await app.signals.publish("t", "two", {})
        heard = await hear(stays)
        assert heard is not None
        assert heard.type == "two"
        assert leaves.empty()


async def test_a_slow_listener_is_told_that_it_missed_something(app: App) -> None:
    async with app.signals.listening("t") as queue, app.signals.listening("end") as end:
        for number in range(signals.QUEUE_SIZE + 1):
            await app.signals.publish("t", "x", {"number": number})
        await app.signals.publish("end", "x", {})
        await hear(end)

        assert await hear(queue) is None
        assert queue.empty()
        await app.signals.publish("t", "later", {})
        assert await hear(queue) is not None


async def test_what_is_no_signal_of_ours_counts_as_missed(app: App) -> None:
    async with app.signals.listening("t") as queue:
        for body in (b"garbage", b"[]", b"{}", b"\xff"):
            await app.redis.publish(app.signals.prefix + "t", body)
            assert await hear(queue) is None


async def test_a_process_is_roused_by_name(app: App) -> None:
    async with app.signals.wakes("outbox") as woken:
        await app.signals.wake("other")
        await app.signals.wake("outbox")
        await asyncio.wait_for(signals.pause(woken, 60), 5)
        assert woken.empty()

        await signals.pause(woken, 0.01)


async def test_after_valkey_was_away_listeners_are_told_and_hear_again(apart: Signals, valkey: Daemon) -> None:
    async with apart.listening("t") as queue:
        valkey.halt()
        await apart.publish("t", "lost", {})
        assert await hear(queue) is None, "told at once"

        valkey.start()
        assert await hear(queue) is None, "told again: what was said meanwhile was not heard"
        await apart.publish("t", "back", {})
        heard = await hear(queue)
        assert heard is not None
        assert heard.type == "back"


async def test_without_valkey_one_may_listen_and_hears_as_soon_as_it_is_there(apart: Signals, valkey: Daemon) -> None:
    valkey.halt()
    await apart.wake("nobody")
    async with apart.listening("t") as queue:
        valkey.start()
        while await hear(queue) is None:
            await apart.publish("t", "there", {})


async def test_closing_ends_the_listening(apart: Signals) -> None:
    async with apart.listening("t"):
        pass
    await apart.close()
    await apart.close()


async def test_listening_ends_though_the_client_swallows_that_it_shall(
    app: App, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "POLL_SECONDS", 0.02)
    asked, swallowed, ping = asyncio.Event(), asyncio.Event(), PubSub.ping

    async def swallowing(self: PubSub) -> None:
        # As `asyncio.wait_for` does where the answer comes together with the cancellation.
        await ping(self)
        if swallowed.is_set():
            return
        asked.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        swallowed.set()

    monkeypatch.setattr(PubSub, "ping", swallowing)
    client = connect_redis(settings)
    made = Signals(client)
    async with made.listening("video:1"):
        await asyncio.wait_for(asked.wait(), 5)
        async with asyncio.timeout(3):
            await made.close()
    assert swallowed.is_set()
    assert made._pump is not None
    assert made._pump.done()
    await client.aclose()


async def test_what_a_task_failed_of_is_said_at_its_end() -> None:
    async def failing() -> None:
        raise RuntimeError("broken")

    task = asyncio.create_task(failing(), name="beside")
    await asyncio.wait({task})
    with capture_logs() as said:
        await tasks.end(task)
    assert [(each["event"], each["task"]) for each in said] == [("task_failed", "beside")]
