"""Likes and marks over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import func, select, text, update
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.engagement.handlers import recount_engagement
from socialflow.domains.engagement.models import Comment, Like
from socialflow.domains.engagement.schemas import LikeRead, MarksRead
from socialflow.domains.videos.models import Video
from socialflow.kernel import counters, housekeeping, ids
from socialflow.kernel.counters import CountChange
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]


async def test_liking_twice_is_liking_once_and_so_is_taking_it_back(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    path = f"/likes/{made['id']}"

    for _ in range(2):
        answer = await bob.put(path)
        assert answer.json() == {"subject_id": made["id"], "liked": True, "like_count": 1}
        assert LikeRead.model_validate_json(answer.content)
    assert (await bob.get(f"/videos/{made['id']}")).json()["like_count"] == 1
    for _ in range(2):
        assert (await bob.delete(path)).json() == {"subject_id": made["id"], "liked": False, "like_count": 0}
    assert (await bob.get(f"/videos/{made['id']}")).json()["like_count"] == 0
    assert [fact for fact in await facts(app) if fact in {"Liked", "Unliked"}] == ["Liked", "Unliked"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_what_one_may_not_see_is_not_there_to_be_liked(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person, method: str
) -> None:
    hidden, shown = await video(app, ada, visibility="private"), await video(app, ada)
    below = (await ada.post("/comments", {"subject_id": hidden["id"], "text": "mine"})).json()
    unknown = ids.show("vid", ids.new())
    for wrong in (hidden["id"], below["id"], unknown, ids.show("cmt", ids.new()), ada.channel_id, "nonsense", "vid_"):
        answer = await bob.http.request(method, f"/api/v1/likes/{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), wrong
    assert (await client.request(method, f"/api/v1/likes/{shown['id']}")).status_code == 401
    assert (await ada.put(f"/likes/{hidden['id']}")).json()["like_count"] == 1


async def test_marks_tell_what_one_likes_and_follows_in_one_statement(app: App, ada: Person, bob: Person) -> None:
    one, two = await video(app, ada), await video(app, ada)
    comment = (await ada.post("/comments", {"subject_id": one["id"], "text": "hi"})).json()
    for subject in (one["id"], comment["id"]):
        await bob.put(f"/likes/{subject}")
    await bob.put(f"/follows/{ada.channel_id}")
    asked = [two["id"], one["id"], comment["id"], ada.channel_id, bob.channel_id, one["id"]]

    async with counted(app) as statements:
        answer = await bob.get("/me/marks", params={"subject_ids": ",".join(asked)})
    assert len(statements) == 1, statements
    assert answer.json() == {
        "liked": [one["id"], comment["id"]],
        "disliked": [],
        "followed": [ada.channel_id],
        "saved": [],
    }
    assert MarksRead.model_validate_json(answer.content).model_dump_json().encode() == answer.content
    assert answer.headers["cache-control"] == "private, no-cache"
    nobodys = await ada.get("/me/marks", params={"subject_ids": ",".join(asked)})
    assert nobodys.json() == {"liked": [], "disliked": [], "followed": [], "saved": []}


@pytest.mark.parametrize("wrong", ["", "x", ",", "vid_1,vid_2", "acc_01jdxyz7q4e5v8w9r0t1y2p3a4", "\u202e"])
async def test_marks_of_what_is_no_id_are_refused(ada: Person, wrong: str) -> None:
    answer = await ada.get("/me/marks", params={"subject_ids": wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == "/query/subject_ids"


async def test_a_hundred_marks_may_be_asked_for_and_nobody_has_any(ada: Person, client: httpx2.AsyncClient) -> None:
    hundred = [ids.show("vid", ids.new()) for _ in range(100)]
    more = [*hundred, ids.show("vid", ids.new())]
    assert (await ada.get("/me/marks", params={"subject_ids": ",".join(hundred)})).status_code == 200
    assert (await ada.get("/me/marks", params={"subject_ids": ",".join(more)})).status_code == 422
    assert (await client.get("/api/v1/me/marks", params={"subject_ids": hundred[0]})).status_code == 401


async def test_likes_that_come_at_once_are_counted_one_by_one(app: App, ada: Person, person: People) -> None:
    made = await video(app, ada)
    comment = (await ada.post("/comments", {"subject_id": made["id"], "text": "hi"})).json()
    people = [await person(f"fan{number}") for number in range(6)]

    async def wobble(fan: Person, subject: str, *, stays: bool) -> None:
        for _ in range(4):
            assert (await fan.put(f"/likes/{subject}")).status_code == 200
            answer = await fan.delete(f"/likes/{subject}")
            assert answer.status_code == 200, answer.text
            assert answer.json()["like_count"] >= 0
        if stays:
            await fan.put(f"/likes/{subject}")

    subjects = (made["id"], comment["id"])
    await asyncio.gather(
        *(wobble(fan, subject, stays=number < 4) for number, fan in enumerate(people) for subject in subjects)
    )

    # The number on the row and what waits for it are exact together, and the row alone once that is folded in.
    for table, subject in ((Video, ids.parse("vid", made["id"])), (Comment, ids.parse("cmt", comment["id"]))):
        async with app.work(SYSTEM) as work:
            waiting = await counters.waiting_for(work.db, table.like_count, subject)
            on_row = await work.db.scalar(select(table.like_count).where(table.id == subject))
            rows = await work.db.scalar(select(func.count()).select_from(Like).where(Like.subject_id == subject))
            assert on_row is not None
            assert on_row + waiting == rows == 4
    await housekeeping.fold_counts(app)
    await housekeeping.fold_counts(app)
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(select(func.count()).select_from(CountChange)) == 0
        assert await work.db.scalar(select(Video.like_count)) == 4
        assert await work.db.scalar(select(Comment.like_count)) == 4


async def test_a_like_does_not_wait_for_a_busy_video(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    async with app.sessions() as other, other.begin():
        await other.execute(text("SELECT 1 FROM videos FOR NO KEY UPDATE"))
        async with asyncio.timeout(1.5):
            assert (await bob.put(f"/likes/{made['id']}")).json()["like_count"] == 1
            assert (await bob.delete(f"/likes/{made['id']}")).json()["like_count"] == 0
            assert (await bob.put(f"/likes/{made['id']}")).json()["like_count"] == 1
    assert (await bob.get(f"/videos/{made['id']}")).json()["like_count"] == 0
    await housekeeping.fold_counts(app)
    assert (await bob.get(f"/videos/{made['id']}")).json()["like_count"] == 1


async def test_wrong_numbers_are_set_right_at_night(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    thread = (await bob.post("/comments", {"subject_id": made["id"], "text": "hi"})).json()
    await ada.post("/comments", {"subject_id": made["id"], "text": "ho", "parent_id": thread["id"]})
    await bob.put(f"/likes/{made['id']}")
    await ada.put(f"/likes/{thread['id']}")
    async with app.work(SYSTEM) as work:
        await work.db.execute(update(Video).values(like_count=7, comment_count=0))
        await work.db.execute(update(Comment).values(like_count=3, reply_count=5))
        # One that waits is counted too, and folded in later.
        work.db.add(CountChange(counter="videos.like_count", row_id=ids.parse("vid", made["id"]), by=1))

    await recount_engagement(app)
    await housekeeping.fold_counts(app)

    read = (await bob.get(f"/videos/{made['id']}")).json()
    assert (read["like_count"], read["comment_count"]) == (1, 2)
    threads = (await bob.get(f"/comments?subject_id={made['id']}")).json()["items"]
    assert [(each["like_count"], each["reply_count"]) for each in threads] == [(1, 1)]


async def test_taking_a_like_back_twice_at_once_takes_one(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    await asyncio.gather(*(bob.put(f"/likes/{made['id']}") for _ in range(5)))
    await asyncio.gather(*(bob.delete(f"/likes/{made['id']}") for _ in range(5)))
    await housekeeping.fold_counts(app)
    assert (await bob.get(f"/videos/{made['id']}")).json()["like_count"] == 0
