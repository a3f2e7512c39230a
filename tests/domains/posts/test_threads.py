"""Threads: replies to replies, who may write them, and what stays when one is deleted."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.factories.accounts import Person
from tests.factories.graph import follow, make_private
from tests.factories.posts import let_time_pass, post, read, texts
from tests.factories.videos import in_future

from socialflow.domains.posts.handlers import publish_due
from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]


async def thread(person: Person, post_id: str, **params: Any) -> list[tuple[int, str]]:
    answer = await person.get(f"/posts/{post_id}/replies", params=params)
    assert answer.status_code == 200, answer.text
    return [(each["level"], each["post"]["text"]) for each in answer.json()["items"]]


async def test_a_thread_is_paged_by_depth_and_breadth(app: App, ada: Person, bob: Person) -> None:
    top = await post(ada, "top")
    for first in range(3):
        reply = await post(bob, f"{first}", parent_id=top["id"])
        for second in range(3):
            below = await post(ada, f"{first}.{second}", parent_id=reply["id"])
            deep = await post(bob, f"{first}.{second}.0", parent_id=below["id"])
            await post(bob, f"{first}.{second}.0.0", parent_id=deep["id"])

    assert await thread(bob, top["id"], depth=1) == [(1, "0"), (1, "1"), (1, "2")]
    assert await thread(bob, top["id"], depth=3, breadth=2, limit=1) == [
        (1, "0"),
        (2, "0.0"),
        (3, "0.0.0"),
        (2, "0.1"),
        (3, "0.1.0"),
    ]
    assert await texts(bob, f"/posts/{top['id']}/replies", depth=1) == ["0", "1", "2"]
    assert await texts(bob, f"/posts/{top['id']}/replies", depth=1, sort="newest") == ["2", "1", "0"]
    above = (await bob.get(f"/posts/{deep['id']}/ancestors")).json()["items"]
    assert [each["text"] for each in above] == ["top", "2", "2.2"]
    assert (deep["root_id"], (await read(bob, top["id"]))["reply_count"]) == (top["id"], 3)
    assert await texts(bob, "/posts", channel_id=bob.channel_id) == []
    assert len(await texts(bob, "/posts", channel_id=ada.channel_id, replies=True)) == 10
    for params in ({"depth": 4}, {"breadth": 6}, {"limit": 21}):
        assert (await bob.get(f"/posts/{top['id']}/replies", params=params)).status_code == 422


@pytest.mark.parametrize(
    ("policy", "may"),
    [
        ("everybody", {"cleo", "fan", "named"}),
        ("followers", {"fan", "named"}),
        ("mentioned", {"named"}),
        ("nobody", set()),
    ],
)
async def test_an_author_decides_who_replies(app: App, ada: Person, person: People, policy: str, may: set[str]) -> None:
    people = {name: await person(name) for name in ("cleo", "fan", "named")}
    await people["fan"].put(f"/follows/{ada.channel_id}")
    top = await post(ada, "for @named", reply_policy=policy)
    own = await post(ada, "my own", parent_id=top["id"], reply_policy="everybody")
    for name, somebody in people.items():
        # Who began the thread decides on all of it.
        for subject in (top, own):
            answer = await somebody.post("/posts", {"text": "hi", "parent_id": subject["id"]})
            let = name in may
            assert answer.status_code == (201 if let else 403), (name, answer.text)
            assert (await read(somebody, subject["id"]))["permissions"]["reply"] is let
            if not let:
                assert answer.json()["code"] == "replies_not_allowed"


async def test_a_deleted_post_keeps_its_place_until_the_last_reply_goes(app: App, ada: Person, bob: Person) -> None:
    top = await post(ada, "top #sea", poll={"options": ["a", "b"]})
    middle = await post(bob, "middle", parent_id=top["id"])
    last = await post(ada, "last", parent_id=middle["id"])
    assert (await ada.delete(f"/posts/{top['id']}")).status_code == 204
    assert (await bob.delete(f"/posts/{middle['id']}")).status_code == 204
    for gone in (top, middle):
        for somebody in (ada, bob):
            assert (await somebody.get(f"/posts/{gone['id']}")).status_code == 404
    assert await thread(bob, top["id"]) == [(1, ""), (2, "last")]
    (above, _) = (await bob.get(f"/posts/{last['id']}/ancestors")).json()["items"]
    assert (above["available"], above["author"], above["text"], above["poll"]) == (False, None, "", None)
    assert (await ada.get("/tags/sea")).json()["post_count"] == 0
    assert (await ada.post("/posts", {"text": "late", "parent_id": top["id"]})).status_code == 404

    assert (await ada.delete(f"/posts/{last['id']}")).status_code == 204
    for gone in (top, middle, last):
        assert (await bob.get(f"/posts/{gone['id']}/replies")).status_code == 404


async def test_a_reply_and_a_deletion_at_once_leave_a_whole_thread(app: App, ada: Person, bob: Person) -> None:
    for _ in range(5):
        top = await post(ada, "top")
        said, gone = await asyncio.gather(
            bob.post("/posts", {"text": "reply", "parent_id": top["id"]}), ada.delete(f"/posts/{top['id']}")
        )
        assert gone.status_code == 204
        assert said.status_code in {201, 404}
        if said.status_code == 201:
            assert said.json()["parent_id"] == top["id"]
            assert await thread(bob, top["id"]) == [(1, "reply")]


async def test_a_thread_for_followers_is_for_the_same_followers(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    cleo, fan_of_bob = await person("cleo"), await person("dora")
    for follower, followed in ((bob, ada), (cleo, ada), (fan_of_bob, bob)):
        await follower.put(f"/follows/{followed.channel_id}")
    top = await post(ada, "for few", visibility="followers")
    reply = await post(bob, "a secret answer", parent_id=top["id"], visibility="public")
    assert reply["visibility"] == "followers"
    assert (await read(ada, reply["id"]))["text"] == (await read(cleo, reply["id"]))["text"] == "a secret answer"
    for path in (f"/posts/{top['id']}", f"/posts/{reply['id']}", f"/posts/{top['id']}/replies"):
        assert (await fan_of_bob.get(path)).status_code == 404
    assert (await fan_of_bob.post("/posts", {"text": "hi", "parent_id": reply["id"]})).status_code == 404
    assert (await bob.post("/posts", {"quote_id": top["id"]})).json()["code"] == "quotes_not_allowed"
    assert (await bob.put(f"/reposts/{top['id']}")).json()["code"] == "cannot_repost"


async def test_a_reply_that_was_kept_is_judged_anew_when_it_is_said(app: App, ada: Person, bob: Person) -> None:
    gone, kept = await post(ada, "gone"), await post(ada, "kept")
    late = await post(bob, "late", parent_id=gone["id"], draft=True)
    waits = await post(bob, "waits", parent_id=gone["id"], publish_at=in_future())
    draft = await post(bob, "to the kept one", parent_id=kept["id"], draft=True)
    assert (await ada.delete(f"/posts/{gone['id']}")).status_code == 204
    assert (await bob.put(f"/posts/{late['id']}/publication")).status_code == 404
    await let_time_pass(app, waits["id"])
    await publish_due(app)
    assert [(await read(bob, each["id"]))["state"] for each in (late, waits)] == ["draft", "draft"]

    await follow(bob, ada)
    await make_private(ada)
    said = (await bob.put(f"/posts/{draft['id']}/publication")).json()
    assert (said["state"], said["visibility"]) == ("published", "followers")


async def test_a_private_reply_is_its_authors_alone_in_a_thread_for_followers_too(
    app: App, ada: Person, bob: Person
) -> None:
    await follow(bob, ada)
    top = await post(ada, "for few", visibility="followers")
    note = await post(bob, "a note to myself", parent_id=top["id"], visibility="private")
    assert note["visibility"] == "private"
    assert (await ada.get(f"/posts/{note['id']}")).status_code == 404
    assert (await thread(ada, top["id"]), await thread(bob, top["id"])) == ([], [(1, "a note to myself")])
