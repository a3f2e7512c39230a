"""Where people stop in videos, what they can watch on, and how their player begins."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update
from tests.factories.accounts import Person
from tests.factories.lives import erase
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.shelves import policy
from socialflow.domains.shelves.handlers import forget_old_watches
from socialflow.domains.shelves.models import PlayerSettings, Watch
from socialflow.domains.shelves.schemas import PlayerSettingsRead, WatchingPage, WatchPositionsRead
from socialflow.kernel import ids, personal
from socialflow.kernel.work import SYSTEM, App

MS = 6_000  # of the ten seconds that videos of these tests have


async def stop(person: Person, video_id: str, position_ms: int = MS) -> dict[str, Any]:
    answer = await person.put(f"/me/positions/{video_id}", json={"position_ms": position_ms})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def kept(app: App) -> int:
    """How many places to go on from there are."""
    async with app.work(SYSTEM) as work:
        places = select(func.count()).select_from(Watch).where(Watch.position_ms.is_not(None))
        return int(await work.db.scalar(places) or 0)


@pytest.mark.parametrize(
    ("position", "length", "worth"),
    [(4_999, 60_000, False), (5_000, 60_000, True), (56_999, 60_000, True), (57_000, 60_000, False), (99, 10, False)],
)
def test_the_beginning_and_the_end_are_not_worth_keeping(position: int, length: int, *, worth: bool) -> None:
    assert policy.is_worth_keeping(position, length) is worth


async def test_a_position_is_there_on_every_device_and_nobody_elses(
    app: App, ada: Person, bob: Person, connect: Callable[..., httpx2.AsyncClient]
) -> None:
    one, two = await video(app, ada), await video(app, ada)
    said = await stop(bob, one["id"])
    assert (said["position_ms"], said["duration_ms"]) == (MS, 10_000)
    assert (await stop(bob, one["id"], 7_000))["position_ms"] == 7_000

    login = await connect().post(
        "/api/v1/auth/login", json={"login": "bob", "password": "correct horse battery staple"}
    )
    elsewhere = connect(Authorization=f"Bearer {login.json()['access_token']}")
    asked = {"video_ids": f"{two['id']},{one['id']}"}
    async with counted(app) as statements:
        answer = await elsewhere.get("/api/v1/me/positions", params=asked)
    assert len(statements) == 1, statements
    assert [(each["video_id"], each["position_ms"]) for each in answer.json()["positions"]] == [(one["id"], 7_000)]
    assert WatchPositionsRead.model_validate_json(answer.content).model_dump_json().encode() == answer.content
    assert answer.headers["cache-control"] == "no-store"
    assert (await ada.get("/me/positions", params=asked)).json() == {"positions": []}


@pytest.mark.parametrize("position", [0, 4_999, 9_500, 10_000, 2**31 - 1])
async def test_near_the_end_and_at_the_beginning_it_is_forgotten(app: App, ada: Person, position: int) -> None:
    made = await video(app, ada)
    await stop(ada, made["id"])
    said = await stop(ada, made["id"], position)
    assert (said["position_ms"], said["updated_at"]) == (None, None)
    assert await kept(app) == 0


async def test_a_position_costs_three_statements(app: App, ada: Person) -> None:
    made = await video(app, ada)
    async with counted(app) as statements:
        await stop(ada, made["id"])
    assert len(statements) == 3, statements


async def test_what_one_may_not_see_has_no_positions(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    hidden, coming = await video(app, ada, visibility="private"), await video(app, ada, state="processing")
    for wrong in (hidden["id"], coming["id"], ids.show("vid", ids.new())):
        answer = await bob.put(f"/me/positions/{wrong}", json={"position_ms": MS})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await bob.put("/me/positions/vid_1", json={"position_ms": MS})).status_code == 404
    for wrong in ({}, {"position_ms": -1}, {"position_ms": True}, {"position_ms": 1.5}, {"position_ms": MS, "more": 1}):
        assert (await ada.put(f"/me/positions/{hidden['id']}", json=wrong)).status_code == 422, wrong
    assert (await client.put(f"/api/v1/me/positions/{hidden['id']}", json={"position_ms": MS})).status_code == 401
    assert (await stop(ada, hidden["id"]))["position_ms"] == MS


async def test_one_watches_on_the_latest_first_page_by_page(app: App, ada: Person, bob: Person) -> None:
    made = [await video(app, ada, title=f"v{number}") for number in range(5)]
    for each in made:
        await stop(bob, each["id"])
    await stop(bob, made[1]["id"], 8_000)
    await ada.patch(f"/videos/{made[3]['id']}", {"visibility": "private"})
    app.cache.clear()

    titles, cursor = [], None
    while True:
        async with counted(app) as statements:
            answer = await bob.get("/me/watching", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        assert len(statements) == 1, statements
        assert WatchingPage.model_validate_json(answer.content).model_dump_json().encode() == answer.content
        titles += [(entry["video"]["title"], entry["position_ms"]) for entry in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break
    assert titles == [("v1", 8_000), ("v4", MS), ("v2", MS), ("v0", MS)]
    foreign = (await bob.get("/me/watching", params={"limit": 1})).json()["next_cursor"]
    assert (await ada.get("/me/watching", params={"cursor": foreign})).json()["code"] == "invalid_cursor"
    assert (await ada.get("/me/watching")).json() == {"items": [], "next_cursor": None}


async def test_positions_are_forgotten_one_by_one_and_all_at_once(app: App, ada: Person, bob: Person) -> None:
    made = [await video(app, ada) for _ in range(3)]
    for each in made:
        await stop(bob, each["id"])
        await stop(ada, each["id"])
    for _ in range(2):
        assert (await bob.delete(f"/me/positions/{made[0]['id']}")).status_code == 204
    assert await kept(app) == 5
    assert (await bob.delete("/me/positions")).status_code == 204
    assert await kept(app) == 3


async def test_who_keeps_no_positions_has_none(app: App, ada: Person) -> None:
    made = await video(app, ada)
    await stop(ada, made["id"])
    answer = await ada.patch("/me/player", {"keep_positions": False})
    assert answer.json()["keep_positions"] is False
    assert await kept(app) == 0
    assert (await stop(ada, made["id"]))["position_ms"] is None
    assert await kept(app) == 0
    await ada.patch("/me/player", {"keep_positions": True})
    assert (await stop(ada, made["id"]))["position_ms"] == MS


async def test_a_player_begins_as_its_owner_likes_it(app: App, ada: Person, bob: Person) -> None:
    usual = (await ada.get("/me/player")).json()
    assert usual == {
        "quality": None,
        "speed_percent": 100,
        "captions": "default",
        "autoplay": True,
        "autoplay_next": True,
        "keep_positions": True,
    }
    assert (await ada.patch("/me/player", {})).json() == usual
    wanted = {"quality": 720, "speed_percent": 150, "captions": "pt-BR", "autoplay_next": False}
    answer = await ada.patch("/me/player", wanted)
    assert answer.json() == usual | wanted
    assert PlayerSettingsRead.model_validate_json(answer.content)
    assert (await ada.patch("/me/player", {"quality": None})).json()["quality"] is None
    assert (await ada.get("/me/player")).json() == usual | wanted | {"quality": None}
    assert (await bob.get("/me/player")).json() == usual


@pytest.mark.parametrize(
    "wrong",
    [
        {"quality": 721},
        {"quality": "720"},
        {"speed_percent": 0},
        {"speed_percent": 110},
        {"captions": "en us"},
        {"captions": "x"},
        {"captions": ""},
        {"autoplay": "yes"},
        {"keep_positions": 0},
        {"account_id": "acc_1"},
    ],
)
async def test_a_setting_that_is_none_is_refused(app: App, ada: Person, wrong: dict[str, Any]) -> None:
    assert (await ada.patch("/me/player", wrong)).status_code == 422
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(select(func.count()).select_from(PlayerSettings)) == 0


async def test_what_was_not_watched_on_for_a_year_is_forgotten(app: App, ada: Person) -> None:
    old, new = await video(app, ada), await video(app, ada)
    for each in (old, new):
        await stop(ada, each["id"])
    async with app.work(SYSTEM) as work:
        long_ago = func.now() - timedelta(seconds=app.settings.privacy.positions_keep_s + 60)
        aged = {"watched_at": long_ago, "began_at": long_ago}
        await work.db.execute(update(Watch).where(Watch.video_id == ids.parse("vid", old["id"])).values(aged))
    await forget_old_watches(app)
    assert await kept(app) == 1


async def test_positions_go_with_the_video(
    app: App, ada: Person, bob: Person, deliver: Callable[..., Awaitable[int]]
) -> None:
    made, other = await video(app, ada), await video(app, ada)
    for each in (made, other):
        await stop(bob, each["id"])
    await ada.delete(f"/videos/{made['id']}")
    assert [each["video"]["id"] for each in (await bob.get("/me/watching")).json()["items"]] == [other["id"]]
    await deliver()
    assert await kept(app) == 1


async def test_positions_and_settings_go_with_the_account_and_stand_in_its_export(
    app: App, ada: Person, bob: Person
) -> None:
    made = await video(app, ada)
    for each in (ada, bob):
        await stop(each, made["id"])
        await each.patch("/me/player", {"captions": "off"})
    held = {each["kind"]: each["count"] for each in (await bob.get("/me/data")).json()["items"]}
    assert (held["watches"], held["player_settings"]) == (1, 1)
    holding = personal.holdings["watches"]
    (row,) = [each async for each in personal.rows(app, holding, ids.parse("acc", bob.id))]
    assert (row["account_id"], row["video_id"], row["position_ms"]) == (bob.id, made["id"], MS)

    await erase(app, bob)
    assert await kept(app) == 1
    async with app.work(SYSTEM) as work:
        left = list(await work.db.scalars(select(PlayerSettings.account_id)))
    assert left == [ids.parse("acc", ada.id)]
