"""Whom a text names, when those whom it names have taken another handle meanwhile."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select
from tests.factories.accounts import Person
from tests.factories.channels import let_handles_go, rename
from tests.factories.posts import post
from tests.factories.videos import video

from socialflow.kernel import ids
from socialflow.kernel.outbox import OutboxEvent
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]


async def say(person: Person, subject: str, text: str) -> dict[str, Any]:
    answer = await person.post("/comments", {"subject_id": subject, "text": text})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def told_of(app: App, name: str) -> list[str]:
    """Accounts that mentions are told to, in order."""
    async with app.work(SYSTEM) as work:
        rows = await work.db.scalars(
            select(OutboxEvent.payload).where(OutboxEvent.kind == name).order_by(OutboxEvent.id)
        )
        return [ids.show("acc", uuid.UUID(body["account_id"])) for body in rows]


@pytest.mark.parametrize("taken", [False, True])
async def test_who_has_another_name_by_the_time_a_comment_is_approved_is_told(
    app: App, ada: Person, bob: Person, person: People, *, taken: bool
) -> None:
    carol = await person("carol")
    made = await video(app, ada)
    await ada.put(f"/comment-rules/{made['id']}", json={"mode": "held"})
    top = await post(ada, "What do you think?", hold_replies=True)
    said = await say(bob, made["id"], "please, @carol")
    reply = await post(bob, "so, @carol", parent_id=top["id"])
    assert reply["state"] == "held"
    await rename(carol, carol.channel_id, "caroline")
    if taken:
        # The name may be another's by then, who is not told of what was not said to them.
        await let_handles_go(app)
        dave = await person("dave")
        await rename(dave, dave.channel_id, "carol")

    assert (await ada.put(f"/comments/{said['id']}/approval")).status_code == 200
    assert (await ada.put(f"/replies/{reply['id']}/approval")).status_code == 200

    assert await told_of(app, "MentionedInComment") == await told_of(app, "Mentioned") == [carol.id]


async def test_a_name_that_somebody_bore_of_late_names_them(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    await rename(ada, ada.channel_id, "countess")

    said = await say(bob, made["id"], "well filmed, @ada @countess")
    written = await post(bob, "well filmed, @ada")

    for facets in (said["facets"], written["facets"]):
        assert {each["channel_id"] for each in facets if each["kind"] == "mention"} == {ada.channel_id}
    assert len(said["facets"]) == 2
    assert await told_of(app, "MentionedInComment") == await told_of(app, "Mentioned") == [ada.id]
    await let_handles_go(app)
    assert (await post(bob, "and again, @ada"))["facets"] == []
