"""As which channel somebody comments: their own, another of theirs, or one of others for which they publish."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import select, text
from tests.factories.accounts import Person
from tests.factories.channels import channel, employ
from tests.factories.edits import brought
from tests.factories.graph import block
from tests.factories.pictures import picture
from tests.factories.videos import video

from socialflow.domains.engagement.events import CommentDeleted, CommentHeld, CommentPosted, MentionedInComment
from socialflow.domains.engagement.handlers import erase_words_and_likes
from socialflow.domains.engagement.models import Comment
from socialflow.kernel import ids
from socialflow.kernel.events import Event, decode
from socialflow.kernel.outbox import OutboxEvent
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
Deliver = Callable[..., Awaitable[int]]


async def say(person: Person, subject: str, text: str = "hello", **fields: Any) -> dict[str, Any]:
    """A comment, as its author reads it."""
    answer = await person.post("/comments", {"subject_id": subject, "text": text, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def read(person: Person, subject: str) -> list[tuple[str, str | None, bool]]:
    """What is said, by whom, and whether as the channel that has the video."""
    items = (await person.get("/comments", params={"subject_id": subject, "depth": 5})).json()["items"]
    return [(each["text"], each["author"] and each["author"]["handle"], each["by_owner"]) for each in items]


async def told(app: App, kind: type[Event]) -> list[Any]:
    """The facts of a kind so far."""
    async with app.work(SYSTEM) as work:
        found = select(OutboxEvent).where(OutboxEvent.kind == kind.kind()).order_by(OutboxEvent.id)
        return [decode(row.kind, row.payload) for row in await work.db.scalars(found)]


async def test_a_comment_and_an_answer_name_the_channel_that_is_chosen(app: App, ada: Person, bob: Person) -> None:
    film = (await video(app, bob, visibility="public"))["id"]
    engines = await channel(ada, "engines")

    said = await say(ada, film, "Wheels", channel_id=engines["id"])
    await say(ada, film, "and cards", channel_id=engines["id"], parent_id=said["id"])
    await say(ada, film, "mine", channel_id=None)

    assert said["author"]["handle"] == "engines"
    assert await read(bob, film) == [
        ("mine", "ada", False),
        ("Wheels", "engines", False),
        ("and cards", "engines", False),
    ]
    shown = [ids.show("chn", each.channel_id) for each in await told(app, CommentPosted)]
    assert shown == [engines["id"], engines["id"], ada.channel_id]


async def test_only_the_channel_that_has_a_video_speaks_as_its_owner(app: App, ada: Person, bob: Person) -> None:
    engines = await channel(ada, "engines")
    film = (await video(app, ada, channel_id=engines["id"], visibility="public"))["id"]
    await employ(ada, bob, "editor", engines["id"])

    await say(ada, film, "as the channel", channel_id=engines["id"])
    by_team = await say(bob, film, "for the channel", channel_id=engines["id"])
    # That both are Ada's is nobody's business.
    mine = await say(ada, film, "as Ada")

    assert by_team["by_owner"]
    assert not mine["by_owner"]
    assert await read(bob, film) == [
        ("as Ada", "ada", False),
        ("for the channel", "engines", True),
        ("as the channel", "engines", True),
    ]
    one = (await bob.get(f"/comments/{by_team['id']}")).json()
    assert one["by_owner"]
    assert not (await bob.get(f"/comments/{mine['id']}")).json()["by_owner"]


async def test_what_an_editor_says_is_the_channels_and_stays_when_they_go(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    cleo = await person("cleo")
    film = (await video(app, cleo, visibility="public"))["id"]
    await employ(ada, bob, "editor")
    said = await say(bob, film, "for Ada", channel_id=ada.channel_id)
    edited = await bob.patch(f"/comments/{said['id']}", {"text": "for @cleo"})
    assert (edited.status_code, edited.json()["author"]["handle"]) == (200, "ada")
    assert (await ada.delete(f"/channels/@ada/collaborators/{bob.channel_id}")).status_code == 204

    for method, path, body in (
        ("POST", "/comments", {"subject_id": film, "text": "again", "channel_id": ada.channel_id}),
        ("PATCH", f"/comments/{said['id']}", {"text": "mine now"}),
        ("DELETE", f"/comments/{said['id']}", None),
    ):
        answer = await bob.http.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code == 403, (method, answer.text)
    # What somebody says themselves is never refused to whom works for others.
    await say(bob, film, "for myself")

    assert [each[:2] for each in await read(cleo, film)] == [("for myself", "bob"), ("for @cleo", "ada")]
    async with app.sessions() as session:
        found = "SELECT tag, account_id, actor_id FROM audit_events WHERE tag = 'channel:acted'"
        rows = {(row.account_id, row.actor_id) for row in (await session.execute(text(found))).all()}
    assert rows == {(ids.parse("acc", ada.id), ids.parse("acc", bob.id))}
    assert (await ada.patch(f"/comments/{said['id']}", {"text": "Ada's"})).status_code == 200


async def test_whoever_speaks_for_another_sees_what_they_answer_and_so_does_that_other(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    cleo, dora = await person("cleo"), await person("dora")
    await employ(ada, bob, "editor")
    engines = await channel(ada, "engines")
    private = (await video(app, ada, channel_id=engines["id"], visibility="private"))["id"]
    of_cleo = (await video(app, cleo, visibility="public"))["id"]
    of_dora = (await video(app, dora, visibility="public"))["id"]
    open_to_all = (await video(app, bob, visibility="public"))["id"]
    by_cleo = (await say(cleo, open_to_all))["id"]
    # What is told of a video only to those who see it would say that there is one.
    assert (await ada.put(f"/comment-rules/{private}", json={"mode": "off"})).status_code == 200
    # Bob does not see the first and the third, and Ada neither the second nor what is answered in the last.
    await block(cleo, ada)
    await block(dora, bob)

    for subject, parent in ((private, None), (of_cleo, None), (of_dora, None), (open_to_all, by_cleo)):
        sent = {"subject_id": subject, "parent_id": parent, "text": "x", "channel_id": ada.channel_id}
        answer = await bob.post("/comments", sent)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (subject, parent)
    assert await read(bob, open_to_all) == [("hello", "cleo", False)]


async def test_what_waits_for_approval_is_seen_by_the_team_that_says_it(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    cleo, dora = await person("cleo"), await person("dora")
    film = (await video(app, cleo, visibility="public"))["id"]
    assert (await cleo.put(f"/comment-rules/{film}", json={"mode": "held"})).status_code == 200
    await employ(ada, bob, "editor")

    said = await say(bob, film, "for @dora", channel_id=ada.channel_id)

    assert said["state"] == "held"
    assert [ids.show("chn", each.channel_id) for each in await told(app, CommentHeld)] == [ada.channel_id]
    statuses = [(await each.get(f"/comments/{said['id']}")).status_code for each in (ada, bob, cleo, dora)]
    assert statuses == [200, 200, 200, 404]
    assert (await cleo.put(f"/comments/{said['id']}/approval")).status_code == 200
    assert await read(dora, film) == [("for @dora", "ada", False)]
    named = await told(app, MentionedInComment)
    assert [ids.show("chn", each.channel_id) for each in named] == [ada.channel_id]
    # Whoever is asked for their own unshown words has none: they are the channel's.
    mine = await bob.get("/me/comments", params={"mine": True})
    assert mine.json()["items"] == []


async def test_photos_that_an_editor_brings_become_the_channels(app: App, ada: Person, bob: Person) -> None:
    film = (await video(app, ada, visibility="public"))["id"]
    await employ(ada, bob, "editor")
    uploads = [await brought(bob, picture("PNG", (20, 20)), purpose="comment_photo", filename="a.png") for _ in "ab"]
    said = await say(bob, film, channel_id=ada.channel_id, photos=[{"upload_id": uploads[0]}])

    changed = await bob.patch(f"/comments/{said['id']}", {"photos": [{"upload_id": each} for each in uploads]})

    assert [each["upload_id"] for each in changed.json()["photos"]] == uploads
    async with app.sessions() as session:
        owners = set(await session.scalars(text("SELECT account_id FROM uploads WHERE purpose = 'comment_photo'")))
    assert owners == {ids.parse("acc", ada.id)}


async def test_what_a_channel_has_said_goes_with_it_and_answers_stay(
    app: App, ada: Person, bob: Person, deliver: Deliver
) -> None:
    film = (await video(app, bob, visibility="public"))["id"]
    engines = await channel(ada, "engines")
    answered = await say(ada, film, "answered", channel_id=engines["id"])
    await say(bob, film, "answer", parent_id=answered["id"])
    await say(ada, film, "alone", channel_id=engines["id"])
    await say(ada, film, "as Ada")

    assert (await ada.delete(f"/channels/{engines['id']}")).status_code == 204
    await deliver()

    assert [each[:2] for each in await read(bob, film)] == [("as Ada", "ada"), ("", None), ("answer", "bob")]
    assert (await bob.get(f"/videos/{film}")).json()["comment_count"] == 2
    gone = {ids.show("chn", each.channel_id) for each in await told(app, CommentDeleted)}
    assert gone == {engines["id"]}
    said = await ada.post("/comments", {"subject_id": film, "text": "x", "channel_id": engines["id"]})
    assert (said.status_code, said.json()["code"]) == (404, "not_found")


async def test_what_was_said_for_a_channel_goes_with_its_account_and_not_with_who_wrote_it(
    app: App, ada: Person, bob: Person
) -> None:
    film = (await video(app, ada, visibility="public"))["id"]
    engines = await channel(ada, "engines")
    await employ(ada, bob, "editor", engines["id"])
    await say(bob, film, "for the channel", channel_id=engines["id"])
    await say(bob, film, "for myself")

    await erase_words_and_likes(app, ids.parse("acc", bob.id))
    assert [each[:2] for each in await read(ada, film)] == [("for the channel", "engines")]

    await erase_words_and_likes(app, ids.parse("acc", ada.id))
    async with app.sessions() as session:
        assert list(await session.scalars(select(Comment.id))) == []


async def test_a_suspended_account_is_not_spoken_for_and_what_was_said_is_hidden(
    app: App, ada: Person, bob: Person
) -> None:
    film = (await video(app, bob, visibility="public"))["id"]
    await employ(ada, bob, "editor")
    await say(bob, film, "before", channel_id=ada.channel_id)
    async with app.sessions() as session, session.begin():
        suspend = text("UPDATE accounts SET state = 'suspended' WHERE id = :id")
        await session.execute(suspend, {"id": ids.parse("acc", ada.id)})
    app.cache.clear()

    answer = await bob.post("/comments", {"subject_id": film, "text": "x", "channel_id": ada.channel_id})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert await read(bob, film) == []


async def test_the_same_key_with_another_channel_is_another_request(app: App, ada: Person) -> None:
    film = (await video(app, ada, visibility="public"))["id"]
    engines = await channel(ada, "engines")
    body = {"subject_id": film, "text": "once"}
    headers = {"Idempotency-Key": "as whom"}

    first = await ada.http.request("POST", "/api/v1/comments", json=body, headers=headers)
    again = await ada.http.request("POST", "/api/v1/comments", json=body, headers=headers)
    other = await ada.http.request(
        "POST", "/api/v1/comments", json={**body, "channel_id": engines["id"]}, headers=headers
    )

    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_who_keeps_order_somewhere_is_not_known_by_what_their_other_channels_say_there(
    app: App, ada: Person, bob: Person
) -> None:
    engines = await channel(ada, "engines")
    film = (await video(app, ada, visibility="public"))["id"]
    of_engines = (await video(app, ada, channel_id=engines["id"], visibility="public"))["id"]
    await employ(ada, bob, "editor", engines["id"])
    for subject in (film, of_engines):
        assert (await ada.put(f"/comment-rules/{subject}", json={"mode": "held"})).status_code == 200

    # As everybody's whose name nobody knows there, it waits.
    assert (await say(ada, film, channel_id=engines["id"]))["state"] == "held"
    assert (await say(bob, film, channel_id=engines["id"]))["state"] == "held"
    for who, subject, said_as in (
        (ada, film, {}),
        (ada, film, {"channel_id": ada.channel_id}),
        (ada, of_engines, {}),
        (ada, of_engines, {"channel_id": engines["id"]}),
        (bob, of_engines, {"channel_id": engines["id"]}),
        (bob, of_engines, {}),
    ):
        assert (await say(who, subject, **said_as))["state"] == "shown", (who.handle, said_as)


async def test_nobody_goes_on_speaking_for_an_account_that_was_blocked(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    cleo = await person("cleo")
    film = (await video(app, cleo, visibility="public"))["id"]
    await employ(ada, bob, "editor")
    said = await say(bob, film, "before", channel_id=ada.channel_id)
    await block(cleo, ada)
    app.cache.clear()
    answers = [await each.patch(f"/comments/{said['id']}", {"text": "after"}) for each in (ada, bob)]
    assert [each.status_code for each in answers] == [404, 404]


async def test_who_takes_back_what_a_channel_said_stands_in_the_audit_log(app: App, ada: Person, bob: Person) -> None:
    film = (await video(app, ada, visibility="public"))["id"]
    await employ(ada, bob, "editor")
    said = await say(ada, film)
    assert (await bob.delete(f"/comments/{said['id']}")).status_code == 204
    async with app.sessions() as session:
        found = "SELECT account_id, actor_id FROM audit_events WHERE tag = 'channel:acted'"
        rows = [tuple(row) for row in (await session.execute(text(found))).all()]
    assert rows == [(ids.parse("acc", ada.id), ids.parse("acc", bob.id))]
