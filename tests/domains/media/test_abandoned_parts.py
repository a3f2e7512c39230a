"""Objects that somebody began to send to a bucket in parts, and never completed, are given up after a week."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from tests.factories.gcs import fake_gcs, gcs_store_at

from socialflow.domains.media.handlers import collect
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore, Part, PartsId

LASTS = timedelta(minutes=5)


@pytest.fixture
async def store(app: App, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    """The App keeps its objects in a bucket of Google's."""
    with fake_gcs(tmp_path) as service:
        store = gcs_store_at(service)
        cast("dict[type[Any], Any]", app.ports)[ObjectStore] = store
        yield store


async def begun(store: ObjectStore, key: str) -> PartsId:
    """Somebody has sent one part."""
    parts = await store.start_parts(key, content_type="video/mp4")
    address = await store.part_address(parts, 1, size=5, lasts=LASTS)
    async with httpx2.AsyncClient() as client:
        sent = await client.put(address.url, content=b"12345", headers=dict(address.headers))
    assert sent.is_success
    return parts


async def unfinished(store: ObjectStore) -> list[PartsId]:
    return [found.id async for found in store.unfinished_parts("")]


async def test_what_is_under_way_goes_on_and_what_was_left_is_given_up(app: App, store: ObjectStore) -> None:
    parts = await begun(store, "uploads/one/source")
    whole = await begun(store, "uploads/two/source")
    await store.complete_parts(whole, [Part(1, 5)], size=5)

    await collect.abort_abandoned_parts(app)
    assert await unfinished(store) == [parts]

    await collect.abort_abandoned_parts(replace(app, clock=lambda: datetime.now(UTC) + timedelta(days=8)))
    assert await unfinished(store) == []
    assert await store.get("uploads/two/source") == b"12345"


async def test_a_store_without_addresses_has_nothing_to_give_up(app: App) -> None:
    await collect.abort_abandoned_parts(app)
