"""F5: worker or ffmpeg is killed at any moment of a transcode: one ready video, the same bytes, nothing left over."""

import asyncio
import signal
import uuid

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, facts, files_of, objects_of, upload
from tests.factories.clips import clip
from tests.factories.processes import running_ffmpegs
from tests.faults.transcoding import (
    EVERYTHING,
    attempt,
    expire_lease,
    make_due,
    media_job,
    next_job,
    relay_all,
    work_off,
)

from socialflow.domains.media.models import AssetState
from socialflow.kernel import jobs
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

pytestmark = pytest.mark.adversary

POINTS = [
    *("media.transcode.claimed", "transcode.fetched", "transcode.probed", "media.run_task.claimed"),
    *("task.remux.stored", "task.audio.published", "task.poster.stored"),
    *("media.encode_chunks.claimed", "task.chunks.made", "task.chunks.stored", "task.chunks.published"),
    *("task.join.made", "task.join.stored", "task.join.published", "task.storyboard.stored"),
    *("transcode.finished", "media.run_task.reacted"),
]
clean: dict[str, str] = {}


async def digests(app: App, asset_id: uuid.UUID) -> dict[str, str]:
    """Name -> digest of what is served in the end."""
    query = "SELECT name, sha256 FROM asset_files WHERE asset_id = :id AND expires_at IS NULL"
    async with app.sessions() as session:
        return {row.name: row.sha256 for row in await session.execute(text(query), {"id": asset_id})}


async def check_end(app: App, asset_id: uuid.UUID) -> None:
    """One ready video, one fact of each kind, rows and objects agree, nothing is left in work folder and store."""
    asset = await asset_of(app, asset_id)
    assert (asset.state, asset.progress, asset.seconds_left) == (AssetState.READY, 100, None)
    told = await facts(app)
    assert [told.count(kind) for kind in ("AssetPlayable", "AssetReady", "AssetFailed")] == [1, 1, 0]
    assert set((await files_of(app, asset_id)).values()) == await objects_of(app, asset_id)
    assert not app.settings.work_dir.exists() or list(app.settings.work_dir.iterdir()) == []
    assert [info.key async for info in app.port(ObjectStore).list("work/")] == []
    async with app.sessions() as session:
        states = set(await session.scalars(text("SELECT state FROM transcode_tasks")))
        assert states == {"done"}
        assert await session.scalar(text("SELECT state FROM transcodes")) == "done"


async def runs(app: App) -> int:
    """How often a task was begun in vain."""
    async with app.sessions() as session:
        return int(await session.scalar(text("SELECT coalesce(sum(attempts - 1), 0) FROM transcode_tasks")) or 0)


async def test_f05_a_clean_run_shows_what_is_expected(app: App, ada: Person) -> None:
    made = await upload(app, ada, clip("wide.mp4"))
    assert set(await work_off(app)) == {jobs.Outcome.DONE}
    await check_end(app, made.asset_id)
    assert await runs(app) == 0
    clean.update(await digests(app, made.asset_id))


@pytest.mark.parametrize("point", POINTS)
async def test_f05_a_worker_killed_here_loses_nothing_and_costs_a_task_at_most(
    app: App, ada: Person, point: str
) -> None:
    made = await upload(app, ada, clip("wide.mp4"))
    await relay_all(app)
    async with attempt(app, EVERYTHING, f"{point}:kill") as worker:
        assert await worker.wait() == -signal.SIGKILL

    await expire_lease(app)
    assert set(await work_off(app)) <= {jobs.Outcome.DONE}
    await check_end(app, made.asset_id)
    assert await runs(app) <= 1
    assert not clean or await digests(app, made.asset_id) == clean


async def test_f05_a_last_attempt_that_dies_after_its_work_takes_nothing_away(app: App, ada: Person) -> None:
    made = await upload(app, ada, clip("silent.mp4"))
    await work_off(app, leave=1)
    job = await next_job(app)
    assert job is not None
    async with app.sessions() as session, session.begin():
        before_last = {"id": job, "attempt": app.settings.jobs.max_attempts - 1}
        await session.execute(text("UPDATE jobs SET attempt = :attempt WHERE id = :id"), before_last)
    async with attempt(app, job, "transcode.finished:kill") as worker:
        assert await worker.wait() == -signal.SIGKILL

    await expire_lease(app)
    assert await jobs.execute(app, job) is jobs.Outcome.DEAD
    await check_end(app, made.asset_id)


async def test_f05_a_killed_ffmpeg_costs_its_chunk_and_no_more(app: App, ada: Person) -> None:
    made = await upload(app, ada, clip("wide.mp4"))
    await media_job(app)
    running = asyncio.create_task(work_off(app))
    await _kill_one_ffmpeg(app, made.asset_id, running)
    outcomes = await running
    await make_due(app)
    outcomes += await work_off(app)

    assert outcomes.count(jobs.Outcome.RETRY) == 1
    await check_end(app, made.asset_id)
    assert await runs(app) == 1
    assert not clean or await digests(app, made.asset_id) == clean


async def _kill_one_ffmpeg(app: App, asset_id: uuid.UUID, running: "asyncio.Task[list[jobs.Outcome]]") -> None:
    """Strike in the middle of the encoding, once."""
    while not running.done():
        if (await asset_of(app, asset_id)).state == AssetState.PARTIALLY_PLAYABLE:
            for child in running_ffmpegs():
                child.kill()
                return
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("point", ["task.audio.made", "task.audio.stored", "task.audio.published"])
async def test_f05_a_worker_killed_at_the_sound_that_is_heard_first_loses_nothing(
    app: App, ada: Person, point: str
) -> None:
    made = await upload(app, ada, clip("lecture.mp4"))
    await relay_all(app)
    async with attempt(app, EVERYTHING, f"{point}:kill") as worker:
        assert await worker.wait() == -signal.SIGKILL
    async with app.sessions() as session:
        begun = set(
            await session.scalars(text("SELECT name FROM transcode_tasks WHERE kind = 'audio' AND attempts > 0"))
        )
    assert begun == {"source-audio"}

    await expire_lease(app)
    assert set(await work_off(app)) <= {jobs.Outcome.DONE}
    await check_end(app, made.asset_id)
    assert await runs(app) <= 1
    assert {"a.mp4", "src.mp4", "as.mp4"} & set(await digests(app, made.asset_id)) == {"a.mp4"}
