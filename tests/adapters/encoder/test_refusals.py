"""What is refused: with a code, with a sentence, and without touching anything outside of the job's folder."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.adapters.encoder.playing import JobOf, encode, make_all
from tests.factories.beside import files_in, needs
from tests.factories.clips import clip, ffmpeg

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, probe, sniff
from socialflow.ports.encoder import SENTENCES, FailureCode, JobFolder, SourceRefused

PORT_IN_FILES = 8_765


async def refusal(encoder: FfmpegEncoder, job: JobFolder) -> SourceRefused:
    with pytest.raises(SourceRefused) as refused:
        await make_all(encoder, job)
    return refused.value


@asynccontextmanager
async def listening(port: int = 0) -> AsyncIterator[tuple[int, list[str]]]:
    """A server on the loopback that notes every visit."""
    visits: list[str] = []

    def visited(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(str(writer.get_extra_info("peername")))
        writer.close()

    server = await asyncio.start_server(visited, "127.0.0.1", port)
    async with server:
        yield server.sockets[0].getsockname()[1], visits


def test_every_code_has_a_sentence() -> None:
    assert SENTENCES.keys() == set(FailureCode)
    assert all(text.endswith(".") and text[0].isupper() for text in SENTENCES.values())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"Just some words.\n" * 50, "not_a_video"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "playlist_refused"),
        (b"\xef\xbb\xbf  #EXTM3U\n", "playlist_refused"),
        (b"ffconcat version 1.0\nfile ../neighbour\n", "playlist_refused"),
        (b"v=0\no=- 0 0 IN IP4 127.0.0.1\n", "playlist_refused"),
        (b'<?xml version="1.0"?><MPD/>', "playlist_refused"),
        (b"http://127.0.0.1/video.mp4\n", "playlist_refused"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not_a_video"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "not_a_video"),
        (b"PK\x03\x04" + bytes(100), "not_a_video"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(100), "not_a_video"),
        (bytes(5_000), "not_a_video"),
        (b"\x00\x00\x00\x18ftypavif" + bytes(100), "not_a_video"),
        (b"\x01\x02\x03\x04 something binary \x00\xff" * 40, "unsupported_container"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(12) + b"\x00\x00\x10\x00mdat", "truncated"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(12) + b"\x00\x00\x00\x10mdat12345678", "truncated"),
        (b"\x1a\x45\xdf\xa3" + os.urandom(3_000), "corrupt"),
        (b"OggS" + bytes(3_000), "corrupt"),
        (b"FLV\x01" + bytes(3_000), "corrupt"),
        (b"GIF89a" + b"\xff" * 300, "corrupt"),
    ],
)
async def test_bytes_that_are_no_video_are_refused(
    encoder: FfmpegEncoder, job_of: JobOf, data: bytes, code: str
) -> None:
    refused = await refusal(encoder, job_of(data))

    assert refused.code == code
    assert refused.detail == SENTENCES[FailureCode(code)]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("huge.mp4", "too_large_picture"),
        ("many.mkv", "too_many_streams"),
        ("crowd.mkv", "too_many_streams"),
        ("wild.avi", "unsupported_codec"),
    ],
)
async def test_videos_over_a_limit_are_refused(encoder: FfmpegEncoder, job_of: JobOf, name: str, code: str) -> None:
    assert (await refusal(encoder, job_of(name))).code == code


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
async def test_a_file_that_was_cut_off_is_refused_at_once(encoder: FfmpegEncoder, job_of: JobOf, share: float) -> None:
    whole = clip("plain.mp4").read_bytes()

    assert (await refusal(encoder, job_of(whole[: int(len(whole) * share)]))).code == FailureCode.TRUNCATED


async def test_a_stream_that_ends_long_before_its_promise_is_refused_with_both_lengths(
    encoder: FfmpegEncoder, job_of: JobOf, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.mkv"
    ffmpeg("-v", "error", "-i", str(clip("long.mp4")), "-c", "copy", str(whole))
    data = whole.read_bytes()
    refused = await refusal(encoder, job_of(data[: len(data) // 2]))

    assert refused.code == FailureCode.TRUNCATED
    assert "lasts 13 s, but only" in refused.detail


async def test_a_file_whose_middle_was_overwritten_is_refused_or_plays_in_full(
    encoder: FfmpegEncoder, job_of: JobOf
) -> None:
    data = bytearray(clip("silent.mp4").read_bytes())
    middle = len(data) // 2
    data[middle - 8_000 : middle + 8_000] = os.urandom(16_000)
    try:
        _, _, made = await make_all(encoder, job_of(bytes(data)))
    except SourceRefused as refused:
        outcome = refused.code.value
    else:
        outcome = "plays" if all(rendition.duration_s > 1.8 for rendition in made) else "too short"
    assert outcome in {"corrupt", "truncated", "plays"}


@pytest.mark.xdist_group("port 8765")
@needs("media/hostile")
@pytest.mark.parametrize("path", files_in("media/hostile"), ids=lambda path: path.name)
async def test_hostile_files_are_refused_without_a_visit_or_a_look_around(
    encoder: FfmpegEncoder, job_of: JobOf, path: Path
) -> None:
    async with listening(PORT_IN_FILES) as (_, visits):
        job = job_of(path)
        (job.root.parent / "neighbour.mp4").write_bytes(clip("silent.mp4").read_bytes())
        refused = await refusal(encoder, job)

    assert refused.detail
    assert refused.code in {FailureCode.PLAYLIST_REFUSED, FailureCode.NOT_A_VIDEO, FailureCode.FRAME_RATE}
    assert visits == []
    assert list(job.out.iterdir()) == []


@pytest.mark.parametrize("demuxer", ["mov", "matroska", "mpegts", "avi", "flv"])
async def test_a_playlist_that_got_past_the_first_look_still_reaches_nothing(
    encoder: FfmpegEncoder, job_of: JobOf, demuxer: str
) -> None:
    """The demuxer is pinned: ffmpeg never finds out that it could be something else."""
    secret = clip("silent.mp4")
    async with listening() as (port, visits):
        for text in (f"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:{port}/x.ts\n", f"ffconcat version 1.0\nfile {secret}\n"):
            job = job_of(text.encode(), name=f"job-{len(text)}")
            tool = await encoder._ready_tool()
            with contextlib.suppress(SourceRefused):
                assert not probe.parse(await tool.ffprobe(job, demuxer)).streams
    assert visits == []


def test_the_demuxer_is_named_by_structure_not_by_extension(tmp_path: Path) -> None:
    for name, expected in (
        *(("plain.mp4", "mov"), ("hevc.mkv", "matroska"), ("vp9.webm", "matroska"), ("stream.ts", "mpegts")),
        *(("film.avi", "avi"), ("sound.mp3", "mp3"), ("sound.ogg", "ogg"), ("moving.gif", "gif"), ("sound.m4a", "mov")),
    ):
        disguised = tmp_path / "innocent.txt"
        disguised.write_bytes(clip(name).read_bytes())
        assert sniff.demuxer_of(disguised) == expected


async def test_names_and_texts_never_reach_the_command_line(encoder: FfmpegEncoder, job_of: JobOf) -> None:
    job = job_of("plain.mp4", name="-i; rm -rf $(x)")
    source = await encoder.probe(job)
    plan = encoder.plan(source)
    (made,) = await encode(encoder, job, source, plan, plan.groups[0])
    assert made.duration_s > 3.5


def test_a_probe_that_is_not_what_a_probe_looks_like_is_refused() -> None:
    for text in ("", "[]", "{", '{"streams": [{"index": "x"}]}', '{"streams": [{"index": 0, "width": -1}]}'):
        with pytest.raises(SourceRefused):
            probe.parse(text)
    with pytest.raises(SourceRefused) as many:
        probe.parse(json.dumps({"streams": [{"index": 1}] * 40}))
    assert many.value.code is FailureCode.TOO_MANY_STREAMS
