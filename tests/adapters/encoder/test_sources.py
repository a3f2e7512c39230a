"""Sizes, turns, pixels, rates and colours that cameras and editors make: the picture stays the picture.

What comes out is held against ffmpeg's own reading of the source, turned upright and scaled to the rung's size.
"""

import subprocess
from statistics import fmean

import pytest
from tests.adapters.encoder.playing import JobOf, check, make_all
from tests.factories.clips import clip, ffmpeg

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, binaries
from socialflow.ports.encoder import Rendition


def likeness(name: str, made: Rendition) -> float:
    """PSNR in dB, the mean over all frames."""
    rate = f"{made.frame_rate.numerator}/{made.frame_rate.denominator}"
    reading = f"fps={rate}:start_time=0:round=near,scale={made.width}:{made.height},setsar=1,format=yuv420p"
    graph = f"[1:v]{reading},setpts=N/({rate})/TB[r];[0:v]setpts=N/({rate})/TB[d];[d][r]psnr=stats_file=-:shortest=1"
    inputs = ("-i", str(made.files[0].path), "-i", str(clip(name)))
    lines = ffmpeg("-v", "error", *inputs, "-filter_complex", graph, "-f", "null", "-").splitlines()
    return fmean(min(60.0, float(line.split("psnr_avg:")[1].split()[0])) for line in lines)


@pytest.mark.parametrize(
    ("name", "shown", "top"),
    [
        ("rotated.mp4", (360, 640), (360, 640)),
        ("rotated-180.mp4", (640, 360), (640, 360)),
        ("rotated-270.mp4", (360, 640), (360, 640)),
        ("rotated-shaky.mp4", (360, 640), (360, 640)),
        ("variable.mp4", (320, 180), (320, 180)),
        ("oblong.mp4", (427, 240), (426, 240)),
        ("odd.mp4", (361, 203), (360, 202)),
        ("tall.mp4", (203, 361), (202, 360)),
        ("thin.mp4", (16, 320), (16, 320)),
        ("flat.mp4", (640, 16), (640, 16)),
        ("tiny.mp4", (16, 16), (16, 16)),
        ("deep.mkv", (320, 180), (320, 180)),
        ("uhd.mp4", (3840, 2160), (3840, 2160)),
    ],
)
async def test_the_picture_is_upright_whole_and_in_time(
    encoder: FfmpegEncoder, job_of: JobOf, name: str, shown: tuple[int, int], top: tuple[int, int]
) -> None:
    job = job_of(name)
    source, plan, made = await make_all(encoder, job)

    assert (source.video.width, source.video.height) == shown
    best = max((each for each in made if each.stem.startswith("v")), key=lambda each: each.width * each.height)
    assert (best.width, best.height) == top
    assert {rung.codec for rung in plan.rungs} == {"h264"}
    check(job.out, made)
    assert likeness(name, best) > 24, name


@pytest.mark.parametrize("name", ["hdr.mp4", "hlg.mp4"])
async def test_high_dynamic_range_is_toned_down_to_ordinary_screens(
    encoder: FfmpegEncoder, job_of: JobOf, name: str
) -> None:
    job = job_of(name)
    source, _, made = await make_all(encoder, job)
    (rung,) = [each for each in made if each.stem.startswith("v")]

    assert source.video.hdr
    program = str(binaries.bundled_ffmpeg())
    reading = ["-v", "error", "-i", str(rung.files[0].path), "-vf", "format=gray", "-f", "rawvideo", "-"]
    luma = subprocess.run([program, *reading], capture_output=True, check=True).stdout
    mean = sum(luma) / len(luma)
    assert 30 < mean < 220, "neither night nor snow"
    assert max(luma) - min(luma) > 100, "nor fog"
    shown = subprocess.run(
        [
            str(binaries.bundled_ffprobe()),
            "-v",
            "error",
            "-show_entries",
            "stream=pix_fmt,color_space,color_transfer",
            "-of",
            "csv=p=0",
            str(rung.files[0].path),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown.strip() == "yuv420p,bt709,bt709"


async def test_frames_of_a_variable_rate_are_shown_when_they_were(encoder: FfmpegEncoder, job_of: JobOf) -> None:
    job = job_of("shaky.mp4")
    source, plan, made = await make_all(encoder, job)
    rung = next(each for each in made if each.stem.startswith("v"))

    assert plan.frame_rate == 30
    assert rung.duration_s == pytest.approx(source.video.duration_s, abs=0.1)
    assert likeness("shaky.mp4", rung) > 28
