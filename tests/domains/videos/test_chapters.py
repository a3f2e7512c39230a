"""Chapters: the owner's, or those of the description."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.uploads import problem
from tests.factories.videos import video

from socialflow.domains.videos.service.chapters import of_description
from socialflow.kernel.work import App

Deliver = Callable[..., Awaitable[int]]
MINE = [{"start_ms": 0, "title": "Out"}, {"start_ms": 10_000, "title": "And <back> & home"}]


async def long_video(app: App, person: Person, deliver: Deliver, **fields: Any) -> str:
    """A video of ten seconds is too short for more than one chapter."""
    made = await video(app, person, **fields)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE assets SET duration_ms = 95000"))
    await deliver()
    return str(made["id"])


async def test_chapters_are_written_read_and_served(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person, deliver: Deliver
) -> None:
    made = await long_video(app, ada, deliver)
    path = f"/videos/{made}/chapters"
    assert (await ada.get(path)).json() == {"chapters": [], "source": "nothing"}
    problem(await bob.put(path, json={"chapters": MINE}), 403, "not_your_video")

    saved = await ada.put(path, json={"chapters": MINE})
    assert saved.json() == {"chapters": MINE, "source": "owner"}
    await deliver()
    shown = (await client.get(f"/api/v1/videos/{made}")).json()["playback"]["chapters"]
    assert (await client.get(shown)).text == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:10.000\nOut\n\n00:00:10.000 --> 00:01:35.000\nAnd &lt;back&gt; &amp; home\n"
    )

    assert (await ada.put(path, json={"chapters": []})).json()["source"] == "nothing"
    await deliver()
    assert (await client.get(f"/api/v1/videos/{made}")).json()["playback"]["chapters"] is None
    assert (await client.get(shown)).status_code == 404


async def test_a_description_tells_of_chapters_until_the_owner_does(
    app: App, client: httpx2.AsyncClient, ada: Person, deliver: Deliver
) -> None:
    words = "A walk.\n\n0:00 The way there\n(0:20) - The sea\n\u2022 1:05: The way back\nThanks!"
    made = await long_video(app, ada, deliver, description=words)
    told = (await client.get(f"/api/v1/videos/{made}/chapters")).json()
    assert told["source"] == "description"
    assert [(row["start_ms"], row["title"]) for row in told["chapters"]] == [
        (0, "The way there"),
        (20_000, "The sea"),
        (65_000, "The way back"),
    ]
    await ada.patch(f"/videos/{made}", {"description": "Nothing any more"})
    await deliver()
    assert (await client.get(f"/api/v1/videos/{made}")).json()["playback"]["chapters"] is None


@pytest.mark.parametrize(
    "chapters",
    [
        [{"start_ms": 0, "title": "alone"}],
        [{"start_ms": 1, "title": "late"}, {"start_ms": 20_000, "title": "b"}],
        [{"start_ms": 0, "title": "a"}, {"start_ms": 9_999, "title": "too soon"}],
        [{"start_ms": 0, "title": "a"}, {"start_ms": 30_000, "title": "b"}, {"start_ms": 20_000, "title": "back"}],
        [{"start_ms": 0, "title": "a"}, {"start_ms": 95_000, "title": "after the end"}],
    ],
    ids=["alone", "late", "soon", "back", "after"],
)
async def test_chapters_out_of_order_are_refused(app: App, ada: Person, deliver: Deliver, chapters: Any) -> None:
    made = await long_video(app, ada, deliver)
    problem(await ada.put(f"/videos/{made}/chapters", json={"chapters": chapters}), 422, "chapters_out_of_order")
    assert (await ada.get(f"/videos/{made}/chapters")).json()["source"] == "nothing"


async def test_chapters_are_not_overwritten_unseen_and_not_seen_by_others(
    app: App, client: httpx2.AsyncClient, ada: Person, deliver: Deliver
) -> None:
    made = await long_video(app, ada, deliver, visibility="private")
    etag = (await ada.get(f"/videos/{made}")).headers["etag"]
    path = f"/videos/{made}/chapters"
    assert (await ada.put(path, json={"chapters": MINE}, headers={"If-Match": etag})).status_code == 200
    late = await ada.put(path, json={"chapters": []}, headers={"If-Match": etag})
    problem(late, 412, "precondition_failed")
    assert (await client.get(f"/api/v1{path}")).status_code == 404


@pytest.mark.parametrize(
    "words",
    [
        "0:00 a\n0:20 b",
        "0:05 a\n0:20 b\n0:40 c",
        "0:00 a\n0:05 b\n0:40 c",
        "at 0:00 a\n12:30 b\n1:00 c",
        "0:00\n0:20\n0:40",
    ],
    ids=["two", "late", "soon", "words", "bare"],
)
def test_times_that_are_no_chapters_are_left_alone(words: str) -> None:
    assert of_description(words, None) == []
