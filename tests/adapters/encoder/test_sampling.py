"""Samples: how good rungs look in several qualities, measured on seconds of the source."""

from dataclasses import replace
from itertools import groupby

import pytest
from tests.adapters.encoder.playing import JobOf, encode, ignore
from tests.factories.clips import clip, ffmpeg

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, Titles, Wishes, binaries
from socialflow.domains.media.service import titles
from socialflow.ports.encoder import EncoderFailure, VideoCodec

EARLY = Titles(target=90.0, preset="veryfast", from_s=4.0)


async def test_vmaf_and_bits_fall_from_quality_to_quality_in_every_codec(job_of: JobOf) -> None:
    job = job_of("busy.mp4")
    codecs = (VideoCodec.HEVC, VideoCodec.AV1)
    encoder = FfmpegEncoder(concurrency=2, wishes=Wishes(codecs=codecs, titles=EARLY))
    source = await encoder.probe(job)
    plan = encoder.plan(source)
    told: list[float] = []
    found = await encoder.sample(job, source, plan, 1, told.append)

    stems = [stem for stem, _ in groupby(sorted(found, key=lambda each: each.stem), key=lambda each: each.stem)]
    assert stems == ["v360-av1", "v360-hevc", "v480", "v480-av1", "v480-hevc"]
    for stem in stems:
        own = sorted((each for each in found if each.stem == stem), key=lambda each: each.quality)
        assert len(own) == 3
        assert own[0].bits > own[-1].bits
        # Where the highest rate is reached, more of it is no better.
        assert own[0].vmaf > own[-1].vmaf - (0.0 if stem == "v480" else 2.0)
        assert all(20 < each.vmaf <= 100 for each in own)
    assert told == sorted(told)
    assert told[-1] == 1
    assert list(job.out.iterdir()) == []


async def test_a_ladder_of_the_title_s_own_looks_as_good_as_was_asked_for(job_of: JobOf) -> None:
    job = job_of("busy.mp4")
    encoder = FfmpegEncoder(concurrency=2, wishes=Wishes(titles=EARLY))
    source = await encoder.probe(job)
    plan = encoder.plan(source)
    assert plan.sampling is not None
    spans = [await encoder.sample(job, source, plan, at, ignore) for at in range(len(plan.sampling.spans))]
    own = titles.chosen(plan, spans)
    (made,) = await encode(encoder, job, source, own, own.groups[1])

    assert made.rung is not None
    assert made.rung.vmaf == pytest.approx(90, abs=0.6)
    log = job.out / "vmaf.json"
    graph = f"[0:v]setpts=N/30/TB[a];[1:v]setpts=N/30/TB[b];[a][b]libvmaf=n_subsample=5:log_fmt=csv:log_path={log}"
    ffmpeg(
        "-v",
        "error",
        "-i",
        str(made.files[0].path),
        "-i",
        str(clip("busy.mp4")),
        "-filter_complex",
        graph,
        "-f",
        "null",
        "-",
    )
    rows = [line.rstrip(",").split(",") for line in log.read_text().splitlines()]
    column = rows[0].index("vmaf")
    scores = [float(row[column]) for row in rows[1:]]
    assert sum(scores) / len(scores) == pytest.approx(90, abs=2.5)


async def test_without_libvmaf_nothing_is_sampled(job_of: JobOf) -> None:
    encoder = FfmpegEncoder(concurrency=2, wishes=Wishes(titles=EARLY))
    source = await encoder.probe(job_of("wide.mp4"))
    assert encoder.plan(source).sampling is not None

    assert encoder._tool is not None
    encoder._tool = replace(encoder._tool, binaries=replace(encoder._tool.binaries, has_vmaf=False))
    assert encoder.plan(source).sampling is None
    assert (await binaries.find()).has_vmaf


async def test_a_span_that_cannot_be_read_leaves_nothing_behind(job_of: JobOf) -> None:
    job = job_of("wide.mp4")
    encoder = FfmpegEncoder(concurrency=2, wishes=Wishes(titles=EARLY))
    source = await encoder.probe(job)
    plan = encoder.plan(source)
    assert plan.sampling is not None
    beyond = replace(plan, sampling=replace(plan.sampling, spans=(60_000,)))
    with pytest.raises(EncoderFailure):
        await encoder.sample(job, source, beyond, 0, ignore)

    assert list(job.out.iterdir()) == []
