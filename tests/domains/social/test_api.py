"""Following over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.social.handlers import recount_follows
from socialflow.domains.social.schemas import ChannelPage
from socialflow.domains.videos.handlers import recount_channels
from socialflow.kernel import counters
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]


async def counts(person: Person) -> tuple[int, int]:
    read = (await person.get(f"/channels/{person.channel_id}")).json()
    return read["follower_count"], read["following_count"]


async def test_following_twice_is_following_once_and_so_is_unfollowing(app: App, ada: Person, bob: Person) -> None:
    path = f"/follows/{ada.channel_id}"
    first, again = await bob.put(path), await bob.put(path)

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["channel_id"] == ada.channel_id
    assert (await counts(ada), await counts(bob)) == ((1, 0), (0, 1))
    assert (await bob.get(f"/me/marks?subject_ids={ada.channel_id}")).json()["followed"] == [ada.channel_id]

    for _ in range(2):
        assert (await bob.delete(path)).status_code == 204
    assert (await counts(ada), await counts(bob)) == ((0, 0), (0, 0))
    assert [fact for fact in await facts(app) if "ollowed" in fact] == ["Followed", "Unfollowed"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_nobody_follows_and_nothing_is_followed_that_is_not_there(
    client: httpx2.AsyncClient, ada: Person, bob: Person, method: str
) -> None:
    anonymous = await client.request(method, f"/api/v1/follows/{ada.channel_id}")
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "unauthorized")
    for wrong in ("chn_01jdxyz7q4e5v8w9r0t1y2p3a4", "nonsense", ada.id, "@ada"):
        answer = await bob.http.request(method, f"/api/v1/follows/{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), wrong


async def test_one_cannot_follow_oneself(ada: Person) -> None:
    answer = await ada.put(f"/follows/{ada.channel_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "cannot_follow_yourself")


async def test_followers_and_followed_are_listed_latest_first_for_everybody(
    app: App, client: httpx2.AsyncClient, ada: Person, person: People
) -> None:
    people = [await person(f"fan{number}") for number in range(5)]
    for fan in people:
        await fan.put(f"/follows/{ada.channel_id}")
        await ada.put(f"/follows/{fan.channel_id}")

    for name in ("followers", "following"):
        seen: list[str] = []
        cursor = None
        while True:
            params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
            async with counted(app) as statements:
                page = await client.get(f"/api/v1/channels/@ada/{name}", params=params)
            assert len(statements) == 2, statements  # the channel, and its page
            assert ChannelPage.model_validate_json(page.content).model_dump_json().encode() == page.content
            seen += [card["handle"] for card in page.json()["items"]]
            cursor = page.json()["next_cursor"]
            if cursor is None:
                break
        assert seen == [f"fan{number}" for number in reversed(range(5))]
    assert (await client.get("/api/v1/channels/@nobody/followers")).status_code == 404


async def test_a_cursor_of_followers_is_not_one_of_followed(ada: Person, bob: Person, person: People) -> None:
    carol = await person("carol")
    for fan in (bob, carol):
        await fan.put(f"/follows/{ada.channel_id}")
    cursor = (await ada.get("/channels/@ada/followers?limit=1")).json()["next_cursor"]

    for path in ("/channels/@ada/following", "/channels/@bob/followers"):
        assert (await ada.get(path, params={"cursor": cursor})).status_code == 422


async def test_wrong_numbers_are_set_right_at_night(app: App, ada: Person, bob: Person) -> None:
    await bob.put(f"/follows/{ada.channel_id}")
    await video(app, ada)
    await video(app, ada, visibility="private")
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("UPDATE channels SET follower_count = 9, following_count = 9, video_count = 9"))

    await recount_follows(app)
    await recount_channels(app)

    assert (await counts(ada), await counts(bob)) == ((1, 0), (0, 1))
    assert (await ada.get("/channels/@ada")).json()["video_count"] == 1


async def test_counts_are_right_after_everybody_followed_everybody_at_once(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    people = [ada, bob, await person("carol"), await person("dave")]

    async def again(act: Callable[[str], Awaitable[httpx2.Response]], other: Person) -> int:
        # On a busy machine somebody may wait too long for another's transaction, and is told to come again.
        status = 503
        while status == 503:
            status = (await act(f"/follows/{other.channel_id}")).status_code
        return status

    async def wobble(one: Person, other: Person) -> None:
        for _ in range(3):
            assert await again(one.put, other) == 200
            assert await again(one.delete, other) == 204
        assert await again(one.put, other) == 200

    # Every pair in both directions: with row locks in this order two of them would wait for each other for ever.
    await asyncio.gather(*(wobble(one, other) for one in people for other in people if one is not other))
    async with app.work(SYSTEM) as work:
        await counters.fold(work.db)
        assert await work.db.scalar(text("SELECT count(*) FROM count_changes")) == 0
    for each in people:
        assert await counts(each) == (3, 3)
