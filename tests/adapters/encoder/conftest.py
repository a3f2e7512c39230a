"""One encoder per layer of sandbox; a fresh job folder per test."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.factories.clips import clip

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, binaries, sandbox
from socialflow.adapters.encoder.ffmpeg.sandbox import Sandbox
from socialflow.ports.encoder import JobFolder


@pytest.fixture
def encoder() -> FfmpegEncoder:
    return FfmpegEncoder(sandbox="best-effort", concurrency=2)


@pytest.fixture
def job_of(tmp_path: Path) -> Callable[..., JobFolder]:
    """A job folder around a copy of a clip, by name or by path."""

    def make(source: str | Path | bytes, name: str = "job") -> JobFolder:
        job = JobFolder(tmp_path / name, "test")
        job.create()
        if isinstance(source, bytes):
            job.source.write_bytes(source)
        else:
            shutil.copyfile(clip(source) if isinstance(source, str) else source, job.source)
        return job

    return make


@pytest.fixture(params=["bubblewrap", "landlock"])
async def layer(request: pytest.FixtureRequest) -> tuple[Sandbox, sandbox.Layer]:
    """Each layer that this machine has."""
    found = await binaries.find()
    bars = Sandbox("required", (found.ffmpeg, found.ffprobe))
    missing = bars.available(request.param)
    if missing:
        pytest.skip(f"NOT TESTED: {missing}")
    return bars, request.param
