"""What is made of a source: pure functions."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.adapters.encoder.ffmpeg import ladder, rates
from socialflow.ports.encoder import AudioStream, SourceInfo, VideoStream


def video(width: int = 1920, height: int = 1080, rate: Fraction = Fraction(30), **more: object) -> VideoStream:
    given = {"codec": "h264", "profile": "High", "pixel_format": "yuv420p", "rotated": False, "bit_rate": 4_000_000}
    rest = {"start_s": 0.0, "duration_s": 60.0, "interlaced": False, "hdr": False}
    return VideoStream(**{"index": 0, "width": width, "height": height, "frame_rate": rate, **given, **rest, **more})


def source(picture: VideoStream | None, sound: AudioStream | None = None, **more: object) -> SourceInfo:
    given = {"demuxer": "mov", "indexed": True, "size": 1_000, "duration_s": 60.0, "start_s": 0.0}
    return SourceInfo(**{**given, "video": picture, "audio": sound, "keyframes_s": (), **more})


def sizes(picture: VideoStream) -> list[tuple[str, int, int]]:
    return [(rung.name, rung.width, rung.height) for rung in ladder.rungs(picture)]


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1920, 1080, [("360p", 640, 360), ("480p", 854, 480), ("720p", 1280, 720), ("1080p", 1920, 1080)]),
        (1080, 1920, [("360p", 360, 640), ("480p", 480, 854), ("720p", 720, 1280), ("1080p", 1080, 1920)]),
        (1920, 1072, [("360p", 644, 360), ("480p", 860, 480), ("720p", 1290, 720), ("1080p", 1920, 1072)]),
        (1280, 960, [("360p", 480, 360), ("480p", 640, 480), ("720p", 960, 720), ("960p", 1280, 960)]),
        (361, 203, [("202p", 360, 202)]),
        (16, 16, [("16p", 16, 16)]),
        (640, 360, [("360p", 640, 360)]),
        (4096, 2160, [("360p", 682, 360), ("480p", 910, 480), ("720p", 1366, 720), ("1080p", 2048, 1080),
                      ("1440p", 2730, 1440), ("2160p", 4096, 2160)]),
    ],
)  # fmt: skip
def test_rungs_follow_the_short_side_and_never_exceed_the_source(
    width: int, height: int, expected: list[tuple[str, int, int]]
) -> None:
    assert sizes(video(width, height)) == expected


@given(st.integers(16, 4096), st.integers(16, 4096))
def test_every_ladder_is_even_ascending_and_within_the_source(width: int, height: int) -> None:
    rungs = ladder.rungs(video(width, height))

    assert rungs
    assert all(rung.width % 2 == 0 and rung.height % 2 == 0 for rung in rungs)
    assert all(rung.width <= max(16, width) and rung.height <= max(16, height) for rung in rungs)
    assert [rung.maxrate for rung in rungs] == sorted(rung.maxrate for rung in rungs)
    assert len({rung.stem for rung in rungs}) == len(rungs)


def test_fast_pictures_get_more_bits_and_buffers_hold_one_second_at_most() -> None:
    slow, fast = ladder.rungs(video())[-1], ladder.rungs(video(rate=Fraction(60)))[-1]

    assert slow.maxrate == 5_000_000
    assert fast.maxrate == 7_500_000
    assert all(rung.bufsize <= rung.maxrate for rung in ladder.rungs(video()))


@pytest.mark.parametrize(
    ("average", "base", "expected"),
    [
        ("30/1", "30/1", "30"),
        ("30000/1001", "30000/1001", "30000/1001"),
        ("24000/1001", "24000/1001", "24000/1001"),
        ("2958/100", "30/1", "30"),
        ("2997/100", "90000/1", "30000/1001"),
        ("19417/1000", "1000/1", "20"),
        ("120/1", "120/1", "60"),
        ("240/1", "240/1", "60"),
        ("50/1", "50/1", "50"),
        ("1/1", "1/1", "10"),
        ("0/0", "0/0", "30"),
        ("0/0", "25/1", "30"),
        ("100/1", "100/1", "50"),
    ],
)
def test_frame_rates_become_constant_and_at_most_sixty(
    average: str | Fraction, base: str | Fraction, expected: object
) -> None:
    assert rates.constant(rates.parse(average), rates.parse(base)) == Fraction(expected)


@given(st.fractions(0, 300), st.fractions(0, 100_000))
def test_no_frame_rate_leaves_its_bounds(average: str | Fraction, base: str | Fraction) -> None:
    assert 10 <= rates.constant(average, base) <= Fraction(60) * (1 + rates.EXACT)


@given(st.integers(1, 200_000), st.sampled_from([Fraction(30), Fraction(30_000, 1_001), Fraction(60), Fraction(10)]))
def test_chunks_cover_all_frames_once_in_whole_groups(frames: int, rate: Fraction) -> None:
    gop = round(rate * 2)
    made = ladder.chunks(frames, gop, rate, ())

    assert sum(chunk.frames for chunk in made) == frames
    assert all(later.first_frame == chunk.first_frame + chunk.frames for chunk, later in pairwise(made))
    assert all(chunk.first_frame % gop == 0 for chunk in made)
    assert [chunk.last for chunk in made] == [False] * (len(made) - 1) + [True]


def test_chunks_are_cut_just_behind_keyframes() -> None:
    keyframes = tuple(float(at) for at in range(0, 60, 10))
    made = ladder.chunks(60 * 30, 60, Fraction(30), keyframes)

    assert [chunk.first_frame / 30 for chunk in made] == [0, 10, 20, 30, 40, 50]


def test_chunks_grow_with_the_video() -> None:
    short, long = (ladder.chunks(round(s * 30), 60, Fraction(30), ()) for s in (20, 3_600))

    assert short[0].frames == 4 * 30
    assert long[0].frames == 20 * 30


def test_the_lowest_rung_is_a_group_of_its_own() -> None:
    groups = ladder.plan(source(video())).groups

    assert [[rung.name for rung in group] for group in groups] == [["360p"], ["480p", "720p", "1080p"]]
    assert len(ladder.plan(source(video(320, 180))).groups) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"codec": "hevc"},
        {"profile": "High 4:4:4 Predictive"},
        {"pixel_format": "yuv422p"},
        {"rotated": True},
        {"interlaced": True},
        {"bit_rate": 80_000_000},
        {"start_s": 0.5},
        {"height": 1440, "width": 2560},
    ],
)
def test_only_pictures_that_every_player_shows_are_copied(change: dict[str, object]) -> None:
    assert ladder.web_safe(video())
    assert not ladder.web_safe(video(**change))


def test_a_source_with_distant_keyframes_is_not_copied() -> None:
    near, far = source(video(), keyframes_s=tuple(range(0, 60, 10))), source(video(), keyframes_s=(0.0, 30.0))

    assert ladder.plan(near).may_remux
    assert not ladder.plan(far).may_remux


def test_sound_alone_has_no_rungs() -> None:
    assert ladder.plan(source(None)).groups == ()
