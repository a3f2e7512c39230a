"""A21, A23, A24, A28, A47, A60 for comments: foreign ids and parents, nobody's fields, hostile words, races."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from tests.factories.accounts import Person
from tests.factories.edits import brought
from tests.factories.graph import block
from tests.factories.pictures import picture
from tests.factories.posts import post
from tests.factories.videos import video

from socialflow.domains.engagement import service
from socialflow.domains.engagement.models import Comment, CommentMention
from socialflow.kernel import housekeeping, ids
from socialflow.kernel.work import SYSTEM, App

OURS = {"subject_id", "parent_id", "text", "photos", "channel_id"}
EVIL = "<img src=x onerror=alert(1)> <script>alert(1)</script> javascript:alert(1) [x](javascript:alert(1))"


async def say(person: Person, subject: str, text: str = "hello", parent: str | None = None) -> dict[str, Any]:
    answer = await person.post("/comments", {"subject_id": subject, "text": text, "parent_id": parent})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a21_a_foreign_comment_is_changed_by_nobody(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    said = await say(ada, made["id"], "mine")
    kept = (await ada.get(f"/comments/{said['id']}")).json()
    for method, path, body in (
        ("PATCH", "", {"text": "yours"}),
        ("PATCH", "", {"photos": []}),
        ("DELETE", "", None),
        ("PUT", "/pin", None),
        ("PUT", "/heart", None),
        ("PUT", "/hidden", None),
        ("PUT", "/approval", None),
    ):
        answer = await bob.http.request(method, f"/api/v1/comments/{said['id']}{path}", json=body)
        assert answer.status_code == 403, (method, path, answer.text)
    assert (await bob.put(f"/comment-rules/{made['id']}", json={"mode": "off"})).status_code == 403
    assert (await ada.get(f"/comments/{said['id']}")).json() == kept
    theirs = await brought(ada, picture("PNG", (20, 20)), purpose="comment_photo", filename="a.png")
    stolen = {"subject_id": made["id"], "text": "x", "photos": [{"upload_id": theirs}]}
    assert (await bob.post("/comments", stolen)).status_code == 404


async def test_a23_no_column_is_set_by_whom_it_is_not_for(app: App, ada: Person) -> None:
    made = await video(app, ada)
    said = await say(ada, made["id"], "before")
    for name in set(Comment.__table__.columns.keys()) - OURS:
        for method, path, body in (
            ("POST", "/comments", {"subject_id": made["id"], "text": "x", name: 7}),
            ("PATCH", f"/comments/{said['id']}", {"text": "x", name: 7}),
        ):
            assert (await ada.http.request(method, f"/api/v1{path}", json=body)).status_code == 422, name
    for moved in ({"subject_id": (await video(app, ada))["id"]}, {"channel_id": ada.channel_id}):
        assert (await ada.patch(f"/comments/{said['id']}", {"text": "x", **moved})).status_code == 422, moved
    assert (await ada.get(f"/comments/{said['id']}")).json()["text"] == "before"


async def test_a24_nobody_answers_what_they_may_not_see_or_what_stands_elsewhere(
    app: App, ada: Person, bob: Person
) -> None:
    hidden, shown, other = await video(app, ada, visibility="private"), await video(app, ada), await video(app, ada)
    secret, said = await say(ada, hidden["id"], "secret"), await say(ada, shown["id"], "said")
    top = await post(ada, "a post")
    for subject, parent in (
        (hidden["id"], None),
        (hidden["id"], secret["id"]),
        (shown["id"], secret["id"]),
        (other["id"], said["id"]),
        (shown["id"], ids.show("cmt", ids.new())),
        (ids.show("vid", ids.new()), None),
    ):
        answer = await bob.post("/comments", {"subject_id": subject, "text": "x", "parent_id": parent})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (subject, parent)
    for subject in (top["id"], said["id"], ada.channel_id, "nonsense", ""):
        answer = await bob.post("/comments", {"subject_id": subject, "text": "x"})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/subject_id"), subject
    await block(ada, bob)
    assert (await bob.post("/comments", {"subject_id": shown["id"], "text": "x"})).status_code == 404
    assert (await bob.put(f"/reactions/{said['id']}", json={"emoji": "\N{THUMBS UP SIGN}"})).status_code == 404


async def test_a24_no_cycle_of_answers_can_be_made(app: App, ada: Person) -> None:
    made = await video(app, ada)
    top = await say(ada, made["id"], "top")
    low = await say(ada, made["id"], "low", top["id"])
    assert (await ada.patch(f"/comments/{top['id']}", {"text": "x", "parent_id": low["id"]})).status_code == 422
    with pytest.raises(IntegrityError):
        await let_it_answer_itself(app, low["id"])


async def let_it_answer_itself(app: App, comment_id: str) -> None:
    """What no verb does, and the database refuses."""
    async with app.work(SYSTEM) as work:
        itself = ids.parse("cmt", comment_id)
        await work.db.execute(update(Comment).where(Comment.id == itself).values(parent_id=itself))


@pytest.mark.timeout(120)
async def test_a47_hostile_words_are_refused_or_stay_words(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    many = " ".join(f"@p{number:04}" for number in range(10_000))
    for text, code in (
        (many, "string_too_long"),
        (many[:3_900].rsplit(" ", 1)[0], None),
        (" ".join(f"{number}:05" for number in range(60)), None),
        ("\u202egnp.exe", "text_direction"),
        ("\u200b\u200d\ufeff", "blank"),
    ):
        answer = await bob.post("/comments", {"subject_id": made["id"], "text": text})
        assert answer.status_code == 422, text[:20]
        if code is None:
            assert answer.json()["code"] == "too_many_facets"
    said = await say(bob, made["id"], EVIL + " @a\u200bda @ada\u200d @\u0430da")
    assert said["text"] == EVIL + " @a\u200bda @ada\u200d @\u0430da"
    links = [each["url"] for each in said["facets"] if each["kind"] == "link"]
    assert links == []
    named = [each for each in said["facets"] if each["kind"] == "mention"]
    assert len(named) == 1, "a handle with a joiner behind it is that handle, and nothing else is"
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(select(func.count()).select_from(CommentMention)) == 1
        assert await work.db.scalar(select(func.count()).select_from(Comment)) == 1
    for prefix in ("%", "_", "a%", "\\", "a'", "x" * 31, "\u0430"):
        answer = await bob.get("/mentionable", params={"prefix": prefix})
        assert answer.json() == {"people": []}, prefix


@pytest.mark.timeout(180)
async def test_a60_everything_at_once_leaves_numbers_that_count_what_there_is(
    app: App, ada: Person, bob: Person
) -> None:
    made = await video(app, ada)
    said = await say(bob, made["id"])
    subjects = (made["id"], said["id"])
    for _ in range(2):
        answers = await asyncio.gather(
            *(call(f"/likes/{subject}") for subject in subjects for call in (bob.put, bob.delete, bob.put)),
            *(bob.put(f"/dislikes/{subject}") for subject in subjects),
            ada.put(f"/comments/{said['id']}/hidden"),
            ada.delete(f"/comments/{said['id']}/hidden"),
            ada.put(f"/comments/{said['id']}/pin"),
        )
        assert {answer.status_code for answer in answers} <= {200, 409, 503}
    await ada.delete(f"/comments/{said['id']}/hidden")
    done = await asyncio.gather(*(bob.delete(f"/comments/{said['id']}") for _ in range(3)))
    assert sorted(answer.status_code for answer in done) == [204, 404, 404]
    await housekeeping.fold_counts(app)
    async with app.work(SYSTEM) as work:
        for recount in (service.recount_videos, service.recount_comments, service.recount_reactions):
            assert (await recount(work, ids.uuid.UUID(int=0)))[1] == 0, recount.__name__
