"""Blocks, mutes and lists."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.graph import block, counts, follow, handles, make_private, relation
from tests.factories.posts import post
from tests.factories.videos import video

from socialflow.domains.social.handlers import drop_old_mutes
from socialflow.domains.social.service import lists, muting
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]


async def test_who_is_apart_sees_nothing_of_the_other_and_can_do_nothing_to_them(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    carol = await person("carol")
    made = {"ada": await video(app, ada, visibility="public"), "bob": await video(app, bob, visibility="public")}
    shared = await video(app, carol, visibility="public")
    said = {}
    for each in (ada, bob):
        answer = await each.post("/comments", {"subject_id": shared["id"], "text": f"said by {each.handle}"})
        said[each.handle] = answer.json()["id"]
    await follow(ada, bob)
    await follow(bob, ada)
    for each, other in ((ada, bob), (bob, ada)):
        # Once, so that shared answers are kept.
        assert (await each.get(f"/videos/{made[other.handle]['id']}")).status_code == 200
        assert f"said by {other.handle}" in (await each.get(f"/comments?subject_id={shared['id']}")).text

    await block(ada, bob)
    assert (await counts(ada), await counts(bob)) == ((0, 0), (0, 0))
    for me, other in ((ada, bob), (bob, ada)):
        subject, theirs = made[other.handle]["id"], said[other.handle]
        for path in (
            f"/channels/@{other.handle}",
            f"/channels/{other.channel_id}/followers",
            f"/videos/{subject}",
            f"/comments?subject_id={subject}",
        ):
            assert (await me.get(path)).status_code == 404, (me.handle, path)
        for path in ("/videos", f"/videos?channel_id={other.channel_id}", "/feed/latest", "/feed/following"):
            assert subject not in (await me.get(path)).text, (me.handle, path)
        thread = (await me.get(f"/comments?subject_id={shared['id']}")).text
        assert f"said by {me.handle}" in thread
        assert f"said by {other.handle}" not in thread
        for method, path, body in (
            ("PUT", f"/follows/{other.channel_id}", None),
            ("PUT", f"/likes/{subject}", None),
            ("PUT", f"/likes/{theirs}", None),
            ("POST", "/comments", {"subject_id": subject, "text": "Hello"}),
            ("POST", "/comments", {"subject_id": shared["id"], "parent_id": theirs, "text": "Hello"}),
        ):
            answer = await me.http.request(method, f"/api/v1{path}", json=body)
            assert answer.status_code == 404, (me.handle, method, path)
    # Others see both.
    assert "said by bob" in (await carol.get(f"/comments?subject_id={shared['id']}")).text
    # Who was blocked is not told, and who has blocked finds them again.
    assert await relation(bob, ada) is None
    assert (await relation(ada, bob) or {})["blocking"] is True
    assert await handles(ada, "/me/blocks") == ["bob"]
    assert await handles(bob, "/me/blocks") == []

    for _ in range(2):
        assert (await ada.delete(f"/blocks/{bob.channel_id}")).status_code == 204
    assert (await bob.get("/channels/@ada")).status_code == 200
    assert (await relation(bob, ada) or {})["following"] is False
    assert [fact for fact in await facts(app) if "locked" in fact] == ["Blocked", "Unblocked"]


async def test_what_cannot_be_blocked(app: App, ada: Person, person: People) -> None:
    staff = {role: await person(f"the{role}", role=role) for role in ("moderator", "admin")}
    creator = await person("creator", role="creator")
    for each in staff.values():
        answer = await ada.put(f"/blocks/{each.channel_id}")
        assert (answer.status_code, answer.json()["code"]) == (409, "cannot_block_staff")
    answer = await ada.put(f"/blocks/{ada.channel_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "cannot_block_yourself")
    await block(ada, creator)
    await block(ada, creator)
    assert (await ada.put("/blocks/chn_01jdxyz7q4e5v8w9r0t1y2p3a4")).status_code == 404
    # Whoever looks after the site sees what they have to judge.
    made = await video(app, ada, visibility="public")
    await block(staff["moderator"], ada)
    assert (await staff["moderator"].get(f"/videos/{made['id']}")).status_code == 200


async def test_a_block_takes_requests_along(ada: Person, bob: Person) -> None:
    await make_private(ada)
    await follow(bob, ada)
    await block(ada, bob)
    assert await handles(ada, "/me/follow-requests") == []
    assert (await ada.put(f"/me/follow-requests/{bob.channel_id}")).status_code == 404
    assert (await ada.delete(f"/blocks/{bob.channel_id}")).status_code == 204
    assert await counts(ada) == (0, 0)


async def test_no_edge_is_left_between_two_who_follow_and_block_at_once(app: App, ada: Person, bob: Person) -> None:
    for _ in range(5):
        await asyncio.gather(
            bob.put(f"/follows/{ada.channel_id}"), block(ada, bob), ada.put(f"/follows/{bob.channel_id}")
        )
        async with app.work(SYSTEM) as work:
            assert await work.db.scalar(text("SELECT count(*) FROM follows")) == 0
        assert (await ada.delete(f"/blocks/{bob.channel_id}")).status_code == 204
    assert (await counts(ada), await counts(bob)) == ((0, 0), (0, 0))


async def test_what_is_muted_is_left_out_for_who_has_muted_it(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    carol = await person("carol")
    wanted = await video(app, carol, visibility="public", title="The sea", description="of the heart")
    unwanted = {
        "by ada": await video(app, ada, visibility="public", title="Of all"),
        "a word": await video(app, carol, visibility="public", title="A Spoiler!"),
        "some words": await video(app, carol, visibility="public", description="it is (not so) bad"),
        "a tag": await video(app, carol, visibility="public", tags=["news"]),
        "a tag in words": await video(app, carol, visibility="public", description="More #news, soon"),
    }
    for each in (ada, carol):
        await follow(bob, each)
    said = (await ada.post("/comments", {"subject_id": wanted["id"], "text": "An opinion"})).json()
    assert (await carol.post("/comments", {"subject_id": wanted["id"], "text": "a spoiler"})).status_code == 201

    assert (await bob.put(f"/mutes/{ada.channel_id}")).status_code == 204
    for kind, term in (("word", "SPOILER"), ("word", "he"), ("word", "(not so)"), ("hashtag", "#News")):
        made = await bob.post("/me/mutes", {"kind": kind, "term": term})
        assert (made.status_code, made.json()["term"]) == (201, term.lower().removeprefix("#"))
    for path in ("/videos", "/feed/latest", "/feed/following"):
        shown = (await bob.get(path)).text
        assert wanted["id"] in shown, path
        for why, each in unwanted.items():
            assert each["id"] not in shown, (path, why)
    everything = (await carol.get("/videos")).text
    assert all(each["id"] in everything for each in unwanted.values())
    assert [item["text"] for item in (await bob.get(f"/comments?subject_id={wanted['id']}")).json()["items"]] == []
    assert len((await carol.get(f"/comments?subject_id={wanted['id']}")).json()["items"]) == 2
    # Muting hides nothing that is asked for by its name.
    assert (await bob.get(f"/videos/{unwanted['by ada']['id']}")).status_code == 200
    assert (await bob.get("/channels/@ada")).status_code == 200
    # Whoever is muted sees no difference.
    assert (await relation(ada, bob) or {})["muting"] is False

    assert (await bob.put(f"/mutes/{said['id']}")).status_code == 204
    mutes = (await bob.get("/me/mutes")).json()["items"]
    assert [item["kind"] for item in mutes] == ["thread", "hashtag", "word", "word", "word", "account"]
    assert mutes[0]["thread_id"] == said["id"]
    assert mutes[-1]["channel"]["handle"] == "ada"
    assert len((await bob.get("/me/mutes?kind=word")).json()["items"]) == 3
    for item in mutes:
        assert (await bob.delete(f"/me/mutes/{item['id']}")).status_code == 204
    everything = (await bob.get("/videos")).text
    assert all(each["id"] in everything for each in unwanted.values())


async def test_a_muted_thread_of_posts_is_in_no_list_and_stays_where_it_is(ada: Person, bob: Person) -> None:
    begun = await post(ada, "The first #talk")
    answer = await post(ada, "The second #talk", parent_id=begun["id"])
    other = await post(ada, "Something else #talk")
    lists = ("/posts", f"/posts?channel_id={ada.channel_id}&replies=true", "/tags/talk/posts")
    assert (await bob.put(f"/mutes/{begun['id']}")).status_code == 204
    for path in (lists[0], lists[2]):
        shown = (await bob.get(path)).text
        assert other["id"] in shown
        assert begun["id"] not in shown
        assert answer["id"] not in shown
    # Whoever goes there finds it.
    assert answer["id"] in (await bob.get(f"/posts/{begun['id']}/replies")).text
    assert begun["id"] in (await bob.get(lists[1])).text
    assert begun["id"] in (await ada.get("/posts")).text
    mutes = (await bob.get("/me/mutes")).json()["items"]
    assert [(each["kind"], each["thread_id"]) for each in mutes] == [("thread", begun["id"])]
    assert (await bob.delete(f"/mutes/{begun['id']}")).status_code == 204
    assert begun["id"] in (await bob.get("/posts")).text


async def test_a_mute_ends_by_itself(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada, visibility="public")
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert (await bob.put(f"/mutes/{ada.channel_id}", params={"expires_at": later})).status_code == 204
    assert made["id"] not in (await bob.get("/videos")).text
    assert (await bob.put(f"/mutes/{ada.channel_id}", params={"expires_at": past})).status_code == 204
    assert made["id"] in (await bob.get("/videos")).text
    assert (await bob.get("/me/mutes")).json()["items"] == []
    await drop_old_mutes(app)
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(text("SELECT count(*) FROM mutes")) == 0


async def test_what_cannot_be_muted(ada: Person, bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = await ada.put(f"/mutes/{ada.channel_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "cannot_mute_yourself")
    for wrong in ("chn_01jdxyz7q4e5v8w9r0t1y2p3a4", "nonsense", ada.id):
        assert (await ada.put(f"/mutes/{wrong}")).status_code == 404, wrong
    for term in ("", "#", "\u200b", "x" * 61):
        assert (await ada.post("/me/mutes", {"kind": "word", "term": term})).status_code == 422, term
    for never in ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"):
        for answer in (
            await ada.put(f"/mutes/{bob.channel_id}", params={"expires_at": never}),
            await ada.post("/me/mutes", {"kind": "word", "term": "rain", "expires_at": never}),
        ):
            assert answer.status_code == 422, never
    monkeypatch.setattr(muting, "MOST_MUTES", 1)
    assert (await ada.put(f"/mutes/{bob.channel_id}")).status_code == 204
    answer = await ada.post("/me/mutes", {"kind": "word", "term": "sea"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_mutes")
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert (await ada.put(f"/mutes/{bob.channel_id}", params={"expires_at": later})).status_code == 204, "set anew"
    assert [each["expires_at"] is None for each in (await ada.get("/me/mutes")).json()["items"]] == [False]


async def test_lists_are_their_owners_alone(
    client: httpx2.AsyncClient, ada: Person, bob: Person, person: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await person(f"fan{number}") for number in range(3)]
    made = (await ada.post("/lists", {"title": "  Gardeners "})).json()
    assert (made["title"], made["member_count"]) == ("Gardeners", 0)
    path = f"/lists/{made['id']}"
    for each in people:
        for _ in range(2):
            assert (await ada.put(f"{path}/members/{each.channel_id}")).status_code == 204
    assert (await ada.get(path)).json()["member_count"] == 3
    seen, cursor = [], None
    while True:
        found = (await ada.get(f"{path}/members?limit=2{'&cursor=' + cursor if cursor else ''}")).json()
        seen += [item["handle"] for item in found["items"]]
        cursor = found["next_cursor"]
        if cursor is None:
            break
    assert seen == ["fan2", "fan1", "fan0"]
    for method, where in (
        ("GET", path),
        ("PATCH", path),
        ("DELETE", path),
        ("GET", f"{path}/members"),
        ("PUT", f"{path}/members/{people[0].channel_id}"),
        ("DELETE", f"{path}/members/{people[0].channel_id}"),
    ):
        body = {"title": "Mine"} if method == "PATCH" else None
        assert (await bob.http.request(method, f"/api/v1{where}", json=body)).status_code == 404, (method, where)
        assert (await client.request(method, f"/api/v1{where}", json=body)).status_code == 401, (method, where)
    # Who is not seen is not shown, and comes back.
    await block(people[1], ada)
    assert await handles(ada, f"{path}/members") == ["fan2", "fan0"]
    assert (await ada.put(f"{path}/members/{people[1].channel_id}")).status_code == 404

    assert (await ada.patch(path, {"title": "Others"})).json()["title"] == "Others"
    assert (await ada.delete(f"{path}/members/{people[0].channel_id}")).status_code == 204
    monkeypatch.setattr(lists, "MOST_LISTS", 1)
    monkeypatch.setattr(lists, "MOST_MEMBERS", 2)
    assert (await ada.post("/lists", {"title": "More"})).json()["code"] == "too_many_lists"
    assert (await ada.put(f"{path}/members/{bob.channel_id}")).json()["code"] == "list_is_full"
    assert (await ada.get(path)).json()["member_count"] == 2
    assert (await ada.delete(path)).status_code == 204
    assert (await ada.get("/lists")).json()["items"] == []
