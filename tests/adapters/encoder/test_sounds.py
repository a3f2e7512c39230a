"""Sounds of a source: several languages, made equally loud, in AAC and by wish in Opus."""

import re
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from tests.adapters.encoder.playing import MPD, JobOf, check, ignore, make_all
from tests.factories.clips import ffmpeg

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, SoundWishes, Wishes, binaries, ladder, loudness, sounds
from socialflow.ports.encoder import AudioStream, FileKind, LoudnessTarget, Role, SourceInfo

TARGET = LoudnessTarget(-16.0, -1.5)
MEDIA = re.compile(r"^#EXT-X-MEDIA:TYPE=AUDIO,(.*)$", re.MULTILINE)


def encoder_of(**wishes: object) -> FfmpegEncoder:
    return FfmpegEncoder(concurrency=2, wishes=Wishes(sounds=SoundWishes(**wishes)))


def sound(**change: object) -> AudioStream:
    given = {"index": 1, "codec": "aac", "profile": "LC", "channels": 2, "sample_rate": 48_000}
    return AudioStream(**{**given, "bit_rate": 128_000, "start_s": 0.0, "duration_s": 60.0, **change})


def source(*heard: AudioStream) -> SourceInfo:
    return SourceInfo("mov", True, 1_000, 60.0, 0.0, None, heard[0], (), heard[1:])


def loudness_of(path: Path) -> tuple[float, float]:
    """Integrated loudness and true peak of a file, by the ebur128 filter."""
    program = str(binaries.bundled_ffmpeg())
    measuring = ["-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]
    done = subprocess.run(
        [program, "-nostats", "-i", str(path), *measuring], capture_output=True, text=True, check=True
    )
    found = loudness.judge(done.stderr, LoudnessTarget(0.0, 0.0))
    assert found is not None
    return found.integrated, found.true_peak


async def test_every_language_is_listed_with_its_name_and_the_default_first(job_of: JobOf) -> None:
    job = job_of("languages.mkv")
    found, _, made = await make_all(encoder_of(), job)

    assert [(each.language, each.role) for each in found.sounds] == [
        ("de", Role.MAIN),
        ("en", Role.MAIN),
        ("en", Role.COMMENTARY),
    ]
    check(job.out, made)
    master = (job.out / "master.m3u8").read_text()
    told = [dict(re.findall(r'([A-Z-]+)="?([^",]+)"?', line)) for line in MEDIA.findall(master)]
    assert [(each["NAME"], each["LANGUAGE"], each["DEFAULT"], each["AUTOSELECT"], each["URI"]) for each in told] == [
        ("Deutsch", "de", "YES", "YES", "a.m3u8"),
        ("English", "en", "NO", "YES", "a2.m3u8"),
        ("The 'director' speaks", "en", "NO", "NO", "a3.m3u8"),
    ]
    assert {(each["GROUP-ID"], each["CHANNELS"]) for each in told} == {("sound", "2")}
    sets = [each for each in ET.parse(job.out / "manifest.mpd").iter(f"{MPD}AdaptationSet") if each.get("lang")]
    told = [(each.get("lang"), each.findtext(f"{MPD}Label"), each.find(f"{MPD}Role").get("value")) for each in sets]
    assert told == [
        ("de", "Deutsch", "main"),
        ("en", "English", "alternate"),
        ("en", "The 'director' speaks", "commentary"),
    ]


async def test_the_sound_alone_is_the_last_variant_and_nobody_begins_with_it(job_of: JobOf) -> None:
    job = job_of("plain.mp4")
    await make_all(encoder_of(), job)

    master = (job.out / "master.m3u8").read_text().splitlines()
    variants = [line for line in master if line.startswith("#EXT-X-STREAM-INF")]
    assert "RESOLUTION" in variants[0]
    assert "RESOLUTION" not in variants[-1]
    assert 'CODECS="mp4a.40.2"' in variants[-1]
    assert master[-1] == "a.m3u8"


async def test_opus_is_a_group_of_its_own_beside_aac(job_of: JobOf) -> None:
    job = job_of("languages.mkv")
    _, _, made = await make_all(encoder_of(opus=True, most=2), job)

    heard = [(each.stem, each.codecs) for each in made if each.kind is FileKind.AUDIO]
    assert heard == [("a", "mp4a.40.2"), ("a-opus", "opus"), ("a2", "mp4a.40.2"), ("a2-opus", "opus")]
    check(job.out, made)
    master = (job.out / "master.m3u8").read_text()
    groups = [re.findall(r'GROUP-ID="([^"]+)"', line)[0] for line in MEDIA.findall(master)]
    assert groups == ["sound", "sound", "sound-opus", "sound-opus"]
    variants = re.findall(r'CODECS="avc1[^"]*,([\w.]+)".*AUDIO="([^"]+)"\n(\S+)', master)
    lowest = [(codec, group) for codec, group, name in variants if name == "v180.m3u8"]
    assert lowest == [("mp4a.40.2", "sound"), ("opus", "sound-opus")]


@pytest.mark.parametrize("opus", [False, True])
async def test_quiet_and_loud_sounds_become_equally_loud(job_of: JobOf, *, opus: bool) -> None:
    job = job_of("languages.mkv")
    _, _, made = await make_all(encoder_of(loudness=TARGET, opus=opus), job)

    for rendition in made:
        if rendition.track is None:
            continue
        assert rendition.loudness is not None
        integrated, peak = loudness_of(rendition.files[0].path)
        assert integrated == pytest.approx(TARGET.integrated, abs=1.0), rendition.stem
        assert peak <= TARGET.true_peak + 1.0, "an encoder may exceed what it was given a little"
    before = {each.stem: each.loudness.integrated for each in made if each.loudness}
    assert before["a2"] - before["a"] == pytest.approx(12, abs=0.5)


async def test_what_is_as_loud_as_it_should_be_is_copied(job_of: JobOf) -> None:
    plain = job_of("plain.mp4")
    (made,) = [each for each in (await make_all(encoder_of(), plain))[2] if each.kind is FileKind.AUDIO]
    loud = loudness_of(made.files[0].path)[0]

    job = job_of("plain.mp4", "again")
    found = await make_all(encoder_of(loudness=LoudnessTarget(loud, -1.0)), job)
    (again,) = [each for each in found[2] if each.stem == "a"]
    assert again.loudness is not None
    assert again.loudness.gain == 0
    assert again.files[0].path.read_bytes() == made.files[0].path.read_bytes()


async def test_the_source_s_own_sound_stands_in_while_the_other_is_made(job_of: JobOf) -> None:
    job = job_of("plain.mp4")
    encoder = encoder_of(loudness=TARGET)
    found = await encoder.probe(job)
    made = await encoder.remux(job, found, encoder.plan(found))

    assert [(each.name, each.stem) for each in made] == [("source", "src"), ("source-audio", "as")]
    encoder.masters(job, made)
    check(job.out, list(made))


async def test_silence_is_left_alone(job_of: JobOf, tmp_path: Path) -> None:
    quiet = tmp_path / "quiet.m4a"
    ffmpeg("-v", "error", "-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", "2", "-c:a", "aac", str(quiet))
    _, _, made = await make_all(encoder_of(loudness=TARGET), job_of(quiet))

    assert [(each.stem, each.loudness) for each in made if each.stem == "a"] == [("a", None)]


async def test_made_again_after_a_crash_the_figures_are_the_same(job_of: JobOf) -> None:
    job = job_of("languages.mkv")
    encoder = encoder_of(loudness=TARGET)
    found = await encoder.probe(job)
    tracks = encoder.plan(found).sounds[1]
    first = await encoder.audio(job, found, tracks, ignore)
    data = first[0].files[0].path.read_bytes()
    first[0].files[0].path.unlink()

    again = await encoder.audio(job, found, tracks, ignore)
    assert again[0].loudness == first[0].loudness
    assert again[0].files[0].path.read_bytes() == data


def test_sound_is_copied_only_when_it_is_what_we_would_make() -> None:
    assert sounds.may_copy(sound(), indexed=True)
    assert not sounds.may_copy(sound(), indexed=False)
    for change in (
        {"channels": 6},
        {"codec": "opus"},
        {"sample_rate": 96_000},
        {"bit_rate": 320_000},
        {"start_s": 1.0},
    ):
        assert not sounds.may_copy(sound(**change), indexed=True)


@pytest.mark.parametrize(
    ("change", "seconds", "wished", "expected"),
    [
        ({}, 7_200.0, TARGET, "copied"),
        ({"sample_rate": 16_000, "channels": 1, "bit_rate": 24_000}, 7_200.0, TARGET, "copied"),
        ({"bit_rate": 320_000}, 7_200.0, None, "copied"),
        ({"codec": "opus"}, 7_200.0, TARGET, "encoded"),
        ({"channels": 6}, 7_200.0, TARGET, "encoded"),
        ({"start_s": 1.5}, 7_200.0, TARGET, "encoded"),
        ({"bit_rate": 2_000_000}, 7_200.0, TARGET, "encoded"),
        # What is heard first would be the same, or there no sooner.
        ({}, 7_200.0, None, None),
        ({"codec": "opus"}, 7_200.0, None, None),
        ({"codec": "opus"}, 60.0, TARGET, None),
    ],
)
def test_of_a_long_sound_something_is_heard_before_all_of_it_is_measured(
    change: dict[str, object], seconds: float, wished: LoudnessTarget | None, expected: str | None
) -> None:
    found = replace(source(sound(**change)), duration_s=seconds)
    plan = ladder.plan(found, Wishes(sounds=SoundWishes(loudness=wished)))

    early = plan.early_sound
    assert (None if early is None else "copied" if early.may_copy else "encoded") == expected
    assert early is None or (early.loudness is None and early.urgent and not plan.may_remux_sound)
    assert [track.urgent for track in plan.tracks] == [early is None]
    assert plan.tracks[0].loudness == wished


async def test_a_sound_that_cannot_be_copied_after_all_is_encoded(job_of: JobOf) -> None:
    # MP3 in MP4 can be copied, but our boxes do not know it.
    job, encoder = job_of("old-sound.mp4"), encoder_of()
    found = await encoder.probe(job)
    track = replace(encoder.plan(found).tracks[0], may_copy=True)

    made = await encoder.audio(job, found, (track,), ignore)
    assert made[0].duration_s == pytest.approx(3, abs=0.2)
    assert made[0].codecs.startswith("mp4a.40.2")


@pytest.mark.parametrize("name", ["late-sound.mp4", "late-sound.mkv"])
async def test_a_film_lasts_as_long_as_a_sound_that_begins_late(job_of: JobOf, name: str) -> None:
    job = job_of(name)
    found, _, made = await make_all(encoder_of(), job)

    assert found.duration_s == pytest.approx(4.5, abs=0.1)
    lengths = {item.name: item.duration_s for item in made}
    assert lengths["audio"] == pytest.approx(4.5, abs=0.1)
    whole = ET.parse(job.out / "manifest.mpd").getroot().get("mediaPresentationDuration", "")
    assert float(whole.removeprefix("PT").removesuffix("S")) == pytest.approx(found.duration_s, abs=0.1)


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("ger", "de"),
        ("deu", "de"),
        ("eng", "en"),
        ("en-us", "en-US"),
        ("zh_hant", "zh-Hant"),
        ("gsw", "gsw"),
        *((nothing, "") for nothing in ("", "und", "mul", "zxx", "qaa", "English", 'en",URI="x', "e\n")),
    ],
)
def test_a_language_is_a_tag_or_nothing(said: str, tag: str) -> None:
    assert sounds.language_of(said) == tag


def test_titles_are_shown_only_where_there_is_a_choice_and_never_break_a_playlist() -> None:
    evil = sounds.title_of('a"\n#EXT-X-KEY:METHOD=AES-128,URI="http://evil.example/\x00\u202e' + "x" * 500)
    assert not set('"\n\r\x00') & set(evil)
    assert len(evil) <= sounds.LONGEST_LABEL
    assert sounds.labels([sound(title=evil)]) == ["Sound"]
    several = [sound(language="en"), sound(language="en"), sound(), sound(title="Extra"), sound(title="Extra")]
    assert sounds.labels(several) == ["English", "English (2)", "Sound 3", "Extra", "Extra (5)"]


def test_no_more_sounds_are_made_than_are_wished() -> None:
    many = source(*(sound(language="en") for _ in range(10)))
    assert len(sounds.tracks(many, SoundWishes(most=3))) == 3
    assert len(sounds.tracks(many, SoundWishes(most=3, opus=True))) == 6
