"""What operators and the clock say of edits."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.edits import edit, look
from tests.factories.staff import look as look_at_roles
from tests.factories.staff import of_role
from tests.factories.uploads import problem
from tests.factories.videos import video

from socialflow.domains.media.handlers import collect
from socialflow.domains.videos import handlers
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

MUTE = {"kind": "mute"}


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Whatever a test says of files."""
    more = getattr(request, "param", {})
    return settings.model_copy(update={"media": settings.media.model_copy(update=more)})


@pytest.mark.parametrize("settings", [{"edits": False}], indirect=True)
async def test_where_edits_are_not_offered_they_are_refused(app: App, ada: Person) -> None:
    shown = await video(app, ada)
    problem(await ada.post(f"/videos/{shown['id']}/edits", {"operations": [MUTE]}), 403, "edits_not_offered")


@pytest.mark.parametrize("settings", [{"max_duration_s": 15}], indirect=True)
async def test_a_film_does_not_become_longer_than_films_may_be(app: App, ada: Person) -> None:
    one, two = await video(app, ada), await video(app, ada)
    join = {"kind": "concat", "video_ids": [two["id"]]}
    path = f"/videos/{one['id']}/edits"
    problem(await ada.post(path, {"operations": [join]}), 422, "edit_too_long")
    assert (await ada.post(path, {"operations": [join, {"kind": "trim", "start_ms": 0, "end_ms": 14_000}]})).is_success


@pytest.mark.parametrize("settings", [{"keep_unedited": "always"}], indirect=True)
async def test_edits_can_be_undone_for_ever_where_it_is_said_so(app: App, ada: Person) -> None:
    shown = await video(app, ada)
    asked = await edit(ada, shown, MUTE)
    async with app.sessions() as session, session.begin():
        # As if it had been made, a year ago.
        await session.execute(text("UPDATE edits SET state = 'made'"))
        await session.execute(
            text(
                "UPDATE video_sources SET state = CASE state WHEN 'current' THEN 'retired' ELSE 'current' END,"
                " ended_at = CASE state WHEN 'current' THEN now() - interval '1 year' END"
            )
        )
    await handlers.collect_replaced(app)
    found = await look(ada, asked)
    assert (found["can_revert"], found["revert_until"]) == (True, None)


async def test_an_edit_of_which_nothing_comes_is_given_up_after_two_days(app: App, ada: Person) -> None:
    shown = await video(app, ada)
    asked = await edit(ada, shown, MUTE)
    await collect.expire_uploads(replace(app, clock=lambda: datetime.now(UTC) + timedelta(hours=47)))
    assert (await look(ada, asked))["state"] == "queued"
    await collect.expire_uploads(replace(app, clock=lambda: datetime.now(UTC) + timedelta(hours=49)))
    found = await look(ada, asked)
    assert (found["state"], found["failure_code"]) == ("failed", "edit_timed_out")


async def test_whoever_may_not_upload_does_not_edit(app: App, person: Callable[..., Awaitable[Person]]) -> None:
    watcher = await of_role(app, person, "cur")
    shown = await video(app, watcher)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE roles SET may_upload = false WHERE name = 'role_of_cur'"))
    await look_at_roles(app)
    answer = await watcher.post(f"/videos/{shown['id']}/edits", {"operations": [MUTE]})
    problem(answer, 403, "uploads_not_allowed")


async def test_marks_and_sounds_that_no_edit_asks_for_go_after_a_week(app: App, ada: Person) -> None:
    shown = await video(app, ada)
    asked = await edit(ada, shown, MUTE)
    async with app.sessions() as session, session.begin():
        for number, purpose in enumerate(("watermark", "sound", "sound")):
            await session.execute(
                text(
                    "INSERT INTO assets (id, account_id, purpose, source_size, counted, state, created_at, updated_at)"
                    " SELECT gen_random_uuid(), account_id, :purpose, :size, 0, 'ready', now() - interval '8 days',"
                    " now() - interval '8 days' FROM assets LIMIT 1"
                ),
                {"purpose": purpose, "size": number},
            )
        await session.execute(
            text(
                "UPDATE edits SET sound_asset_id = (SELECT id FROM assets WHERE purpose = 'sound' AND source_size = 1)"
            )
        )
    await collect.forget_spare_material(app)
    async with app.sessions() as session:
        left = (await session.execute(text("SELECT purpose, source_size FROM assets WHERE purpose <> 'video'"))).all()
    assert [tuple(row) for row in left] == [("sound", 1)]
    assert (await look(ada, asked))["state"] == "queued"


async def test_an_edit_that_leaves_the_whole_video_as_it_is_is_refused(app: App, ada: Person) -> None:
    shown = await video(app, ada, seconds=10)
    path = f"/videos/{shown['id']}/edits"
    for same in (
        {"kind": "trim", "start_ms": 0, "end_ms": 10_000},
        {"kind": "trim", "start_ms": 0, "end_ms": 99_000},
        {"kind": "cut", "ranges": [{"start_ms": 10_000, "end_ms": 12_000}]},
    ):
        problem(await ada.post(path, {"operations": [same]}), 422, "edit_changes_nothing")
    whole = {"kind": "trim", "start_ms": 0, "end_ms": 10_000}
    assert (await ada.post(path, {"operations": [whole, MUTE]})).is_success, "the sound is another one"
