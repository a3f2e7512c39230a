"""What an owner does with what others say: pin, heart, hide, show again, approve, and turn it all off."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.channels import channel, employ
from tests.factories.graph import block
from tests.factories.videos import video

from socialflow.domains.engagement import service
from socialflow.domains.engagement.models import Comment
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
    page = await person.get("/comments", params={"subject_id": subject, **params})
    assert page.status_code == 200, page.text
    return [item["text"] for item in page.json()["items"]]


async def act(person: Person, method: str, said: dict[str, Any], what: str) -> httpx2.Response:
    call = person.put if method == "put" else person.delete
    return await call(f"/comments/{said['id']}/{what}")


async def queue(person: Person, **params: Any) -> list[str]:
    page = await person.get("/me/comments", params=params)
    assert page.status_code == 200, page.text
    assert CommentPage.model_validate_json(page.content).model_dump_json().encode() == page.content
    return [item["text"] for item in page.json()["items"]]


async def count_of(person: Person, subject: str) -> int:
    return int((await person.get(f"/videos/{subject}")).json()["comment_count"])


async def test_one_comment_is_pinned_before_all_others_in_every_order(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    said = [await say(bob, made["id"], f"t{number}") for number in range(5)]
    pinned = await act(ada, "put", said[1], "pin")
    assert (pinned.status_code, pinned.json()["pinned"]) == (200, True)
    assert CommentRead.model_validate_json(pinned.content).model_dump_json().encode() == pinned.content

    for sort, rest in (("newest", ["t4", "t3", "t2", "t0"]), ("oldest", ["t0", "t2", "t3", "t4"])):
        first = (await bob.get(f"/comments?subject_id={made['id']}&sort={sort}&limit=3")).json()
        assert [item["text"] for item in first["items"]] == ["t1", *rest[:2]]
        assert await texts(bob, made["id"], sort=sort, limit=3, cursor=first["next_cursor"]) == rest[2:]

    await act(ada, "put", said[3], "pin")
    assert (await texts(bob, made["id"]))[:2] == ["t3", "t4"]
    assert (await act(ada, "delete", said[3], "pin")).json()["pinned"] is False
    assert (await texts(bob, made["id"]))[0] == "t4"
    answer = await say(bob, made["id"], "answer", said[0]["id"])
    assert (await act(ada, "put", answer, "pin")).json()["code"] == "not_pinnable"


async def test_pins_at_once_leave_one(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    said = [await say(bob, made["id"], f"t{number}") for number in range(4)]
    answers = await asyncio.gather(*(act(ada, "put", each, "pin") for each in said))
    assert {answer.status_code for answer in answers} == {200}
    shown = (await bob.get(f"/comments?subject_id={made['id']}")).json()["items"]
    assert len([item for item in shown if item["pinned"]]) == 1
    assert len(shown) == 4


async def test_the_owners_choice_begins_with_their_hearts(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    said = [await say(bob, made["id"], f"t{number}") for number in range(4)]
    await act(ada, "put", said[0], "heart")
    await act(ada, "put", said[2], "heart")
    await bob.put(f"/likes/{said[0]['id']}")
    await bob.put(f"/likes/{said[3]['id']}")

    assert await texts(bob, made["id"], sort="choice") == ["t0", "t2", "t3", "t1"]
    first = (await bob.get(f"/comments?subject_id={made['id']}&sort=choice&limit=1")).json()
    assert await texts(bob, made["id"], sort="choice", cursor=first["next_cursor"]) == ["t2", "t3", "t1"]
    assert (await act(ada, "delete", said[0], "heart")).json()["hearted"] is False
    assert await texts(bob, made["id"], sort="choice") == ["t2", "t3", "t0", "t1"]
    assert (await facts(app)).count("CommentHearted") == 2


async def test_only_the_owner_of_the_video_looks_after_it(
    app: App, ada: Person, bob: Person, person: People, client: httpx2.AsyncClient
) -> None:
    made = await video(app, ada)
    said = await say(bob, made["id"])
    moderator = await person("moe", role="moderator")
    acts = [("put", "pin"), ("delete", "pin"), ("put", "heart"), ("delete", "heart")]
    acts += [("put", "hidden"), ("delete", "hidden"), ("put", "approval")]
    for who in (bob, moderator):
        for method, what in acts:
            answer = await act(who, method, said, what)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_your_subject"), what
    for method, what in acts:
        assert (await client.request(method.upper(), f"/api/v1/comments/{said['id']}/{what}")).status_code == 401
    await ada.patch(f"/videos/{made['id']}", {"visibility": "private"})
    for method, what in acts:
        assert (await act(bob, method, said, what)).status_code == 404
    assert await texts(ada, made["id"]) == ["hello"]


async def test_a_hidden_comment_is_its_authors_and_the_owners(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    made = await video(app, ada)
    carol = await person("carol")
    said = await say(bob, made["id"], "rude")
    await act(ada, "put", said, "pin")
    hidden = await act(ada, "put", said, "hidden")
    assert (hidden.json()["state"], hidden.json()["pinned"]) == ("hidden", False)

    for who in (ada, bob, carol):
        assert await texts(who, made["id"]) == []
    assert await count_of(ada, made["id"]) == 0
    assert [(await who.get(f"/comments/{said['id']}")).status_code for who in (ada, bob, carol)] == [200, 200, 404]
    assert await queue(ada, state="hidden") == ["rude"]
    assert await queue(ada) == []
    assert await queue(bob, state="hidden", mine="true") == ["rude"]
    assert await queue(carol, state="hidden", mine="true") == await queue(bob, state="hidden") == []
    for who, status in ((carol, 404), (bob, 409), (ada, 409)):
        answered = await who.post("/comments", {"subject_id": made["id"], "text": "x", "parent_id": said["id"]})
        assert answered.status_code == status
        assert (await who.put(f"/likes/{said['id']}")).status_code == status
    assert (await act(ada, "put", said, "heart")).json()["code"] == "comment_not_shown"

    assert (await act(ada, "delete", said, "hidden")).json()["state"] == "shown"
    assert await texts(carol, made["id"]) == ["rude"]
    assert await count_of(ada, made["id"]) == 1
    assert {"CommentHidden", "CommentShown"} <= set(await facts(app))


async def test_a_hidden_comment_keeps_its_place_while_something_stands_below(
    app: App, ada: Person, bob: Person
) -> None:
    made = await video(app, ada)
    top = await say(bob, made["id"], "top")
    middle = await say(bob, made["id"], "middle", top["id"])
    low = await say(ada, made["id"], "low", middle["id"])

    async def shown() -> list[tuple[str, bool, int]]:
        items = (await bob.get(f"/comments?subject_id={made['id']}&depth=3")).json()["items"]
        return [(item["text"], item["deleted"], item["reply_count"]) for item in items]

    await act(ada, "put", middle, "hidden")
    assert await shown() == [("top", False, 1), ("", True, 1), ("low", False, 0)]
    await act(ada, "put", low, "hidden")
    assert await shown() == [("top", False, 0)]
    await act(ada, "delete", low, "hidden")
    assert await shown() == [("top", False, 1), ("", True, 1), ("low", False, 0)]
    await bob.delete(f"/comments/{top['id']}")
    assert await shown() == [("", True, 1), ("", True, 1), ("low", False, 0)]
    await act(ada, "delete", middle, "hidden")
    assert await shown() == [("", True, 1), ("middle", False, 1), ("low", False, 0)]
    for each, who in ((low, ada), (middle, bob)):
        assert (await who.delete(f"/comments/{each['id']}")).status_code == 204
    assert await shown() == []
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(select(func.count()).select_from(Comment)) == 0


async def test_what_waits_is_shown_once_it_is_approved(app: App, ada: Person, bob: Person, person: People) -> None:
    made = await video(app, ada)
    carol = await person("carol")
    rule = await ada.put(f"/comment-rules/{made['id']}", json={"mode": "held"})
    assert rule.json() == {"subject_id": made["id"], "mode": "held", "own": "held", "may_comment": True}
    said = await say(bob, made["id"], "please, @carol")
    own = await say(ada, made["id"], "mine")
    assert (said["state"], own["state"]) == ("held", "shown")

    assert await texts(bob, made["id"]) == ["mine"]
    assert await count_of(ada, made["id"]) == 1
    assert await queue(ada) == await queue(bob, mine="true") == ["please, @carol"]
    assert await queue(ada, subject_id=made["id"]) == ["please, @carol"]
    assert await queue(carol) == []
    told = await facts(app)
    assert ("CommentHeld" in told, told.count("CommentPosted"), "MentionedInComment" in told) == (True, 1, False)

    for _ in range(2):
        assert (await act(ada, "put", said, "approval")).json()["state"] == "shown"
    assert await texts(carol, made["id"]) == ["mine", "please, @carol"]
    assert await count_of(ada, made["id"]) == 2
    told = await facts(app)
    assert (told.count("CommentPosted"), told.count("MentionedInComment")) == (2, 1)
    refused = await say(bob, made["id"], "again")
    await act(ada, "put", refused, "hidden")
    assert (await act(ada, "put", refused, "approval")).json()["state"] == "hidden"
    assert await count_of(ada, made["id"]) == 2


async def test_a_channel_says_it_for_all_of_its_videos_that_say_nothing(app: App, ada: Person, bob: Person) -> None:
    one, two = await video(app, ada), await video(app, ada)
    assert (await ada.put(f"/comment-rules/{ada.channel_id}", json={"mode": "off"})).json()["own"] == "off"
    await ada.put(f"/comment-rules/{two['id']}", json={"mode": "open"})
    answer = await bob.post("/comments", {"subject_id": one["id"], "text": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "comments_off")
    assert (await ada.post("/comments", {"subject_id": one["id"], "text": "x"})).status_code == 403
    await say(bob, two["id"])
    rule = (await bob.get(f"/comment-rules/{one['id']}")).json()
    assert (rule["mode"], rule["own"], rule["may_comment"]) == ("off", None, False)
    assert (await ada.put(f"/comment-rules/{two['id']}", json={"mode": None})).json()["mode"] == "off"
    assert (await ada.put(f"/comment-rules/{ada.channel_id}", json={"mode": None})).json()["mode"] == "open"
    assert await texts(bob, two["id"]) == ["hello"]
    for wrong in ({"mode": "maybe"}, {}, {"mode": "off", "more": 1}):
        assert (await ada.put(f"/comment-rules/{one['id']}", json=wrong)).status_code == 422
    assert (await bob.put(f"/comment-rules/{one['id']}", json={"mode": "off"})).json()["code"] == "not_your_subject"
    assert (await bob.put(f"/comment-rules/{ada.channel_id}", json={"mode": "off"})).status_code == 403


async def test_where_comments_are_off_none_are_shown(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    said = await say(bob, made["id"])
    await act(ada, "put", said, "pin")
    await ada.put(f"/comment-rules/{made['id']}", json={"mode": "off"})
    assert await texts(bob, made["id"]) == await texts(ada, made["id"]) == []
    await ada.put(f"/comment-rules/{made['id']}", json={"mode": "open"})
    assert await texts(bob, made["id"]) == ["hello"]


async def test_who_is_apart_meets_nowhere(app: App, ada: Person, bob: Person, person: People) -> None:
    made = await video(app, ada)
    carol = await person("carol")
    said = await say(bob, made["id"], "to @carol")
    await ada.put(f"/comment-rules/{made['id']}", json={"mode": "held"})
    await say(bob, made["id"], "waits")
    await block(carol, bob)
    app.cache.clear()
    assert await texts(carol, made["id"]) == []
    for path in ("", "/versions"):
        assert (await carol.get(f"/comments/{said['id']}{path}")).status_code == 404
    assert (await carol.put(f"/likes/{said['id']}")).status_code == 404
    body = {"subject_id": made["id"], "text": "x", "parent_id": said["id"]}
    assert (await carol.post("/comments", body)).status_code == 404
    again = await carol.post("/comments", {"subject_id": made["id"], "text": "about @bob"})
    assert again.json()["facets"] == []
    await block(ada, bob)
    assert await queue(ada) == ["about @bob"]


@pytest.mark.timeout(120)
async def test_hiding_approving_answering_and_deleting_at_once_keep_the_numbers_true(
    app: App, ada: Person, bob: Person
) -> None:
    made = await video(app, ada)
    for _ in range(4):
        top = await say(bob, made["id"], "top")
        low = await say(bob, made["id"], "low", top["id"])
        body = {"subject_id": made["id"], "text": "x", "parent_id": low["id"]}
        answers = await asyncio.gather(
            act(ada, "put", low, "hidden"),
            act(ada, "put", top, "hidden"),
            ada.post("/comments", body),
            bob.delete(f"/comments/{low['id']}"),
            act(ada, "delete", top, "hidden"),
        )
        assert {answer.status_code for answer in answers} <= {200, 201, 204, 404, 409}
    await housekeeping.fold_counts(app)
    nothing = ids.uuid.UUID(int=0)
    async with app.work(SYSTEM) as work:
        assert (await service.recount_comments(work, nothing))[1] == 0
        assert (await service.recount_videos(work, nothing))[1] == 0


@pytest.mark.parametrize("role", ["owner", "editor", "moderator"])
async def test_who_moderates_for_a_channel_keeps_its_comments_in_order(
    app: App, ada: Person, bob: Person, person: People, role: str
) -> None:
    carol, dan = await person("carol"), await person("dan")
    await employ(ada, carol, role)
    await employ(ada, dan, "analyst")
    other = await channel(ada, "engines")
    made = await video(app, ada)
    elsewhere = await video(app, ada, channel_id=other["id"])
    for each in (made, elsewhere):
        assert (await ada.put(f"/comment-rules/{each['id']}", json={"mode": "held"})).status_code == 200
    waits, refused = await say(bob, made["id"], "please"), await say(bob, made["id"], "rude")
    await say(bob, elsewhere["id"], "not theirs")

    assert await queue(carol) == []
    assert await queue(carol, channel_id=ada.channel_id) == ["rude", "please"]
    assert await queue(ada, channel_id=ada.channel_id) == ["rude", "please"]
    assert await queue(ada) == ["not theirs", "rude", "please"]
    for who, where in ((dan, ada.channel_id), (bob, ada.channel_id), (carol, other["id"])):
        answer = await who.get("/me/comments", params={"channel_id": where})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_your_subject")
    assert (await carol.get(f"/comments/{waits['id']}")).json()["state"] == "held"
    assert (await dan.get(f"/comments/{waits['id']}")).status_code == 404

    assert (await act(carol, "put", waits, "approval")).json()["state"] == "shown"
    assert (await act(carol, "put", refused, "hidden")).json()["state"] == "hidden"
    assert (await act(carol, "put", waits, "heart")).json()["hearted"] is True
    assert (await act(dan, "put", waits, "heart")).status_code == 403
    assert await texts(bob, made["id"]) == ["please"]
    # Who approves needs nobody's approval.
    assert (await say(carol, made["id"], "welcome"))["state"] == "shown"
    assert (await carol.delete(f"/comments/{waits['id']}")).status_code == 204
    assert (await carol.put(f"/comment-rules/{made['id']}", json={"mode": "off"})).status_code == 200
    assert (await dan.put(f"/comment-rules/{made['id']}", json={"mode": "open"})).status_code == 403
