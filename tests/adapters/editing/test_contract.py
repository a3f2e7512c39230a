"""The Editor: what is seen and heard of a film that was made of parts of others, to the picture and the sample."""

import array
import itertools
import json
import shutil
from pathlib import Path

import pytest
from tests.factories.clips import clip, ffmpeg, ffprobe
from tests.factories.pictures import picture

from socialflow.adapters.editing.ffmpeg import FfmpegEditor
from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder
from socialflow.ports.editing import EditPlan, Mark, Place, Script, Sound, Span, input_of, mark_of, track_of
from socialflow.ports.encoder import JobFolder, SourceInfo, SourceRefused

ENCODER = FfmpegEncoder(concurrency=2)
RATE = 8_000


@pytest.fixture
def editor() -> FfmpegEditor:
    return FfmpegEditor(concurrency=2)


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    made = JobFolder(tmp_path / "job", "test")
    made.create()
    return made


async def probed(tmp_path: Path, source: Path) -> SourceInfo:
    """What a file is."""
    looking = JobFolder(tmp_path / f"look-{source.name}", "test")
    looking.create()
    shutil.copyfile(source, looking.source)
    return await ENCODER.probe(looking)


async def laid(tmp_path: Path, job: JobFolder, *names: str) -> list[SourceInfo]:
    """Clips as the inputs of a job."""
    for number, name in enumerate(names):
        shutil.copyfile(clip(name), input_of(job, number))
    return [await probed(tmp_path, clip(name)) for name in names]


async def made(
    editor: FfmpegEditor, job: JobFolder, script: Script, inputs: list[SourceInfo], track: SourceInfo | None = None
) -> tuple[Path, EditPlan]:
    """The whole of an edit."""
    plan = editor.plan(script, inputs)
    parts = [await editor.part(job, script, inputs, plan, part) for part in plan.parts]
    return (await editor.assemble(job, script, inputs, plan, parts, track, lambda _: None)).path, plan


def seen(path: Path) -> list[int]:
    """How bright the middle of each picture is."""
    raw = path.with_suffix(".gray")
    ffmpeg("-v", "error", "-y", "-i", str(path), "-vf", "crop=16:16,format=gray,scale=1:1", "-f", "rawvideo", str(raw))
    return list(raw.read_bytes())


def heard(path: Path) -> list[float]:
    """How high the sound is in each tenth of a second, in Hz; 0 where there is none."""
    raw = path.with_suffix(".raw")
    ffmpeg("-v", "error", "-y", "-i", str(path), "-ac", "1", "-ar", str(RATE), "-f", "s16le", str(raw))
    samples = array.array("h", raw.read_bytes())
    found = []
    for at in range(0, len(samples) - RATE // 10 + 1, RATE // 10):
        tenth = samples[at : at + RATE // 10]
        crossings = sum(1 for before, after in itertools.pairwise(tenth) if before < 0 <= after)
        found.append(crossings * 10.0 if max(tenth) > 500 else 0.0)
    return found


def told(path: Path) -> dict[str, dict[str, str]]:
    """Streams by their kind."""
    found = json.loads(ffprobe("-show_streams", "-of", "json", str(path)))
    return {stream["codec_type"]: stream for stream in found["streams"]}


def level(second: int) -> int:
    """How bright a second of the clip is, in full range."""
    return round((20 + 20 * second - 16) * 255 / 219)


async def test_cuts_are_exact_to_the_picture_and_the_sound_goes_with_it(
    editor: FfmpegEditor, job: JobFolder, tmp_path: Path
) -> None:
    inputs = await laid(tmp_path, job, "steps.mp4")
    script = Script((Span(0, 1_480, 3_000), Span(0, 6_000, 6_720), Span(0, 9_000, 10_000)))
    path, plan = await made(editor, job, script, inputs)

    assert plan.frames == (38, 18, 25)
    pictures = seen(path)
    assert len(pictures) == 81
    expected = [level(1)] * 13 + [level(2)] * 25 + [level(6)] * 18 + [level(9)] * 25
    assert [abs(one - other) <= 3 for one, other in zip(pictures, expected, strict=True)] == [True] * 81

    tones = heard(path)
    # 0.52 s of the second second, one of the third, 0.72 of the seventh, one of the tenth.
    assert [round(tone, -2) for tone in (tones[1], tones[3], tones[7], tones[13], tones[17], tones[20], tones[28])] == [
        *(400, 400, 500, 500, 900, 900, 1200),
    ]
    lengths = {kind: float(stream["duration"]) for kind, stream in told(path).items()}
    assert lengths["video"] == pytest.approx(81 / 25, abs=0.001)
    assert lengths["audio"] == pytest.approx(81 / 25, abs=0.03)


async def test_where_a_picture_changes_the_sound_changes_within_a_frame(
    editor: FfmpegEditor, job: JobFolder, tmp_path: Path
) -> None:
    inputs = await laid(tmp_path, job, "steps.mp4")
    spans = tuple(Span(0, 333 * number, 333 * number + 111) for number in range(25))
    path, plan = await made(editor, job, Script(spans), inputs)
    raw = tmp_path / "sound.raw"
    ffmpeg("-v", "error", "-y", "-i", str(path), "-ac", "1", "-ar", "48000", "-f", "s16le", str(raw))
    samples = array.array("h", raw.read_bytes())
    assert len(seen(path)) == sum(plan.frames)
    # However many cuts, sound and picture end together.
    assert abs(len(samples) / 48_000 - sum(plan.frames) / 25) < 0.025


async def test_parts_are_the_same_bytes_whoever_makes_them_and_are_made_once(
    editor: FfmpegEditor, job: JobFolder, tmp_path: Path
) -> None:
    inputs = await laid(tmp_path, job, "steps.mp4")
    script = Script((Span(0, 2_000, 3_000), Span(0, 5_000, 6_000)))
    plan = editor.plan(script, inputs)
    first = [await editor.part(job, script, inputs, plan, part) for part in plan.parts]
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in first]
    assert [await editor.part(job, script, inputs, plan, part) for part in plan.parts] == first
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in first] == before
    for path in first:
        path.unlink()
    other = FfmpegEditor(concurrency=1)
    again = [await other.part(job, script, inputs, plan, part) for part in plan.parts]
    assert [path.read_bytes() for path in again] == [data for data, _ in before]
    assert await editor.name_of(job, script, inputs, plan, plan.parts[0]) == first[0].name


async def test_films_of_other_shapes_and_rates_follow_in_the_shape_of_the_first(
    editor: FfmpegEditor, job: JobFolder, tmp_path: Path
) -> None:
    inputs = await laid(tmp_path, job, "steps.mp4", "vertical.mp4", "sound.m4a", "silent.mp4")
    script = Script((Span(0, 0, 1_000), Span(1, 0, 2_000), Span(2, 0, 1_000), Span(3, 500, 1_500)))
    path, plan = await made(editor, job, script, inputs)
    stream = told(path)["video"]
    assert (stream["width"], stream["height"], stream["avg_frame_rate"]) == (320, 180, "25/1")
    pictures = seen(path)
    assert len(pictures) == sum(plan.frames) == 125
    # Of what has only sound nothing is seen, of what has only a picture nothing is heard.
    assert set(pictures[76:99]) == {0}
    tones = heard(path)
    assert {round(tone / 440, 1) for tone in tones[11:29]} == {1.0}
    assert {round(tone / 440, 1) for tone in tones[31:39]} == {1.0}
    assert set(tones[41:49]) == {0.0}


@pytest.mark.parametrize("name", ["rotated.mp4", "variable.mp4", "gap.mp4", "stream.ts", "odd.mp4", "film.avi"])
async def test_whatever_the_source_is_like_its_pictures_stay_upright_and_in_time(
    editor: FfmpegEditor, job: JobFolder, tmp_path: Path, name: str
) -> None:
    (source,) = inputs = await laid(tmp_path, job, name)
    assert source.video is not None
    script = Script((Span(0, 300, 1_300), Span(0, 1_500, 1_900)))
    path, plan = await made(editor, job, script, inputs)
    stream = told(path)["video"]
    assert (stream["width"], stream["height"]) == (source.video.width // 2 * 2, source.video.height // 2 * 2)
    assert "side_data_list" not in stream
    assert len(seen(path)) == sum(plan.frames)
    assert plan.duration_s == pytest.approx(1.4, abs=0.05)


async def test_a_picture_that_ends_before_the_sound_is_held(
    editor: FfmpegEditor, job: JobFolder, tmp_path: Path
) -> None:
    short = tmp_path / "short.mp4"
    ffmpeg(
        *("-v", "error", "-y", "-t", "2", "-i", str(clip("steps.mp4")), "-i", str(clip("steps.mp4"))),
        *("-map", "0:v", "-map", "1:a", "-c", "copy", str(short)),
    )
    shutil.copyfile(short, job.source)
    inputs = [await probed(tmp_path, short)]
    path, plan = await made(editor, job, Script((Span(0, 1_000, 2_600), Span(0, 5_000, 6_000))), inputs)
    pictures = seen(path)
    assert len(pictures) == sum(plan.frames) == 65
    assert abs(pictures[39] - level(1)) <= 3
    assert pictures[41:] == [0] * 24
    assert round(heard(path)[20], -2) == 800


async def test_a_mark_stands_where_it_was_put(editor: FfmpegEditor, job: JobFolder, tmp_path: Path) -> None:
    inputs = await laid(tmp_path, job, "steps.mp4")
    mark_of(job).write_bytes(picture("PNG", (40, 40), mode="RGBA"))
    plain, _ = await made(editor, job, Script((Span(0, 0, 400),)), inputs)
    plain = plain.rename(tmp_path / "plain.mp4")
    marked: dict[str, list[float]] = {}
    for place in (Place.TOP_LEFT, Place.BOTTOM_RIGHT):
        script = Script((Span(0, 0, 400),), mark=Mark(place, 1.0, 0.2))
        path, _ = await made(editor, job, script, inputs)
        marked[place] = [_difference(plain, path, where) for where in ("iw/4:ih/4:0:0", "iw/4:ih/4:3*iw/4:3*ih/4")]
    for place, here, there in ((Place.TOP_LEFT, 0, 1), (Place.BOTTOM_RIGHT, 1, 0)):
        assert marked[place][here] > 10
        assert marked[place][there] < 2
    faint, _ = await made(editor, job, Script((Span(0, 0, 400),), mark=Mark(Place.TOP_LEFT, 0.2, 0.2)), inputs)
    assert 1 < _difference(plain, faint, "iw/4:ih/4:0:0") < marked[Place.TOP_LEFT][0] / 2


def _difference(one: Path, other: Path, where: str) -> float:
    """How far two films are from each other in a part of their first picture, from 0 to 255."""
    found = []
    for path in (one, other):
        raw = path.with_suffix(".rgb")
        what = ("-vf", f"crop={where},format=rgb24", "-frames:v", "1", "-f", "rawvideo")
        ffmpeg("-v", "error", "-y", "-i", str(path), *what, str(raw))
        found.append(raw.read_bytes())
    return sum(abs(a - b) for a, b in zip(*found, strict=True)) / len(found[0])


async def test_sound_is_taken_away_or_another_files_and_the_picture_stays_as_it_is(
    editor: FfmpegEditor, job: JobFolder, tmp_path: Path
) -> None:
    inputs = await laid(tmp_path, job, "wide.mp4")
    shutil.copyfile(clip("sound.ogg"), track_of(job))
    track = await probed(tmp_path, clip("sound.ogg"))
    for sound, stream in ((Sound.MUTED, None), (Sound.REPLACED, track)):
        script = Script((Span(0, 0, 6_000),), sound=sound)
        plan = editor.plan(script, inputs)
        assert plan.may_copy
        copied = await editor.copy(job, inputs)
        assert copied is not None
        path = (await editor.assemble(job, script, inputs, plan, [copied], stream, lambda _: None)).path
        digests = [ffmpeg("-v", "error", "-i", str(each), *_DIGEST) for each in (clip("wide.mp4"), path)]
        assert digests[0] == digests[1]
        assert ("audio" in told(path)) is (sound is Sound.REPLACED)
    tones = heard(path)
    assert {round(tone / 440, 1) for tone in tones[1:19]} == {1.0}
    assert set(tones[21:]) == {0.0}
    assert len(tones) in (59, 60)


_DIGEST = ("-map", "0:v", "-f", "md5", "-")


async def test_sound_alone_is_cut_as_well(editor: FfmpegEditor, job: JobFolder, tmp_path: Path) -> None:
    inputs = await laid(tmp_path, job, "sound.mp3")
    path, plan = await made(editor, job, Script((Span(0, 500, 1_000), Span(0, 2_000, 2_500))), inputs)
    assert plan.parts == ()
    assert set(told(path)) == {"audio"}
    assert float(told(path)["audio"]["duration"]) == pytest.approx(1.0, abs=0.03)


async def test_what_is_made_says_nothing_of_where_it_was_filmed(
    editor: FfmpegEditor, job: JobFolder, tmp_path: Path
) -> None:
    inputs = await laid(tmp_path, job, "filmed.mov")
    path, _ = await made(editor, job, Script((Span(0, 0, 1_000),)), inputs)
    data = path.read_bytes()
    assert not [word for word in (b"+52.5", b"ISO6709", b"Secret", b"secret", b"2020-01") if word in data]


async def test_a_film_is_never_larger_than_it_was_said(editor: FfmpegEditor, job: JobFolder, tmp_path: Path) -> None:
    noisy = tmp_path / "noisy.mp4"
    noise = "nullsrc=size=320x180:rate=30:duration=3,geq=random(1)*255:128:128"
    ffmpeg("-v", "error", "-y", "-f", "lavfi", "-i", noise, "-c:v", "libx264", "-crf", "10", str(noisy))
    shutil.copyfile(noisy, job.source)
    inputs = [await probed(tmp_path, noisy)]
    path, _ = await made(editor, job, Script((Span(0, 0, 3_000),)), inputs)
    assert path.stat().st_size <= editor.most_bytes(320, 180, 30.0, 3.0)
    assert editor.most_bytes(None, None, None, 60) < 3_000_000 < editor.most_bytes(1_920, 1_080, 30, 60)


async def test_a_part_that_cannot_be_decoded_is_refused(editor: FfmpegEditor, job: JobFolder, tmp_path: Path) -> None:
    inputs = await laid(tmp_path, job, "steps.mp4")
    job.source.write_bytes(b"\0" * 10_000)
    script = Script((Span(0, 0, 1_000),))
    plan = editor.plan(script, inputs)
    with pytest.raises(SourceRefused):
        await editor.part(job, script, inputs, plan, plan.parts[0])
