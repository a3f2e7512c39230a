"""What tidying up leaves alone: pieces of what is being made, and keys of what may still be played."""

import os
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, upload
from tests.factories.clips import clip
from tests.factories.edits import edit
from tests.factories.kept import keys_of
from tests.factories.videos import video

from socialflow.domains.media.handlers import protecting, remains
from socialflow.domains.media.handlers.transcode import tidy
from socialflow.domains.media.models import AssetKey, AssetState, Edit
from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.queries import protection
from socialflow.domains.media.service import transcodes
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]


async def test_tidying_up_late_leaves_the_pieces_of_a_repair_that_has_begun(
    app: App, ada: Person, deliver: Deliver
) -> None:
    asset_id = (await upload(app, ada, clip("tiny.mp4"))).asset_id
    await deliver(times=1)
    assert (await asset_of(app, asset_id)).state == AssetState.READY
    async with app.work(SYSTEM) as work:
        asset = await queries.locked(work.db, asset_id)
        assert asset is not None
        assert await transcodes.begin_repair(work, asset)
    store, folder = app.port(ObjectStore), app.settings.work_dir / str(asset_id)
    await store.put(f"work/{asset_id}/2/c00000.mp4", b"piece", content_type="video/mp4")
    folder.mkdir(parents=True, exist_ok=True)

    await tidy(app, asset_id)
    assert await store.get(f"work/{asset_id}/2/c00000.mp4") == b"piece"
    assert folder.is_dir()

    await deliver(times=1)
    assert (await asset_of(app, asset_id)).state == AssetState.READY
    assert not [key for key in await keys_of(store) if key.startswith("work/")]


async def test_parts_of_an_edit_that_waits_are_left_alone_until_it_is_over(app: App, ada: Person) -> None:
    edit_id = ids.parse("edt", (await edit(ada, await video(app, ada), {"kind": "mute"}))["id"])
    async with app.work(SYSTEM) as work:
        asset_id = (await work.db.get_one(Edit, edit_id)).asset_id
    store, folder = app.port(ObjectStore), app.settings.work_dir / str(edit_id)
    await store.put(f"work/{asset_id}/edit/part.mp4", b"part", content_type="video/mp4")
    folder.mkdir(parents=True)
    os.utime(folder, (1, 1))
    later = replace(app, clock=lambda: datetime.now(UTC) + timedelta(days=2))

    await remains.sweep_chunks(later)
    await remains.sweep_folders(app)
    assert await store.get(f"work/{asset_id}/edit/part.mp4") == b"part"
    assert folder.is_dir()

    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE edits SET state = 'failed'"))
    await remains.sweep_chunks(later)
    await remains.sweep_folders(app)
    assert not [key for key in await keys_of(store) if key.startswith("work/")]
    assert not folder.exists()


@pytest.mark.parametrize(("hours", "stays"), [(1, False), (20, True)])
async def test_a_key_is_kept_for_as_long_as_a_film_under_it_may_be_played(
    app: App, ada: Person, *, hours: int, stays: bool
) -> None:
    asset_id, now = (await upload(app, ada, b"a film")).asset_id, datetime.now(UTC)
    ended = {"created_at": now - timedelta(days=9), "ended_at": now - timedelta(hours=39)}
    async with app.work(SYSTEM) as work:
        asset = await queries.locked(work.db, asset_id)
        assert asset is not None
        asset.duration_ms = hours * 3_600_000
        work.db.add(AssetKey(id=uuid.uuid4(), asset_id=asset_id, protection="aes128", secret=b"sealed", **ended))
    await protecting.forget_keys(app)
    async with app.work(SYSTEM) as work:
        kept = await protection.usable(work.db, asset_id, work.now - timedelta(days=1))
        assert (len(kept) == 1) is stays
        assert (await work.db.scalar(text("SELECT count(*) FROM asset_keys")) == 1) is stays
