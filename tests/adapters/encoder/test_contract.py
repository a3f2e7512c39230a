"""Every kind of source becomes something that plays; each test is a promise of the Encoder port."""

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from tests.adapters.encoder.playing import JobOf, check, encode, make_all
from tests.factories.clips import clip, ffmpeg, ffprobe

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, boxes, package, probe
from socialflow.ports.encoder import EncoderTrouble, FailureCode, FileKind, Rendition, SourceRefused


def stems(renditions: list[Rendition]) -> list[str]:
    return [rendition.stem for rendition in renditions]


@pytest.mark.parametrize(
    ("name", "size", "seconds", "expected"),
    [
        ("plain.mp4", (640, 360), 4, ["a", "src", "v360"]),
        ("wide.mp4", (854, 480), 6, ["a", "src", "v360", "v480"]),
        ("rotated.mp4", (360, 640), 4, ["a", "v360"]),
        ("extras.mov", (640, 360), 4, ["a", "src", "v360"]),
        ("variable.mp4", (320, 180), 3, ["src", "v180"]),
        ("odd.mp4", (361, 203), 2, ["v202"]),
        ("silent.mp4", (320, 180), 2, ["src", "v180"]),
        ("vertical.mp4", (360, 640), 2, ["a", "src", "v360"]),
        ("tiny.mp4", (16, 16), 2, ["src", "v16"]),
        ("fast.mp4", (160, 90), 1, ["src", "v90"]),
        ("hevc.mkv", (480, 360), 2, ["v360"]),
        ("vp9.webm", (320, 180), 2, ["a", "v180"]),
        ("streamed.webm", (320, 180), 2, ["a", "v180"]),
        ("stream.ts", (480, 360), 3, ["a", "v360"]),
        ("film.avi", (320, 180), 2, ["a", "v180"]),
        ("film.flv", (320, 180), 2, ["a", "v180"]),
        ("divx3.avi", (320, 180), 2, ["v180"]),
        ("trimmed.mp4", (854, 480), 3, ["a", "v360", "v480"]),
        ("moving.gif", (160, 120), 2, ["v120"]),
        ("hdr.mp4", (640, 360), 2, ["v360"]),
        ("interlaced.mp4", (320, 240), 2, ["v240"]),
    ],
)
async def test_a_source_of_this_kind_plays(
    encoder: FfmpegEncoder, job_of: JobOf, name: str, size: object, seconds: float, expected: list[str]
) -> None:
    job = job_of(name)
    source, _, made = await make_all(encoder, job)

    assert (source.video.width, source.video.height) == size
    assert stems(made) == expected
    assert all(abs(rendition.duration_s - seconds) < 0.3 for rendition in made)
    assert all(rendition.frame_rate <= 60 for rendition in made if rendition.stem.startswith("v"))
    check(job.out, made)
    assert (job.out / "poster.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    assert (job.out / "storyboard.vtt").read_text().startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert not [path.name for path in job.out.iterdir() if path.name.startswith((".", "c0", "piece"))]


@pytest.mark.parametrize("name", ["sound.m4a", "sound.mp3", "sound.ogg"])
async def test_sound_alone_plays(encoder: FfmpegEncoder, job_of: JobOf, name: str) -> None:
    job = job_of(name)
    source, plan, made = await make_all(encoder, job)

    assert source.video is None
    assert plan.rungs == ()
    assert [rendition.kind for rendition in made] == [FileKind.AUDIO]
    assert "RESOLUTION" not in (job.out / "master.m3u8").read_text()
    check(job.out, made)


async def test_ffprobe_and_ffmpeg_read_the_playlist(encoder: FfmpegEncoder, job_of: JobOf) -> None:
    job = job_of("wide.mp4")
    _, _, made = await make_all(encoder, job)

    read = json.loads(ffprobe("-show_streams", "-of", "json", str(job.out / "master.m3u8")))
    kinds = [stream["codec_type"] for stream in read["streams"]]
    assert kinds.count("video") == 3
    assert "audio" in kinds
    frames = ffmpeg("-v", "error", "-i", str(job.out / "v480.m3u8"), "-map", "0:v:0", "-f", "framecrc", "-")
    assert len([line for line in frames.splitlines() if not line.startswith("#")]) == 180
    probed = float(ffprobe("-show_entries", "format=duration", "-of", "csv=p=0", str(job.out / "v360.mp4")))
    assert abs(probed - made[2].duration_s) < 0.2


@pytest.mark.parametrize(
    ("name", "rate", "size"), [("long.mp4", "30000/1001", "640:360"), ("gap.mp4", "30", "320:240")]
)
async def test_cutting_into_chunks_moves_no_frame(
    encoder: FfmpegEncoder, job_of: JobOf, name: str, rate: str, size: object
) -> None:
    job = job_of(name)
    source = await encoder.probe(job)
    plan = encoder.plan(source)
    assert len(plan.chunks) > 1
    (low,) = await encode(encoder, job, source, plan, plan.groups[0])

    reference = f"[1:v]fps={rate},scale={size},setsar=1[r];[0:v]setpts=PTS-STARTPTS[d];[d][r]psnr=stats_file=-"
    lines = ffmpeg(
        *("-v", "error", "-i", str(low.files[0].path), "-i", str(clip(name)), "-filter_complex", reference),
        *("-f", "null", "-"),
    ).splitlines()
    noise = [float(line.split("psnr_avg:")[1].split()[0]) for line in lines]
    assert len(noise) >= sum(chunk.frames for chunk in plan.chunks) - 2
    assert min(noise) > 28


@pytest.mark.parametrize("name", ["long.mp4", "wide.mp4", "stream.ts"])
async def test_what_is_made_again_is_the_same_to_the_byte_on_any_number_of_cores(job_of: JobOf, name: str) -> None:
    made = []
    for cores in (1, 2, 3):
        job = job_of(name, f"job{cores}")
        await make_all(FfmpegEncoder(sandbox="best-effort", concurrency=cores), job)
        made.append({path.name: path.read_bytes() for path in job.out.iterdir()})

    assert made[0] == made[1] == made[2]


async def test_hdr_becomes_ordinary_colours(encoder: FfmpegEncoder, job_of: JobOf) -> None:
    job = job_of("hdr.mp4")
    source, _, _ = await make_all(encoder, job)

    assert source.video.hdr
    shown = "stream=pix_fmt,color_transfer"
    assert ffprobe("-show_entries", shown, "-of", "csv=p=0", str(job.out / "v360.mp4")).strip() == "yuv420p,bt709"


async def test_nothing_personal_of_the_source_is_kept(encoder: FfmpegEncoder, job_of: JobOf) -> None:
    job = job_of("tagged.mp4")
    assert b"secret place" in job.source.read_bytes()
    await make_all(encoder, job)

    assert not [
        path.name for path in job.out.iterdir() if b"secret" in path.read_bytes() or b"+52.5" in path.read_bytes()
    ]


async def test_progress_only_grows_and_ends_at_one(encoder: FfmpegEncoder, job_of: JobOf) -> None:
    job = job_of("long.mp4")
    source = await encoder.probe(job)
    plan = encoder.plan(source)
    told: list[float] = []
    await encode(encoder, job, source, plan, plan.groups[0], told.append)

    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)


async def test_masters_grow_with_what_is_finished(encoder: FfmpegEncoder, job_of: JobOf) -> None:
    job = job_of("wide.mp4")
    _, _, made = await make_all(encoder, job)

    few = encoder.masters(job, made[:3])[0].path.read_text()
    all_but_copy = [item for item in made if item.stem != "src"]
    final = encoder.masters(job, all_but_copy)[0].path.read_text()
    assert "v480.m3u8" not in few
    assert "src.m3u8" not in final
    assert final.index("v360.m3u8") < final.index("v480.m3u8")


def test_early_segments_are_short_and_later_ones_longer(tmp_path: Path) -> None:
    made = clip("long.mp4")
    piece = tmp_path / "piece.mp4"
    fragmented = "+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets+skip_trailer"
    ffmpeg(
        *("-v", "error", "-stream_loop", "2", "-i", str(made), "-c:v", "libx264", "-preset", "ultrafast", "-g", "60"),
        *("-sc_threshold", "0", "-movflags", fragmented, "-use_editlist", "0", str(piece)),
    )
    joined = package.join([piece], tmp_path / "v.mp4")
    lengths = [round(segment.duration / joined.init.timescale) for segment in joined.segments]
    assert lengths[:5] == [2] * 5
    assert set(lengths[5:-1]) == {4}


def test_pieces_of_two_recipes_are_not_joined(tmp_path: Path) -> None:
    pieces = []
    for size in ("64x64", "96x96"):
        pieces.append(tmp_path / f"{size}.mp4")
        ffmpeg(
            *("-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={size}:duration=0.2", "-c:v", "libx264"),
            *("-movflags", "+frag_keyframe+empty_moov+default_base_moof", str(pieces[-1])),
        )
    with pytest.raises(boxes.Malformed, match="one recipe"):
        package.join(pieces, tmp_path / "v.mp4")


async def test_health_names_what_was_found(encoder: FfmpegEncoder) -> None:
    health = await encoder.health()

    assert health.ready
    assert "ffmpeg version" in health.ffmpeg
    assert health.sandbox in {"bubblewrap", "landlock", "none"}


async def test_an_old_ffmpeg_is_refused_in_one_line(tmp_path: Path) -> None:
    old = tmp_path / "ffmpeg"
    words = "libx264 aac mjpeg fps scale split tile thumbnail aresample mov,mp4,m4a,3gp,3g2,mj2 matroska,webm"
    names = "".join(f" {word} \\n" for word in words.split())
    old.write_text(f'#!/bin/sh\n[ "$1" = -version ] && echo "ffmpeg version 5.1.6-0+deb12u1" || printf "{names}"\n')
    old.chmod(0o755)
    health = await FfmpegEncoder(ffmpeg=old).health()

    assert not health.ready
    assert len(health.problems) == 1
    assert "5.1; 7.1 or newer is needed" in health.problems[0]


async def test_a_missing_program_is_trouble_of_ours_not_of_the_file(tmp_path: Path, job_of: JobOf) -> None:
    with pytest.raises(EncoderTrouble) as trouble:
        await FfmpegEncoder(ffmpeg=tmp_path / "nothing").probe(job_of("silent.mp4"))
    assert trouble.value.code is FailureCode.ENCODER_UNAVAILABLE


async def test_limits_are_settings(job_of: JobOf) -> None:
    strict = FfmpegEncoder(max_duration_s=1, max_side_px=300)
    with pytest.raises(SourceRefused) as long:
        await strict.probe(job_of("silent.mp4", "long"))
    assert long.value.code is FailureCode.TOO_LONG
    with pytest.raises(SourceRefused) as large:
        await FfmpegEncoder(max_side_px=300).probe(job_of("silent.mp4", "large"))
    assert large.value.code is FailureCode.TOO_LARGE_PICTURE
    assert "320 x 180" in large.value.detail


async def test_a_variable_rate_becomes_constant(encoder: FfmpegEncoder, job_of: JobOf) -> None:
    job = job_of("variable.mp4")
    source, plan, _ = await make_all(encoder, job)

    assert source.video.frame_rate == plan.frame_rate == Fraction(30)
    text = ffprobe("-show_entries", "packet=pts", "-of", "csv=p=0", str(job.out / "v180.mp4"))
    times = sorted(int(line.strip(",")) for line in text.split())
    assert len({later - earlier for earlier, later in pairwise(times)}) == 1


async def test_a_decoder_is_told_which_x264_made_a_full_colour_picture(encoder: FfmpegEncoder, job_of: JobOf) -> None:
    # Builds before 151 wrote 4:4:4 in another way, and say so in the first packet alone: chunks begin elsewhere.
    source = await encoder.probe(job_of("odd.mp4"))
    plain = await encoder.probe(job_of("silent.mp4", "plain"))

    assert source.video.x264_build >= 151
    assert probe.source_options(source)[:2] == ["-x264_build", str(source.video.x264_build)]
    assert plain.video.x264_build == 0
    assert "-x264_build" not in probe.source_options(plain)
