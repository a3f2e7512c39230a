"""F7: a file on which ffmpeg, or the whole worker, dies is given up, told to its owner, and blocks nobody."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, facts, objects_of, upload
from tests.factories.clips import clip
from tests.faults.transcoding import attempt, expire_lease, make_due, media_job, work_off

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, binaries
from socialflow.domains.media.models import AssetState
from socialflow.kernel import jobs
from socialflow.kernel.work import App
from socialflow.ports.encoder import Encoder

pytestmark = pytest.mark.adversary

POISON = b"\x00\x00\x00\x10freePOISONED"


@pytest.fixture
def brittle(app: App, tmp_path: Path) -> App:
    """An App whose ffmpeg dies of a segmentation fault on poisoned files."""
    return encoder_that_dies(app, tmp_path, of="kill -SEGV $$")


def encoder_that_dies(app: App, folder: Path, *, of: str) -> App:
    """An App whose ffmpeg first runs a line of shell on poisoned files."""
    wrapper = folder / "ffmpeg"
    real = binaries.bundled_ffmpeg()
    wrapper.write_text(f'#!/bin/sh\nif grep -q POISONED in/source 2>/dev/null; then {of}; fi\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    return replace(app, ports={**app.ports, Encoder: FfmpegEncoder(ffmpeg=wrapper, sandbox="off")})


async def test_f07_a_file_that_kills_ffmpeg_is_given_up_and_the_next_is_made(brittle: App, ada: Person) -> None:
    bad = await upload(brittle, ada, clip("silent.mp4").read_bytes() + POISON)
    job = await media_job(brittle)
    outcomes = []
    for _ in range(4):
        await make_due(brittle, job)
        outcomes.append(await jobs.execute(brittle, job))
    good = await upload(brittle, ada, clip("silent.mp4"))
    await work_off(brittle)

    assert outcomes == [jobs.Outcome.RETRY, jobs.Outcome.RETRY, jobs.Outcome.DEAD, jobs.Outcome.SKIPPED]
    failed = await asset_of(brittle, bad.asset_id)
    assert (failed.state, failed.failure_code) == (AssetState.FAILED, "encoder_crashed")
    assert failed.failure_detail
    assert await objects_of(brittle, bad.asset_id) == set()
    assert (await asset_of(brittle, good.asset_id)).state == AssetState.READY
    assert (await facts(brittle)).count("AssetFailed") == 1


async def test_f07_a_chunk_that_kills_ffmpeg_fails_its_asset_with_the_reason_and_keeps_no_other_waiting(
    app: App, ada: Person, tmp_path: Path
) -> None:
    fragile = encoder_that_dies(app, tmp_path, of='case "$*" in *libx264*) kill -SEGV $$;; esac')
    bad = await upload(fragile, ada, clip("silent.mp4").read_bytes() + POISON)
    good = await upload(fragile, ada, clip("silent.mp4"))
    while jobs.Outcome.RETRY in await work_off(fragile):
        await make_due(fragile)

    failed = await asset_of(fragile, bad.asset_id)
    assert (failed.state, failed.failure_code) == (AssetState.FAILED, "encoder_crashed")
    assert await objects_of(fragile, bad.asset_id) == set()
    assert (await asset_of(fragile, good.asset_id)).state == AssetState.READY
    async with fragile.sessions() as session:
        query = text("SELECT state, attempts, failure_code, failure_notes FROM transcode_tasks WHERE asset_id = :id")
        tasks = (await session.execute(query, {"id": bad.asset_id})).all()
    dead = [row for row in tasks if row.state == "failed"]
    assert [(row.attempts, row.failure_code) for row in dead] == [
        (fragile.settings.jobs.max_attempts, "encoder_crashed")
    ]
    assert "exit code" in dead[0].failure_notes
    assert {row.state for row in tasks} <= {"done", "failed", "cancelled"}


async def test_f07_a_file_that_kills_every_worker_is_given_up(app: App, ada: Person) -> None:
    made = await upload(app, ada, clip("silent.mp4"))
    job = await media_job(app)
    for _ in range(app.settings.jobs.max_attempts):
        async with attempt(app, job, "transcode.fetched:kill") as worker:
            await worker.wait()
        await expire_lease(app)

    assert await jobs.execute(app, job) is jobs.Outcome.DEAD
    asset = await asset_of(app, made.asset_id)
    assert (asset.state, asset.failure_code) == (AssetState.FAILED, "processing_failed")
    assert asset.failure_detail
    assert not (app.settings.work_dir / str(made.asset_id)).exists()
    assert await objects_of(app, made.asset_id) == set()
