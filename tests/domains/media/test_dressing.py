"""What stands beside a video's streams, while these are made, fail, and are made anew."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from tests.factories.accounts import Person
from tests.factories.assets import asset_of, files_of, objects_of, upload
from tests.factories.clips import clip
from tests.factories.uploads import ready_asset

from socialflow.domains.media.handlers.remains import sweep_folders
from socialflow.domains.media.handlers.transcode import tidy
from socialflow.domains.media.models import AssetState
from socialflow.domains.media.service import benches, captions, dressing, transcodes
from socialflow.domains.media.service.captions import Wished
from socialflow.domains.media.service.cues import Cue
from socialflow.domains.media.service.dressing import Dress
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]
MINE = Dress({"poster.jpg": (b"mine", "image/jpeg")}, extras={"poster": 1}, thumbhash="mine")


async def test_captions_and_a_poster_of_ones_own_outlast_a_new_round_of_the_transcode(
    app: App, ada: Person, deliver: Deliver
) -> None:
    asset_id = (await upload(app, ada, clip("tiny.mp4"))).asset_id
    async with app.work(SYSTEM) as work:
        await captions.put(work, asset_id, "en", [Cue(0, 900, "Hello.")], Wished())
    assert await dressing.put_on(app, asset_id, MINE)
    async with app.work(SYSTEM) as work:
        await transcodes.cancel(work, asset_id)
    await deliver(times=1)
    assert set(await files_of(app, asset_id)) == {"poster.jpg"}

    async with app.work(SYSTEM) as work:
        await transcodes.retry(work, asset_id)
    await deliver(times=1)

    asset, files, store = await asset_of(app, asset_id), await files_of(app, asset_id), app.port(ObjectStore)
    assert (asset.state, asset.thumbhash) == (AssetState.READY, "mine")
    assert await store.get(files["poster.jpg"]) == b"mine"
    assert b"Hello." in await store.get(files["captions-en.vtt"])
    assert (await store.get(files["master.m3u8"])).count(b"TYPE=SUBTITLES") == 1
    assert b"captions-en.vtt" in await store.get(files["manifest.mpd"])
    assert await objects_of(app, asset_id) == set(files.values()), "nothing is unnamed, nothing is missing"


async def test_tidying_up_leaves_a_download_that_has_no_name_yet(app: App, ada: Person) -> None:
    asset_id = ids.parse("ast", await ready_asset(app, ada))
    named = await objects_of(app, asset_id)
    store, folder = app.port(ObjectStore), f"assets/{asset_id}/0123456789abcdef"
    for name in ("get-720p.mp4", "v360.mp4"):
        await store.put(f"{folder}/{name}", b"fresh", content_type="video/mp4")

    await tidy(app, asset_id)
    assert await objects_of(app, asset_id) == {*named, f"{folder}/get-720p.mp4"}


async def test_a_folder_that_somebody_listens_in_is_not_swept_however_long(app: App) -> None:
    async with benches.scratch(app) as job:
        await sweep_folders(replace(app, clock=lambda: app.clock() + timedelta(days=2)))
        assert job.root.is_dir()
    assert not job.root.exists()
