"""Lists of videos: order, pages, filters, bytes, and what they cost."""

import re
from itertools import product
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.plans import analyze, plan_for_all
from tests.factories.statements import counted
from tests.factories.videos import bring, draft, video

from socialflow.domains.videos.queries import lists
from socialflow.domains.videos.schemas import VideoPage, VideoRead
from socialflow.domains.videos.service.reading import LAST_ID, LAST_TIME
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App


def titles(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


async def walk(person: Person, path: str, **params: Any) -> list[str]:
    """Every page of a list, three at a time."""
    found: list[str] = []
    cursor = None
    for _ in range(20):
        given = {**params, "limit": 3, **({"cursor": cursor} if cursor else {})}
        answer = await person.get(path, params=given)
        found += titles(answer)
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("a list without end")


def pages(statements: list[str]) -> list[str]:
    """Without what is asked about a viewer once a second: whom they are apart from, and whether they mute anything."""
    return [each for each in statements if "SELECT blocked_id AS id FROM blocks" not in each]


async def test_every_order_can_be_walked_without_repeats_and_gaps(app: App, ada: Person, bob: Person) -> None:
    made = [await video(app, ada, title=f"v{number}") for number in range(7)]
    for number in (2, 5):
        assert (await bob.put(f"/likes/{made[number]['id']}")).status_code == 200
    await ada.put(f"/likes/{made[5]['id']}")

    assert await walk(bob, "/videos") == [f"v{number}" for number in reversed(range(7))]
    assert await walk(bob, "/videos", sort="latest") == [f"v{number}" for number in reversed(range(7))]
    assert await walk(bob, "/videos", sort="oldest") == [f"v{number}" for number in range(7)]
    assert await walk(bob, "/videos", sort="popular") == ["v5", "v2", "v6", "v4", "v3", "v1", "v0"]


async def test_lists_hold_what_everybody_may_watch_and_ones_own_holds_everything(
    app: App, ada: Person, bob: Person
) -> None:
    await video(app, ada, title="public")
    await video(app, ada, title="early", state="partially_playable")
    await video(app, ada, title="unlisted", visibility="unlisted")
    await video(app, ada, title="private", visibility="private")
    for state in ("draft", "processing", "failed"):
        await video(app, ada, title=state, state=state)
    await video(app, bob, title="bob's")

    for params in ({}, {"channel_id": ada.channel_id}, {"sort": "popular"}, {"sort": "oldest"}):
        for person in (ada, bob):
            shown = set(titles(await person.get("/videos", params=params)))
            assert shown - {"bob's"} == {"public", "early"}, params

    mine = await ada.get("/videos", params={"mine": "true"})
    assert titles(mine) == ["failed", "processing", "draft", "private", "unlisted", "early", "public"]
    assert mine.json()["items"][0]["failure"]["code"] == "not_a_video"
    assert mine.json()["items"][0]["permissions"] == {"edit": True, "delete": True, "download": True}
    for sort in ("latest", "oldest", "popular"):
        assert len(await walk(ada, "/videos", mine="true", sort=sort)) == 7
    assert titles(await bob.get("/videos", params={"mine": "true"})) == ["bob's"]
    assert titles(await bob.get("/videos", params={"mine": "true", "channel_id": bob.channel_id})) == ["bob's"]
    assert titles(await bob.get("/videos", params={"mine": "true", "channel_id": ada.channel_id})) == []


async def test_videos_are_found_by_tag_in_any_spelling(app: App, ada: Person) -> None:
    await video(app, ada, title="one", tags=["Sea Side"])
    await video(app, ada, title="two", tags=["sea", "side"])
    await video(app, ada, title="hidden", tags=["sea"], visibility="private")

    assert titles(await ada.get("/videos", params={"tag": "SEA  side"})) == ["one"]
    assert titles(await ada.get("/videos", params={"tag": "sea"})) == ["two"]
    assert titles(await ada.get("/videos", params={"tag": "sea", "channel_id": ada.channel_id})) == ["two"]
    assert titles(await ada.get("/videos", params={"tag": "sea", "mine": "true"})) == ["hidden", "two"]
    assert titles(await ada.get("/videos", params={"tag": "s%"})) == []


async def test_nobody_has_no_own_videos(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/videos", params={"mine": "true"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_a_cursor_is_good_for_its_own_list_only(app: App, ada: Person, bob: Person) -> None:
    for number in range(3):
        await video(app, ada, title=f"v{number}", tags=["t"])
    cursor = (await ada.get("/videos", params={"limit": 1})).json()["next_cursor"]
    own = (await ada.get("/videos", params={"limit": 1, "mine": "true"})).json()["next_cursor"]

    for params in ({"sort": "popular"}, {"tag": "t"}, {"channel_id": ada.channel_id}, {"mine": "true"}):
        answer = await ada.get("/videos", params={**params, "cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor"), params
    assert (await bob.get("/videos", params={"mine": "true", "cursor": own})).status_code == 422
    assert (await ada.get("/videos", params={"cursor": cursor[:-2]})).status_code == 422
    assert titles(await bob.get("/videos", params={"cursor": cursor, "limit": 9})) == ["v1", "v0"]


async def test_the_bytes_are_what_the_models_say(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    await video(app, ada, title="\u201cquoted\u201d <&> \U0001f30a", tags=["a"], description="x\ny")
    await video(app, ada, visibility="private")
    await video(app, ada, state="failed")
    await draft(ada)

    for answer in (await client.get("/api/v1/videos"), await ada.get("/videos", params={"mine": "true"})):
        assert VideoPage.model_validate_json(answer.content).model_dump_json().encode() == answer.content
        for item in answer.json()["items"]:
            one = await ada.get(f"/videos/{item['id']}")
            assert VideoRead.model_validate_json(one.content).model_dump_json().encode() == one.content


@pytest.mark.parametrize("params", [{}, {"sort": "popular"}, {"tag": "t"}, {"mine": "true"}])
async def test_a_page_costs_one_statement_however_long_it_is(app: App, ada: Person, params: dict[str, str]) -> None:
    for number in range(4):
        await video(app, ada, title=f"v{number}", tags=["t"])
    app.cache.clear()

    async with counted(app) as statements:
        assert len(titles(await ada.get("/videos", params=params))) == 4
    assert len(pages(statements)) == 1, statements


async def test_one_video_costs_one_statement_and_the_next_reader_none(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    made = await video(app, ada)
    app.cache.clear()

    async with counted(app) as statements:
        assert (await client.get(f"/api/v1/videos/{made['id']}")).status_code == 200
        assert (await client.get(f"/api/v1/videos/{made['id']}")).status_code == 200
    assert len(statements) == 1, statements


async def test_what_one_has_changed_is_seen_at_once_by_oneself(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada, title="before")
    for person in (ada, bob):
        assert titles(await person.get("/videos")) == ["before"]

    await ada.patch(f"/videos/{made['id']}", {"title": "after"})
    await bob.put(f"/likes/{made['id']}")

    assert titles(await ada.get("/videos")) == ["after"]
    assert (await bob.get(f"/videos/{made['id']}")).json()["like_count"] == 1
    assert (await bob.get("/videos")).json()["items"][0]["like_count"] == 1


async def test_what_was_hidden_or_deleted_is_gone_for_everybody_at_once(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    hidden, deleted = await video(app, ada, title="hidden"), await video(app, ada, title="deleted")
    for path in ("videos", "feed/latest"):
        assert len((await client.get(f"/api/v1/{path}")).json()["items"]) == 2
    for made in (hidden, deleted):
        assert (await client.get(f"/api/v1/videos/{made['id']}")).status_code == 200

    await ada.patch(f"/videos/{hidden['id']}", {"visibility": "unlisted"})
    await ada.delete(f"/videos/{deleted['id']}")

    for path in ("videos", "feed/latest"):
        assert (await client.get(f"/api/v1/{path}")).json()["items"] == []
    assert (await client.get(f"/api/v1/videos/{hidden['id']}")).status_code == 200
    assert (await client.get(f"/api/v1/videos/{deleted['id']}")).status_code == 404


async def test_anonymous_answers_may_be_shared_for_a_second_and_others_not_at_all(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    made = await video(app, ada)
    for path in ("videos", f"videos/{made['id']}", "feed/latest", f"comments?subject_id={made['id']}"):
        answer = await client.get(f"/api/v1/{path}")
        assert answer.headers["cache-control"] == "public, max-age=1", path
        assert "Authorization" in answer.headers["vary"]
        again = await client.get(f"/api/v1/{path}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await ada.get(f"/{path}")).headers["cache-control"] == "private, no-cache"


async def test_a_long_way_into_a_list_costs_what_its_beginning_costs(app: App, ada: Person) -> None:
    for number in range(5):
        await video(app, ada, title=f"v{number}")
    first = (await ada.get("/videos", params={"limit": 3})).json()

    async with counted(app) as statements:
        assert titles(await ada.get("/videos", params={"limit": 3, "cursor": first["next_cursor"]})) == ["v1", "v0"]
    (page,) = pages(statements)
    assert "offset" not in page.lower()


async def test_a_list_shows_a_video_as_soon_as_it_is_published(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    made = await draft(ada, title="new")
    assert (await client.get("/api/v1/videos")).json()["items"] == []

    await bring(app, made["id"], "partially_playable")
    assert titles(await client.get("/api/v1/videos")) == ["new"]


@pytest.mark.parametrize("looked_through", [1, 4, 1_000])
async def test_a_tag_is_found_whether_many_have_it_or_few(
    app: App, ada: Person, bob: Person, monkeypatch: pytest.MonkeyPatch, looked_through: int
) -> None:
    monkeypatch.setattr(lists, "_FIRST", looked_through)
    for (scope, sort, tagged), _ in list(lists.LISTS.items()):
        if tagged and scope in {lists.Scope.ALL, lists.Scope.ALL_TO}:
            monkeypatch.setitem(lists.LISTS, (scope, sort, tagged), lists._tagged(scope, sort))
    tags = [["sea", "old"], ["old"], ["sea"], [], ["sea"], ["sea", "rare"], ["sea"], ["sea"]]
    made = [await video(app, ada, title=f"v{number}", tags=each) for number, each in enumerate(tags)]
    await video(app, ada, title="hidden", tags=["sea", "old", "rare"], visibility="private")
    await bob.put(f"/likes/{made[2]['id']}")

    assert await walk(bob, "/videos", tag="sea") == ["v7", "v6", "v5", "v4", "v2", "v0"]
    assert await walk(bob, "/videos", tag="old") == ["v1", "v0"]
    assert await walk(bob, "/videos", tag="rare") == ["v5"]
    assert await walk(bob, "/videos", tag="none") == []
    assert await walk(bob, "/videos", tag="sea", sort="oldest") == ["v0", "v2", "v4", "v5", "v6", "v7"]
    assert await walk(bob, "/videos", tag="sea", sort="popular") == ["v2", "v7", "v6", "v5", "v4", "v0"]
    # Whom one has blocked is left out of both ways of looking.
    assert (await bob.put(f"/blocks/{ada.channel_id}")).is_success
    app.cache.clear()
    assert await walk(bob, "/videos", tag="sea") == []


_MANY = text("""
    INSERT INTO videos (id, account_id, channel_id, upload_id, asset_id, title, description, tags, visibility, state,
        created_at, updated_at, published_at, like_count)
    SELECT gen_random_uuid(), :account, :channel, gen_random_uuid(), gen_random_uuid(), 'many', '',
        ARRAY[CASE n % 2 WHEN 0 THEN 'common' ELSE 't' || n END],
        'public', 'ready', now(), now(), now() - n * interval '1 second', n % 100
    FROM generate_series(1, 20000) AS n
""")


@pytest.mark.timeout(300)
async def test_videos_of_a_tag_are_read_by_an_index_whether_many_have_it_or_few(app: App, ada: Person) -> None:
    who = {"account": ids.parse("acc", ada.id), "channel": ids.parse("chn", ada.channel_id)}
    async with app.work(SYSTEM) as work:
        await work.db.execute(_MANY, who)
    await analyze(app)
    seen = {"viewer": who["account"], "sees_any": False, "sees_videos": False, "grants": []}
    for scope, sort in product(
        (lists.Scope.ALL, lists.Scope.ALL_TO), (lists.VideoSort.LATEST, lists.VideoSort.POPULAR)
    ):
        read = lists.LISTS[scope, sort, True]
        for tag, is_common in (("common", True), ("t9999", False)):
            place = {"at": LAST_TIME, "id": LAST_ID, "count": 2**31 - 1, "limit": 21, "tag": tag}
            plan = await plan_for_all(app, read, **seen, **place)
            assert f"ix_videos_{sort}" in plan, plan
            assert "Seq Scan on videos" not in plan, plan
            tags = re.search(r"ix_videos_tags \(.*", plan) or re.search(r"on ix_videos_tags .*", plan)
            assert tags is not None, plan
            assert ("never executed" in tags[0]) == is_common, plan
