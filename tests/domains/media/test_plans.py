"""The plan of a transcode: every rung of every chunk once, tasks worth their taking, nobody waits for ever."""

from fractions import Fraction

import pytest

from socialflow.adapters.encoder.ffmpeg import ladder, sounds
from socialflow.domains.media.models import TaskKind
from socialflow.domains.media.service import plans
from socialflow.ports.encoder import AudioStream, LoudnessTarget, Plan, SourceInfo, VideoStream


def source(seconds: float, *, width: int = 1920, height: int = 1080, sound: bool = True) -> SourceInfo:
    video = VideoStream(
        0, "h264", "High", "yuv420p", width, height, False, Fraction(30), 5_000_000, 0.0, seconds, False, False
    )
    audio = AudioStream(1, "aac", "LC", 2, 48_000, 128_000, 0.0, seconds) if sound else None
    keyframes = tuple(at * 2.0 for at in range(int(seconds // 2) + 1))
    return SourceInfo("mov", True, 1_000, seconds, 0.0, video, audio, keyframes)


def planned(
    seconds: float, *, lanes: int = 2, priority: float = 1.0, **more: int
) -> tuple[Plan, tuple[plans.TaskPlan, ...]]:
    found = source(seconds, **more)
    plan = ladder.plan(found)
    return plan, plans.tasks_of(found, plan, lanes=lanes, priority=priority)


@pytest.mark.parametrize("lanes", [1, 2, 3, 16])
@pytest.mark.parametrize("seconds", [1, 7, 61, 600, 7_200])
def test_every_rung_of_every_chunk_is_made_once(lanes: int, seconds: float) -> None:
    plan, tasks = planned(seconds, lanes=lanes)
    made = [
        (stem, chunk)
        for task in tasks
        if task.kind is TaskKind.CHUNKS
        for stem in task.rungs
        for chunk in range(task.first_chunk or 0, (task.first_chunk or 0) + (task.chunks or 0))
    ]
    assert sorted(made) == sorted((rung.stem, chunk.index) for rung in plan.rungs for chunk in plan.chunks)
    assert len({task.name for task in tasks}) == len(tasks)
    assert all(
        set(task.rungs) <= {rung.stem for rung in plan.groups[task.rung_group or 0]}
        for task in tasks
        if task.rung_group is not None
    )


def test_a_long_video_is_cut_into_tasks_that_are_worth_their_taking() -> None:
    _, tasks = planned(7_200)
    chunks = [task for task in tasks if task.kind is TaskKind.CHUNKS]
    small = [task for task in chunks if task.cost < 4]
    assert len(small) <= 2, "the first one, and what is left at the end"
    assert max(task.cost for task in chunks) < 40


def test_a_short_one_is_cut_so_that_two_workers_end_together() -> None:
    _, tasks = planned(60)
    chunks = [task.cost for task in tasks if task.kind is TaskKind.CHUNKS]
    assert len(chunks) >= 12
    assert max(chunks) < sum(chunks) / 8


def test_what_makes_a_video_playable_goes_first_and_short_goes_before_long() -> None:
    _, short = planned(20)
    _, long = planned(3_600)
    first = min((task for task in long if task.kind is TaskKind.CHUNKS), key=lambda task: task.patience_s)
    assert (first.rung_group, first.first_chunk) == (0, 0)
    assert max(task.patience_s for task in short) < min(
        task.patience_s for task in long if task.kind is TaskKind.CHUNKS and task.rung_group == 1
    )
    remux = next(task for task in long if task.kind is TaskKind.REMUX)
    assert remux.patience_s == 0


def test_what_only_makes_it_better_comes_behind_the_lowest_rung() -> None:
    found = source(7_200)
    wishes = ladder.Wishes(sounds.Wishes(loudness=LoudnessTarget(-16.0, -1.5)), titles=ladder.Titles())
    plan = ladder.plan(found, wishes)
    tasks = plans.tasks_of(found, plan, lanes=2)

    first = {task.name: task for task in tasks if task.name in ("source-audio", "poster")}
    assert max(task.patience_s for task in first.values()) < 1
    assert plans.tracks_named(plan, first["source-audio"].rungs) == (plan.early_sound,)
    low = [task.patience_s for task in tasks if task.kind is TaskKind.CHUNKS and task.rung_group == 0]
    better = [task.patience_s for task in tasks if task.kind is TaskKind.SAMPLE or task.name == "audio"]
    assert len(better) == 9
    assert max(low) < min(better)


def test_nobody_waits_longer_than_an_hour_behind_others_and_a_role_may_shorten_that() -> None:
    _, tasks = planned(43_000, width=3840, height=2160)
    _, hurried = planned(43_000, priority=4.0, width=3840, height=2160)
    longest = max(task.patience_s for task in tasks)
    assert longest < plans.LONGEST_WAIT_S + 120
    assert max(task.patience_s for task in hurried) == pytest.approx(longest / 4)


def test_shares_and_the_probe_make_one() -> None:
    _, tasks = planned(60)
    assert sum(plans.shares(tasks)) + plans.PROBED == pytest.approx(1)


def test_seconds_left_follow_from_the_speed_so_far() -> None:
    assert plans.remaining_s(plans.PROBED, plans.PROBED, 10.0) is None
    assert plans.remaining_s(0.51, 0.02, 49.0) == 49
    assert plans.remaining_s(1.0, 0.02, 49.0) == 0
