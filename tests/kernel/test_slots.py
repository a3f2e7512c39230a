"""Slots: so many at once, in all processes together."""

import pytest
from redis.asyncio import Redis
from tests.factories.instance import free_port

from socialflow.kernel import slots
from socialflow.kernel.slots import Slots
from socialflow.kernel.work import App


async def test_there_are_so_many_and_each_can_be_renewed_and_given_back(app: App) -> None:
    kind = Slots(app.redis, "tests", 2)
    first, second = await kind.take("ada"), await kind.take("ada")
    assert first
    assert second
    assert await kind.take("ada") is None
    assert await kind.take("bob")
    assert await Slots(app.redis, "others", 2).take("ada")

    assert await kind.renew("ada", first), "who has one keeps it, though all are taken"
    await kind.give_back("ada", second)
    assert await kind.take("ada")
    assert await kind.take("ada") is None


async def test_who_does_not_renew_a_slot_loses_it(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = Slots(app.redis, "tests", 1)
    monkeypatch.setattr(slots, "LEASE_SECONDS", -1)
    assert await kind.take("ada")
    monkeypatch.undo()

    assert await kind.take("ada")
    assert await kind.take("ada") is None


async def test_nobody_is_refused_for_want_of_redis() -> None:
    away = Redis(port=free_port())
    kind = Slots(away, "tests", 1)
    for _ in range(2):
        slot = await kind.take("ada")
        assert slot
        await kind.give_back("ada", slot)
    await away.aclose()
