"""All objects go from one store into another: verified, stopped and gone on with, and the source stays."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.kept import damage, keys_of, path_of
from tests.factories.s3 import moto_server, store_at
from tests.factories.uploads import ready_asset, uploaded

from socialflow.adapters.storage.local import LocalObjectStore
from socialflow.domains.media.service import moving
from socialflow.domains.media.service.moving import Moved, MoveUnderWay, clear, journal_at, measure, move
from socialflow.kernel.work import App
from socialflow.ports.storage import Content, ObjectStore, Stored, StoreFull


def unheard(_: Moved) -> None:
    """Progress that nobody watches."""


class Counting(LocalObjectStore):
    """A store that counts, and is full after so many objects."""

    def __init__(self, root: Path, room: int = 1_000_000) -> None:
        super().__init__(root)
        self.puts, self.room = 0, room

    async def put(self, key: str, data: Content, *, content_type: str) -> Stored:
        if self.puts >= self.room:
            raise StoreFull(retry_after=1)
        self.puts += 1
        return await super().put(key, data, content_type=content_type)


@pytest.fixture
def target(tmp_path: Path) -> Counting:
    return Counting(tmp_path / "target")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "moves/one.jsonl"


async def digests(store: ObjectStore) -> dict[str, str]:
    return {key: hashlib.sha256(await store.get(key)).hexdigest() for key in await keys_of(store)}


async def go(app: App, target: ObjectStore, journal: Path) -> Moved:
    with journal_at(journal) as opened:
        return await move(app, app.port(ObjectStore), target, opened, unheard)


@pytest.fixture
async def full(app: App, ada: Person) -> int:
    """An installation that keeps things of every kind; how many objects."""
    await ready_asset(app, ada)
    await uploaded(ada, b"0123456789")
    await app.port(ObjectStore).put("exports/one", b"an export", content_type="application/zip")
    return 9


async def test_everything_arrives_and_the_source_stays(app: App, full: int, target: Counting, journal: Path) -> None:
    source = app.port(ObjectStore)
    before = await digests(source)
    assert await measure(source) == (full, sum(path_of(app, key).stat().st_size for key in before))

    moved = await go(app, target, journal)

    assert (moved.objects, moved.copied, moved.damaged, moved.failed) == (full, full, [], [])
    assert await digests(target) == before == await digests(source)
    assert not (app.settings.work_dir / "moving").exists()


async def test_a_second_run_copies_what_came_meanwhile(
    app: App, full: int, ada: Person, target: Counting, journal: Path
) -> None:
    await go(app, target, journal)
    await uploaded(ada, b"9876543210")

    moved = await go(app, target, journal)

    assert (moved.objects, moved.copied, target.puts) == (full + 1, 1, full + 1)
    assert await digests(target) == await digests(app.port(ObjectStore))


@pytest.mark.parametrize("left", [b"", b'["torn'], ids=["lost", "torn"])
async def test_without_its_journal_everything_is_compared_and_nothing_copied_twice(
    app: App, full: int, target: Counting, journal: Path, left: bytes
) -> None:
    await go(app, target, journal)
    journal.write_bytes(left)

    moved = await go(app, target, journal)

    assert (moved.objects, moved.copied, target.puts) == (full, 0, full)
    with journal_at(journal) as opened:
        assert len(opened.arrived) == full


async def test_a_full_target_stops_the_move_and_what_arrived_is_remembered(
    app: App, full: int, target: Counting, journal: Path
) -> None:
    target.room = 4
    with pytest.raises(StoreFull):
        await go(app, target, journal)
    with journal_at(journal) as opened:
        assert len(opened.arrived) == 4

    target.room = 100
    moved = await go(app, target, journal)

    assert (moved.copied, target.puts) == (full - 4, full)
    assert await digests(target) == await digests(app.port(ObjectStore))


async def test_a_half_or_another_object_in_the_target_is_replaced(
    app: App, full: int, target: Counting, journal: Path
) -> None:
    first, second, *_ = await keys_of(app.port(ObjectStore))
    await target.put(first, b"half", content_type="text/plain")
    size = (await app.port(ObjectStore).head(second)).size
    await target.put(second, b"x" * size, content_type="text/plain")

    assert (await go(app, target, journal)).copied == full
    assert await digests(target) == await digests(app.port(ObjectStore))


async def test_damage_is_carried_over_and_told(app: App, full: int, target: Counting, journal: Path) -> None:
    key = next(key for key in await keys_of(app.port(ObjectStore)) if key.endswith("v360.mp4"))
    damage(app, key)

    moved = await go(app, target, journal)

    assert (moved.objects, moved.damaged) == (full, [key])
    assert await digests(target) == await digests(app.port(ObjectStore))


async def test_two_moves_at_once_are_one_too_many(app: App, target: Counting, journal: Path) -> None:
    with journal_at(journal), pytest.raises(MoveUnderWay):
        await go(app, target, journal)


async def test_the_source_is_cleared_of_what_arrived_and_of_nothing_else(
    app: App, full: int, target: Counting, journal: Path
) -> None:
    source = app.port(ObjectStore)
    await go(app, target, journal)
    gone, *_ = [key for key in await keys_of(source) if key.startswith("assets/")]
    await target.delete(gone)
    await source.put("exports/late", b"came after the move", content_type="text/plain")

    with journal_at(journal) as opened:
        cleared = await clear(app, source, target, opened)

    assert cleared.deleted == full - 1
    assert sorted(cleared.left) == sorted([gone, "exports/late"])
    assert await keys_of(source) == sorted([gone, "exports/late"])


async def test_what_was_deleted_since_the_switch_is_cleared_too(
    app: App, full: int, target: Counting, journal: Path
) -> None:
    source = app.port(ObjectStore)
    await go(app, target, journal)
    await target.delete_prefix("assets/")
    async with app.sessions() as session, session.begin():
        await session.execute(text("DELETE FROM asset_files"))

    with journal_at(journal) as opened:
        cleared = await clear(app, source, target, opened)

    assert (cleared.deleted, cleared.left) == (full, [])


@pytest.fixture
async def bucket(tmp_path: Path) -> AsyncIterator[ObjectStore]:
    with moto_server(tmp_path) as address:
        yield store_at(address)


@pytest.mark.adversary
async def test_a_bucket_is_filled_with_the_types_that_the_rows_name(
    app: App, full: int, bucket: ObjectStore, journal: Path
) -> None:
    assert (await go(app, bucket, journal)).copied == full

    assert await digests(bucket) == await digests(app.port(ObjectStore))
    assert moving.UNKNOWN_TYPE == "application/octet-stream"
