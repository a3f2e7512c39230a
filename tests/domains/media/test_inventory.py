"""What the rows say is kept is compared with what is; what can be repaired is, and of the rest it is said why not."""

import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, files_of, objects_of, upload
from tests.factories.clips import clip
from tests.factories.kept import damage, keys_of, orphan, path_of
from tests.factories.staff import of_role
from tests.factories.uploads import offset_of, ready_asset, send, started, state_of, uploaded
from tests.factories.videos import asset_of as asset_of_video
from tests.factories.videos import video
from tests.faults.transcoding import make_due, next_job

from socialflow.adapters.storage.local import LocalObjectStore
from socialflow.domains.media.handlers.transcode import repair_again
from socialflow.domains.media.models import AssetState
from socialflow.domains.media.queries import inventory as queries
from socialflow.domains.media.service import captions, fetch_source
from socialflow.domains.media.service.captions import Wished
from socialflow.domains.media.service.cues import Cue
from socialflow.domains.media.service.dressing import Dress, put_on
from socialflow.domains.media.service.extras import OWN
from socialflow.domains.media.service.inventory import Fault, Report, everything_named, verify
from socialflow.domains.media.service.repairs import repair
from socialflow.kernel import ids, jobs
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import Encoder, EncoderTrouble, FailureCode
from socialflow.ports.storage import ObjectStore, StoreUnavailable

Deliver = Callable[..., Awaitable[int]]
People = Callable[..., Awaitable[Person]]
DAY = timedelta(days=1)


def faults(report: Report) -> dict[str, Fault]:
    return {found.key: found.fault for found in report.findings}


@asynccontextmanager
async def _unavailable(app: App) -> AsyncIterator[None]:
    class Away(LocalObjectStore):
        async def head(self, key: str) -> Any:
            del key
            raise StoreUnavailable(retry_after=1)

    ports = cast("dict[type[Any], Any]", app.ports)
    kept = ports[ObjectStore]
    ports[ObjectStore] = Away(app.settings.storage_root)
    try:
        yield
    finally:
        ports[ObjectStore] = kept


async def test_an_installation_without_a_file_is_whole(app: App) -> None:
    report = await verify(app)

    assert (report.objects, report.size, report.findings, report.is_clean) == (0, 0, [], True)


async def test_what_is_as_it_should_be_is_counted_and_nothing_is_found(app: App, ada: Person) -> None:
    await uploaded(ada, b"0123456789")
    await ready_asset(app, ada, files={"v360.mp4": (b"12345", "video/mp4")})

    report = await verify(app)

    assert (report.objects, report.size, report.findings) == (2, 15, [])


async def test_missing_damaged_and_orphaned_objects_are_found_and_left_alone(app: App, ada: Person) -> None:
    asset = ids.parse("ast", await ready_asset(app, ada))
    files = await files_of(app, asset)
    path_of(app, files["poster.jpg"]).unlink()
    damage(app, files["v360.mp4"])
    path_of(app, files["master.m3u8"]).write_bytes(b"short")
    old = await orphan(app, f"assets/{ids.new()}/aa/v360.mp4", age=2 * DAY)
    piece = await orphan(app, f"uploads/{ids.new()}/0-aa", age=2 * DAY)
    beside = await orphan(app, f"beside/{ids.new()}/aa/poster.jpg", age=2 * DAY)
    await orphan(app, f"assets/{ids.new()}/aa/young", age=timedelta(hours=23))
    before = await keys_of(app.port(ObjectStore))

    report = await verify(app)

    assert faults(report) == {
        files["poster.jpg"]: Fault.MISSING,
        files["v360.mp4"]: Fault.DAMAGED,
        files["master.m3u8"]: Fault.DAMAGED,
        old: Fault.ORPHAN,
        piece: Fault.ORPHAN,
        beside: Fault.ORPHAN,
    }
    assert not report.is_clean
    assert await keys_of(app.port(ObjectStore)) == before
    quick = await verify(app, quick=True)
    assert files["v360.mp4"] not in faults(quick)
    assert faults(quick)[files["master.m3u8"]] is Fault.DAMAGED


async def test_more_than_a_page_is_looked_at(app: App, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE", 3)
    await ready_asset(app, ada)
    await ready_asset(app, ada)
    for _ in range(4):
        await uploaded(ada, b"0123456789")

    assert (await verify(app)).objects == 2 * 7 + 4
    named = [row.key async for page in everything_named(app) for row in page]
    assert len(set(named)) == 18


async def test_a_store_that_is_away_says_nothing_about_its_objects(app: App, ada: Person) -> None:
    await ready_asset(app, ada)

    async with _unavailable(app):
        with pytest.raises(StoreUnavailable):
            await verify(app)


async def test_an_orphan_is_deleted_and_a_young_one_is_not(app: App) -> None:
    old = await orphan(app, f"assets/{ids.new()}/aa/v360.mp4", age=2 * DAY)
    young = await orphan(app, f"assets/{ids.new()}/aa/v360.mp4", age=timedelta(minutes=1))

    report = await verify(app)
    await repair(app, report)

    assert [(found.key, found.repaired, found.done) for found in report.findings] == [(old, True, "deleted")]
    assert await keys_of(app.port(ObjectStore)) == [young]


async def test_an_upload_under_way_goes_on_before_its_lost_piece(app: App, ada: Person, tmp_path: Path) -> None:
    data = os.urandom(300_000)
    address = await started(ada, len(data))
    for at in (0, 100_000):
        await send(ada, address, at, data[at : at + 100_000])
    second = (await keys_of(app.port(ObjectStore), "uploads/"))[1]
    damage(app, second)

    report = await verify(app)
    await repair(app, report)

    assert [(found.key, found.repaired) for found in report.findings] == [(second, True)]
    assert "from byte 100000 on" in report.findings[0].done
    assert await offset_of(ada, address) == 100_000
    assert (await send(ada, address, 100_000, data[100_000:])).status_code == 204
    asset_id = ids.parse("ast", (await state_of(ada, address))["asset_id"])
    await fetch_source(app, asset_id, tmp_path / "source")
    assert (tmp_path / "source").read_bytes() == data


async def test_a_lost_source_is_said_plainly_to_be_lost(app: App, ada: Person) -> None:
    await uploaded(ada, b"0123456789")
    (key,) = await keys_of(app.port(ObjectStore))
    path_of(app, key).unlink()

    report = await verify(app)
    await repair(app, report)

    assert not report.is_clean
    assert "only its owner can upload it again" in report.findings[0].done


async def test_what_has_no_source_cannot_be_made_again(app: App, ada: Person) -> None:
    asset = ids.parse("ast", await ready_asset(app, ada))
    key = (await files_of(app, asset))["v360.mp4"]
    path_of(app, key).unlink()

    report = await verify(app)
    await repair(app, report)

    assert [(found.repaired, found.done) for found in report.findings] == [
        (False, "cannot be made again: its source is not kept; only its owner can upload it again")
    ]
    assert (await asset_of(app, asset)).state == AssetState.READY


async def test_a_lost_rendition_is_made_again_of_its_source_to_the_byte(
    app: App, ada: Person, deliver: Deliver
) -> None:
    made = await upload(app, ada, clip("silent.mp4"))
    await deliver(times=1)
    files = await files_of(app, made.asset_id)
    store = app.port(ObjectStore)
    name, lost = next((name, key) for name, key in files.items() if name.startswith("v") and name.endswith(".mp4"))
    before = hashlib.sha256(await store.get(lost)).hexdigest()
    damage(app, lost)
    path_of(app, files["poster.jpg"]).unlink()

    report = await verify(app)
    await repair(app, report)

    assert {found.done for found in report.findings} == {"queued to be made again"}
    assert report.is_clean
    assert (await asset_of(app, made.asset_id)).state == AssetState.PARTIALLY_PLAYABLE
    await deliver(times=1)
    assert (await asset_of(app, made.asset_id)).state == AssetState.READY
    files = await files_of(app, made.asset_id)
    assert hashlib.sha256(await store.get(files[name])).hexdigest() == before
    assert await objects_of(app, made.asset_id) >= {files["poster.jpg"], files[name]}
    assert (await verify(app)).findings == []


async def test_a_repair_that_fails_leaves_a_ready_video_as_it_is_and_is_tried_again(
    app: App, ada: Person, person: People, deliver: Deliver
) -> None:
    sent = await upload(app, ada, clip("silent.mp4"))
    asset_id = sent.asset_id
    made = (await ada.post("/videos", {"upload_id": ids.show("upl", sent.id)})).json()
    staff = await of_role(app, person, "ops", "jobs:manage")
    await deliver(times=1)
    before = await files_of(app, asset_id)
    lost = lose_a_rendition(app, before)
    await repair(app, await verify(app))
    broken = replace(app, ports={**app.ports, Encoder: NoStoryboard(app.port(Encoder))})
    await until_over(broken)

    after = await files_of(app, asset_id)
    assert after == {name: key for name, key in before.items() if name != lost}
    assert (await asset_of(app, asset_id)).state == AssetState.READY
    assert (await ada.get(f"/videos/{made['id']}")).json()["state"] == "ready"
    job = (await staff.get("/admin/media/jobs?state=failed")).json()["items"][0]
    assert (job["id"], job["failure_code"]) == (ids.show("ast", asset_id), "encoder_crashed")
    assert (
        "no storyboard today" in (await staff.get(f"/admin/media/jobs/{job['id']}")).json()["parts"][0]["failure_notes"]
    )

    await repair_again(app)
    await deliver(times=1)
    assert (await asset_of(app, asset_id)).state == AssetState.READY, "it is not time yet"
    assert lost not in await files_of(app, asset_id)
    await repair_again(replace(app, clock=lambda: app.clock() + timedelta(minutes=16)))
    assert (await asset_of(app, asset_id)).state == AssetState.PARTIALLY_PLAYABLE
    await deliver(times=1)
    assert (await asset_of(app, asset_id)).state == AssetState.READY
    assert (await verify(app)).findings == []
    assert (await staff.get("/admin/media/jobs?state=failed")).json()["items"] == []


async def test_a_repair_that_is_stopped_withdraws_nothing_and_staff_begin_it_anew(
    app: App, ada: Person, person: People, deliver: Deliver
) -> None:
    made = await upload(app, ada, clip("silent.mp4"))
    staff = await of_role(app, person, "ops", "jobs:manage")
    await deliver(times=1)
    before = await files_of(app, made.asset_id)
    lost = lose_a_rendition(app, before)
    await repair(app, await verify(app))
    job = f"/admin/media/jobs/{ids.show('ast', made.asset_id)}"
    assert (await staff.post(f"{job}/cancel", {})).json()["state"] == "cancelled"
    await deliver(times=1)
    assert (await asset_of(app, made.asset_id)).state == AssetState.READY
    assert set(await files_of(app, made.asset_id)) == set(before) - {lost}
    assert (await ada.post(f"/uploads/{ids.show('upl', made.id)}/retry", {})).json()["code"] == "not_to_retry"

    assert (await staff.post(f"{job}/retry", {})).json()["state"] == "running"
    await deliver(times=1)
    assert (await verify(app)).findings == []


def lose_a_rendition(app: App, files: dict[str, str]) -> str:
    """Its name."""
    name = next(name for name in files if name.startswith("v") and name.endswith(".mp4"))
    path_of(app, files[name]).unlink()
    return name


class NoStoryboard:
    """An encoder that makes everything but the last."""

    def __init__(self, inner: Encoder) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def storyboard(self, *_: object) -> None:
        raise EncoderTrouble(FailureCode.ENCODER_CRASHED, notes="no storyboard today")


async def until_over(app: App) -> None:
    """Impatient workers, until nothing is left to try."""
    while True:
        await make_due(app)
        job = await next_job(app)
        if job is None:
            return
        await jobs.execute(app, job)


async def test_what_stands_beside_a_video_is_made_again_without_its_source(
    app: App, ada: Person, deliver: Deliver
) -> None:
    made = await video(app, ada, seconds=30, description="0:00 One\n0:10 Two\n0:20 Three")
    asset, store = await asset_of_video(app, made["id"]), app.port(ObjectStore)
    picture, chosen = (b"a picture", "image/jpeg"), {"name": "poster-1.jpg", "thumbhash": "mine", "edition": 3}
    files = {"poster.jpg": picture, "poster-1.jpg": picture, "preview.mp4": (b"moving", "video/mp4"), OWN: picture}
    extras = {"poster": 3, "chosen": chosen, "glimpsed": 1, "preview": 1}
    assert await put_on(app, asset, Dress(files, extras=extras))
    async with app.work(SYSTEM) as work:
        await captions.put(work, asset, "en", [Cue(0, 900, "Hello.")], Wished())
    await ada.patch(f"/videos/{made['id']}", {"title": "Changed"})
    await deliver()
    before = await files_of(app, asset)
    lost = ["chapters.vtt", "captions-en.vtt", "captions-en.m3u8", "poster.jpg", "preview.mp4", OWN]
    for name in lost:
        path_of(app, before[name]).unlink()

    report = await verify(app)
    await repair(app, report)
    await deliver()

    assert {found.row.name: found.repaired for found in report.findings if found.row} == {
        **dict.fromkeys(lost, True),
        OWN: False,
    }
    after = await files_of(app, asset)
    assert await store.get(after["poster.jpg"]) == b"a picture"
    assert b"Hello." in await store.get(after["captions-en.vtt"])
    assert b"Three" in await store.get(after["chapters.vtt"])
    assert [found.key for found in (await verify(app)).findings] == [before[OWN]]
    # The clock finds it.
    assert not {"glimpsed", "preview"} & (await asset_of(app, asset)).extras.keys()


async def test_a_rendition_whose_source_is_damaged_too_stays_as_it_is(app: App, ada: Person, deliver: Deliver) -> None:
    made = await upload(app, ada, clip("silent.mp4"))
    await deliver(times=1)
    files = await files_of(app, made.asset_id)
    path_of(app, files["poster.jpg"]).unlink()
    for key in await keys_of(app.port(ObjectStore), "uploads/"):
        damage(app, key)

    report = await verify(app)
    await repair(app, report)

    told = {found.fault: found.done for found in report.findings if found.key.startswith("assets/")}
    assert "its source is damaged, too" in told[Fault.MISSING]
    assert (await asset_of(app, made.asset_id)).state == AssetState.READY
    assert "poster.jpg" in await files_of(app, made.asset_id)


async def test_repairing_at_another_time_than_verifying_does_no_harm(app: App, ada: Person) -> None:
    address = await started(ada, 100)
    await send(ada, address, 0, b"x" * 60)
    (key,) = await keys_of(app.port(ObjectStore))
    path_of(app, key).unlink()
    report = await verify(app)
    async with app.sessions() as session, session.begin():
        await session.execute(text("DELETE FROM uploads"))

    await repair(app, report)

    assert report.findings[0].done == "the upload is gone meanwhile"
    assert (await verify(replace(app))).findings == []
