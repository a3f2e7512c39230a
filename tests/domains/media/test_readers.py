"""Whoever stops reading a file in the middle closes the store's stream of it, too."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

from tests.factories.accounts import Person
from tests.factories.uploads import send, started

from socialflow.adapters.storage.local import LocalObjectStore
from socialflow.domains.media.handlers import people
from socialflow.domains.media.queries.uploads import PieceRow
from socialflow.domains.media.service import originals
from socialflow.kernel import ids
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore


class Counting(LocalObjectStore):
    """Knows how many of its streams are open."""

    open_streams = 0

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        self.open_streams += 1
        try:
            async for piece in super().stream(key, start, end):
                yield piece
        finally:
            self.open_streams -= 1


async def test_a_reader_of_an_original_leaves(tmp_path: Path) -> None:
    store = Counting(tmp_path / "objects")
    await store.put("a/one", b"0123456789", content_type="text/plain")

    reading = originals.read(store, originals.Kept("one", 10, '"1"', [PieceRow(0, 10, "a/one", None)]), 0, 10)
    assert await anext(reading) == b"0123456789"
    assert store.open_streams == 1
    await reading.aclose()

    assert store.open_streams == 0


async def test_an_export_stops_in_a_file(app: App, ada: Person) -> None:
    store = Counting(app.settings.storage_root)
    counting = replace(app, ports={**app.ports, ObjectStore: store})
    await send(ada, await started(ada, 10), 0, b"0123456789")

    files = [file async for file in people.originals(counting, ids.parse("acc", ada.id))]
    async with files[0].open() as reading:
        assert await anext(reading) == b"0123456789"
        assert store.open_streams == 1

    assert store.open_streams == 0
