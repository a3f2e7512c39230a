"""F5, F6, F7: a worker that makes an edit is killed, or sleeps, at any moment: one result, the same bytes, no more."""

import asyncio
import contextlib
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.edits import edit, film, look, read
from tests.factories.kept import keys_of
from tests.factories.processes import running_ffmpegs
from tests.faults.transcoding import EVERYTHING, attempt, expire_lease, make_due, relay_all, work_off

from socialflow.kernel import jobs
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

pytestmark = pytest.mark.adversary

Deliver = Callable[..., Awaitable[int]]
CUT = {"kind": "cut", "ranges": [{"start_ms": 0, "end_ms": 1_480}, {"start_ms": 4_000, "end_ms": 6_000}]}
POINTS = [
    *("media.make_edit.claimed", "edit.fetched", "edit.part_made", "edit.part_kept", "edit.assembled"),
    *("edit.fitted", "media.piece_kept", "edit.handed_in", "media.make_edit.reacted"),
]
PATIENCE_SECONDS = 90
clean: list[str] = []


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Bytes are kept in small pieces, so that there are several."""
    return settings.model_copy(update={"media": settings.media.model_copy(update={"piece_bytes": 65_536})})


async def begun(ada: Person, deliver: Deliver, app: App) -> tuple[dict[str, Any], dict[str, Any]]:
    """A video that is ready, and an edit of it that nobody has begun with."""
    video = await film(ada)
    await deliver(times=1)
    asked = await edit(ada, video, CUT)
    await relay_all(app)
    return video, asked


async def rest(app: App, deliver: Deliver) -> None:
    """Whatever is not media's follows, too."""
    await relay_all(app)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE jobs SET hinted_at = NULL WHERE state = 'queued'"))
    await deliver(times=1)


async def check_end(app: App, ada: Person, video: dict[str, Any], asked: dict[str, Any], deliver: Deliver) -> None:
    """It is applied, once; its bytes are those of a run that nobody disturbed; nothing else is there, or counted."""
    await rest(app, deliver)
    assert (await look(ada, asked))["state"] == "applied"
    assert (await read(ada, video))["duration_ms"] == 6_520
    told = Counter(await facts(app))
    assert [told[kind] for kind in ("EditRequested", "EditFailed", "VideoSourceReplaced")] == [1, 0, 1]
    assert told["UploadCompleted"] == told["AssetReady"] == 2
    async with app.sessions() as session:
        rows = (await session.execute(text("SELECT sha256 FROM assets ORDER BY id"))).scalars().all()
        named = set(await session.scalars(text("SELECT key FROM upload_pieces UNION SELECT key FROM asset_files")))
        used = await session.scalar(text("SELECT used FROM storage_usage"))
        counted = await session.scalar(text("SELECT sum(counted) FROM assets"))
    assert used == counted
    assert set(await keys_of(app.port(ObjectStore))) == named
    assert not app.settings.work_dir.exists() or list(app.settings.work_dir.iterdir()) == []
    clean.append(str(rows[-1]))
    assert clean[-1] == clean[0]


async def test_f05_a_clean_edit_shows_what_is_expected(app: App, ada: Person, deliver: Deliver) -> None:
    video, asked = await begun(ada, deliver, app)
    assert set(await work_off(app)) == {jobs.Outcome.DONE}
    await check_end(app, ada, video, asked, deliver)


@pytest.mark.parametrize("point", POINTS)
async def test_f05_a_worker_killed_in_an_edit_costs_a_part_at_most(
    app: App, ada: Person, deliver: Deliver, point: str
) -> None:
    video, asked = await begun(ada, deliver, app)
    async with attempt(app, EVERYTHING, f"{point}:kill") as worker:
        assert await worker.wait() == -signal.SIGKILL
    await expire_lease(app)
    assert set(await work_off(app)) <= {jobs.Outcome.DONE}
    if point == "media.piece_kept":
        # An object that was kept, but not yet named: the sweep finds it.
        await _sweep(app)
    await check_end(app, ada, video, asked, deliver)


async def _sweep(app: App) -> None:
    async with app.sessions() as session:
        named = set(await session.scalars(text("SELECT key FROM upload_pieces UNION SELECT key FROM asset_files")))
    spare = [key for key in await keys_of(app.port(ObjectStore)) if key not in named]
    assert len(spare) <= 1
    await app.port(ObjectStore).delete(*spare)


async def test_f05_a_killed_ffmpeg_is_tried_again(app: App, ada: Person, deliver: Deliver) -> None:
    video, asked = await begun(ada, deliver, app)
    running = asyncio.create_task(work_off(app))
    killed = False
    while not killed and not running.done():
        for child in running_ffmpegs():
            child.kill()
            killed = True
        await asyncio.sleep(0.01)
    outcomes = await running
    await make_due(app)
    outcomes += await work_off(app)
    assert outcomes.count(jobs.Outcome.RETRY) == 1
    await check_end(app, ada, video, asked, deliver)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("point", ["edit.fetched", "edit.part_made", "edit.assembled", "edit.fitted"])
async def test_f06_a_sleeper_cannot_write_after_another_has_made_the_edit(
    app: App, ada: Person, deliver: Deliver, point: str
) -> None:
    video, asked = await begun(ada, deliver, app)
    async with attempt(app, EVERYTHING, f"{point}:stop") as sleeper:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while psutil.Process(sleeper.pid).status() != psutil.STATUS_STOPPED:
                await asyncio.sleep(0.02)
        await expire_lease(app)
        assert set(await work_off(app)) == {jobs.Outcome.DONE}
        ending = asyncio.create_task(sleeper.communicate())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not ending.done():
                with contextlib.suppress(psutil.NoSuchProcess):
                    psutil.Process(sleeper.pid).send_signal(signal.SIGCONT)
                await asyncio.wait({ending}, timeout=0.1)
        assert "lost" in ending.result()[0].decode().split()
    await _sweep(app)
    await asyncio.to_thread(_clear, app)
    await check_end(app, ada, video, asked, deliver)


def _clear(app: App) -> None:
    """What the sleeper had in its hands when it lost its lease: the sweep of folders removes it."""
    for path in app.settings.work_dir.iterdir():
        for part in sorted(path.rglob("*"), reverse=True):
            part.rmdir() if part.is_dir() else part.unlink()
        path.rmdir()


async def test_f07_an_edit_that_kills_its_worker_again_and_again_is_given_up(
    app: App, ada: Person, deliver: Deliver
) -> None:
    video, asked = await begun(ada, deliver, app)
    for _ in range(app.settings.jobs.max_attempts):
        async with attempt(app, EVERYTHING, "edit.assembled:kill") as worker:
            assert await worker.wait() == -signal.SIGKILL
        async with app.sessions() as session, session.begin():
            await session.execute(text("UPDATE jobs SET state = 'queued', run_after = now() WHERE state = 'running'"))
    assert jobs.Outcome.DEAD in await work_off(app)
    await rest(app, deliver)
    failed = await look(ada, asked)
    assert (failed["state"], failed["failure_code"]) == ("failed", "edit_failed")
    assert (await read(ada, video))["duration_ms"] == 10_000
    async with app.sessions() as session:
        named = set(await session.scalars(text("SELECT key FROM upload_pieces UNION SELECT key FROM asset_files")))
        assert await session.scalar(text("SELECT count(*) FROM uploads")) == 1
        used = await session.scalar(text("SELECT used FROM storage_usage"))
        assert used == await session.scalar(text("SELECT sum(counted) FROM assets"))
    assert set(await keys_of(app.port(ObjectStore))) == named
