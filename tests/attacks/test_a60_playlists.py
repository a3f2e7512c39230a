"""A60 for playlists and histories: the same thing done at once, and things that undo each other."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, select
from tests.factories.accounts import Person
from tests.factories.shelves import invite, on, playlist, put, titles
from tests.factories.videos import video

from socialflow.domains.shelves.models import Playlist, PlaylistItem, Save, Watch
from socialflow.kernel.work import SYSTEM, App

pytestmark = pytest.mark.timeout(300)
FINE = {200, 201, 204}
# Whoever waits too long for a row is told to come again.
BUSY = 503


async def settled(app: App) -> tuple[int, int]:
    """What the list counts, and what there is."""
    async with app.work(SYSTEM) as work:
        said = await work.db.scalar(select(func.sum(Playlist.item_count)))
        there = await work.db.scalar(select(func.count()).select_from(PlaylistItem))
    return int(said or 0), int(there or 0)


async def test_a60_two_tabs_move_items_at_once_and_none_is_lost(app: App, ada: Person) -> None:
    made = (await playlist(ada))["id"]
    names = [str(number) for number in range(6)]
    films = [(await video(app, ada, title=name))["id"] for name in names]
    items = [(await put(ada, made, film))["id"] for film in films]
    chance = random.Random(7)

    async def tab() -> None:
        for _ in range(6):
            moved, beside = chance.sample(items, 2)
            side = chance.choice(["after_id", "before_id"])
            answer = await ada.patch(f"/playlists/{made}/items/{moved}", {side: beside})
            assert answer.status_code in {200, BUSY}, answer.text

    await asyncio.gather(*(tab() for _ in range(3)))
    order = await titles(ada, made)
    assert sorted(map(str, order)) == names
    async with app.work(SYSTEM) as work:
        ranks = list(await work.db.scalars(select(PlaylistItem.rank)))
    assert len(set(ranks)) == len(ranks)
    # Two moves beside different neighbours are both as they were asked for.
    a, b, c, d, *_ = [item["id"] for item in await on(ada, made)]
    await asyncio.gather(
        ada.patch(f"/playlists/{made}/items/{a}", {"after_id": b}),
        ada.patch(f"/playlists/{made}/items/{d}", {"before_id": c}),
    )
    after = [item["id"] for item in await on(ada, made)]
    assert after.index(a) - after.index(b) in {1, 2}
    assert after.index(d) + 1 == after.index(c)


async def test_a60_the_same_video_put_there_by_many_at_once_stands_once(app: App, ada: Person, bob: Person) -> None:
    made = (await playlist(ada))["id"]
    film = (await video(app, ada, visibility="public"))["id"]
    await invite(ada, made, bob)
    answers = await asyncio.gather(
        *(each.put(f"/playlists/{made}/videos/{film}") for each in (ada, bob) for _ in range(3)),
        *(each.post(f"/playlists/{made}/items", {"video_id": film}) for each in (ada, bob) for _ in range(2)),
        *(ada.put(f"/me/watch-later/{film}") for _ in range(4)),
        *(ada.put(f"/saves/{film}") for _ in range(4)),
    )
    assert {answer.status_code for answer in answers} <= {*FINE, 409, BUSY}
    assert await settled(app) == (2, 2)
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(select(func.count()).select_from(Save)) == 1
        assert await work.db.scalar(select(func.count()).select_from(Playlist)) == 2


async def test_a60_deleting_while_adding_and_moving_leaves_nothing_behind(app: App, ada: Person) -> None:
    films = [(await video(app, ada, visibility="public"))["id"] for _ in range(4)]
    for turn in range(3):
        made = (await playlist(ada, str(turn)))["id"]
        first = (await put(ada, made, films[0]))["id"]
        answers = await asyncio.gather(
            *(ada.put(f"/playlists/{made}/videos/{film}") for film in films[1:]),
            ada.patch(f"/playlists/{made}/items/{first}", {"before_id": None}),
            ada.delete(f"/playlists/{made}"),
            ada.put(f"/playlists/{made}/videos/{films[1]}"),
            ada.delete(f"/playlists/{made}/items/{first}"),
        )
        assert {answer.status_code for answer in answers} <= {*FINE, 404, 409, BUSY}
        while (await ada.delete(f"/playlists/{made}")).status_code == BUSY:
            pass
    assert await settled(app) == (0, 0)


async def test_a60_a_video_that_is_deleted_while_it_is_put_there_is_not_told_of(
    app: App, ada: Person, bob: Person, deliver: Callable[..., Awaitable[int]]
) -> None:
    made = (await playlist(bob))["id"]
    film = (await video(app, ada, title="Gone", visibility="public"))["id"]
    answers = await asyncio.gather(
        bob.put(f"/playlists/{made}/videos/{film}"),
        ada.delete(f"/videos/{film}"),
        bob.put(f"/saves/{film}"),
        bob.put(f"/me/positions/{film}", json={"position_ms": 6_000}),
    )
    assert {answer.status_code for answer in answers} <= {*FINE, 404, BUSY}
    while (await ada.delete(f"/videos/{film}")).status_code == BUSY:
        pass
    await deliver()
    assert set(await titles(bob, made)) <= {None}
    said, there = await settled(app)
    assert said == there
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(select(func.count()).select_from(Save)) == 0
        assert await work.db.scalar(select(func.count()).select_from(Watch)) == 0


async def test_a60_taking_off_and_putting_on_at_once_is_counted(app: App, ada: Person) -> None:
    made = (await playlist(ada))["id"]
    film = (await video(app, ada))["id"]
    answers = await asyncio.gather(
        *(ada.put(f"/playlists/{made}/videos/{film}") for _ in range(4)),
        *(ada.delete(f"/playlists/{made}/videos/{film}") for _ in range(4)),
    )
    assert {answer.status_code for answer in answers} <= {*FINE, BUSY}
    said, there = await settled(app)
    assert said == there <= 1


async def test_a60_two_devices_that_begin_at_once_begin_one_watch(app: App, ada: Person) -> None:
    film = (await video(app, ada))["id"]

    async def tell(at: int) -> int:
        return (await ada.put(f"/me/positions/{film}", json={"position_ms": at})).status_code

    assert set(await asyncio.gather(*(tell(5_000 + 100 * number) for number in range(6)))) <= {200, BUSY}
    # The end, by both, and then the beginning by both.
    assert set(await asyncio.gather(*(tell(9_900) for _ in range(3)))) <= {200, BUSY}
    assert set(await asyncio.gather(*(tell(6_000) for _ in range(4)))) <= {200, BUSY}
    async with app.work(SYSTEM) as work:
        rows = (await work.db.execute(select(Watch.latest, Watch.finished))).all()
    assert sum(latest for latest, _ in rows) == 1
    assert len(rows) == 2
