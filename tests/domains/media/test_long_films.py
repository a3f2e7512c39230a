"""A long film that cannot be shown as it is: the first picture waits for nothing that only makes it better."""

import re

import pytest
from sqlalchemy import select, text
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, files_of, upload
from tests.factories.clips import clip
from tests.faults.transcoding import next_job, work_off

from socialflow.domains.media.models import AssetState, Rendition
from socialflow.kernel import jobs
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

SOUNDS = re.compile(r'TYPE=AUDIO.*URI="([^"]+)"')


async def tasks_done(app: App) -> set[str]:
    async with app.sessions() as session:
        return set(await session.scalars(text("SELECT name FROM transcode_tasks WHERE state = 'done'")))


async def heard(app: App, files: dict[str, str]) -> list[str]:
    """The playlists of sounds that the master lists."""
    return SOUNDS.findall((await app.port(ObjectStore).get(files["master.m3u8"])).decode())


async def let_patience_end(app: App) -> None:
    """Those who work are slow: an hour passes for all that is planned and waits."""
    async with app.sessions() as session, session.begin():
        for past in (
            "UPDATE jobs SET due_by = due_by - interval '1 hour' WHERE state = 'queued'",
            "UPDATE transcodes SET planned_at = planned_at - interval '1 hour'",
        ):
            await session.execute(text(past))


@pytest.mark.parametrize("name", ["lesson.mp4", "lecture.mp4"])
async def test_a_long_film_is_played_before_its_sound_is_measured_and_made_as_loud(
    app: App, ada: Person, name: str
) -> None:
    made = await upload(app, ada, clip(name))
    while (await asset_of(app, made.asset_id)).state != AssetState.PARTIALLY_PLAYABLE:
        job = await next_job(app)
        assert job is not None, "all is made, and nothing was shown before"
        assert await jobs.execute(app, job) is jobs.Outcome.DONE
        await let_patience_end(app)

    done = await tasks_done(app)
    assert {"source-audio", "poster"} <= done
    assert "audio" not in done
    assert await heard(app, await files_of(app, made.asset_id)) == ["as.m3u8"]

    if name == "lesson.mp4":
        # What comes then is the same for both.
        return
    assert set(await work_off(app)) == {jobs.Outcome.DONE}
    assert (await asset_of(app, made.asset_id)).state == AssetState.READY
    assert await heard(app, await files_of(app, made.asset_id)) == ["a.m3u8"]
    async with app.work(SYSTEM) as work:
        rows = await work.db.execute(
            select(Rendition.name, Rendition.figures).where(Rendition.asset_id == made.asset_id)
        )
        figures = {row.name: row.figures for row in rows}
    assert "source-audio" not in figures
    assert figures["audio"]["gain_db"] > 0
