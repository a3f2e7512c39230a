"""Captions, chapters and pictures go along with an edit to where they belong, and come back when it is undone."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.edits import edit, read
from tests.factories.uploads import problem
from tests.factories.videos import arrive, asset_of, video

from socialflow.domains.media.service import captions
from socialflow.domains.media.service.captions import Wished
from socialflow.domains.media.service.cues import Cue
from socialflow.domains.videos import service as videos
from socialflow.domains.videos.service.chapters import moved
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

Deliver = Callable[..., Awaitable[int]]
CUT = {"kind": "cut", "ranges": [{"start_ms": 20_000, "end_ms": 40_000}]}
CHAPTERS = [
    {"start_ms": 0, "title": "One"},
    {"start_ms": 20_000, "title": "Two"},
    {"start_ms": 40_000, "title": "Three"},
    {"start_ms": 60_000, "title": "Four"},
]


async def long_video(app: App, person: Person, **fields: Any) -> dict[str, Any]:
    """A video of eighty seconds, as far as anybody can tell."""
    made = await video(app, person, **fields)
    await lengthen(app, 80_000)
    return made


async def lengthen(app: App, duration_ms: int) -> None:
    async with app.sessions() as session, session.begin():
        await session.execute(
            text("UPDATE assets SET duration_ms = :ms WHERE duration_ms = 10000"), {"ms": duration_ms}
        )


async def write(app: App, shown: dict[str, Any], language: str, *cues: Cue, automatic: bool = False) -> None:
    asset_id = await asset_of(app, shown["id"])
    async with app.work(SYSTEM) as work:
        await captions.put(work, asset_id, language, cues, Wished(automatic=automatic, is_default=language == "en"))


async def words(person: Person, shown: dict[str, Any], language: str = "en") -> list[tuple[int, int, str]]:
    answer = await person.get(f"/videos/{shown['id']}/captions/{language}/cues")
    assert answer.status_code == 200, answer.text
    return [(cue["start_ms"], cue["end_ms"], cue["text"]) for cue in answer.json()["cues"]]


async def languages(person: Person, shown: dict[str, Any]) -> dict[str, bool]:
    found = (await person.get(f"/videos/{shown['id']}/captions")).json()["items"]
    return {each["language"]: each["is_default"] for each in found}


async def chapters(person: Person, shown: dict[str, Any]) -> list[tuple[int, str]]:
    told = (await person.get(f"/videos/{shown['id']}/chapters")).json()["chapters"]
    return [(each["start_ms"], each["title"]) for each in told]


async def made(app: App, person: Person, shown: dict[str, Any], *operations: dict[str, Any], ms: int) -> dict[str, Any]:
    """An edit whose file has come and can be watched."""
    asked = await edit(person, shown, *operations)
    await arrive(app, asked["upload_id"], "ready")
    await lengthen(app, ms)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE edits SET state = 'made'"))
    async with app.work(SYSTEM) as work:
        values = {"id": ids.parse("upl", asked["upload_id"])}
        asset_id = await work.db.scalar(text("SELECT asset_id FROM edits WHERE upload_id = :id"), values)
        assert asset_id is not None
        await videos.follow_asset(work, asset_id)
    return asked


async def revert(person: Person, asked: dict[str, Any]) -> None:
    answer = await person.post(f"/videos/{asked['video_id']}/edits/{asked['id']}/revert")
    assert answer.status_code == 200, answer.text


async def test_words_go_along_and_those_that_nobody_touched_are_the_same_again(app: App, ada: Person) -> None:
    shown = await long_video(app, ada)
    first = [Cue(1_000, 2_000, "a"), Cue(19_000, 41_000, "b"), Cue(30_000, 31_000, "c"), Cue(50_000, 51_000, "d")]
    await write(app, shown, "en", *first)
    await write(app, shown, "de", Cue(25_000, 26_000, "weg"), automatic=True)
    before = await words(ada, shown), await words(ada, shown, "de")

    asked = await made(app, ada, shown, CUT, ms=60_000)
    # Before the cut "b" had made room for "c".
    assert await words(ada, shown) == [(1_000, 2_000, "a"), (19_000, 20_000, "b"), (30_000, 31_000, "d")]
    assert await languages(ada, shown) == {"de": False, "en": True}
    assert await words(ada, shown, "de") == []

    await revert(ada, asked)
    assert (await words(ada, shown), await words(ada, shown, "de")) == before
    assert await languages(ada, shown) == {"de": False, "en": True}


async def test_what_was_corrected_since_stays_corrected_when_the_edit_is_undone(app: App, ada: Person) -> None:
    shown = await long_video(app, ada)
    await write(
        app, shown, "en", Cue(1_000, 2_000, "teh sea"), Cue(30_000, 31_000, "cut out"), Cue(50_000, 51_000, "d")
    )
    asked = await made(app, ada, shown, CUT, ms=60_000)
    await write(app, shown, "en", Cue(1_000, 2_000, "the sea"), Cue(30_000, 31_000, "d"))
    await write(app, shown, "fr", Cue(30_000, 31_000, "la mer"))
    await revert(ada, asked)
    assert await words(ada, shown) == [
        (1_000, 2_000, "the sea"),
        (30_000, 31_000, "cut out"),
        (50_000, 51_000, "d"),
    ]
    assert await words(ada, shown, "fr") == [(50_000, 51_000, "la mer")]
    assert await languages(ada, shown) == {"en": True, "fr": False}


async def test_of_joined_films_the_words_follow_each_other(app: App, ada: Person) -> None:
    one, two = await long_video(app, ada), await long_video(app, ada)
    await write(app, one, "en", Cue(1_000, 2_000, "one"))
    await write(app, two, "en", Cue(1_000, 2_000, "two"))
    await made(app, ada, one, {"kind": "concat", "video_ids": [two["id"]]}, ms=160_000)
    assert await words(ada, one) == [(1_000, 2_000, "one"), (81_000, 82_000, "two")]


async def test_what_a_program_heard_goes_with_the_sound_that_it_heard(app: App, ada: Person) -> None:
    shown = await long_video(app, ada)
    await write(app, shown, "de", Cue(1_000, 2_000, "von Hand"))
    await write(app, shown, "en", Cue(1_000, 2_000, "heard"), automatic=True)
    asked = await made(app, ada, shown, {"kind": "mute"}, ms=80_000)
    assert await languages(ada, shown) == {"de": False}
    await revert(ada, asked)
    assert await languages(ada, shown) == {"de": False, "en": True}


async def test_chapters_go_along_and_come_back(app: App, ada: Person) -> None:
    shown = await long_video(app, ada)
    assert (await ada.put(f"/videos/{shown['id']}/chapters", json={"chapters": CHAPTERS})).status_code == 200
    before = await chapters(ada, shown)
    asked = await made(app, ada, shown, CUT, ms=60_000)
    assert await chapters(ada, shown) == [(0, "One"), (20_000, "Three"), (40_000, "Four")]
    await revert(ada, asked)
    assert await chapters(ada, shown) == before

    again = await made(app, ada, shown, CUT, ms=60_000)
    mine = [{"start_ms": 0, "title": "Mine"}, {"start_ms": 30_000, "title": "And mine"}]
    assert (await ada.put(f"/videos/{shown['id']}/chapters", json={"chapters": mine})).status_code == 200
    await revert(ada, again)
    assert await chapters(ada, shown) == [(0, "Mine"), (50_000, "And mine")]


async def test_chapters_of_the_description_are_right_afterwards_and_its_own_again_when_undone(
    app: App, ada: Person
) -> None:
    shown = await long_video(app, ada, description="0:00 One\n0:20 Two\n0:40 Three\n1:00 Four")
    asked = await made(app, ada, shown, CUT, ms=60_000)
    path = f"/videos/{shown['id']}/chapters"
    assert await chapters(ada, shown) == [(0, "One"), (20_000, "Three"), (40_000, "Four")]
    assert (await ada.get(path)).json()["source"] == "owner"
    await revert(ada, asked)
    assert (await ada.get(path)).json()["source"] == "description"
    assert len(await chapters(ada, shown)) == 4


async def test_chapters_stay_where_no_time_is_another(app: App, ada: Person) -> None:
    shown = await long_video(app, ada, description="0:00 One\n0:20 Two\n0:40 Three")
    await made(app, ada, shown, {"kind": "mute"}, ms=80_000)
    assert (await ada.get(f"/videos/{shown['id']}/chapters")).json()["source"] == "description"


def test_what_is_left_of_chapters_is_in_order_or_nothing() -> None:
    rows = [{"start_ms": at, "title": str(at)} for at in (0, 10_000, 20_000, 30_000)]
    assert moved(rows, lambda at: at // 2, 20_000) == [
        {"start_ms": 0, "title": "0"},
        {"start_ms": 10_000, "title": "20000"},
    ]
    assert moved(rows, lambda _: 0, 20_000) == []
    assert moved(rows, lambda _: None, 20_000) == []
    assert moved([], lambda at: at, None) == []


async def test_an_edit_that_fails_after_it_was_shown_gives_way_with_all_words(app: App, ada: Person) -> None:
    shown = await long_video(app, ada)
    await write(app, shown, "en", Cue(50_000, 51_000, "d"))
    asked = await made(app, ada, shown, CUT, ms=60_000)
    assert await words(ada, shown) == [(30_000, 31_000, "d")]
    failing = await asset_of(app, shown["id"])
    await arrive(app, asked["upload_id"], "failed")
    async with app.work(SYSTEM) as work:
        await videos.follow_asset(work, failing)
    assert await words(ada, shown) == [(50_000, 51_000, "d")]
    answer = await ada.get(f"/videos/{shown['id']}/edits/{asked['id']}")
    assert (answer.json()["state"], answer.json()["failure_code"]) == ("failed", "not_a_video")
    problem(await ada.post(f"/videos/{shown['id']}/edits/{asked['id']}/revert"), 409, "nothing_to_undo")
    assert (await read(ada, shown))["state"] == "ready"
