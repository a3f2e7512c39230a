"""Glimpses: what is seen and heard in renditions that the encoder made of real clips."""

import shutil
import wave
from pathlib import Path

import pytest
from tests.factories.clips import clip
from tests.factories.pictures import opened

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder
from socialflow.adapters.glimpses.ffmpeg import FfmpegGlimpses
from socialflow.domains.media.service import glimpses as choosing
from socialflow.domains.media.service import playlists
from socialflow.ports.encoder import JobFolder, Rendition, SourceRefused
from socialflow.ports.glimpses import LOOK_HEIGHT, LOOK_WIDTH

ENCODER = FfmpegEncoder(concurrency=2)


@pytest.fixture
def glimpses() -> FfmpegGlimpses:
    return FfmpegGlimpses()


async def rendition_of(tmp_path: Path, name: str, *, sound: bool = False) -> tuple[JobFolder, Rendition]:
    """A rendition as the source of a job, and what its playlists say."""
    making = JobFolder(tmp_path / "making", "test")
    making.create()
    shutil.copyfile(clip(name), making.source)
    source = await ENCODER.probe(making)
    plan = ENCODER.plan(source)
    if sound:
        (made,) = await ENCODER.audio(making, source, plan.tracks, lambda _: None)
    else:
        (made,) = await ENCODER.remux(making, source, plan)
    job = JobFolder(tmp_path / "job", "test")
    job.create()
    shutil.copyfile(made.files[0].path, job.source)
    return job, made


async def test_frames_are_the_keyframes_in_order_at_most_as_many_as_asked(
    glimpses: FfmpegGlimpses, tmp_path: Path
) -> None:
    job, _ = await rendition_of(tmp_path, "long.mp4")
    frames = await glimpses.frames(job, most=100)
    assert len(frames) == 6
    assert [round(frame.at_s, 1) for frame in frames] == [0.0, 2.5, 5.0, 7.5, 10.0, 12.5]
    assert {len(frame.look) for frame in frames} == {LOOK_WIDTH * LOOK_HEIGHT}
    assert len(await glimpses.frames(job, most=3)) == 3
    assert 1 <= len(choosing.telling(frames, 4)) <= 4


async def test_a_still_is_made_of_the_bytes_of_one_keyframe(glimpses: FfmpegGlimpses, tmp_path: Path) -> None:
    job, made = await rendition_of(tmp_path, "long.mp4")
    (keys,) = (file.path for file in made.files if file.name.endswith("-iframes.m3u8"))
    found = playlists.layout(keys.read_text())
    assert found is not None
    whole = job.source.read_bytes()
    segment = found.at(5.1)
    job.source.write_bytes(whole[: found.head] + whole[segment.offset : segment.offset + segment.size])

    still = await glimpses.still(job, width=made.width, height=made.height)
    picture = opened(still.jpeg)
    assert (picture.format, picture.size) == ("JPEG", (640, 360))
    assert 20 < len(still.thumbhash) < 60
    assert not picture.getexif()


async def test_a_preview_is_short_small_and_silent(glimpses: FfmpegGlimpses, tmp_path: Path) -> None:
    job, _ = await rendition_of(tmp_path, "long.mp4")
    data = await glimpses.preview(job, choosing.spans(13.0))
    assert b"ftyp" in data[:16]
    assert len(data) < 150_000
    made = JobFolder(tmp_path / "made", "test")
    made.create()
    made.source.write_bytes(data)
    found = await ENCODER.probe(made)
    assert found.video is not None
    assert (found.video.width, found.video.height, found.audio) == (320, 180, None)
    assert found.duration_s == pytest.approx(3, abs=0.3)


async def test_the_outline_of_a_sound(glimpses: FfmpegGlimpses, tmp_path: Path) -> None:
    job, _ = await rendition_of(tmp_path, "sound.m4a", sound=True)
    peaks = await glimpses.peaks(job, count=50)
    assert len(peaks) == 50
    assert all(5 < peak <= 100 for peak in peaks[5:-5])


async def test_a_voice_is_samples_alone(glimpses: FfmpegGlimpses, tmp_path: Path) -> None:
    job, made = await rendition_of(tmp_path, "scenes.mp4", sound=True)
    sound = await glimpses.voice(job)
    assert sound.is_relative_to(job.out)
    with wave.open(str(sound), "rb") as file:
        assert file.getparams()[:3] == (1, 2, 16_000)
        assert file.getnframes() / 16_000 == pytest.approx(made.duration_s, abs=0.1)


async def test_scenes_and_pauses_are_found(glimpses: FfmpegGlimpses, tmp_path: Path) -> None:
    job, _ = await rendition_of(tmp_path, "scenes.mp4")
    assert [round(at) for at, _ in await glimpses.scenes(job)] == [2, 4]
    shutil.rmtree(job.root)
    shutil.rmtree(tmp_path / "making")
    heard, _ = await rendition_of(tmp_path, "scenes.mp4", sound=True)
    ((start, end),) = await glimpses.pauses(heard)
    assert (round(start), round(end)) == (2, 4)


async def test_what_cannot_be_decoded_is_a_failure_with_a_code(glimpses: FfmpegGlimpses, tmp_path: Path) -> None:
    job = JobFolder(tmp_path / "job", "test")
    job.create()
    job.source.write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(SourceRefused):
        await glimpses.still(job, width=64, height=64)
