"""Feeds over HTTP."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select, update
from tests.factories.accounts import Person
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.engagement.models import Like
from socialflow.domains.feed import queries
from socialflow.domains.feed.handlers import rank_trending
from socialflow.domains.feed.models import FeedSnapshot
from socialflow.domains.feed.schemas import FeedPage
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

_END = datetime(9999, 1, 1, tzinfo=UTC)
_LAST = uuid.UUID(int=2**128 - 1)
_snapshots = select(FeedSnapshot)


def _uuid(made: dict[str, Any]) -> uuid.UUID:
    return ids.parse("vid", made["id"])


async def walk(person: Person, path: str) -> list[str]:
    found: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    for _ in range(20):
        answer = await person.get(path, params=params)
        assert answer.status_code == 200, answer.text
        assert FeedPage.model_validate_json(answer.content).model_dump_json().encode() == answer.content
        found += [entry["video"]["title"] for entry in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            return found
        params["cursor"] = answer.json()["next_cursor"]
    raise AssertionError("a feed without end")


async def test_the_following_feed_holds_what_followed_channels_published(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    for number in range(3):
        await video(app, ada, title=f"a{number}")
    await video(app, ada, title="private", visibility="private")
    await video(app, ada, title="unlisted", visibility="unlisted")
    await video(app, ada, title="draft", state="draft")
    await video(app, bob, title="own")
    assert await walk(bob, "/feed/following") == []

    await bob.put(f"/follows/{ada.channel_id}")
    assert await walk(bob, "/feed/following") == ["a2", "a1", "a0"]
    entry = (await bob.get("/feed/following")).json()["items"][0]
    assert (entry["kind"], entry["reason"], entry["post"], entry["live"]) == ("video", "following", None, None)

    await bob.delete(f"/follows/{ada.channel_id}")
    assert await walk(bob, "/feed/following") == []
    anonymous = await client.get("/api/v1/feed/following")
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("many", [0, 500])
async def test_both_ways_of_looking_find_the_same_feed_in_one_statement(
    app: App, ada: Person, bob: Person, many: int
) -> None:
    for number in range(5):
        await video(app, ada, title=f"a{number}")
        await video(app, bob, title=f"b{number}")
    await bob.put(f"/follows/{ada.channel_id}")
    values = {"viewer": ids.parse("acc", bob.id), "limit": 3}

    rows = await queries.FOLLOWING.rows(app, many=many, at=_END, id=_LAST, **values)
    assert [row["title"] for row in rows] == ["a4", "a3", "a2"]
    rest = await queries.FOLLOWING.rows(app, many=many, at=rows[-1]["published_at"], id=rows[-1]["id"], **values)
    assert [row["title"] for row in rest] == ["a1", "a0"]
    async with counted(app) as statements:
        assert len((await bob.get("/feed/following")).json()["items"]) == 5
    assert len(statements) == 1, statements


async def test_the_latest_feed_holds_everything_public(app: App, ada: Person, bob: Person) -> None:
    for person in (ada, bob, ada):
        await video(app, person, title=person.handle)
    await video(app, ada, title="private", visibility="private")

    assert await walk(bob, "/feed/latest") == ["ada", "bob", "ada"]
    assert (await bob.get("/feed/latest")).json()["items"][0]["reason"] == "latest"


async def test_what_is_trending_is_what_was_liked_most_lately_and_pages_come_from_one_ranking(
    app: App, ada: Person, bob: Person
) -> None:
    made = [await video(app, ada, title=f"v{number}") for number in range(5)]
    for number, fans in {0: [ada, bob], 1: [ada], 2: [ada, bob], 3: [bob]}.items():
        for fan in fans:
            await fan.put(f"/likes/{made[number]['id']}")
    async with app.work(SYSTEM) as work:
        long_ago = work.now - timedelta(days=4)
        old = update(Like).where(Like.subject_id == _uuid(made[3])).values(created_at=long_ago)
        await work.db.execute(old)
    assert (await bob.get("/feed/trending")).json() == {"items": [], "next_cursor": None}

    await rank_trending(app)
    assert await walk(bob, "/feed/trending") == ["v2", "v0", "v1"]
    first = (await bob.get("/feed/trending", params={"limit": 1})).json()
    assert first["items"][0]["reason"] == "trending"

    # A new ranking, and a video that went away: the walk goes on in the old one, without what may not be seen.
    await bob.delete(f"/likes/{made[0]['id']}")
    await ada.patch(f"/videos/{made[0]['id']}", {"visibility": "private"})
    await rank_trending(app)
    rest = (await bob.get("/feed/trending", params={"limit": 5, "cursor": first["next_cursor"]})).json()
    assert [entry["video"]["title"] for entry in rest["items"]] == ["v1"]
    assert await walk(bob, "/feed/trending") == ["v2", "v1"]


async def test_a_walk_through_a_forgotten_ranking_begins_anew(app: App, ada: Person) -> None:
    for number in range(2):
        made = await video(app, ada, title=f"v{number}")
        await ada.put(f"/likes/{made['id']}")
    await rank_trending(app)
    cursor = (await ada.get("/feed/trending", params={"limit": 1})).json()["next_cursor"]
    async with app.work(SYSTEM) as work:
        await work.db.execute(delete(FeedSnapshot))

    answer = await ada.get("/feed/trending", params={"limit": 1, "cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_old_rankings_are_forgotten(app: App, ada: Person) -> None:
    await rank_trending(app)
    async with app.work(SYSTEM) as work:
        await work.db.execute(update(FeedSnapshot).values(created_at=work.now - timedelta(hours=3)))
    await rank_trending(app)
    async with app.work(SYSTEM) as work:
        assert len(list(await work.db.scalars(_snapshots))) == 1


@pytest.mark.parametrize("path", ["/feed/following", "/feed/latest", "/feed/trending", "/videos"])
async def test_a_cursor_of_one_feed_opens_no_other(app: App, ada: Person, bob: Person, path: str) -> None:
    for number in range(2):
        await video(app, ada, title=f"v{number}")
    await bob.put(f"/follows/{ada.channel_id}")
    cursors = {
        other: (await bob.get(other, params={"limit": 1})).json()["next_cursor"]
        for other in ("/feed/following", "/feed/latest", "/videos")
    }
    for other, cursor in cursors.items():
        answer = await bob.get(path, params={"cursor": cursor})
        assert answer.status_code == (200 if other == path else 422), other
    assert (await ada.get("/feed/following", params={"cursor": cursors["/feed/following"]})).status_code == 422
