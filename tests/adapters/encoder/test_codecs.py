"""HEVC and AV1 beside H.264, and encoders in hardware where there are any."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.adapters.encoder.playing import MPD, JobOf, check, encode, make_all
from tests.adapters.encoder.test_ladder import source, video
from tests.factories.clips import ffmpeg, ffprobe

from socialflow.adapters.encoder.ffmpeg import (
    FfmpegEncoder,
    Wishes,
    binaries,
    boxes,
    hardware,
    ladder,
)
from socialflow.adapters.encoder.ffmpeg import (
    encode as encoding,
)
from socialflow.adapters.encoder.ffmpeg.hardware import Hardware
from socialflow.adapters.encoder.ffmpeg.sandbox import Sandbox
from socialflow.adapters.encoder.ffmpeg.tool import Tool
from socialflow.ports.encoder import VideoCodec

BOTH = Wishes(codecs=(VideoCodec.HEVC, VideoCodec.AV1))


async def test_every_step_is_made_in_every_codec_with_its_own_name(job_of: JobOf) -> None:
    job = job_of("wide.mp4")
    _, _, made = await make_all(FfmpegEncoder(concurrency=2, wishes=BOTH), job)

    found = {each.stem: each.codecs for each in made if each.width and each.stem != "src"}
    assert list(found) == ["v360", "v480", "v360-hevc", "v480-hevc", "v360-av1", "v480-av1"]
    assert re.fullmatch(r"avc1\.64[0-9a-f]{4}", found["v360"])
    assert re.fullmatch(r"hvc1\.1\.6\.L\d+(\.[0-9a-f]+)*", found["v480-hevc"])
    assert re.fullmatch(r"av01\.0\.\d\dM\.08", found["v480-av1"])
    check(job.out, made)
    for stem, codec in (("v480-hevc", "hevc"), ("v480-av1", "av1"), ("v480", "h264")):
        path = str(job.out / f"{stem}.m3u8")
        assert ffprobe("-show_entries", "stream=codec_name", "-of", "csv=p=0", path).split()[0] == codec
        frames = ffmpeg("-v", "error", "-i", path, "-map", "0:v:0", "-f", "framecrc", "-")
        assert len([line for line in frames.splitlines() if not line.startswith("#")]) == 180


async def test_h264_stands_first_and_sets_of_other_codecs_follow_it(job_of: JobOf) -> None:
    job = job_of("plain.mp4")
    await make_all(FfmpegEncoder(concurrency=2, wishes=BOTH), job)

    master = (job.out / "master.m3u8").read_text()
    assert re.findall(r'^#EXT-X-STREAM-INF:.*CODECS="(\w{4})', master, re.MULTILINE)[0] == "avc1"
    assert "SUPPLEMENTAL-CODECS" not in master, "nothing is made that only some decoders of a codec can show"
    sets = list(ET.parse(job.out / "manifest.mpd").iter(f"{MPD}AdaptationSet"))
    codecs = [{row.get("codecs")[:4] for row in each.iter(f"{MPD}Representation")} for each in sets]
    assert codecs == [{"avc1"}, {"hvc1"}, {"av01"}, {"mp4a"}]
    assert len({each.get("id") for each in sets}) == len(sets)


async def test_frames_of_all_codecs_are_shown_at_the_same_times(job_of: JobOf) -> None:
    job = job_of("long.mp4")
    encoder = FfmpegEncoder(concurrency=2, wishes=BOTH)
    found = await encoder.probe(job)
    plan = encoder.plan(found)
    times = []
    for group in plan.groups:
        (made,) = await encode(encoder, job, found, plan, group)
        fragments = boxes.fragments(made.files[0].path)
        scale = boxes.read_init(made.files[0].path).timescale
        times.append([(round(each.time / scale, 3), each.samples) for each in fragments if each.sync])
    assert times[0] == times[1] == times[2]


@pytest.mark.parametrize("codec", [VideoCodec.HEVC, VideoCodec.AV1])
async def test_what_is_made_again_in_another_codec_is_the_same_to_the_byte(job_of: JobOf, codec: VideoCodec) -> None:
    made = []
    for cores in (1, 3):
        job = job_of("silent.mp4", f"job{cores}")
        encoder = FfmpegEncoder(concurrency=cores, wishes=Wishes(codecs=(codec,)))
        found = await encoder.probe(job)
        plan = encoder.plan(found)
        (rendition,) = await encode(encoder, job, found, plan, plan.groups[-1])
        made.append(rendition.files[0].path.read_bytes())
    assert made[0] == made[1]


def test_h264_is_always_made_and_others_need_fewer_bits() -> None:
    plan = ladder.plan(source(video()), BOTH)

    assert [rung.codec for rung in plan.groups[0]] == [VideoCodec.H264]
    tops = {rung.codec: rung.maxrate for rung in plan.rungs if rung.height == 1080}
    assert tops[VideoCodec.AV1] < tops[VideoCodec.HEVC] < tops[VideoCodec.H264]
    assert [{rung.codec for rung in group} for group in plan.groups[1:]] == [
        {VideoCodec.H264},
        {VideoCodec.HEVC},
        {VideoCodec.AV1},
    ]


async def bars_of() -> tuple[Sandbox, Path]:
    found = await binaries.find()
    return Sandbox("best-effort", (found.ffmpeg, found.ffprobe)), found.ffmpeg


async def test_hardware_that_is_not_there_is_found_out_by_encoding_and_told() -> None:
    bars, program = await bars_of()
    found = await hardware.find("auto", bars, program)
    if found.family:
        pytest.skip(f"NOT TESTED: this machine has {found.said}")

    assert found.encoder_of(VideoCodec.H264) == ""
    tried = {problem.partition(":")[0] for problem in found.problems}
    assert tried == {"nvenc", "qsv", "vaapi", "videotoolbox"}
    assert all(problem.partition(": ")[2] for problem in found.problems)


@pytest.mark.parametrize(
    ("encoder", "preset"), [("libx264", "veryfast"), ("libx265", "ultrafast"), ("libsvtav1", "10")]
)
async def test_an_encoder_that_works_has_no_fault_and_one_without_a_device_has(encoder: str, preset: str) -> None:
    bars, program = await bars_of()
    settings = hardware.video.Settings(encoder, preset, 30, 1_000_000, 1_000_000, 15)

    assert await hardware.fault_of(settings, bars, program, ()) == ""
    missing = hardware.video.Settings("h264_vaapi", "", 30, 1_000_000, 1_000_000, 15)
    assert "No VA display found" in await hardware.fault_of(missing, bars, program, ())


async def test_health_says_why_there_is_no_hardware_and_all_is_encoded_in_software(job_of: JobOf) -> None:
    encoder = FfmpegEncoder(concurrency=2, hardware_family="vaapi")
    health = await encoder.health()
    if health.hardware:
        pytest.skip(f"NOT TESTED: this machine has {health.hardware}")

    assert health.ready
    assert health.hardware_problems[0].startswith("vaapi: ")
    job = job_of("silent.mp4")
    _, plan, made = await make_all(encoder, job)
    assert {rung.encoder for rung in plan.rungs} == {""}
    check(job.out, made)


def test_hardware_is_asked_for_by_name_and_gets_its_devices() -> None:
    found = Hardware("vaapi", frozenset({VideoCodec.H264}), (), ("/dev/dri",))
    plan = ladder.plan(source(video(1280, 720)), BOTH, found)

    assert {(rung.codec, rung.encoder) for rung in plan.rungs} == {
        (VideoCodec.H264, "h264_vaapi"),
        (VideoCodec.HEVC, ""),
        (VideoCodec.AV1, ""),
    }
    tool = Tool(binaries.Binaries(Path("f"), Path("p"), "", "", True), None, 1, None, found)
    group = plan.groups[1]
    said = encoding.chunk_arguments(tool, source(video(1280, 720)), plan, group, plan.chunks[0], ["a", "b"])
    assert said[:2] == ["-vaapi_device", "/dev/dri/renderD128"]
    graph = said[said.index("-filter_complex") + 1]
    assert graph.count("hwupload") == len(group)
    assert graph.count("[v480]") == graph.count("[v720]") == 1
