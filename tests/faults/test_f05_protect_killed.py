"""F5: the worker is killed while streams are enciphered: one protected video, never in the clear, nothing left over."""

import signal

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, facts, files_of, objects_of, upload
from tests.factories.clips import clip
from tests.faults.transcoding import EVERYTHING, attempt, expire_lease, work_off

from socialflow.domains.media.models import AssetState
from socialflow.domains.media.service import protection
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.packaging import Protection
from socialflow.ports.storage import ObjectStore

pytestmark = pytest.mark.adversary


@pytest.mark.parametrize("point", ["media.protect.claimed", "protect.stored", "media.protect.reacted"])
async def test_f05_a_worker_that_dies_while_it_enciphers_is_made_up_for(app: App, ada: Person, point: str) -> None:
    made = await upload(app, ada, clip("tiny.mp4"))
    async with app.work(SYSTEM) as work:
        await protection.want(work, made.asset_id, Protection.CLEARKEY)
    async with attempt(app, EVERYTHING, f"{point}:kill") as process:
        assert await process.wait() == -signal.SIGKILL
    served = [name for name in await files_of(app, made.asset_id) if "/" not in name and name.endswith(".mp4")]
    is_ready = (await asset_of(app, made.asset_id)).state == AssetState.READY
    assert is_ready is (point == "media.protect.reacted")
    assert bool(served) is is_ready, "nothing is served in the clear meanwhile"

    await expire_lease(app)
    await work_off(app)
    assert (await asset_of(app, made.asset_id)).state == AssetState.READY
    told = await facts(app)
    assert [told.count(kind) for kind in ("AssetPlayable", "AssetReady", "AssetFailed")] == [1, 1, 0]
    assert await objects_of(app, made.asset_id) <= set((await files_of(app, made.asset_id)).values())
    assert [info.key async for info in app.port(ObjectStore).list("work/")] == []
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM asset_keys")) == 1
        assert await session.scalar(text("SELECT state FROM transcodes")) == "done"
    assert list(app.settings.work_dir.iterdir()) == []
