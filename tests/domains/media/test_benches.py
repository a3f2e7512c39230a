"""Folders of assets on a machine: the source is fetched once, and what nobody uses makes room."""

import asyncio
import os
from pathlib import Path

import pytest
from tests.factories.accounts import Person
from tests.factories.assets import upload

from socialflow.domains.media.service import benches
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import App

SIZE = 50_000


async def test_tasks_beside_each_other_fetch_a_source_once(app: App, ada: Person) -> None:
    data = os.urandom(SIZE)
    made = await upload(app, ada, data)
    inodes: set[int] = set()

    async def need() -> None:
        async with benches.bench(app, made.asset_id) as job:
            await benches.need_source(app, made.asset_id, job, SIZE)
            assert job.source.read_bytes() == data
            inodes.add(job.source.stat().st_ino)

    await asyncio.gather(*(need() for _ in range(8)))
    assert len(inodes) == 1
    assert [path.name for path in (app.settings.work_dir / str(made.asset_id) / "in").iterdir()] == ["source"]


async def test_a_source_that_is_gone_leaves_no_half_of_it(app: App) -> None:
    nobody = ids.new()
    async with benches.bench(app, nobody) as job:
        with pytest.raises(NotFound):
            await benches.need_source(app, nobody, job, SIZE)
        assert list(job.source.parent.iterdir()) == []


async def test_room_is_made_of_what_was_not_used_for_longest_and_never_of_what_is_in_use(app: App) -> None:
    root = app.settings.work_dir
    names = [ids.new() for _ in range(4)]
    for at, name in enumerate(names):
        async with benches.bench(app, name) as job:
            job.source.write_bytes(bytes(SIZE))
        os.utime(job.root / benches.HELD, (1_000 + at, 1_000 + at))
    strange = root / "not-an-asset"
    strange.mkdir()

    async with benches.bench(app, names[0]):
        os.utime(root / str(names[0]) / benches.HELD, (1, 1))
        benches.make_room(root, 2 * SIZE)
        assert _left(root) == {str(names[0]), str(names[3]), strange.name}
    benches.make_room(root, 0)
    assert _left(root) == {strange.name}


def _left(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}
