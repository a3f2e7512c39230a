"""Whom one might want to follow, and why."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.factories.accounts import Person
from tests.factories.graph import block, follow, make_private
from tests.factories.posts import post
from tests.factories.statements import counted

from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]


async def suggested(person: Person) -> dict[str, tuple[str, list[str]]]:
    answer = await person.get("/me/suggestions?limit=100")
    assert answer.status_code == 200, answer.text
    return {
        item["channel"]["handle"]: (item["reason"], sorted(each["handle"] for each in item["known_by"]))
        for item in answer.json()["items"]
    }


async def test_friends_of_friends_come_first_then_who_is_popular_in_ones_language(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    carol, dave, eve, fay, gus = [await person(name) for name in ("carol", "dave", "eve", "fay", "gus")]
    for name in (ada, fay):
        assert (await name.patch("/me", {"language": "de"})).status_code == 200
    for follower, followed in ((ada, bob), (ada, carol), (bob, dave), (carol, dave), (carol, eve), (gus, fay)):
        await follow(follower, followed)
    async with counted(app) as statements:
        found = await suggested(ada)
    assert len(statements) == 2, statements  # who, and by whom they are known
    assert list(found) == ["dave", "eve", "fay", "gus"]
    assert found == {
        "dave": ("friends_of_friends", ["bob", "carol"]),
        "eve": ("friends_of_friends", ["carol"]),
        "fay": ("popular_in_language", []),
        "gus": ("popular", []),
    }


async def test_nobody_is_suggested_who_is_followed_asked_muted_or_apart(
    ada: Person, bob: Person, person: People
) -> None:
    carol, dave, eve, fay = [await person(name) for name in ("carol", "dave", "eve", "fay")]
    await make_private(carol)
    assert await follow(ada, carol) == "requested"
    await follow(ada, bob)
    await block(dave, ada)
    assert (await ada.put(f"/mutes/{eve.channel_id}")).status_code == 204
    for each in (carol, dave, eve, fay):
        await follow(bob, each)
    assert await suggested(ada) == {"fay": ("friends_of_friends", ["bob"])}
    # Whom a private account follows is told to nobody.
    await make_private(bob)
    assert await suggested(ada) == {"fay": ("popular_in_language", [])}


async def test_who_speaks_of_what_one_follows_or_says_oneself_comes_with_the_hashtags(
    ada: Person, bob: Person, person: People
) -> None:
    carol, dave, eve, fay = [await person(name) for name in ("carol", "dave", "eve", "fay")]
    await post(carol, "Rain again #Sea #Fog")
    await post(dave, "Nothing but #sea")
    await post(eve, "A walk #hills")
    # What is told to few, or taken back, makes nobody known.
    await post(fay, "For those who follow me #sea", visibility="followers")
    gone = await post(fay, "A slip #sea")
    assert (await fay.delete(f"/posts/{gone['id']}")).status_code == 204
    for tag in ("sea", "fog"):
        assert (await ada.put(f"/me/tags/{tag}")).status_code in {200, 204}
    await post(bob, "My own #hills")

    def told(items: list[dict[str, Any]]) -> dict[str, tuple[str, list[str]]]:
        return {each["channel"]["handle"]: (each["reason"], sorted(each["tags"])) for each in items}

    found = told((await ada.get("/me/suggestions?limit=100")).json()["items"])
    assert list(found)[:2] == ["carol", "dave"]
    assert found["carol"] == ("similar_interests", ["Fog", "Sea"])
    assert found["dave"] == ("similar_interests", ["Sea"])
    assert [found[name] for name in ("bob", "eve", "fay")] == [("popular_in_language", [])] * 3
    found = told((await bob.get("/me/suggestions?limit=100")).json()["items"])
    assert found["eve"] == ("similar_interests", ["hills"])
    assert found["carol"][0] == "popular_in_language"

    await block(dave, ada)
    assert (await ada.put(f"/mutes/{carol.channel_id}")).status_code == 204
    left = told((await ada.get("/me/suggestions?limit=100")).json()["items"])
    assert not {"carol", "dave"} & set(left)
