"""F5 with a real worker: kill -9 of a pool process, or of the whole worker, in mid-transcode costs an attempt only."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, files_of, objects_of, upload
from tests.factories.clips import clip
from tests.factories.parts import part
from tests.factories.processes import running_ffmpegs
from tests.faults.transcoding import work_off

from socialflow.domains.media.models import AssetState
from socialflow.kernel import jobs
from socialflow.kernel.work import App

pytestmark = [pytest.mark.adversary, pytest.mark.xdist_group("fleet"), pytest.mark.timeout(300)]
# Long enough for a busy machine to renew it in time, short enough to wait for its end.
SHORT_LEASE = {"SF_JOBS__LEASE_S": "4", "SF_JOBS__HEARTBEAT_S": "0.5", "SF_JOBS__REHINT_S": "2"}
STRIKE_SECONDS, END_SECONDS = 60.0, 120.0
CLIP = "wide.mp4"
Found = TypeVar("Found")


@pytest.fixture
def clock(app: App, tmp_path: Path) -> Iterator[None]:
    """What outlives a worker: the relay, and the scheduler that finds what a dead worker left."""
    with ExitStack() as stack:
        for name in ("relay", "scheduler"):
            stack.enter_context(part(app.settings, name, log=tmp_path / f"{name}.log", **SHORT_LEASE))
        yield


@pytest.fixture
async def undisturbed(app: App, ada: Person) -> dict[str, str]:
    """Name -> digest of what a transcode that nobody disturbs makes of the clip."""
    made = await upload(app, ada, clip(CLIP))
    assert set(await work_off(app)) == {jobs.Outcome.DONE}
    return await digests(app, made.asset_id)


@asynccontextmanager
async def worker(app: App, log: Path) -> AsyncIterator[psutil.Process]:
    """`socialflow worker --queues media,encode`."""
    with part(app.settings, "worker", "--queues", "media,encode", log=log, **SHORT_LEASE) as process:
        yield psutil.Process(process.pid)


async def test_f05_a_killed_pool_process_is_replaced_and_the_job_goes_on(
    app: App, ada: Person, tmp_path: Path, undisturbed: dict[str, str], clock: None
) -> None:
    async with worker(app, tmp_path / "worker.log") as parent:
        made = await upload(app, ada, clip(CLIP))
        child = await encoding_child(app, parent, made.asset_id)
        victims = family(child)
        child.kill()
        await all_gone(victims)
        await is_ready(app, made.asset_id)
        assert parent.is_running()

        await check_end(app, made.asset_id, undisturbed)
        assert running_ffmpegs(parent.pid) == []


async def test_f05_a_killed_worker_leaves_its_job_to_the_next_one(
    app: App, ada: Person, tmp_path: Path, undisturbed: dict[str, str], clock: None
) -> None:
    async with worker(app, tmp_path / "first.log") as parent:
        made = await upload(app, ada, clip(CLIP))
        await encoding_child(app, parent, made.asset_id)
        victims = family(parent)
        parent.kill()
        await all_gone(victims)

    async with worker(app, tmp_path / "second.log") as second:
        await is_ready(app, made.asset_id)
        await check_end(app, made.asset_id, undisturbed)
        assert running_ffmpegs(second.pid) == []


async def test_a_video_under_way_keeps_no_other_waiting(app: App, ada: Person, tmp_path: Path, clock: None) -> None:
    async with worker(app, tmp_path / "worker.log") as parent:
        long = await upload(app, ada, clip(CLIP))
        child = await encoding_child(app, parent, long.asset_id)
        short = await upload(app, ada, clip("tiny.mp4"))
        await is_ready(app, short.asset_id)
        assert (await asset_of(app, long.asset_id)).state == AssetState.PARTIALLY_PLAYABLE

        for stopped in running_ffmpegs(child.pid):
            stopped.resume()
        await is_ready(app, long.asset_id)


async def encoding_child(app: App, parent: psutil.Process, asset_id: uuid.UUID) -> psutil.Process:
    """The pool process that encodes the ladder of this asset; its ffmpeg is stopped and cannot end by itself."""

    async def found() -> psutil.Process | None:
        if (await asset_of(app, asset_id)).state != AssetState.PARTIALLY_PLAYABLE:
            return None
        return next((child for child in parent.children() if any(map(_freeze, running_ffmpegs(child.pid)))), None)

    return await awaited(found, STRIKE_SECONDS)


def _freeze(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.suspend()
        return True
    return False


def family(process: psutil.Process) -> list[psutil.Process]:
    """A process and all that descends from it."""
    return [process, *process.children(recursive=True)]


async def all_gone(processes: list[psutil.Process]) -> None:
    """Wait until none of them runs any more."""

    async def gone() -> bool:
        return not any(_runs(process) for process in processes)

    try:
        await awaited(gone, STRIKE_SECONDS)
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


async def is_ready(app: App, asset_id: uuid.UUID) -> None:
    """Wait until the asset is ready and its jobs are done."""
    query = text("""
        SELECT count(*) FROM jobs WHERE queue IN ('media', 'encode') AND state <> 'done'
            AND payload -> 'data' ->> 'asset_id' = CAST(:id AS text)
    """)

    async def ready() -> bool:
        if (await asset_of(app, asset_id)).state != AssetState.READY:
            return False
        async with app.sessions() as session:
            return not await session.scalar(query, {"id": str(asset_id)})

    await awaited(ready, END_SECONDS)


async def check_end(app: App, asset_id: uuid.UUID, undisturbed: dict[str, str]) -> None:
    """One ready video of the same bytes, made by a later attempt; no object, folder or job is left over."""
    asset = await asset_of(app, asset_id)
    assert (asset.state, asset.progress) == (AssetState.READY, 100)
    assert await digests(app, asset_id) == undisturbed
    assert set((await files_of(app, asset_id)).values()) == await objects_of(app, asset_id)
    assert list(app.settings.work_dir.iterdir()) == []

    async with app.sessions() as session:
        told = text("SELECT kind FROM outbox WHERE payload ->> 'asset_id' = :id")
        kinds = list(await session.scalars(told, {"id": str(asset_id)}))
        attempts = await session.scalar(text("SELECT max(attempts) FROM transcode_tasks"))
    assert [kinds.count(kind) for kind in ("AssetPlayable", "AssetReady", "AssetFailed")] == [1, 1, 0]
    assert attempts >= 2


async def digests(app: App, asset_id: uuid.UUID) -> dict[str, str]:
    """Name -> digest of what is served in the end."""
    query = text("SELECT name, sha256 FROM asset_files WHERE asset_id = :id AND expires_at IS NULL")
    async with app.sessions() as session:
        return {row.name: row.sha256 for row in await session.execute(query, {"id": asset_id})}


async def awaited(look: Callable[[], Awaitable[Found | None]], seconds: float) -> Found:
    """What is found in the end; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not (found := await look()):
            await asyncio.sleep(0.02)
    return found
