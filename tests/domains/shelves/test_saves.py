"""What people save to come back to, and what they want to watch later."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import func, select
from tests.factories.accounts import Person
from tests.factories.posts import post
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.shelves.models import Playlist, Save
from socialflow.domains.shelves.schemas import SavedPage
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App


async def saved(person: Person, **params: Any) -> list[str]:
    found: list[str] = []
    params["limit"] = 2
    while True:
        page = await person.get("/me/saves", params=params)
        assert page.status_code == 200, page.text
        found += [(each["video"] or {}).get("title") or each["post"]["text"] for each in page.json()["items"]]
        params["cursor"] = page.json()["next_cursor"]
        if params["cursor"] is None:
            return found


async def count(app: App) -> int:
    async with app.work(SYSTEM) as work:
        return int(await work.db.scalar(select(func.count()).select_from(Save)) or 0)


async def test_videos_and_posts_are_saved_once_and_listed_the_latest_first(app: App, ada: Person, bob: Person) -> None:
    film = (await video(app, ada, title="A film", visibility="public"))["id"]
    words = (await post(ada, "Some words"))["id"]
    other = (await video(app, ada, title="Another", visibility="public"))["id"]
    for subject in (film, words, other, film):
        answer = await bob.put(f"/saves/{subject}")
        assert (answer.status_code, answer.json()) == (200, {"subject_id": subject, "saved": True})
    assert await saved(bob) == ["Another", "Some words", "A film"]
    assert await saved(bob, kind="post") == ["Some words"]
    assert await saved(bob, kind="video") == ["Another", "A film"]
    assert await saved(ada) == []
    assert (await bob.get("/me/saves", params={"kind": "comment"})).status_code == 422
    async with counted(app) as statements:
        page = await bob.get("/me/saves")
    assert len(statements) == 3, statements
    assert SavedPage.model_validate_json(page.content).model_dump_json().encode() == page.content
    marks = await bob.get("/me/marks", params={"subject_ids": f"{film},{words},{ada.channel_id}"})
    assert marks.json()["saved"] == [film, words]

    for _ in range(2):
        assert (await bob.delete(f"/saves/{words}")).json() == {"subject_id": words, "saved": False}
    assert await saved(bob) == ["Another", "A film"]


async def test_what_cannot_be_seen_is_not_saved_and_what_no_more_can_is_left_out(
    app: App, ada: Person, bob: Person, deliver: Callable[..., Awaitable[int]]
) -> None:
    hidden = (await video(app, ada, visibility="private"))["id"]
    for wrong in (hidden, ids.show("vid", ids.new()), ids.show("pst", ids.new()), ada.channel_id, "vid_1"):
        assert (await bob.put(f"/saves/{wrong}")).status_code == 404, wrong
    film = (await video(app, ada, title="A film", visibility="public"))["id"]
    words, gone = (await post(ada, "Some words"))["id"], (await post(ada, "Never mind"))["id"]
    for subject in (film, words, gone):
        await bob.put(f"/saves/{subject}")
    await ada.patch(f"/videos/{film}", {"visibility": "private"})
    await ada.delete(f"/posts/{gone}")
    await deliver()
    assert await saved(bob) == ["Some words"]
    assert await count(app) == 2
    await ada.delete(f"/videos/{film}")
    await deliver()
    assert await count(app) == 1
    # It may be taken back though it is not to be seen.
    assert (await bob.delete(f"/saves/{hidden}")).status_code == 200


async def test_what_is_to_be_watched_later_is_a_list_of_ones_own(app: App, ada: Person, bob: Person) -> None:
    one, two = [(await video(app, ada, title=name, visibility="public"))["id"] for name in ("one", "two")]
    assert (await bob.get("/me/watch-later")).json() == {"items": [], "next_cursor": None}
    assert (await bob.delete(f"/me/watch-later/{one}")).status_code == 204
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(select(func.count()).select_from(Playlist)) == 0
    first = (await bob.put(f"/me/watch-later/{one}")).json()
    assert (await bob.put(f"/me/watch-later/{one}")).json() == {**first, "added": False}
    second = (await bob.put(f"/me/watch-later/{two}")).json()
    moved = await bob.patch(f"/playlists/{first['playlist_id']}/items/{second['item_id']}", {"after_id": None})
    assert moved.status_code == 200
    async with counted(app) as statements:
        items = (await bob.get("/me/watch-later")).json()["items"]
    assert len(statements) == 2, statements
    assert [item["video"]["title"] for item in items] == ["two", "one"]
    (mine,) = (await bob.get("/me/playlists")).json()["items"]
    assert (mine["kind"], mine["title"], mine["item_count"]) == ("watch_later", "", 2)

    path = f"/playlists/{first['playlist_id']}"
    assert (await ada.get(path)).status_code == 404
    for answer in (
        await bob.patch(path, {"title": "Mine"}),
        await bob.delete(path),
        await bob.put(f"{path}/collaborators/{ada.channel_id}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "watch_later_stays")
    assert (await bob.delete(f"/me/watch-later/{two}")).status_code == 204
    assert [item["video"]["title"] for item in (await bob.get("/me/watch-later")).json()["items"]] == ["one"]
