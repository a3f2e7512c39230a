"""F7: a file on which ffmpeg, or the whole worker, dies is given up, told to its owner, and blocks nobody."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, facts, objects_of, upload
from tests.factories.clips import clip
from tests.faults.transcoding import attempt, expire_lease, make_due, media_job

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, binaries
from socialflow.domains.media.models import AssetState
from socialflow.kernel import jobs, outbox
from socialflow.kernel.work import App
from socialflow.ports.encoder import Encoder

pytestmark = pytest.mark.adversary

POISON = b"\x00\x00\x00\x10freePOISONED"


@pytest.fixture
def brittle(app: App, tmp_path: Path) -> App:
    """An App whose ffmpeg dies of a segmentation fault on poisoned files."""
    wrapper = tmp_path / "ffmpeg"
    real = binaries.bundled_ffmpeg()
    wrapper.write_text(f'#!/bin/sh\ngrep -q POISONED in/source 2>/dev/null && kill -SEGV $$\nexec {real} "$@"\n')
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
    await _run_rest(brittle)

    assert outcomes == [jobs.Outcome.RETRY, jobs.Outcome.RETRY, jobs.Outcome.DEAD, jobs.Outcome.SKIPPED]
    failed = await asset_of(brittle, bad.asset_id)
    assert (failed.state, failed.failure_code) == (AssetState.FAILED, "encoder_crashed")
    assert failed.failure_detail
    assert await objects_of(brittle, bad.asset_id) == set()
    assert (await asset_of(brittle, good.asset_id)).state == AssetState.READY
    assert (await facts(brittle)).count("AssetFailed") == 1


async def test_f07_a_file_that_kills_every_worker_is_given_up(app: App, ada: Person) -> None:
    made = await upload(app, ada, clip("silent.mp4"))
    job = await media_job(app)
    for _ in range(app.settings.jobs.max_attempts):
        async with attempt(app, job, "transcode.probed:kill") as worker:
            await worker.wait()
        await expire_lease(app, job)

    assert await jobs.execute(app, job) is jobs.Outcome.DEAD
    asset = await asset_of(app, made.asset_id)
    assert (asset.state, asset.failure_code) == (AssetState.FAILED, "processing_failed")
    assert asset.failure_detail
    assert not (app.settings.work_dir / str(made.asset_id)).exists()
    assert await objects_of(app, made.asset_id) == set()


async def _run_rest(app: App) -> None:
    while await outbox.relay_once(app):
        pass
    async with app.sessions() as session:
        waiting = (await session.execute(text("SELECT id FROM jobs WHERE queue = 'media' AND state = 'queued'"))).all()
    for row in waiting:
        await jobs.execute(app, row.id)
