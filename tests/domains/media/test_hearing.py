"""Automatic captions: asked for, listened to, kept, and never instead of a person's."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.conftest import deliver_all
from tests.factories.accounts import Person
from tests.factories.assets import upload
from tests.factories.clips import clip
from tests.factories.speech import CountsSounds
from tests.factories.uploads import problem
from tests.factories.videos import asset_of, video

from socialflow.domains.media.events import CaptionsWanted
from socialflow.domains.media.handlers import hearing as handler
from socialflow.domains.media.service import hearing
from socialflow.kernel import ids
from socialflow.kernel.events import QUEUES
from socialflow.kernel.work import App
from socialflow.ports.speech import Phrase, Speech, Transcript


def listening(app: App, who: Any) -> App:
    """The same App, in which somebody listens."""
    return replace(app, ports={**app.ports, Speech: who})


@pytest.fixture
def hears(api: FastAPI) -> Iterator[App]:
    """The App behind the API, in which somebody counts sounds."""
    before: App = api.state.app
    api.state.app = listening(before, CountsSounds())
    yield api.state.app
    api.state.app = before


async def finished(app: App, person: Person) -> str:
    """A video whose second third is silent."""
    sent = await upload(app, person, clip("scenes.mp4"))
    made = (await person.post("/videos", {"upload_id": ids.show("upl", sent.id)})).json()["id"]
    await deliver_all(app, times=1, queues=QUEUES)
    return str(made)


async def test_captions_are_written_marked_and_left_to_the_owner(
    hears: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    made = await finished(hears, ada)
    path = f"/videos/{made}/captions/automatic"
    assert (await ada.get(path)).json() == {"state": "not_asked", "progress": 0.0, "language": None}
    problem(await bob.post(path, {}), 403, "not_your_video")
    problem(await ada.post(path, {"language": "../x"}), 422, "invalid_request")
    assert (await ada.post(path, {})).json()["state"] == "working"
    assert (await ada.post(path, {"language": "de"})).json()["language"] is None
    await deliver_all(hears, times=2, queues=QUEUES)

    assert (await ada.get(path)).json() == {"state": "ready", "progress": 1.0, "language": "en"}
    (told,) = (await client.get(f"/api/v1/videos/{made}")).json()["playback"]["captions"]
    assert (told["language"], told["automatic"], told["label"]) == ("en", True, "English")
    text = (await client.get(told["url"])).text
    assert "Sound number one." in text
    assert "Sound number two." in text

    cues = (await ada.get(f"/videos/{made}/captions/en/cues")).json()["cues"]
    assert [round(cue["start_ms"] / 1_000) for cue in cues] == [0, 4]
    cues[0]["text"] = "A whistle."
    await ada.put(f"/videos/{made}/captions/en/cues", json={"cues": cues})
    assert (await ada.post(path, {})).status_code == 202
    await deliver_all(hears, times=1, queues=QUEUES)
    (track,) = (await ada.get(f"/videos/{made}/captions")).json()["items"]
    assert track["automatic"] is False
    assert (await ada.get(f"/videos/{made}/captions/en/cues")).json()["cues"][0]["text"] == "A whistle."


async def test_where_nobody_listens_it_is_said(app: App, ada: Person) -> None:
    made = (await video(app, ada))["id"]
    path = f"/videos/{made}/captions/automatic"
    assert (await ada.get(path)).json()["state"] == "off"
    problem(await ada.post(path, {}), 409, "automatic_captions_off")


async def test_a_video_that_is_not_ready_or_silent_is_not_listened_to(hears: App, ada: Person) -> None:
    early = (await video(hears, ada, state="partially_playable"))["id"]
    problem(await ada.post(f"/videos/{early}/captions/automatic", {}), 409, "no_file_yet")
    sent = await upload(hears, ada, clip("silent.mp4"))
    silent = (await ada.post("/videos", {"upload_id": ids.show("upl", sent.id)})).json()["id"]
    await deliver_all(hears, times=1, queues=QUEUES)
    problem(await ada.post(f"/videos/{silent}/captions/automatic", {}), 409, "nothing_is_said")


async def test_a_listener_that_fails_for_good_is_told_and_may_be_asked_again(hears: App, ada: Person) -> None:
    made = await finished(hears, ada)
    path = f"/videos/{made}/captions/automatic"
    await ada.post(path, {})
    event = CaptionsWanted(asset_id=await asset_of(hears, made), language=None)
    await handler.give_up(hears, event, "speech_trouble")
    assert (await ada.get(path)).json()["state"] == "failed"
    assert (await ada.post(path, {})).json()["state"] == "working"


def test_long_phrases_become_pieces_that_can_be_read() -> None:
    words = "word " * 40
    heard = Transcript("en", 1.0, [Phrase(0.0, 10.0, words), Phrase(11.0, 12.0, " short "), Phrase(13.0, 14.0, "  ")])
    cues = list(hearing.cues_of(heard))
    assert cues[-1].text == "short"
    assert all(len(line) <= 42 for cue in cues for line in cue.text.split("\n"))
    assert all(cue.text.count("\n") < 2 for cue in cues)
    assert (cues[0].start_ms, cues[-2].end_ms) == (0, 10_000)
    assert all(cue.start_ms < cue.end_ms for cue in cues)
