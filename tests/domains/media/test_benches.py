"""Folders of assets on a machine: the source is fetched once, and what nobody uses makes room."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest
from tests.factories.accounts import Person
from tests.factories.assets import upload

from socialflow.domains.media.service import benches
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import App
from socialflow.ports.encoder import JobFolder

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


async def test_a_folder_whose_time_is_over_goes_with_the_last_who_works_in_it(app: App) -> None:
    root, name = app.settings.work_dir, ids.new()
    async with benches.bench(app, name) as job:
        async with benches.bench(app, name):
            benches.retire(job.root)
        assert _left(root) == {str(name)}
    assert _left(root) == set()

    # Somebody needs it again before the last has left.
    async with benches.bench(app, name) as job:
        benches.retire(job.root)
        async with benches.bench(app, name):
            pass
    assert _left(root) == {str(name)}


def _left(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


@pytest.mark.adversary
async def test_f05_what_a_killed_attempt_left_goes_with_the_next_one_on_this_machine(app: App) -> None:
    root = app.settings.work_dir
    child = os.fork()
    if child == 0:
        _hold_a_scratch_folder_until_killed(app)
    while not (left := [path for path in root.glob("scratch-*") if (path / "in" / "source").exists()]):
        await asyncio.sleep(0.01)
    benches.sweep_scratch(root)
    assert left[0].exists(), "it is held"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

    (root / f"{benches.GONE}half-removed").mkdir()
    async with benches.scratch(app) as job:
        assert list(root.iterdir()) == [job.root]
    assert list(root.iterdir()) == []


async def test_scratch_folders_of_earlier_releases_go_once_they_are_old(app: App) -> None:
    root = app.settings.work_dir
    for name, age in (("download-old", 4_000), ("image-old", 4_000), ("download-new", 0), ("else", 4_000)):
        (root / name).mkdir(parents=True)
        os.utime(root / name, (time.time() - age,) * 2)
    assert benches.sweep_scratch(root) == 2
    assert _left(root) == {"download-new", "else"}


def _hold_a_scratch_folder_until_killed(app: App) -> None:
    job = JobFolder(app.settings.work_dir / f"{benches.SCRATCH}of-a-child", "child")
    benches._hold(job)
    job.source.write_bytes(b"half")
    while True:
        time.sleep(1)
