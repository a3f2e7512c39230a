"""F5: a worker dies while a title's own ladder is looked for: the video is ready, as after an undisturbed run."""

import signal
from typing import Any, cast

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import upload
from tests.factories.clips import clip
from tests.faults.test_f05_transcode_killed import check_end, digests, runs
from tests.faults.transcoding import EVERYTHING, attempt, expire_lease, relay_all, work_off

from socialflow.entrypoints.encoders import encoder
from socialflow.kernel import jobs
from socialflow.kernel.work import App
from socialflow.ports.encoder import Encoder

pytestmark = [pytest.mark.adversary, pytest.mark.timeout(400)]

EARLY = {"SF_MEDIA__PER_TITLE_FROM_S": "4"}
POINTS = ["task.sample.made", "task.sample.stored", "task.sample.published"]
clean: dict[str, str] = {}


@pytest.fixture
def early(app: App) -> App:
    """An installation in which even short videos are sampled."""
    media = app.settings.media.model_copy(update={"per_title_from_s": 4})
    own = encoder(app.settings.model_copy(update={"media": media}))
    cast("dict[type[Any], Any]", app.ports)[Encoder] = own
    return app


async def test_f05_a_clean_run_of_a_title_s_own_ladder_shows_what_is_expected(early: App, ada: Person) -> None:
    made = await upload(early, ada, clip("busy.mp4"))
    assert set(await work_off(early)) == {jobs.Outcome.DONE}
    await check_end(early, made.asset_id)
    clean.update(await digests(early, made.asset_id))


@pytest.mark.parametrize("point", POINTS)
async def test_f05_a_worker_killed_while_sampling_costs_that_sample_at_most(
    early: App, ada: Person, point: str
) -> None:
    made = await upload(early, ada, clip("busy.mp4"))
    await relay_all(early)
    async with attempt(early, EVERYTHING, f"{point}:kill", **EARLY) as worker:
        assert await worker.wait() == -signal.SIGKILL

    await expire_lease(early)
    assert set(await work_off(early)) <= {jobs.Outcome.DONE}
    await check_end(early, made.asset_id)
    assert await runs(early) <= 1
    async with early.sessions() as session:
        found = await session.scalar(text("SELECT figures ->> 'crf' FROM renditions WHERE name = '480p'"))
    assert found is not None
    assert not clean or await digests(early, made.asset_id) == clean
