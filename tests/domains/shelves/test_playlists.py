"""Playlists: made, changed, filled, put in order, and what of them is told to whom."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, text
from tests.factories.accounts import Person
from tests.factories.lives import erase
from tests.factories.shelves import on, playlist, put, titles
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.shelves.models import Playlist, PlaylistItem
from socialflow.domains.shelves.schemas import PlaylistItemPage, PlaylistPage, PlaylistRead
from socialflow.domains.shelves.service import ordering
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App


async def films(app: App, person: Person, *names: str) -> list[str]:
    return [(await video(app, person, title=name, visibility="public"))["id"] for name in names]


async def test_a_list_is_made_private_and_changed_by_its_owner_alone(app: App, ada: Person, bob: Person) -> None:
    made = await playlist(ada, "Sea", description="Waves")
    assert (made["visibility"], made["item_count"], made["kind"]) == ("private", 0, "playlist")
    assert made["permissions"] == {"edit": True, "add": True, "delete": True}
    path = f"/playlists/{made['id']}"
    for answer in (await bob.get(path), await bob.patch(path, {"title": "Mine"}), await bob.delete(path)):
        assert answer.status_code == 404, answer.text

    changed = await ada.patch(path, {"title": "Seas", "visibility": "public"})
    assert changed.status_code == 200
    assert (changed.json()["title"], changed.json()["description"]) == ("Seas", "Waves")
    seen = await bob.get(path)
    assert seen.json()["permissions"] == {"edit": False, "add": False, "delete": False}
    for answer in (await bob.patch(path, {"title": "Mine"}), await bob.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_your_playlist")
    assert PlaylistRead.model_validate_json(seen.content).model_dump_json().encode() == seen.content
    assert (await ada.delete(path)).status_code == 204
    assert (await ada.get(path)).status_code == 404


async def test_an_edit_that_did_not_see_the_last_one_is_refused_and_what_is_put_on_it_does_not_matter(
    app: App, ada: Person
) -> None:
    made = await playlist(ada)
    path = f"/playlists/{made['id']}"
    tag = (await ada.get(path)).headers["etag"]
    (film,) = await films(app, ada, "One")
    await put(ada, made["id"], film)
    first = await ada.http.patch(f"/api/v1{path}", json={"title": "First"}, headers={"If-Match": tag})
    assert first.status_code == 200, first.text
    second = await ada.http.patch(f"/api/v1{path}", json={"title": "Second"}, headers={"If-Match": tag})
    assert (second.status_code, second.json()["code"]) == (412, "precondition_failed")
    assert (await ada.get(path)).json()["title"] == "First"


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": " \u200b "},
        {"title": "x" * 121},
        {"title": "\u202eturned"},
        {"title": 7},
        {"visibility": "password"},
        {"visibility": "everybody"},
        {"allow_duplicates": "yes"},
        {"description": "x" * 5_001},
        {"account_id": "acc_1"},
        {"kind": "watch_later"},
        {"item_count": 5},
    ],
)
async def test_a_list_that_is_none_is_refused(app: App, ada: Person, wrong: dict[str, Any]) -> None:
    assert (await ada.post("/playlists", {"title": "Fine", **wrong})).status_code == 422
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(select(func.count()).select_from(Playlist)) == 0


async def test_videos_are_put_where_they_are_to_stand_and_moved(app: App, ada: Person) -> None:
    made = (await playlist(ada))["id"]
    a, b, c, d = await films(app, ada, "a", "b", "c", "d")
    first = await put(ada, made, a)
    last = await put(ada, made, b)
    await put(ada, made, c, after_id=None)
    await put(ada, made, d, before_id=last["id"])
    assert await titles(ada, made) == ["c", "a", "d", "b"]

    path = f"/playlists/{made}/items"
    for body, order in (
        ({"after_id": last["id"]}, ["c", "d", "b", "a"]),
        ({"after_id": None}, ["a", "c", "d", "b"]),
        ({"before_id": last["id"]}, ["c", "d", "a", "b"]),
        ({"before_id": None}, ["c", "d", "b", "a"]),
        ({"after_id": first["id"]}, ["c", "d", "b", "a"]),
    ):
        moved = await ada.patch(f"{path}/{first['id']}", body)
        assert moved.status_code == 200, moved.text
        assert await titles(ada, made) == order, body
    both = await ada.patch(f"{path}/{first['id']}", {"after_id": last["id"], "before_id": last["id"]})
    assert both.status_code == 422
    assert (await ada.delete(f"{path}/{last['id']}")).status_code == 204
    gone = await ada.patch(f"{path}/{first['id']}", {"after_id": last["id"]})
    assert (gone.status_code, gone.json()["code"]) == (409, "place_is_gone")
    assert (await ada.get(f"/playlists/{made}")).json()["item_count"] == 3


async def test_a_video_stands_once_unless_the_list_says_otherwise(app: App, ada: Person) -> None:
    made = await playlist(ada)
    (film,) = await films(app, ada, "One")
    await put(ada, made["id"], film)
    path = f"/playlists/{made['id']}"
    again = await ada.post(f"{path}/items", {"video_id": film})
    assert (again.status_code, again.json()["code"]) == (409, "already_on_playlist")
    assert (await ada.put(f"{path}/videos/{film}")).json()["added"] is False

    await ada.patch(path, {"allow_duplicates": True})
    await put(ada, made["id"], film)
    assert (await ada.put(f"{path}/videos/{film}")).json()["added"] is False
    refused = await ada.patch(path, {"allow_duplicates": False})
    assert (refused.status_code, refused.json()["code"]) == (409, "videos_stand_twice")
    assert (await ada.delete(f"{path}/videos/{film}")).status_code == 204
    assert (await ada.get(path)).json()["item_count"] == 0
    assert (await ada.patch(path, {"allow_duplicates": False})).status_code == 200


async def test_a_post_by_its_key_is_once(app: App, ada: Person) -> None:
    headers = {"Idempotency-Key": "once"}
    made = [await ada.http.post("/api/v1/playlists", json={"title": "One"}, headers=headers) for _ in range(2)]
    assert made[0].json()["id"] == made[1].json()["id"]
    assert made[1].headers["idempotency-replayed"] == "true"
    assert len((await ada.get("/me/playlists")).json()["items"]) == 1


async def test_a_video_that_is_hidden_or_gone_keeps_its_place_and_tells_nothing(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient, deliver: Callable[..., Awaitable[int]]
) -> None:
    made = await playlist(ada, visibility="public")
    hidden, gone, shown = await films(app, bob, "Hidden", "Gone", "Shown")
    for film in (hidden, gone, shown):
        await put(ada, made["id"], film, note=f"A note on {film}")
    cover = (await client.get(f"/api/v1/playlists/{made['id']}")).json()["cover"]
    assert cover["poster"]
    await bob.patch(f"/videos/{hidden}", {"visibility": "private"})
    await bob.delete(f"/videos/{gone}")
    await deliver()
    app.cache.clear()

    page = await client.get(f"/api/v1/playlists/{made['id']}/items")
    first, second, third = page.json()["items"]
    assert PlaylistItemPage.model_validate_json(page.content).model_dump_json().encode() == page.content
    for item in (first, second):
        assert (item["available"], item["video"], item["note"]) == (False, None, "")
    assert (third["video"]["title"], third["note"]) == ("Shown", f"A note on {shown}")
    assert "Hidden" not in page.text
    assert hidden not in page.text
    assert [item["note"] for item in await on(ada, made["id"])] == [
        f"A note on {each}" for each in (hidden, gone, shown)
    ]
    assert await titles(bob, made["id"]) == ["Hidden", None, "Shown"]
    again = (await client.get(f"/api/v1/playlists/{made['id']}")).json()
    assert again["item_count"] == 3
    assert again["cover"]["poster"] not in {None, cover["poster"]}
    assert (await ada.delete(f"/playlists/{made['id']}/items/{second['id']}")).status_code == 204
    assert await titles(ada, made["id"]) == [None, "Shown"]


async def test_what_is_for_an_address_alone_is_not_told_by_somebody_elses_list(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    secret = (await video(app, bob, title="Unlisted", visibility="unlisted"))["id"]
    public, linked = await playlist(ada, visibility="public"), await playlist(ada, visibility="unlisted")
    own = await playlist(bob, visibility="public")
    for person, made in ((ada, public), (ada, linked), (bob, own)):
        await put(person, made["id"], secret)
    carl = client
    for made, told in ((public, False), (linked, True), (own, True)):
        page = await carl.get(f"/api/v1/playlists/{made['id']}/items")
        assert ("Unlisted" in page.text) is told
        assert (secret in page.text) is told
        assert ((await carl.get(f"/api/v1/playlists/{made['id']}")).json()["cover"] is not None) is told
    assert await titles(ada, public["id"]) == ["Unlisted"]
    assert await titles(bob, public["id"]) == ["Unlisted"]


async def test_lists_cost_a_fixed_number_of_statements(app: App, ada: Person, bob: Person) -> None:
    made = [await playlist(ada, f"List {number}", visibility="public") for number in range(4)]
    names = await films(app, ada, *"abcdef")
    for each in made:
        for film in names:
            await put(ada, each["id"], film)
    for path, most in (
        (f"/playlists/{made[0]['id']}", 2),
        (f"/playlists/{made[0]['id']}/items", 2),
        ("/me/playlists", 2),
        (f"/me/playlists?video_id={names[0]}", 2),
        (f"/channels/{ada.channel_id}/playlists", 3),
    ):
        async with counted(app) as statements:
            answer = await ada.get(path)
        assert answer.status_code == 200, answer.text
        assert len(statements) <= most, (path, statements)
    page = await ada.get(f"/me/playlists?video_id={names[0]}")
    assert all(item["contains"] and item["cover"]["poster"] for item in page.json()["items"])
    assert PlaylistPage.model_validate_json(page.content).model_dump_json().encode() == page.content
    async with counted(app) as statements:
        await ada.put(f"/playlists/{made[0]['id']}/videos/{names[0]}")
    assert len(statements) <= 5, statements


async def test_ones_lists_and_those_of_a_channel_are_paged_the_newest_first(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    for number, visibility in enumerate(("public", "private", "unlisted", "public", "followers", "public")):
        await playlist(ada, str(number), visibility=visibility)

    async def all_of(ask: Callable[..., Awaitable[httpx2.Response]], path: str) -> list[str]:
        found: list[str] = []
        params: dict[str, Any] = {"limit": 2}
        while True:
            page = await ask(path, params=params)
            assert page.status_code == 200, page.text
            found += [item["title"] for item in page.json()["items"]]
            params["cursor"] = page.json()["next_cursor"]
            if params["cursor"] is None:
                return found

    assert await all_of(ada.get, "/me/playlists") == list("543210")
    assert await all_of(client.get, "/api/v1/channels/@ada/playlists") == list("530")
    assert await all_of(bob.get, "/channels/@ada/playlists") == list("530")
    await bob.put(f"/follows/{ada.channel_id}")
    assert await all_of(bob.get, "/channels/@ada/playlists") == list("5430")
    assert await all_of(ada.get, "/channels/@ada/playlists") == list("5430")
    assert (await bob.get("/me/playlists")).json() == {"items": [], "next_cursor": None}
    assert (await bob.get("/me/playlists", params={"cursor": "x"})).json()["code"] == "invalid_cursor"


async def test_there_is_room_between_any_two_for_ever(app: App, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    # As after hundreds of moves.
    monkeypatch.setattr(ordering, "LONGEST_RANK", 4)
    made = (await playlist(ada))["id"]
    a, b, c = await films(app, ada, "a", "b", "c")
    items = [(await put(ada, made, film))["id"] for film in (a, b, c)]
    page = await ada.get(f"/playlists/{made}/items", params={"limit": 1})
    # Each halves the room before the last one.
    for turn in range(24):
        moved, stays = (items[0], items[1]) if turn % 2 else (items[1], items[0])
        answer = await ada.patch(f"/playlists/{made}/items/{moved}", {"after_id": stays})
        assert answer.status_code == 200, answer.text
    assert await titles(ada, made) == ["b", "a", "c"]
    async with app.work(SYSTEM) as work:
        ranks = list(await work.db.scalars(select(PlaylistItem.rank)))
        assert max(map(len, ranks)) <= ordering.LONGEST_RANK
        epoch = await work.db.scalar(select(Playlist.order_epoch))
        assert epoch > 0
    # Its cursor stood behind the item that is the second one now.
    rest = await ada.get(f"/playlists/{made}/items", params={"limit": 1, "cursor": page.json()["next_cursor"]})
    assert [item["video"]["title"] for item in rest.json()["items"]] == ["c"]


async def test_a_page_may_begin_in_the_middle(app: App, ada: Person) -> None:
    made = (await playlist(ada))["id"]
    items = [(await put(ada, made, film))["id"] for film in await films(app, ada, *"abcd")]
    page = await ada.get(f"/playlists/{made}/items", params={"starts_at": items[1], "limit": 2})
    assert [item["id"] for item in page.json()["items"]] == items[1:3]
    after = {"starts_at": items[1], "limit": 2, "cursor": page.json()["next_cursor"]}
    assert [item["id"] for item in (await ada.get(f"/playlists/{made}/items", params=after)).json()["items"]] == [
        items[3]
    ]
    foreign = (await put(ada, (await playlist(ada))["id"], (await films(app, ada, "x"))[0]))["id"]
    assert (await ada.get(f"/playlists/{made}/items", params={"starts_at": foreign})).status_code == 404


async def test_staff_keep_a_list_out_of_sight_and_let_it_be_seen_again(
    app: App, ada: Person, bob: Person, person: Callable[..., Awaitable[Person]]
) -> None:
    moe = await person("moe", role="admin")
    made = await playlist(ada, visibility="public")
    path, admin = f"/playlists/{made['id']}", f"/admin/playlists/{made['id']}/restriction"
    assert (await bob.put(admin, json={"restriction": "blocked"})).status_code == 403
    assert (await moe.put(admin, json={"restriction": "under_review"})).json()["restriction"] == "under_review"
    assert (await bob.get(path)).status_code == 404
    assert (await ada.get(path)).json()["restriction"] == "under_review"
    assert (await moe.get(path)).status_code == 200
    assert (await moe.delete(admin)).json()["restriction"] is None
    assert (await bob.get(path)).status_code == 200
    later = (await ada.put(f"/me/watch-later/{(await films(app, ada, 'x'))[0]}")).json()["playlist_id"]
    assert (await moe.get(f"/playlists/{later}")).status_code == 404
    assert (await moe.delete(path)).status_code == 204


async def test_lists_go_with_the_account_and_what_it_put_elsewhere_stays_without_its_words(
    app: App, ada: Person, bob: Person
) -> None:
    mine, theirs = await playlist(bob), await playlist(ada, visibility="public")
    one, two = await films(app, ada, "one", "two")
    await put(bob, mine["id"], one, note="Mine")
    await ada.put(f"/playlists/{theirs['id']}/collaborators/{bob.channel_id}")
    await bob.put(f"/playlists/{theirs['id']}/collaboration")
    await put(bob, theirs["id"], two, note="Said by bob")
    await erase(app, bob)
    async with app.work(SYSTEM) as work:
        rows = (await work.db.execute(select(PlaylistItem.note, PlaylistItem.added_by))).all()
        assert rows == [("", None)]
        assert await work.db.scalar(text("SELECT count(*) FROM playlist_collaborators")) == 0
        assert list(await work.db.scalars(select(Playlist.id))) == [ids.parse("ply", theirs["id"])]
    assert await titles(ada, theirs["id"]) == ["two"]
    assert (await ada.get(f"/playlists/{theirs['id']}")).json()["item_count"] == 1
