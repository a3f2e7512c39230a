"""F6: a worker that hangs beyond its lease and wakes up again finds its writes refused."""

import asyncio
import contextlib
import signal

import psutil
import pytest
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, upload
from tests.factories.clips import clip
from tests.faults.test_f05_transcode_killed import check_end, digests
from tests.faults.transcoding import EVERYTHING, attempt, expire_lease, relay_all, work_off

from socialflow.kernel import jobs
from socialflow.kernel.work import App

pytestmark = pytest.mark.adversary

PATIENCE_SECONDS = 90


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "point", ["transcode.fetched", "task.chunks.made", "task.join.stored", "task.storyboard.stored"]
)
async def test_f06_a_sleeper_cannot_write_after_another_has_finished(app: App, ada: Person, point: str) -> None:
    made = await upload(app, ada, clip("wide.mp4"))
    await relay_all(app)
    async with attempt(app, EVERYTHING, f"{point}:stop") as sleeper:
        await _until_stopped(sleeper.pid)
        await expire_lease(app)
        assert set(await work_off(app)) == {jobs.Outcome.DONE}
        version, files = (await asset_of(app, made.asset_id)).version, await digests(app, made.asset_id)

        out = await _until_ended(sleeper)
        assert out.decode().split()[-1] == "lost"

    assert (await asset_of(app, made.asset_id)).version == version
    assert await digests(app, made.asset_id) == files
    await check_end(app, made.asset_id)


async def _until_stopped(pid: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while psutil.Process(pid).status() != psutil.STATUS_STOPPED:
            await asyncio.sleep(0.02)


async def _until_ended(sleeper: asyncio.subprocess.Process) -> bytes:
    """Wake it, as often as it falls asleep again; what it said."""
    ending = asyncio.create_task(sleeper.communicate())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not ending.done():
            # It may be gone already while we have yet to be told.
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(sleeper.pid).send_signal(signal.SIGCONT)
            await asyncio.wait({ending}, timeout=0.1)
    out, _ = ending.result()
    return out
