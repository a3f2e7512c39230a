"""Private accounts: who asks, who is let in, and who sees what meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.channels import channel
from tests.factories.graph import counts, follow, handles, make_private, relation
from tests.factories.videos import video

from socialflow.domains.media.service import delivery
from socialflow.domains.social.handlers import let_latecomers_in
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
Deliver = Callable[..., Awaitable[int]]


@pytest.fixture(autouse=True)
def fresh() -> None:
    """What a process knows of assets, and who may have them, is of this test."""
    delivery.shelves._kept.clear()
    delivery.verdicts.clear()


async def test_a_private_account_decides_who_follows_it(app: App, ada: Person, bob: Person, person: People) -> None:
    carol = await person("carol")
    await make_private(ada)
    assert (await bob.get("/channels/@ada")).json()["is_private"] is True
    for _ in range(2):
        assert await follow(bob, ada) == "requested"
        assert await follow(carol, ada) == "requested"
    assert await counts(ada) == (0, 0)
    assert await handles(ada, "/me/follow-requests") == ["carol", "bob"]
    assert await handles(bob, "/me/sent-follow-requests") == ["ada"]
    assert (await relation(bob, ada) or {})["requested"] is True
    assert (await relation(ada, bob) or {})["requests_you"] is True

    assert (await ada.put(f"/me/follow-requests/{bob.channel_id}")).status_code == 204
    assert (await ada.put(f"/me/follow-requests/{bob.channel_id}")).status_code == 404
    for _ in range(2):
        assert (await ada.delete(f"/me/follow-requests/{carol.channel_id}")).status_code == 204
    assert await handles(ada, "/me/follow-requests") == []
    assert (await counts(ada), await counts(bob), await counts(carol)) == ((1, 0), (0, 1), (0, 0))
    told = [fact for fact in await facts(app) if "ollow" in fact]
    assert told == [
        "FollowRequested",
        "FollowRequested",
        "Followed",
        "FollowRequestApproved",
        "FollowRequestRefused",
    ]


async def test_a_request_can_be_withdrawn_and_a_follower_removed(app: App, ada: Person, bob: Person) -> None:
    await make_private(ada)
    await follow(bob, ada)
    assert (await bob.delete(f"/follows/{ada.channel_id}")).status_code == 204
    assert await handles(ada, "/me/follow-requests") == []
    assert (await ada.put(f"/me/follow-requests/{bob.channel_id}")).status_code == 404

    await follow(bob, ada)
    assert (await ada.put(f"/me/follow-requests/{bob.channel_id}")).status_code == 204
    for _ in range(2):
        assert (await ada.delete(f"/me/followers/{bob.channel_id}")).status_code == 204
    assert (await counts(ada), await counts(bob)) == ((0, 0), (0, 0))
    # Who was removed has to ask again.
    assert await follow(bob, ada) == "requested"


async def test_nobody_waits_at_an_account_that_becomes_public(
    app: App, ada: Person, bob: Person, person: People, deliver: Deliver
) -> None:
    carol = await person("carol")
    await make_private(ada)
    for each in (bob, carol):
        await follow(each, ada)
    await make_private(ada, private=False)
    await deliver()
    assert await handles(ada, "/me/follow-requests") == []
    assert await counts(ada) == (2, 0)
    assert sorted(await handles(bob, "/channels/@ada/followers")) == ["bob", "carol"]

    # Who asked at that very moment is let in by the clock.
    await make_private(ada)
    dave = await person("dave")
    await follow(dave, ada)
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("UPDATE accounts SET is_private = FALSE"))
    await let_latecomers_in(app)
    assert await counts(ada) == (3, 0)


async def test_requests_at_once_are_one_request(app: App, ada: Person, bob: Person) -> None:
    await make_private(ada)
    answers = await asyncio.gather(*(bob.put(f"/follows/{ada.channel_id}") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {200}
    approved = await asyncio.gather(*(ada.put(f"/me/follow-requests/{bob.channel_id}") for _ in range(3)))
    assert sorted(answer.status_code for answer in approved) == [204, 404, 404]
    assert await counts(ada) == (1, 0)
    assert [fact for fact in await facts(app) if "ollow" in fact].count("Followed") == 1


async def test_what_a_private_account_has_is_for_its_followers(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person, person: People
) -> None:
    carol = await person("carol")
    await follow(carol, ada)
    made = await video(app, ada, visibility="public", tags=["sea"])
    link = await video(app, ada, visibility="unlisted")
    open_file = made["playback"]["hls_url"]
    for each in (bob, carol):
        assert (await each.get(f"/videos/{made['id']}")).status_code == 200
    assert (await client.get(open_file)).status_code == 200

    await make_private(ada)
    app.cache.clear()
    delivery.shelves._kept.clear()
    lists = ["/videos", "/videos?tag=sea", f"/videos?channel_id={ada.channel_id}", "/feed/latest"]
    for each in (client, bob.http):
        for wanted in (made["id"], link["id"]):
            for path in (f"/videos/{wanted}", f"/comments?subject_id={wanted}"):
                assert (await each.get(f"/api/v1{path}")).status_code == 404, path
        for path in lists:
            assert (await each.get(f"/api/v1{path}")).json()["items"] == [], path
        assert (await each.get("/api/v1/channels/@ada")).status_code == 200
        for name in ("followers", "following"):
            refused = await each.get(f"/api/v1/channels/@ada/{name}")
            assert (refused.status_code, refused.json()["code"]) == (403, "followers_only"), name
    assert (await client.get(open_file)).status_code == 404
    assert (await bob.post("/comments", {"subject_id": made["id"], "text": "Hello"})).status_code == 404
    assert (await bob.put(f"/likes/{made['id']}")).status_code == 404

    assert await handles(carol, "/channels/@ada/followers") == ["carol"]
    for path in (f"/videos?channel_id={ada.channel_id}", "/feed/following"):
        assert made["id"] in (await carol.get(path)).text, path
    signed = (await carol.get(f"/videos/{made['id']}")).json()["playback"]["hls_url"]
    assert signed.startswith("/media/~")
    assert (await client.get(signed)).status_code == 200

    # The address ends with the right to see it.
    assert (await ada.delete(f"/me/followers/{carol.channel_id}")).status_code == 204
    delivery.verdicts.clear()
    assert (await client.get(signed)).status_code == 404
    assert (await carol.get(f"/videos/{made['id']}")).status_code == 404
    own = (await ada.get(f"/videos/{made['id']}")).json()["playback"]["hls_url"]
    assert (await client.get(own)).status_code == 200


async def test_a_bell_belongs_to_a_follow(app: App, ada: Person, bob: Person) -> None:
    path = f"/follows/{ada.channel_id}/bell"
    assert (await bob.put(path, json={"bell": "all"})).status_code == 404
    await follow(bob, ada)
    for wanted in ("all", "all", "highlights", "none"):
        answer = await bob.put(path, json={"bell": wanted})
        assert (answer.status_code, answer.json()["bell"]) == (200, wanted)
        assert (await relation(bob, ada) or {})["bell"] == wanted
    assert (await bob.put(path, json={"bell": "sometimes"})).status_code == 422
    assert (await facts(app)).count("BellChanged") == 3


async def test_mutuals_are_whom_one_follows_among_those_who_follow(ada: Person, bob: Person, person: People) -> None:
    carol, dave = await person("carol"), await person("dave")
    for follower, followed in ((bob, ada), (carol, ada), (dave, ada), (ada, bob), (dave, bob), (dave, carol)):
        await follow(follower, followed)
    assert await handles(ada, "/channels/@ada/mutuals") == ["bob"]
    assert await handles(dave, "/channels/@ada/mutuals") == ["carol", "bob"]
    assert (await relation(ada, bob) or {})["mutual"] is True
    assert (await relation(ada, carol) or {})["mutual"] is False
    # Whose a further channel is, nobody learns by following it.
    engines = await channel(carol, "engines")
    fan = await person("fan")
    assert (await fan.put(f"/follows/{engines['id']}")).is_success
    assert await handles(fan, "/channels/@ada/mutuals") == []
    await follow(fan, carol)
    assert await handles(fan, "/channels/@ada/mutuals") == ["carol"]
