"""Comments over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.engagement.models import Comment, Like
from socialflow.domains.engagement.schemas import CommentPage, CommentRead
from socialflow.kernel import housekeeping, ids
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]


async def say(person: Person, subject: str, text: str = "hello", parent: str | None = None) -> dict[str, Any]:
    body = {"subject_id": subject, "text": text, **({"parent_id": parent} if parent else {})}
    answer = await person.post("/comments", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def texts(person: Person, subject: str, **params: Any) -> list[str]:
    found: list[str] = []
    cursor = None
    for _ in range(20):
        more = {"cursor": cursor} if cursor else {}
        page = await person.get("/comments", params={"subject_id": subject, "limit": 2, **params, **more})
        assert page.status_code == 200, page.text
        found += [item["text"] for item in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("a list without end")


async def test_words_are_kept_as_they_were_said_without_what_cannot_be_seen(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    said = await say(bob, made["id"], "  <b>One</b>\r\n\ttwo & \u0007\u001b[31mthree\u0085 \u2067eruf ")

    assert said["text"] == "<b>One</b>\n\ttwo & [31mthree \u2067eruf"
    assert said["author"]["handle"] == "bob"
    assert (said["parent_id"], said["deleted"], said["like_count"], said["reply_count"]) == (None, False, 0, 0)
    assert (await ada.get(f"/videos/{made['id']}")).json()["comment_count"] == 1
    assert "CommentPosted" in await facts(app)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b", "\u0001", "\u202eeruf", "x" * 4001, 5, None, ["x"]])
async def test_words_that_are_none_or_too_many_are_refused(app: App, ada: Person, text: Any) -> None:
    made = await video(app, ada)
    answer = await ada.post("/comments", {"subject_id": made["id"], "text": text})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/text")


async def test_threads_and_answers_can_be_walked_in_every_order(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    threads = [await say(bob, made["id"], f"t{number}") for number in range(5)]
    for number in range(3):
        await say(ada, made["id"], f"a{number}", threads[1]["id"])
    await ada.put(f"/likes/{threads[3]['id']}")

    assert await texts(bob, made["id"]) == ["t4", "t3", "t2", "t1", "t0"]
    assert await texts(bob, made["id"], sort="newest") == ["t4", "t3", "t2", "t1", "t0"]
    assert await texts(bob, made["id"], sort="oldest") == ["t0", "t1", "t2", "t3", "t4"]
    assert await texts(bob, made["id"], sort="top") == ["t3", "t4", "t2", "t1", "t0"]
    assert await texts(bob, made["id"], parent_id=threads[1]["id"]) == ["a0", "a1", "a2"]
    assert await texts(bob, made["id"], parent_id=threads[1]["id"], sort="newest") == ["a2", "a1", "a0"]
    assert await texts(bob, made["id"], parent_id=threads[0]["id"]) == []
    page = (await bob.get(f"/comments?subject_id={made['id']}")).json()["items"]
    assert {item["text"]: item["reply_count"] for item in page}["t1"] == 3


async def test_an_answer_to_an_answer_stands_below_it(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    thread = await say(bob, made["id"])
    answer = await say(ada, made["id"], "yes", thread["id"])
    deeper = await say(bob, made["id"], "and?", answer["id"])

    assert (answer["parent_id"], answer["root_id"], answer["depth"]) == (thread["id"], thread["id"], 1)
    assert (deeper["parent_id"], deeper["root_id"], deeper["depth"]) == (answer["id"], thread["id"], 2)
    assert (answer["by_owner"], deeper["by_owner"]) == (True, False)
    assert await texts(bob, made["id"], parent_id=thread["id"]) == ["yes"]
    assert await texts(bob, made["id"], parent_id=answer["id"]) == ["and?"]


async def test_the_bytes_are_what_the_models_say_and_a_page_is_one_statement(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    made = await video(app, ada)
    for number in range(3):
        said = await say(bob, made["id"], f"t{number} \U0001f30a \u201c\u201d")
    await bob.patch(f"/comments/{said['id']}", {"text": "changed"})
    app.cache.clear()

    async with counted(app) as statements:
        for _ in range(2):
            page = await client.get("/api/v1/comments", params={"subject_id": made["id"]})
    assert len(statements) == 1, "\n".join(statements)
    assert CommentPage.model_validate_json(page.content).model_dump_json().encode() == page.content
    edited = await bob.patch(f"/comments/{said['id']}", {"text": "again"})
    assert CommentRead.model_validate_json(edited.content).model_dump_json().encode() == edited.content


async def test_one_changes_ones_own_words_and_nobody_elses(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    said = await say(bob, made["id"], "before")

    answer = await bob.patch(f"/comments/{said['id']}", {"text": "after"})
    assert (answer.json()["text"], answer.json()["edited_at"] is not None) == ("after", True)
    assert await texts(ada, made["id"]) == ["after"]
    refused = await ada.patch(f"/comments/{said['id']}", {"text": "mine"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_comment")
    assert (await bob.patch(f"/comments/{ids.show('cmt', ids.new())}", {"text": "x"})).status_code == 404
    same = await bob.patch(f"/comments/{said['id']}", {"text": "after"})
    assert same.json()["edited_at"] == answer.json()["edited_at"]


async def test_a_comment_goes_and_an_answered_one_leaves_its_place_until_the_last_answer_goes(
    app: App, ada: Person, bob: Person
) -> None:
    made = await video(app, ada)
    thread = await say(bob, made["id"], "thread")
    first, second = [await say(ada, made["id"], f"a{number}", thread["id"]) for number in range(2)]
    await ada.put(f"/likes/{thread['id']}")

    assert (await bob.delete(f"/comments/{thread['id']}")).status_code == 204
    place = (await bob.get(f"/comments?subject_id={made['id']}")).json()["items"][0]
    assert (place["deleted"], place["text"], place["author"], place["reply_count"]) == (True, "", None, 2)
    assert (await bob.get(f"/videos/{made['id']}")).json()["comment_count"] == 2
    for gone in (bob.delete, bob.put):
        assert (await gone(f"/likes/{thread['id']}")).status_code == 404
    assert (await bob.delete(f"/comments/{thread['id']}")).status_code == 404
    assert (await bob.patch(f"/comments/{thread['id']}", {"text": "x"})).status_code == 404
    assert (
        await ada.post("/comments", {"subject_id": made["id"], "text": "x", "parent_id": thread["id"]})
    ).status_code == 404

    assert (await ada.delete(f"/comments/{first['id']}")).status_code == 204
    assert (await ada.get(f"/comments?subject_id={made['id']}")).json()["items"][0]["reply_count"] == 1
    # An answer can still be answered, and leaves its place as well.
    third = await say(bob, made["id"], "a2", second["id"])
    assert (await ada.delete(f"/comments/{second['id']}")).status_code == 204
    shown = (await bob.get(f"/comments?subject_id={made['id']}&depth=3")).json()["items"]
    assert [(item["text"], item["deleted"], item["depth"]) for item in shown] == [
        ("", True, 0),
        ("", True, 1),
        ("a2", False, 2),
    ]
    assert (await bob.delete(f"/comments/{third['id']}")).status_code == 204
    assert (await ada.get(f"/comments?subject_id={made['id']}")).json()["items"] == []
    async with app.work(SYSTEM) as work:
        for table in (Comment, Like):
            assert await work.db.scalar(select(func.count()).select_from(table)) == 0
    assert (await ada.get(f"/videos/{made['id']}")).json()["comment_count"] == 0


async def test_the_author_the_videos_owner_and_moderators_delete_and_nobody_else(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    carol, moderator = await person("carol"), await person("moe", role="moderator")
    made = await video(app, ada)
    for who, status in ((carol, 403), (bob, 204), (ada, 204), (moderator, 204)):
        said = await say(bob, made["id"])
        answer = await who.delete(f"/comments/{said['id']}")
        assert answer.status_code == status, who.handle


async def test_comments_are_seen_and_written_by_who_sees_the_video(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    made = await video(app, ada)
    said = await say(bob, made["id"])
    await ada.patch(f"/videos/{made['id']}", {"visibility": "private"})

    page = f"/comments?subject_id={made['id']}"
    assert (await client.get(f"/api/v1{page}")).status_code == 404
    for answer in (
        await bob.get(page),
        await bob.post("/comments", {"subject_id": made["id"], "text": "x"}),
        await bob.post("/comments", {"subject_id": made["id"], "text": "x", "parent_id": said["id"]}),
        await bob.patch(f"/comments/{said['id']}", {"text": "x"}),
        await bob.delete(f"/comments/{said['id']}"),
        await bob.put(f"/likes/{said['id']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert len((await ada.get(page)).json()["items"]) == 1
    assert (await client.get("/api/v1/comments")).status_code == 422


async def test_an_answer_belongs_to_a_comment_on_the_same_video(app: App, ada: Person, bob: Person) -> None:
    one, two = await video(app, ada), await video(app, ada)
    said = await say(bob, one["id"])

    for parent in (said["id"], ids.show("cmt", ids.new())):
        answer = await bob.post("/comments", {"subject_id": two["id"], "text": "x", "parent_id": parent})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert (await bob.get(f"/comments?subject_id={two['id']}&parent_id={parent}")).status_code == 404


async def test_deleting_and_answering_at_once_keeps_every_thread_whole(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    for _ in range(6):
        thread = await say(bob, made["id"], "thread")
        reply = {"subject_id": made["id"], "text": "reply", "parent_id": thread["id"]}
        deleted, *answers = await asyncio.gather(
            bob.delete(f"/comments/{thread['id']}"), *(ada.post("/comments", reply) for _ in range(3))
        )
        assert deleted.status_code == 204
        assert {answer.status_code for answer in answers} <= {201, 404}
    await housekeeping.fold_counts(app)
    async with app.work(SYSTEM) as work:
        alive = await work.db.scalar(select(func.count()).select_from(Comment).where(Comment.deleted_at.is_(None)))
        places = list(await work.db.scalars(select(Comment).where(Comment.deleted_at.is_not(None))))
    assert (await ada.get(f"/videos/{made['id']}")).json()["comment_count"] == alive
    for place in places:
        answers_there = await texts(ada, made["id"], parent_id=ids.show("cmt", place.id))
        assert len(answers_there) == place.reply_count > 0


async def test_comments_posted_at_once_are_counted(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    await asyncio.gather(*(say(who, made["id"]) for who in (ada, bob) for _ in range(8)))
    await housekeeping.fold_counts(app)
    assert (await ada.get(f"/videos/{made['id']}")).json()["comment_count"] == 16
