"""From the last byte to ready, or to a failure that people understand; with the real encoder."""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, facts, files_of, objects_of, upload
from tests.factories.beside import ROOT, needs
from tests.factories.clips import clip

from socialflow.domains.media import service
from socialflow.domains.media.handlers import remains
from socialflow.domains.media.models import Asset, AssetState, Rendition, UploadPiece
from socialflow.domains.media.queries import transcodes
from socialflow.kernel import ids, jobs, outbox
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import Encoder, EncoderTrouble, FailureCode
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]


async def test_an_uploaded_video_becomes_ready_once_with_all_its_files(app: App, ada: Person, deliver: Deliver) -> None:
    made = await upload(app, ada, clip("wide.mp4"))
    await deliver()

    asset = await asset_of(app, made.asset_id)
    assert (asset.state, asset.progress, asset.failure_code) == (AssetState.READY, 100, None)
    assert (asset.width, asset.height, asset.has_video, asset.has_audio) == (854, 480, True, True)
    assert asset.duration_ms is not None
    assert 5_900 <= asset.duration_ms <= 6_100
    assert asset.thumbhash
    files = await files_of(app, made.asset_id)
    public = {name for name in files if "/" not in name}
    assert {"master.m3u8", "manifest.mpd", "v360.mp4", "v480.mp4", "a.mp4", "poster.jpg", "storyboard.vtt"} <= public
    assert set(files.values()) == await objects_of(app, made.asset_id)
    assert not (app.settings.work_dir / str(made.asset_id)).exists()
    told = await facts(app)
    assert [told.count(kind) for kind in ("AssetPlayable", "AssetReady", "AssetFailed")] == [1, 1, 0]
    assert told.index("AssetPlayable") < told.index("AssetReady")
    async with app.work(SYSTEM) as work:
        names = set(await work.db.scalars(select(Rendition.name).where(Rendition.asset_id == made.asset_id)))
    assert names == {"360p", "480p", "audio"}
    master = (await app.port(ObjectStore).get(files["master.m3u8"])).decode()
    assert "src.m3u8" not in master
    assert master.index("v360.m3u8") < master.index("v480.m3u8")


async def test_a_video_can_be_played_before_its_ladder_is_made(app: App, ada: Person, deliver: Deliver) -> None:
    made = await upload(app, ada, clip("wide.mp4"))
    seen: list[tuple[str, int, set[str]]] = []
    topic = f"asset:{ids.show('ast', made.asset_id)}"
    async with app.signals.listening(topic) as queue:
        await asyncio.sleep(0.1)

        async def watch() -> None:
            while True:
                signal = await queue.get()
                if signal is not None:
                    seen.append(
                        (signal.data["state"], signal.data["progress"], set(await files_of(app, made.asset_id)))
                    )

        watching = asyncio.create_task(watch())
        await deliver(times=1)
        await asyncio.sleep(0.2)
        watching.cancel()
        await asyncio.wait({watching})

    states = [state for state, _, _ in seen]
    assert [state for state in dict.fromkeys(states) if state != "transcoding"] == [
        "probing",
        "partially_playable",
        "ready",
    ]
    first = next(files for state, _, files in seen if state == "partially_playable")
    assert {"master.m3u8", "src.mp4", "as.mp4", "poster.jpg"} <= first
    assert "v480.mp4" not in first
    assert [progress for _, progress, _ in seen] == sorted(progress for _, progress, _ in seen)


async def test_superseded_files_go_after_their_time(app: App, ada: Person, deliver: Deliver) -> None:
    made = await upload(app, ada, clip("wide.mp4"))
    await deliver(times=1)
    before = await files_of(app, made.asset_id)
    assert "src.mp4" in before
    assert any(name.startswith("old/") for name in before)

    await remains.delete_superseded(app)
    assert await files_of(app, made.asset_id) == before
    later = replace(app, clock=lambda: app.clock() + timedelta(hours=3))
    await remains.delete_superseded(later)

    after = await files_of(app, made.asset_id)
    assert not [name for name in after if name.startswith(("src", "old/"))]
    assert set(after.values()) == await objects_of(app, made.asset_id)


@pytest.mark.parametrize("name", ["sound.mp3", "silent.mp4", "vertical.mp4"])
async def test_every_kind_of_source_ends_ready(app: App, ada: Person, deliver: Deliver, name: str) -> None:
    made = await upload(app, ada, clip(name))
    await deliver()

    asset = await asset_of(app, made.asset_id)
    assert asset.state == AssetState.READY
    assert asset.has_video == (name != "sound.mp3")
    assert asset.has_audio == (name != "silent.mp4")
    assert "master.m3u8" in await files_of(app, made.asset_id)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"Only words.\n" * 100, "not_a_video"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "playlist_refused"),
        (b"\x1a\x45\xdf\xa3" + bytes(3_000), "corrupt"),
    ],
)
async def test_a_file_that_is_no_video_fails_with_a_sentence(
    app: App, ada: Person, deliver: Deliver, data: bytes, code: str
) -> None:
    made = await upload(app, ada, data)
    await deliver()

    asset = await asset_of(app, made.asset_id)
    assert (asset.state, asset.failure_code) == (AssetState.FAILED, code)
    assert asset.failure_detail is not None
    assert asset.failure_detail.endswith(".")
    assert (await facts(app)).count("AssetFailed") == 1
    assert await objects_of(app, made.asset_id) == set()
    assert not (app.settings.work_dir / str(made.asset_id)).exists()


async def test_a_video_that_breaks_off_fails_and_what_was_shown_of_it_is_withdrawn(
    app: App, ada: Person, deliver: Deliver, tmp_path: Path
) -> None:
    whole = clip("hevc.mkv").read_bytes()
    made = await upload(app, ada, whole[: len(whole) // 3])
    await deliver()

    asset = await asset_of(app, made.asset_id)
    assert asset.state == AssetState.FAILED
    assert asset.failure_code in {"truncated", "corrupt"}
    assert await files_of(app, made.asset_id) == {}
    assert await objects_of(app, made.asset_id) == set()


async def test_bytes_lost_by_the_store_fail_with_a_code_of_their_own(app: App, ada: Person, deliver: Deliver) -> None:
    made = await upload(app, ada, clip("silent.mp4"))
    async with app.work(SYSTEM) as work:
        await work.db.execute(delete(UploadPiece).where(UploadPiece.upload_id == made.id))
    await deliver()

    assert (await asset_of(app, made.asset_id)).failure_code == "source_damaged"


class Troubled:
    """An encoder whose machine is broken."""

    def __init__(self, inner: Encoder, code: FailureCode) -> None:
        self.inner = inner
        self.code = code

    async def probe(self, _: object) -> None:
        raise EncoderTrouble(self.code)


async def test_trouble_of_ours_is_tried_again_and_then_told(app: App, ada: Person) -> None:
    made = await upload(app, ada, clip("silent.mp4"))
    broken = replace(app, ports={**app.ports, Encoder: Troubled(app.port(Encoder), FailureCode.ENCODER_CRASHED)})
    outcomes = await run_to_the_end(broken)

    assert outcomes == [jobs.Outcome.RETRY, jobs.Outcome.RETRY, jobs.Outcome.DEAD]
    asset = await asset_of(app, made.asset_id)
    assert (asset.state, asset.failure_code) == (AssetState.FAILED, "encoder_crashed")
    assert asset.failure_detail == "The encoder stopped unexpectedly while reading this file."
    assert (await facts(app)).count("AssetFailed") == 1


async def run_to_the_end(app: App) -> list[jobs.Outcome]:
    """Relay, then run the one job that plans until it is over, as impatient workers would."""
    while await outbox.relay_once(app):
        pass
    outcomes = []
    while True:
        async with app.sessions() as session, session.begin():
            await session.execute(text("UPDATE jobs SET run_after = now() - interval '1 second'"))
            rows = await session.execute(
                text("SELECT id FROM jobs WHERE kind = 'media.transcode' AND state = 'queued'")
            )
            waiting = [row.id for row in rows]
        if not waiting:
            return outcomes
        outcomes += [await jobs.execute(app, job_id) for job_id in waiting]


async def test_a_deleted_asset_leaves_nothing(app: App, ada: Person, deliver: Deliver) -> None:
    made = await upload(app, ada, clip("silent.mp4"))
    await deliver(times=1)
    async with app.work(SYSTEM) as work:
        await service.delete_asset(work, made.asset_id)
        await service.delete_asset(work, made.asset_id)
    await deliver()

    assert await objects_of(app, made.asset_id) == set()
    assert [info.key async for info in app.port(ObjectStore).list("uploads/")] == []
    async with app.work(SYSTEM) as work:
        assert await work.db.get(Asset, made.asset_id) is None
        assert await work.db.scalar(text("SELECT used FROM storage_usage")) == 0


async def test_an_asset_deleted_while_it_waits_is_not_made(app: App, ada: Person, deliver: Deliver) -> None:
    made = await upload(app, ada, clip("silent.mp4"))
    async with app.work(SYSTEM) as work:
        await service.delete_asset(work, made.asset_id)
    await deliver()

    assert await objects_of(app, made.asset_id) == set()
    assert not (app.settings.work_dir / str(made.asset_id)).exists()
    assert "AssetReady" not in await facts(app)


async def test_the_sweeps_find_what_nobody_knows(app: App, ada: Person, deliver: Deliver) -> None:
    made = await upload(app, ada, clip("silent.mp4"))
    await deliver(times=1)
    store, kept = app.port(ObjectStore), await objects_of(app, made.asset_id)
    for key in (
        f"assets/{made.asset_id}/0123456789abcdef/v360.mp4",
        f"assets/{uuid.uuid4()}/0123456789abcdef/a.mp4",
        f"beside/{made.asset_id}/0123456789abcdef/preview.mp4",
    ):
        await store.put(key, b"orphan", content_type="video/mp4")
    needed = await upload(app, ada, clip("silent.mp4"))
    pieces = {info.key async for info in store.list("uploads/")}
    chunks = [f"work/{asset_id}/1/c00000.mp4" for asset_id in (made.asset_id, uuid.uuid4(), needed.asset_id)]
    for key in chunks:
        await store.put(key, b"chunk", content_type="video/mp4")
    folders = [app.settings.work_dir / str(name) for name in (made.asset_id, uuid.uuid4(), "not-an-asset")]
    for folder in folders:
        folder.mkdir(parents=True)
        os.utime(folder, (1, 1))

    await remains.sweep_files(app)
    there = len(kept) + 3 + len(pieces) + len(chunks)
    assert len([info async for info in store.list("")]) == there, "the young are left alone"
    await remains.sweep_chunks(app)
    assert len([info async for info in store.list("")]) == there, "here, too"
    later = replace(app, clock=lambda: app.clock() + timedelta(days=2))
    await remains.sweep_files(later)
    await remains.sweep_chunks(later)
    await remains.sweep_folders(app)

    assert {info.key async for info in store.list("")} == kept | pieces | {chunks[2]}
    assert [folder.exists() for folder in folders] == [False, False, True]


async def test_a_work_folder_that_is_in_use_stays(app: App, ada: Person) -> None:
    made = await upload(app, ada, clip("silent.mp4"))
    folder = app.settings.work_dir / str(made.asset_id)
    folder.mkdir(parents=True)
    os.utime(folder, (1, 1))
    await remains.sweep_folders(app)

    assert folder.exists()


async def test_progress_never_goes_back_and_ends_with_the_asset(app: App, ada: Person, deliver: Deliver) -> None:
    made = await upload(app, ada, clip("silent.mp4"))

    async def tell(percent: int) -> object:
        async with app.work(SYSTEM) as work:
            return await transcodes.set_progress(work.db, made.asset_id, percent, work.now)

    assert await tell(40) is not None
    assert await tell(30) is None
    await deliver(times=1)
    assert await tell(50) is None
    assert (await asset_of(app, made.asset_id)).progress == 100


@pytest.mark.slow
@needs("media/clips/cockatoo.mp4")
async def test_real_clips_become_ready(app: App, ada: Person, deliver: Deliver) -> None:
    made = await upload(app, ada, ROOT / "media" / "clips" / "cockatoo.mp4")
    await deliver(times=1)

    asset = await asset_of(app, made.asset_id)
    assert (asset.state, asset.width, asset.height) == (AssetState.READY, 1280, 720)
