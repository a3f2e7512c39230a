"""What who began a thread does with the replies in it, as owners do with comments."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.posts import post, read
from tests.factories.statements import counted

from socialflow.domains.engagement import service as engagement
from socialflow.domains.posts import service
from socialflow.domains.posts.schemas import PostPage
from socialflow.kernel import housekeeping, ids
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]


async def act(person: Person, method: str, said: dict[str, Any], what: str) -> httpx2.Response:
    call = person.put if method == "put" else person.delete
    return await call(f"/replies/{said['id']}/{what}")


async def texts(person: Person, top: dict[str, Any], **params: Any) -> list[str]:
    page = await person.get(f"/posts/{top['id']}/replies", params=params)
    assert page.status_code == 200, page.text
    return [entry["post"]["text"] for entry in page.json()["items"]]


async def queue(person: Person, **params: Any) -> list[str]:
    page = await person.get("/me/replies", params=params)
    assert page.status_code == 200, page.text
    assert PostPage.model_validate_json(page.content).model_dump_json().encode() == page.content
    return [item["text"] for item in page.json()["items"]]


@pytest.mark.timeout(180)
async def test_replies_are_pinned_loved_liked_and_put_in_order(app: App, ada: Person, bob: Person) -> None:
    top = await post(ada, "What do you think?")
    said = [await post(bob, f"r{number}", parent_id=top["id"]) for number in range(4)]
    deeper = await post(bob, "deeper", parent_id=said[0]["id"])
    assert (await act(ada, "put", said[1], "pin")).json()["pinned"] is True
    assert (await act(ada, "put", said[0], "heart")).json()["hearted"] is True
    assert (await act(ada, "put", deeper, "pin")).json()["code"] == "not_a_direct_reply"
    assert (await bob.put(f"/likes/{said[2]['id']}")).json()["like_count"] == 1
    assert (await read(bob, said[2]["id"]))["like_count"] == 1

    for sort, rest in (
        ("oldest", ["r0", "r2", "r3"]),
        ("newest", ["r3", "r2", "r0"]),
        ("top", ["r2", "r3", "r0"]),
        ("choice", ["r0", "r2", "r3"]),
    ):
        path = f"/posts/{top['id']}/replies"
        first = (await bob.get(path, params={"sort": sort, "limit": 2, "depth": 1})).json()
        assert [entry["post"]["text"] for entry in first["items"]] == ["r1", rest[0]], sort
        assert await texts(bob, top, sort=sort, depth=1, cursor=first["next_cursor"]) == rest[1:], sort
    await asyncio.gather(*(act(ada, "put", each, "pin") for each in said))
    page = (await bob.get(f"/posts/{top['id']}/replies?depth=1")).json()["items"]
    assert sum(entry["post"]["pinned"] for entry in page) == 1
    assert len(page) == 4
    assert {"ReplyPinned", "ReplyHearted"} <= set(await facts(app))


@pytest.mark.timeout(180)
async def test_only_who_began_the_thread_looks_after_it(
    app: App, ada: Person, bob: Person, person: People, client: httpx2.AsyncClient
) -> None:
    top = await post(ada, "What do you think?")
    said = await post(bob, "reply", parent_id=top["id"])
    below = await post(ada, "below", parent_id=said["id"])
    moderator = await person("moe", role="moderator")
    acts = [("put", "pin"), ("delete", "pin"), ("put", "heart"), ("delete", "heart")]
    acts += [("put", "hidden"), ("delete", "hidden"), ("put", "approval")]
    for method, what in acts:
        for who, each in ((bob, said), (bob, below), (moderator, said), (ada, top)):
            answer = await act(who, method, each, what)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_your_thread"), what
        anonymous = await client.request(method.upper(), f"/api/v1/replies/{said['id']}/{what}")
        assert anonymous.status_code == 401
        assert (await act(bob, method, {"id": ids.show("pst", ids.new())}, what)).status_code == 404
    kept = await post(ada, "kept", parent_id=said["id"], draft=True)
    assert (await act(ada, "put", kept, "hidden")).status_code == 404


@pytest.mark.timeout(180)
async def test_a_hidden_reply_is_out_of_sight_everywhere(app: App, ada: Person, bob: Person, person: People) -> None:
    carol = await person("carol")
    top = await post(ada, "What do you think?")
    said = await post(bob, "rude #sea", parent_id=top["id"])
    low = await post(carol, "low", parent_id=said["id"])
    assert (await act(ada, "put", said, "hidden")).json()["state"] == "hidden"

    assert (await carol.get(f"/posts/{said['id']}")).status_code == 404
    assert [(await read(who, said["id"]))["state"] for who in (ada, bob)] == ["hidden", "hidden"]
    page = (await carol.get(f"/posts/{top['id']}/replies")).json()["items"]
    assert [(each["post"]["text"], each["post"]["available"]) for each in page] == [("", False), ("low", True)]
    for path in (f"/posts?channel_id={bob.channel_id}&replies=true", "/tags/sea/posts"):
        assert (await carol.get(path)).json()["items"] == []
    assert (await read(ada, top["id"]))["reply_count"] == 0
    for wrong in ({"parent_id": said["id"]}, {"quote_id": said["id"]}):
        for who in (ada, carol):
            assert (await who.post("/posts", {"text": "x", **wrong})).status_code == 404
    assert (await carol.put(f"/likes/{said['id']}")).status_code == 404
    assert (await bob.patch(f"/posts/{said['id']}", {"visibility": "public"})).json()["code"] == "already_said"
    assert await queue(ada, state="hidden") == await queue(bob, state="hidden", mine="true") == ["rude #sea"]
    assert await queue(bob, state="hidden") == await queue(carol, state="hidden") == []
    assert (await act(ada, "put", said, "heart")).json()["code"] == "reply_not_shown"

    assert (await act(ada, "delete", said, "hidden")).json()["state"] == "published"
    assert await texts(carol, top) == ["rude #sea", "low"]
    assert len((await carol.get("/tags/sea/posts")).json()["items"]) == 1
    assert (await read(ada, top["id"]))["reply_count"] == 1
    await act(ada, "put", said, "hidden")
    assert (await bob.delete(f"/posts/{said['id']}")).status_code == 204
    assert (await carol.delete(f"/posts/{low['id']}")).status_code == 204
    assert await texts(ada, top) == []
    assert (await read(ada, top["id"]))["reply_count"] == 0
    await no_number_is_wrong(app)


@pytest.mark.timeout(180)
async def test_a_reply_that_waits_is_said_once_it_is_approved(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    carol = await person("carol")
    top = await post(ada, "What do you think?", hold_replies=True)
    said = await post(bob, "please, @carol #sea", parent_id=top["id"])
    own = await post(ada, "mine", parent_id=top["id"])
    kept = await post(bob, "kept", parent_id=top["id"], draft=True)
    assert [each["state"] for each in (said, own, kept)] == ["held", "published", "draft"]
    assert (await bob.put(f"/posts/{said['id']}/publication")).json()["state"] == "held"
    assert (await bob.put(f"/posts/{kept['id']}/publication")).json()["state"] == "held"

    for who in (bob, carol):
        assert await texts(who, top) == ["mine"]
    assert (await carol.get(f"/posts/{said['id']}")).status_code == 404
    assert (await carol.get("/tags/sea/posts")).json()["items"] == []
    assert await queue(ada) == await queue(bob, mine="true") == ["kept", "please, @carol #sea"]
    assert (await read(ada, top["id"]))["reply_count"] == 1
    told = await facts(app)
    assert (told.count("PostPublished"), told.count("ReplyHeld"), "Mentioned" in told) == (2, 2, False)

    for _ in range(2):
        assert (await act(ada, "put", said, "approval")).json()["state"] == "published"
    assert await texts(carol, top) == ["mine", "please, @carol #sea"]
    told = await facts(app)
    assert (told.count("PostPublished"), told.count("Mentioned")) == (3, 1)
    assert (await act(ada, "put", kept, "hidden")).json()["state"] == "hidden"
    assert (await act(ada, "delete", kept, "hidden")).json()["state"] == "published"
    assert (await read(ada, top["id"]))["reply_count"] == 3
    await no_number_is_wrong(app)
    usual = await ada.patch("/me/posting", {"hold_replies": True})
    assert usual.json()["hold_replies"] is True
    assert (await post(ada, "next"))["hold_replies"] is True


async def test_a_thread_in_any_order_is_two_statements(app: App, ada: Person, bob: Person) -> None:
    top = await post(ada, "What do you think?")
    said = [await post(bob, f"r{number}", parent_id=top["id"]) for number in range(3)]
    await act(ada, "put", said[1], "pin")
    for sort in ("oldest", "newest", "top", "choice"):
        async with counted(app) as statements:
            await bob.get(f"/posts/{top['id']}/replies", params={"sort": sort})
        assert len(statements) == 2, "\n".join(statements)
    async with counted(app) as statements:
        await queue(ada)
    assert len(statements) == 1, "\n".join(statements)


async def no_number_is_wrong(app: App) -> None:
    await housekeeping.fold_counts(app)
    nothing = ids.uuid.UUID(int=0)
    async with app.work(SYSTEM) as work:
        for recount in (service.recount_posts, engagement.recount_posts):
            assert (await recount(work, nothing))[1] == 0, recount.__name__
