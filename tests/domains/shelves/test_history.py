"""What people have watched: kept, shown on every device, paused, erased and forgotten."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, text, update
from tests.factories.accounts import Person
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.shelves.handlers import forget_old_watches
from socialflow.domains.shelves.models import Watch
from socialflow.domains.shelves.schemas import HistoryPage
from socialflow.domains.shelves.service import history
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

MS = 6_000  # of the ten seconds that videos of these tests have
END = 9_900


async def watch(person: Person, video_id: str, position_ms: int = MS) -> None:
    answer = await person.put(f"/me/positions/{video_id}", json={"position_ms": position_ms})
    assert answer.status_code == 200, answer.text


async def seen(person: Person, **params: Any) -> list[dict[str, Any]]:
    """All of somebody's history, by small pages."""
    found: list[dict[str, Any]] = []
    params["limit"] = 2
    while True:
        page = await person.get("/me/history", params=params)
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        params["cursor"] = page.json()["next_cursor"]
        if params["cursor"] is None:
            return found


async def titles(person: Person) -> list[str]:
    return [entry["video"]["title"] for entry in await seen(person)]


async def let_pass(app: App, hours: float, person: Person) -> None:
    """What somebody has watched so far was so many hours ago."""
    earlier = timedelta(hours=hours)
    async with app.work(SYSTEM) as work:
        mine = update(Watch).where(Watch.account_id == ids.parse("acc", person.id))
        await work.db.execute(mine.values(began_at=Watch.began_at - earlier, watched_at=Watch.watched_at - earlier))


async def rows(app: App) -> int:
    async with app.work(SYSTEM) as work:
        return int(await work.db.scalar(select(func.count()).select_from(Watch)) or 0)


@pytest.fixture
async def films(app: App, ada: Person) -> list[str]:
    return [(await video(app, ada, title=name, visibility="public"))["id"] for name in ("a", "b", "c")]


async def test_everything_watched_is_in_the_history_of_every_device(
    app: App, bob: Person, ada: Person, films: list[str], connect: Callable[..., httpx2.AsyncClient]
) -> None:
    await watch(bob, films[0], 1_000)
    await watch(bob, films[1], END)
    await watch(bob, films[2], MS)
    assert await titles(bob) == ["c", "b", "a"]
    login = await connect().post(
        "/api/v1/auth/login", json={"login": "bob", "password": "correct horse battery staple"}
    )
    elsewhere = connect(Authorization=f"Bearer {login.json()['access_token']}")
    async with counted(app) as statements:
        page = await elsewhere.get("/api/v1/me/history")
    assert len(statements) == 1, statements
    assert page.headers["cache-control"] == "no-store"
    assert HistoryPage.model_validate_json(page.content).model_dump_json().encode() == page.content
    told = [(entry["position_ms"], entry["finished"]) for entry in page.json()["items"]]
    assert told == [(MS, False), (None, True), (None, False)]
    assert await titles(ada) == []


async def test_one_watch_is_one_entry_however_often_the_player_speaks(app: App, bob: Person, films: list[str]) -> None:
    for at in (1_000, 3_000, MS, 8_000, END, 10_000, END):
        await watch(bob, films[0], at)
    (entry,) = await seen(bob)
    assert entry["finished"]
    async with counted(app) as statements:
        await watch(bob, films[0], END)
    assert len(statements) == 3, statements


async def test_who_comes_back_watches_it_once_more(app: App, bob: Person, films: list[str]) -> None:
    await watch(bob, films[0], END)
    await watch(bob, films[1])
    # From the beginning again, and after a night.
    await watch(bob, films[0], 2_000)
    assert await titles(bob) == ["a", "b", "a"]
    await let_pass(app, 12, bob)
    await watch(bob, films[1], 7_000)
    assert await titles(bob) == ["b", "a", "b", "a"]
    positions = await bob.get("/me/positions", params={"video_ids": ",".join(films)})
    assert [each["position_ms"] for each in positions.json()["positions"]] == [7_000]
    assert [entry["position_ms"] for entry in await seen(bob)] == [7_000, None, None, None]


async def test_a_pause_keeps_nothing_new_but_the_place_to_go_on(app: App, bob: Person, films: list[str]) -> None:
    await watch(bob, films[0])
    paused = await bob.patch("/me/history/settings", {"enabled": False})
    assert paused.json() == {"enabled": False, "keep_days": None}
    for film in films:
        await watch(bob, film, 7_000)
    assert await titles(bob) == ["a"]
    going = (await bob.get("/me/watching")).json()["items"]
    assert [entry["video"]["title"] for entry in going] == ["c", "b", "a"]
    # At the end there is no place, and nothing of it is left.
    await watch(bob, films[1], END)
    assert await rows(app) == 3
    await bob.patch("/me/player", {"keep_positions": False})
    assert await rows(app) == 1
    await watch(bob, films[2], 7_000)
    assert await rows(app) == 1
    await bob.patch("/me/history/settings", {"enabled": True})
    await watch(bob, films[2], 7_000)
    assert await titles(bob) == ["c", "a"]


async def test_one_entry_a_time_and_everything_are_erased(app: App, ada: Person, bob: Person, films: list[str]) -> None:
    for film in films:
        await watch(bob, film)
    await watch(ada, films[0])
    newest, *_ = await seen(bob)
    for _ in range(2):
        assert (await bob.delete(f"/me/history/{newest['id']}")).status_code == 204
    # Of somebody else nothing is erased.
    assert (await ada.delete(f"/me/history/{(await seen(bob))[0]['id']}")).status_code == 204
    assert await titles(bob) == ["b", "a"]
    assert (await bob.get("/me/positions", params={"video_ids": films[2]})).json() == {"positions": []}

    await let_pass(app, 48, bob)
    await watch(bob, films[2])
    now = datetime.now(UTC)
    a_day_ago = (now - timedelta(hours=24)).isoformat()
    nothing = {"since": a_day_ago, "until": (now - timedelta(hours=12)).isoformat()}
    assert (await bob.delete("/me/history", params=nothing)).status_code == 204
    assert await titles(bob) == ["c", "b", "a"]
    assert (await bob.delete("/me/history", params={"since": a_day_ago})).status_code == 204
    assert await titles(bob) == ["b", "a"]
    for wrong in ({"since": a_day_ago, "until": a_day_ago}, {"since": "yesterday"}, {"until": "2026-01-01T00:00:00"}):
        assert (await bob.delete("/me/history", params=wrong)).status_code == 422, wrong
    assert await titles(bob) == ["b", "a"]
    assert (await bob.delete("/me/history")).status_code == 204
    assert await titles(bob) == []
    assert (await bob.get("/me/watching")).json()["items"] == []
    assert await titles(ada) == ["a"]


async def test_it_is_forgotten_when_its_owner_wants_it_to_be(
    app: App, ada: Person, bob: Person, films: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "FORGOTTEN_AT_ONCE", 2)
    for person in (ada, bob):
        for film in films:
            await watch(person, film)
        await let_pass(app, 31 * 24, person)
    await watch(bob, films[0])
    assert (await bob.patch("/me/history/settings", {"keep_days": 30})).json()["keep_days"] == 30
    # At once for them, and in the table when the sweep comes by.
    assert await titles(bob) == ["a"]
    assert len((await bob.get("/me/watching")).json()["items"]) == 1
    assert await rows(app) == 7
    await forget_old_watches(app)
    assert await rows(app) == 4
    assert len(await titles(ada)) == 3
    for wrong in ({"keep_days": 0}, {"keep_days": 3_651}, {"keep_days": "30"}, {"enabled": 1}, {"more": 1}):
        assert (await bob.patch("/me/history/settings", wrong)).status_code == 422, wrong
    assert (await bob.patch("/me/history/settings", {"keep_days": None})).json() == {"enabled": True, "keep_days": None}


async def test_what_cannot_be_seen_any_more_is_left_out_and_what_is_gone_is_forgotten(
    app: App, ada: Person, bob: Person, films: list[str], deliver: Callable[..., Awaitable[int]]
) -> None:
    for film in films:
        await watch(bob, film)
    await ada.patch(f"/videos/{films[0]}", {"visibility": "private"})
    await ada.delete(f"/videos/{films[1]}")
    assert await titles(bob) == ["c"]
    await deliver()
    assert await rows(app) == 2
    await ada.patch(f"/videos/{films[0]}", {"visibility": "public"})
    assert await titles(bob) == ["c", "a"]


async def test_a_history_is_read_by_its_index(app: App, ada: Person, bob: Person, films: list[str]) -> None:
    account, film = ids.parse("acc", bob.id), ids.parse("vid", films[0])
    async with app.work(SYSTEM) as work:
        many = text("""
            INSERT INTO watches (id, account_id, video_id, latest, began_at, watched_at)
            SELECT gen_random_uuid(), :account, :film, FALSE, now() - n * interval '1 hour',
                now() - n * interval '1 hour' FROM generate_series(1, :many) AS n
        """)
        # One history among those of who watches more.
        for who, number in ((ada, 50_000), (bob, 500)):
            mine = {"account": ids.parse("acc", who.id), "film": film, "many": number}
            await work.db.execute(many, mine)
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("ANALYZE"))
    read = history.queries.HISTORY
    values = {"viewer": account, "sees_any": False, "grants": [], "at": history.LAST_TIME, "id": history.LAST_ID}
    async with app.work(SYSTEM) as work:
        connection = await work.db.connection()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        given = [{**values, "limit": 21}[name] for name in read._names]
        plan = "\n".join(row[0] for row in await driver.fetch(f"EXPLAIN (ANALYZE, TIMING OFF) {read.sql}", *given))
    assert "ix_watches_history" in plan, plan
    assert "Sort" not in plan, plan
