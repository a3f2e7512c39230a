"""A title's own ladder: chosen of samples, and the fixed one where these lack."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from tests.domains.media.test_plans import source
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, upload
from tests.factories.clips import clip
from tests.faults.transcoding import work_off

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, Titles, Wishes, ladder
from socialflow.domains.media.events import ChunksQueued
from socialflow.domains.media.handlers.tasks import give_up
from socialflow.domains.media.models import AssetState, Rendition, TaskKind
from socialflow.domains.media.service import plans, titles
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import (
    Encoder,
    EncoderTrouble,
    FailureCode,
    JobFolder,
    Plan,
    Progress,
    Sample,
    SourceInfo,
)

Deliver = Callable[..., Awaitable[int]]
EARLY = Wishes(titles=Titles(target=90.0, preset="veryfast", from_s=4.0))


def planned(seconds: float = 600.0, wishes: Wishes = EARLY) -> Plan:
    return ladder.plan(source(seconds), wishes)


def samples(plan: Plan, *, best: float = 96.0) -> list[tuple[Sample, ...]]:
    """VMAF that falls by one, then two, then three for each step of five."""
    stems = [rung.stem for group in plan.groups[1:] for rung in group]
    curve = ((19.0, 0.0), (24.0, 3.0), (29.0, 9.0))
    assert plan.sampling is not None
    return [
        tuple(Sample(stem, quality, best - lost, 1_000_000) for stem in stems for quality, lost in curve)
        for _ in plan.sampling.spans
    ]


def test_the_quality_is_the_highest_that_reaches_the_target() -> None:
    points = [(19.0, 96.0), (24.0, 93.0), (29.0, 87.0)]
    quality = titles.quality_for(points, 92.0)

    assert titles.vmaf_at(points, quality) >= 92.0
    assert titles.vmaf_at(points, quality + titles.FINE) < 92.0
    assert 24 < quality < 26


def test_where_the_target_is_out_of_reach_bits_are_spent_as_long_as_they_buy_something() -> None:
    capped = [(19.0, 84.1), (24.0, 84.0), (29.0, 80.0)]
    assert titles.quality_for(capped, 92.0) >= 23
    rising = [(19.0, 84.0), (24.0, 78.0), (29.0, 70.0)]
    assert titles.quality_for(rising, 92.0) < 19


def test_where_everything_is_good_enough_no_more_is_given_up_than_was_tried() -> None:
    assert titles.quality_for([(19.0, 99.0), (24.0, 98.5), (29.0, 98.0)], 92.0) == 29 + titles.BEYOND


@given(
    st.lists(st.floats(0, 100), min_size=3, max_size=3).map(lambda each: sorted(each, reverse=True)),
    st.floats(60, 99),
)
def test_whatever_is_measured_the_quality_stays_near_what_was_tried(vmafs: list[float], target: float) -> None:
    points = list(zip((19.0, 24.0, 29.0), vmafs, strict=True))
    assert 17 <= titles.quality_for(points, target) <= 31


def test_all_but_the_lowest_rung_get_a_quality_of_the_title_s_own() -> None:
    plan = planned()
    own = titles.chosen(plan, samples(plan))

    assert own.groups[0] == plan.groups[0]
    assert all(rung.quality is not None and rung.vmaf is not None for rung in own.groups[1])
    assert all(rung.vmaf >= 90 for rung in own.groups[1] if rung.vmaf)
    assert [rung.stem for rung in own.rungs] == [rung.stem for rung in plan.rungs]


@pytest.mark.parametrize("lost", ["a span", "a rung", "everything"])
def test_where_samples_lack_the_ladder_is_everybody_s(lost: str) -> None:
    plan = planned(wishes=replace(EARLY, titles=Titles(preset="medium", from_s=4.0)))
    found = samples(plan)
    if lost == "a span":
        found[1] = ()
    elif lost == "a rung":
        found = [tuple(each for each in span if each.stem != "v1080") for span in found]
    else:
        found = []
    own = titles.chosen(plan, found)

    plain = ladder.plan(source(600.0))
    changed = {rung.stem for rung, other in zip(own.rungs, plain.rungs, strict=True) if rung != other}
    assert changed == ({"v480", "v720"} if lost == "a rung" else set())


def test_short_sources_and_those_that_cannot_be_entered_are_not_sampled() -> None:
    assert ladder.plan(source(179.0), Wishes(titles=Titles())).sampling is None
    assert ladder.plan(replace(source(600.0), indexed=False), Wishes(titles=Titles())).sampling is None
    assert ladder.plan(source(600.0, width=320, height=180), Wishes(titles=Titles())).sampling is None
    assert ladder.plan(source(600.0), Wishes()).sampling is None


@pytest.mark.parametrize(("seconds", "spans"), [(180, 3), (600, 4), (3_000, 6), (20_000, 8)])
def test_spans_lie_evenly_over_the_source_where_groups_of_pictures_begin(seconds: float, spans: int) -> None:
    sampling = planned(seconds).sampling
    assert sampling is not None
    assert len(sampling.spans) == spans
    assert all(first % 60 == 0 for first in sampling.spans)
    assert 0 <= sampling.spans[0] < sampling.spans[-1] + sampling.frames <= seconds * 30
    assert Fraction(sampling.frames, 30) == 2


def test_only_the_lowest_rung_does_not_wait_for_samples() -> None:
    plan = planned()
    made = plans.tasks_of(source(600.0), plan, lanes=2)

    waiting = {(task.kind, task.rung_group) for task in made if task.waits}
    assert waiting == {(TaskKind.CHUNKS, 1), (TaskKind.JOIN, 0), (TaskKind.JOIN, 1), (TaskKind.STORYBOARD, None)}
    tries = [task for task in made if task.kind is TaskKind.SAMPLE]
    assert [task.first_chunk for task in tries] == [0, 1, 2, 3]
    assert sum(plans.shares(made)) + plans.PROBED == pytest.approx(1)


class Unable(FfmpegEncoder):
    """One whose samples fail."""

    async def sample(
        self, job: JobFolder, source: SourceInfo, plan: Plan, span: int, progress: Progress
    ) -> tuple[Sample, ...]:
        """Fail."""
        del job, source, plan, progress
        raise EncoderTrouble(FailureCode.ENCODER_CRASHED, notes=f"no sample of {span} today")


def use(app: App, encoder: FfmpegEncoder) -> None:
    cast("dict[type[Any], Any]", app.ports)[Encoder] = encoder


async def figures_of(app: App, asset_id: uuid.UUID) -> dict[str, dict[str, float]]:
    async with app.work(SYSTEM) as work:
        rows = await work.db.execute(select(Rendition.name, Rendition.figures).where(Rendition.asset_id == asset_id))
        return {row.name: row.figures for row in rows}


async def test_what_is_hard_to_encode_gets_more_bits_and_the_figures_are_kept(
    app: App, ada: Person, deliver: Deliver
) -> None:
    use(app, FfmpegEncoder(concurrency=2, wishes=EARLY))
    found = {}
    for name in ("busy.mp4", "calm.mp4"):
        made = await upload(app, ada, clip(name))
        await deliver(times=1)
        assert (await asset_of(app, made.asset_id)).state == AssetState.READY
        found[name] = await figures_of(app, made.asset_id)

    assert all(figures["360p"] == {} for figures in found.values()), "the lowest is made before anything is known"
    assert set(found["busy.mp4"]["480p"]) == {"crf", "vmaf"}
    assert found["busy.mp4"]["480p"]["crf"] < found["calm.mp4"]["480p"]["crf"]
    assert found["calm.mp4"]["480p"]["vmaf"] >= 89.5


async def test_where_sampling_fails_the_video_is_ready_with_the_fixed_ladder(
    app: App, ada: Person, deliver: Deliver
) -> None:
    use(app, Unable(concurrency=2, wishes=EARLY))
    made = await upload(app, ada, clip("wide.mp4"))
    await deliver()

    asset = await asset_of(app, made.asset_id)
    assert (asset.state, asset.progress, asset.failure_code) == (AssetState.READY, 100, None)
    assert (await figures_of(app, made.asset_id))["480p"] == {}
    async with app.sessions() as session:
        states = set(await session.scalars(text("SELECT state FROM transcode_tasks WHERE kind = 'sample'")))
    assert states == {"done"}


async def test_a_sample_whose_last_attempt_dies_takes_nothing_away(app: App, ada: Person, deliver: Deliver) -> None:
    use(app, FfmpegEncoder(concurrency=2, wishes=EARLY))
    made = await upload(app, ada, clip("wide.mp4"))
    await deliver(times=1, queues=("media",))
    async with app.sessions() as session:
        waiting = list(
            await session.execute(text("SELECT id, asset_id FROM transcode_tasks WHERE kind = 'sample' ORDER BY name"))
        )
    assert len(waiting) == 2
    for row in waiting:
        await give_up(app, ChunksQueued(task_id=row.id, asset_id=row.asset_id, due_by=app.clock()), "lease_lost")
    # Jobs of `encode` were made before, and nobody was told of them.
    await work_off(app)

    assert (await asset_of(app, made.asset_id)).state == AssetState.READY
    assert (await figures_of(app, made.asset_id))["480p"] == {}
