"""Trees of comments: by depth and breadth, in the owner's order, edited, with photos and with what they mean."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.edits import brought
from tests.factories.pictures import picture
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.engagement.models import Comment
from socialflow.domains.engagement.schemas import CommentPage, CommentVersionPage
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App


async def say(person: Person, subject: str, text: str = "hello", parent: str | None = None, **more: Any) -> Any:
    body = {"subject_id": subject, "text": text, **({"parent_id": parent} if parent else {}), **more}
    answer = await person.post("/comments", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def tree(person: Person, subject: str, **params: Any) -> list[str]:
    page = await person.get("/comments", params={"subject_id": subject, **params})
    assert page.status_code == 200, page.text
    assert CommentPage.model_validate_json(page.content).model_dump_json().encode() == page.content
    return ["  " * item["depth"] + item["text"] for item in page.json()["items"]]


async def test_a_page_goes_so_deep_and_so_broad_as_it_is_asked_to(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    for top in ("a", "b"):
        first = await say(bob, made["id"], top)
        for number in range(3):
            second = await say(ada, made["id"], f"{top}{number}", first["id"])
            await say(bob, made["id"], f"{top}{number}x", second["id"])

    assert await tree(bob, made["id"]) == ["b", "a"]
    assert await tree(bob, made["id"], depth=2, breadth=2) == ["b", "  b0", "  b1", "a", "  a0", "  a1"]
    deep = await tree(bob, made["id"], depth=3, breadth=1, sort="oldest")
    assert deep == ["a", "  a0", "    a0x", "b", "  b0", "    b0x"]
    one = await bob.get("/comments", params={"subject_id": made["id"], "depth": 2, "breadth": 1, "limit": 1})
    assert [item["text"] for item in one.json()["items"]] == ["b", "b0"]
    after = await tree(bob, made["id"], depth=2, breadth=1, limit=1, cursor=one.json()["next_cursor"])
    assert after == ["a", "  a0"]
    for wrong in ({"depth": 0}, {"depth": 6}, {"breadth": 11}, {"breadth": 0}):
        answer = await bob.get("/comments", params={"subject_id": made["id"], **wrong})
        assert answer.status_code == 422


async def test_a_deep_page_is_one_statement(app: App, ada: Person, bob: Person, client: httpx2.AsyncClient) -> None:
    made = await video(app, ada)
    for top in range(3):
        parent = (await say(bob, made["id"], str(top)))["id"]
        for _ in range(4):
            parent = (await say(bob, made["id"], "deeper", parent))["id"]
    app.cache.clear()
    async with counted(app) as statements:
        page = await client.get("/api/v1/comments", params={"subject_id": made["id"], "depth": 5, "breadth": 10})
    assert len(page.json()["items"]) == 15
    assert len(statements) == 1, "\n".join(statements)


async def test_a_thread_has_a_bottom(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    said = await say(bob, made["id"])
    async with app.work(SYSTEM) as work:
        row = await work.db.get(Comment, ids.parse("cmt", said["id"]))
        assert row is not None
        work.db.add(
            Comment(
                id=ids.new(),
                subject_id=row.subject_id,
                subject_kind="video",
                owner_id=row.owner_id,
                parent_id=row.id,
                thread_id=row.id,
                depth=50,
                account_id=row.account_id,
                channel_id=row.channel_id,
                text="bottom",
                created_at=work.now,
            )
        )
    async with app.work(SYSTEM) as work:
        bottom = await work.db.scalar(select(Comment.id).where(Comment.depth == 50))
    assert bottom is not None
    body = {"subject_id": made["id"], "text": "x", "parent_id": ids.show("cmt", bottom)}
    answer = await bob.post("/comments", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "too_deep")


async def test_what_a_text_means_is_told_in_utf16(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    text = "\U0001f30a at 1:05, @ada and @nobody_here: #Sea https://example.org/1:02 01:02:03"
    said = await say(bob, made["id"], text)

    wide = text.encode("utf-16-le")
    found = {
        each["kind"] + (f" {each['at_ms']}" if each["at_ms"] is not None else ""): wide[
            each["start"] * 2 : each["end"] * 2
        ].decode("utf-16-le")
        for each in said["facets"]
    }
    assert found == {
        "time 65000": "1:05",
        "mention": "@ada",
        "hashtag": "#Sea",
        "link": "https://example.org/1:02",
        "time 3723000": "01:02:03",
    }
    mention = next(each for each in said["facets"] if each["kind"] == "mention")
    assert mention["channel_id"] == ada.channel_id
    assert [name for name in await facts(app) if name == "MentionedInComment"] == ["MentionedInComment"]


@pytest.mark.parametrize("text", ["1:5", "x1:05", "12:345", "1:60", "1:61:00", "3.1:05", "1:05:7", "2030-01-01T10:00"])
async def test_what_looks_like_a_time_and_is_none(app: App, ada: Person, text: str) -> None:
    made = await video(app, ada)
    assert (await say(ada, made["id"], text))["facets"] == []


async def test_an_edit_is_kept_and_read_by_whoever_reads_the_comment(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    made = await video(app, ada)
    said = await say(bob, made["id"], "one @ada")
    for text in ("two", "two", "three"):
        await bob.patch(f"/comments/{said['id']}", {"text": text})

    page = await client.get(f"/api/v1/comments/{said['id']}/versions")
    assert CommentVersionPage.model_validate_json(page.content).model_dump_json().encode() == page.content
    assert [(item["number"], item["text"]) for item in page.json()["items"]] == [(2, "two"), (1, "one @ada")]
    assert page.json()["items"][1]["facets"][0]["kind"] == "mention"
    first = await client.get(f"/api/v1/comments/{said['id']}/versions?limit=1")
    second = await client.get(f"/api/v1/comments/{said['id']}/versions?cursor={first.json()['next_cursor']}")
    assert [item["number"] for item in second.json()["items"]] == [1]
    assert (await client.get(f"/api/v1/comments/{said['id']}")).json()["text"] == "three"
    await ada.patch(f"/videos/{made['id']}", {"visibility": "private"})
    for path in ("", "/versions"):
        assert (await client.get(f"/api/v1/comments/{said['id']}{path}")).status_code == 404
    refused = await ada.patch(f"/comments/{said['id']}", {"text": "mine"})
    assert refused.json()["code"] == "not_your_comment"


async def test_photos_belong_to_one_comment_and_go_with_it(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    photo = await brought(bob, picture("PNG", (40, 30)), purpose="comment_photo", filename="sea.png")
    said = await say(bob, made["id"], "", photos=[{"upload_id": photo, "alt": "The sea"}])
    assert [(each["upload_id"], each["alt"]) for each in said["photos"]] == [(photo, "The sea")]

    twice = {"subject_id": made["id"], "text": "", "photos": [{"upload_id": photo}]}
    assert (await bob.post("/comments", twice)).json()["code"] == "photo_already_shown"
    assert (await ada.post("/comments", twice)).status_code == 404
    post_photo = await brought(bob, picture("PNG", (40, 30)), purpose="photo", filename="post.png")
    wrong = {"subject_id": made["id"], "text": "", "photos": [{"upload_id": post_photo}]}
    assert (await bob.post("/comments", wrong)).status_code == 404
    many = {"subject_id": made["id"], "text": "x", "photos": [{"upload_id": photo}] * 5}
    assert (await bob.post("/comments", many)).status_code == 422

    emptied = await bob.patch(f"/comments/{said['id']}", {"photos": []})
    assert (emptied.status_code, emptied.json()["code"]) == (422, "empty_comment")
    changed = await bob.patch(f"/comments/{said['id']}", {"photos": [], "text": "words"})
    assert changed.json()["photos"] == []
    assert (await bob.get(f"/uploads/{photo}")).status_code == 404
