"""Working on a playlist together."""

from collections.abc import Awaitable, Callable

from tests.factories.accounts import Person
from tests.factories.graph import block
from tests.factories.shelves import invite, on, playlist, put, titles
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]


async def test_who_was_asked_sees_the_list_and_who_has_joined_works_on_it(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    carl = await person("carl")
    made = (await playlist(ada, "Ours"))["id"]
    path = f"/playlists/{made}"
    mine, theirs = [(await video(app, each, title=each.handle, visibility="public"))["id"] for each in (ada, bob)]
    first = await put(ada, made, mine)
    assert (await bob.put(f"{path}/collaboration")).status_code == 404
    await invite(ada, made, bob, join=False)
    asked = await bob.get("/me/playlists", params={"role": "invited"})
    assert [(each["title"], each["role"]) for each in asked.json()["items"]] == [("Ours", "invited")]
    assert (await bob.get(path)).json()["permissions"] == {"edit": False, "add": False, "delete": False}
    assert (await bob.put(f"{path}/videos/{theirs}")).json()["code"] == "not_your_playlist"
    assert (await bob.get(f"{path}/collaborators")).status_code == 403
    assert (await carl.get(path)).status_code == 404

    for _ in range(2):
        assert (await bob.put(f"{path}/collaboration")).status_code == 204
    second = await put(bob, made, theirs, note="Look!")
    assert second["added_by"]["handle"] == "bob"
    assert (await bob.patch(f"{path}/items/{first['id']}", {"before_id": None})).status_code == 200
    assert await titles(ada, made) == ["bob", "ada"]
    assert [item["permissions"]["remove"] for item in await on(bob, made)] == [True, False]
    for answer in (
        await bob.delete(f"{path}/items/{first['id']}"),
        await bob.patch(f"{path}/items/{first['id']}", {"note": "Mine now"}),
        await bob.delete(f"{path}/videos/{mine}"),
        await bob.patch(path, {"title": "Mine"}),
        await bob.put(f"{path}/collaborators/{carl.channel_id}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_your_playlist")
    async with counted(app) as statements:
        people = await bob.get(f"{path}/collaborators")
    assert len(statements) == 2, statements
    assert [(each["channel"]["handle"], each["role"]) for each in people.json()["items"]] == [("bob", "collaborator")]
    assert [each["role"] for each in (await bob.get("/me/playlists?role=collaborator")).json()["items"]] == [
        "collaborator"
    ]
    # Who put what on it is told to those who work on it alone.
    await ada.patch(path, {"visibility": "public"})
    assert {item["added_by"] for item in await on(carl, made)} == {None}


async def test_who_leaves_or_is_taken_off_leaves_what_they_put_there(app: App, ada: Person, bob: Person) -> None:
    made = (await playlist(ada))["id"]
    film = (await video(app, bob, title="bob", visibility="public"))["id"]
    for end in (bob.delete(f"/playlists/{made}/collaboration"),):
        await invite(ada, made, bob)
        await put(bob, made, film)
        assert (await end).status_code == 204
    assert (await bob.get(f"/playlists/{made}")).status_code == 404
    assert (await bob.delete(f"/playlists/{made}/collaboration")).status_code == 204
    assert await titles(ada, made) == ["bob"]
    await invite(ada, made, bob)
    for _ in range(2):
        assert (await ada.delete(f"/playlists/{made}/collaborators/{bob.channel_id}")).status_code == 204
    assert (await bob.get(f"/playlists/{made}")).status_code == 404
    own = await ada.put(f"/playlists/{made}/collaborators/{ada.channel_id}")
    assert (own.status_code, own.json()["code"]) == (409, "cannot_invite_yourself")


async def test_a_block_ends_it_both_ways_and_for_good(
    app: App, ada: Person, bob: Person, deliver: Callable[..., Awaitable[int]]
) -> None:
    made, theirs = (await playlist(ada))["id"], (await playlist(bob))["id"]
    await invite(ada, made, bob)
    await invite(bob, theirs, ada)
    await block(bob, ada)
    # At once, before anybody has heard of it.
    assert (await bob.get(f"/playlists/{made}")).status_code == 404
    assert (await ada.get(f"/playlists/{theirs}")).status_code == 404
    assert (await ada.put(f"/playlists/{made}/collaborators/{bob.channel_id}")).status_code == 404
    await deliver()
    assert (await bob.delete(f"/blocks/{ada.channel_id}")).status_code == 204
    assert (await bob.get(f"/playlists/{made}")).status_code == 404
    assert (await ada.get(f"/playlists/{theirs}")).status_code == 404
