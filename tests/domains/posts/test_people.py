"""Between people: who has blocked whom, whose account is private, and what somebody does not want to read."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.graph import block, follow, make_private
from tests.factories.posts import photo, post, read, texts
from tests.factories.videos import video

from socialflow.domains.media.service import delivery
from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
Deliver = Callable[..., Awaitable[int]]
POLL = {"poll": {"options": ["sea", "hills"]}}


def forget() -> None:
    """What a process knows for two seconds."""
    delivery.shelves._kept.clear()
    delivery.verdicts.clear()


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


async def said_to(person: Person, post_id: str) -> list[str]:
    """The replies to a post, as somebody reads them."""
    answer = await person.get(f"/posts/{post_id}/replies")
    assert answer.status_code == 200, answer.text
    return [entry["post"]["text"] for entry in answer.json()["items"]]


async def status(person: Person, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
    """With what somebody is answered."""
    answer = await person.http.request(method, f"/api/v1{path}", json=body)
    return answer.status_code, "" if answer.is_success else answer.json()["code"]


@pytest.mark.parametrize("blocker", ["ada", "bob"])
async def test_who_is_apart_neither_reads_nor_answers_what_the_other_says(
    app: App, ada: Person, bob: Person, person: People, blocker: str
) -> None:
    cleo = await person("cleo")
    asked = await post(ada, "which #sea?", **POLL)
    below = await post(cleo, "cleo answers", parent_id=asked["id"])
    elsewhere = await post(cleo, "cleo begins")
    await post(bob, "bob answers", parent_id=elsewhere["id"])
    quote = await post(bob, "look", quote_id=asked["id"])
    assert (await bob.put(f"/reposts/{asked['id']}")).status_code == 200
    await block(*((ada, bob) if blocker == "ada" else (bob, ada)))

    gone = (404, "not_found")
    assert await status(bob, "GET", f"/posts/{asked['id']}") == gone
    assert await status(bob, "POST", "/posts", {"text": "hi", "parent_id": asked["id"]}) == gone
    assert await status(bob, "POST", "/posts", {"text": "hi", "parent_id": below["id"]}) == gone, "in her thread"
    assert await status(bob, "POST", "/posts", {"text": "hi", "quote_id": asked["id"]}) == gone
    assert await status(bob, "PUT", f"/reposts/{asked['id']}") == gone
    assert await status(bob, "PUT", f"/posts/{asked['id']}/vote", {"choices": [0]}) == gone
    assert await texts(bob, "/posts") == ["look", "cleo begins"]
    assert await texts(bob, "/tags/sea/posts") == []
    assert (await bob.get("/tags/sea")).json()["post_count"] == 0
    assert (await bob.get(f"/reposts?channel_id={bob.channel_id}")).json()["items"] == []
    assert (await ada.get(f"/reposts?channel_id={bob.channel_id}")).json()["items"] == []
    assert (await read(bob, quote["id"]))["quote"]["state"] == "unavailable"
    assert (await said_to(ada, elsewhere["id"]), await said_to(cleo, elsewhere["id"])) == ([], ["bob answers"])
    assert (await post(bob, "hello @ada"))["facets"] == []
    assert (await facts(app)).count("Mentioned") == 0


async def test_what_a_private_account_says_is_for_its_followers(
    app: App, ada: Person, bob: Person, person: People, client: httpx2.AsyncClient
) -> None:
    fan = await person("fan")
    await follow(fan, ada)
    said = await post(ada, "to all #sea @bob @fan")
    film = await video(app, ada, title="Boats")
    begun = await post(bob, "bob begins")
    await post(ada, "ada answers", parent_id=begun["id"])
    assert (await facts(app)).count("Mentioned") == 2
    await make_private(ada)

    app.cache.clear()
    for url in (f"/posts/{said['id']}", f"/posts/{said['id']}/replies", f"/posts/{said['id']}/versions"):
        assert ((await bob.get(url)).status_code, (await fan.get(url)).status_code) == (404, 200)
    assert (await client.get(f"/api/v1/posts/{said['id']}")).status_code == 404
    assert (await client.get("/api/v1/tags?prefix=sea")).json()["items"] == []
    assert (await said_to(bob, begun["id"]), await said_to(fan, begun["id"])) == ([], ["ada answers"])
    assert (await texts(bob, "/posts"), await texts(fan, "/posts")) == (["bob begins"], ["bob begins", said["text"]])
    assert (await texts(bob, "/tags/sea/posts"), await texts(fan, "/tags/sea/posts")) == ([], [said["text"]])

    # Who may read it may answer, but carry it to nobody else.
    assert (await read(fan, said["id"]))["permissions"] | {"reply": True, "quote": False, "repost": False} == (
        await read(fan, said["id"])
    )["permissions"]
    for subject in (said["id"], film["id"]):
        assert await status(fan, "POST", "/posts", {"text": "hi", "quote_id": subject}) == (403, "quotes_not_allowed")
        assert await status(fan, "PUT", f"/reposts/{subject}") == (422, "cannot_repost")
    answered = await post(fan, "fan answers", parent_id=said["id"])
    assert answered["visibility"] == "followers"
    assert ((await bob.get(f"/posts/{answered['id']}")).status_code, await said_to(ada, said["id"])) == (
        404,
        ["fan answers"],
    )
    await post(ada, "again @bob @fan")
    assert (await facts(app)).count("Mentioned") == 3, "who cannot read it is not told of it"


async def test_a_reply_of_a_private_account_in_anothers_thread_is_for_those_who_follow_both(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    both, one = await person("both"), await person("one")
    for somebody in (both, one):
        await follow(somebody, bob)
    await follow(both, ada)
    await follow(ada, bob)
    begun = await post(bob, "for mine", visibility="followers")
    await post(ada, "ada answers", parent_id=begun["id"])
    await make_private(ada)
    assert (await said_to(both, begun["id"]), await said_to(one, begun["id"])) == (["ada answers"], [])
    assert await said_to(ada, begun["id"]) == ["ada answers"]


async def test_what_is_for_members_is_its_authors_alone_as_long_as_nobody_is_one(
    app: App, ada: Person, bob: Person
) -> None:
    await follow(bob, ada)
    made = await post(ada, "for members #sea", visibility="members")
    assert (await read(ada, made["id"]))["text"] == made["text"]
    assert (await bob.get(f"/posts/{made['id']}")).status_code == 404
    assert (await texts(ada, "/posts"), await texts(bob, "/posts")) == ([made["text"]], [])


@pytest.mark.parametrize(
    "term",
    [None, {"kind": "word", "term": "Rain"}, {"kind": "hashtag", "term": "#rain"}],
    ids=["account", "word", "tag"],
)
async def test_what_somebody_has_muted_stands_in_none_of_their_lists_and_threads(
    app: App, ada: Person, bob: Person, person: People, term: dict[str, str] | None
) -> None:
    cleo = await person("cleo")
    begun = await post(cleo, "cleo begins")
    loud = await post(bob, "more #Rain #sea")
    await post(bob, "again #rain", parent_id=begun["id"])
    await post(ada, "my own #rain", parent_id=begun["id"])
    await post(ada, "look", quote_id=loud["id"])
    await post(bob, "look at #rain", quote_id=loud["id"])
    if term is None:
        assert (await ada.put(f"/mutes/{bob.channel_id}")).status_code == 204
    else:
        assert (await ada.post("/me/mutes", term)).status_code == 201

    assert await texts(ada, "/posts") == ["look", "cleo begins"]
    assert await texts(ada, "/tags/sea/posts") == []
    assert await texts(ada, f"/posts/{loud['id']}/quotes") == ["look"]
    assert await said_to(ada, begun["id"]) == ["my own #rain"]
    # Who asks for it gets it, and nobody else is kept from anything.
    assert await texts(ada, "/posts", channel_id=bob.channel_id) == ["look at #rain", "more #Rain #sea"]
    assert (await read(ada, loud["id"]))["text"] == "more #Rain #sea"
    assert await said_to(cleo, begun["id"]) == ["again #rain", "my own #rain"]


async def test_the_address_of_a_photo_ends_with_the_right_to_see_it(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    await follow(bob, ada)
    photos = [{"upload_id": await photo(ada), "alt": "the sea"}]
    made = await post(ada, "for mine", visibility="followers", photos=photos)
    await deliver(times=1)
    address = (await read(bob, made["id"]))["photos"][0]["url"]
    own = (await read(ada, made["id"]))["photos"][0]["url"]
    assert [(await client.get(each)).status_code for each in (address, own)] == [200, 200]
    assert (await bob.delete(f"/follows/{ada.channel_id}")).status_code == 204
    forget()
    assert [(await client.get(each)).status_code for each in (address, own)] == [404, 200]


async def test_photos_of_a_private_account_have_no_plain_addresses(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    await follow(bob, ada)
    made = await post(ada, "for all", photos=[{"upload_id": await photo(ada), "alt": "the sea"}])
    await deliver(times=1)
    plain = (await read(bob, made["id"]))["photos"][0]["url"]
    assert (await client.get(plain)).status_code == 200
    await make_private(ada)
    forget()
    signed = (await read(bob, made["id"]))["photos"][0]["url"]
    assert [(await client.get(each)).status_code for each in (plain, signed)] == [404, 200]
    await block(ada, bob)
    forget()
    assert (await client.get(signed)).status_code == 404
