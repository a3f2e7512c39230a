"""A22 after the fact: what was for all, or was there, and is not any more, is not told by what hangs on it either."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from tests.factories.accounts import PASSWORD, Person
from tests.factories.assets import facts
from tests.factories.graph import block, follow, handles
from tests.factories.posts import post
from tests.factories.videos import video

from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]


async def reposts(person: Person, of: Person) -> list[str]:
    answer = await person.get("/reposts", params={"channel_id": of.channel_id})
    assert answer.status_code == 200, answer.text
    return [item["subject_id"] for item in answer.json()["items"]]


async def test_a22_a_repost_does_not_tell_the_address_of_what_has_left_every_list(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    cleo = await person("cleo")
    film = await video(app, ada, title="Boats")
    assert (await bob.put(f"/reposts/{film['id']}")).status_code == 200
    assert await reposts(cleo, bob) == [film["id"]]

    for visibility in ("unlisted", "password"):
        changed = await ada.patch(f"/videos/{film['id']}", {"visibility": visibility, "password": PASSWORD})
        assert changed.status_code == 200, changed.text
        assert (await reposts(cleo, bob), await reposts(bob, bob)) == ([], []), visibility

    assert (await ada.patch(f"/videos/{film['id']}", {"visibility": "public"})).status_code == 200
    assert await reposts(cleo, bob) == [film["id"]]


@pytest.mark.parametrize("visibility", ["private", "followers"])
async def test_a22_who_is_quoted_is_not_told_of_what_they_may_not_see(
    app: App, ada: Person, bob: Person, visibility: str
) -> None:
    said, film = await post(ada, "look"), await video(app, ada, title="Boats")
    for subject in (said["id"], film["id"]):
        await post(bob, "for few", quote_id=subject, visibility=visibility)
    assert (await facts(app)).count("Quoted") == 0
    await post(bob, "for all", quote_id=said["id"])
    assert (await facts(app)).count("Quoted") == 1


async def test_a22_the_place_of_a_deleted_post_is_for_those_who_could_have_read_it(
    app: App, ada: Person, bob: Person, person: People, client: httpx2.AsyncClient
) -> None:
    fan = await person("fan")
    await follow(fan, ada)
    begun = await post(bob, "bob begins")
    few = await post(ada, "for few", visibility="followers", parent_id=begun["id"])
    await post(fan, "fan answers", parent_id=few["id"])
    assert (await ada.delete(f"/posts/{few['id']}")).status_code == 204

    for path in ("replies", "ancestors"):
        url = f"/posts/{few['id']}/{path}"
        assert ((await bob.get(url)).status_code, (await client.get(f"/api/v1{url}")).status_code) == (404, 404), path
        assert (await fan.get(url)).status_code == 200, path
    shown = {who: (await who.get(f"/posts/{begun['id']}/replies")).json()["items"] for who in (bob, fan)}
    assert few["id"] not in [entry["post"]["id"] for entry in shown[bob]]
    assert [entry["post"]["text"] for entry in shown[fan]] == ["", "fan answers"]
    # Of a thread for everybody the place is there for everybody.
    assert (await bob.delete(f"/posts/{begun['id']}")).status_code == 204
    assert (await client.get(f"/api/v1/posts/{begun['id']}/replies")).status_code == 200


async def test_a22_who_has_blocked_one_is_not_told_of_by_ones_mutes_and_lists(
    app: App, ada: Person, bob: Person
) -> None:
    assert (await bob.put(f"/mutes/{ada.channel_id}")).status_code == 204
    made = (await bob.post("/lists", {"title": "Friends"})).json()
    assert (await bob.put(f"/lists/{made['id']}/members/{ada.channel_id}")).status_code == 204
    await follow(bob, ada)
    await block(ada, bob)

    assert (await bob.get("/me/mutes")).json()["items"] == []
    assert await handles(bob, f"/lists/{made['id']}/members") == []
    for kind in ("follows", "mutes", "lists"):
        assert "ada" not in (await bob.get(f"/me/graph/{kind}")).text, kind
    # It is not lost: once the two meet again it is as it was.
    assert (await ada.delete(f"/blocks/{bob.channel_id}")).status_code == 204
    assert len((await bob.get("/me/mutes")).json()["items"]) == 1
    assert "ada" in (await bob.get("/me/graph/lists")).text
