"""The topic of a video: its preparation, watched live."""

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.streams import listening
from tests.factories.videos import asset_of, bring, draft, video

from socialflow.kernel import ids
from socialflow.kernel.web.streams import Streams
from socialflow.kernel.work import App


async def test_the_owner_hears_the_present_state_and_then_what_changes(app: App, api: FastAPI, ada: Person) -> None:
    made = await draft(ada)
    topic = f"video:{made['id']}"

    async with listening(api, topic, token=ada.access_token) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        first = await stream.event()
        assert first["event"] == "video.progress"
        assert first["id"] == first["data"]["id"]
        assert first["data"]["topic"] == topic
        nothing = {"seconds_left": None, "failure": None, "duplicate_of": None}
        assert first["data"]["data"] == {"state": "draft", "progress": 0.0, **nothing}
        assert first["data"]["ts"].endswith("Z")

        await bring(app, made["id"], "processing", progress=10)
        assert (await stream.event())["data"]["data"]["state"] == "processing"

        await bring(app, made["id"], "processing", progress=50)
        asset = ids.show("ast", await asset_of(app, made["id"]))
        await app.signals.publish(f"asset:{asset}", "asset.progress", {"state": "transcoding", "progress": 50})
        assert (await stream.event())["data"]["data"]["progress"] == 0.5

        # A signal that changes nothing is not told.
        await app.signals.publish(f"asset:{asset}", "asset.progress", {"state": "transcoding", "progress": 50})
        await stream.no_event()

        await bring(app, made["id"], "failed")
        failure = (await stream.event())["data"]["data"]["failure"]
        assert failure == {"code": "not_a_video", "detail": "This is not a video."}


async def test_a_stranger_listens_to_a_public_video_and_hears_no_failure(app: App, api: FastAPI, ada: Person) -> None:
    made = await video(app, ada, state="partially_playable")

    async with listening(api, f"video:{made['id']}") as stream:
        assert (await stream.event())["data"]["data"] == {
            "state": "partially_playable",
            "progress": 0.4,
            "seconds_left": None,
            "failure": None,
            "duplicate_of": None,
        }
        await bring(app, made["id"], "ready")
        assert (await stream.event())["data"]["data"]["state"] == "ready"


@pytest.mark.parametrize("topic", ["video:nonsense", "channel:x", "video", "", "video:vid_01jdxyz7q4e5v8w9r0t1y2p3a4"])
async def test_a_topic_that_is_not_there_is_404(api: FastAPI, topic: str) -> None:
    async with listening(api, topic) as stream:
        assert stream.status == (404 if topic else 422)
        assert stream.headers["content-type"] == "application/problem+json"


async def test_a_topic_that_one_may_not_hear_is_404_also_beside_another(
    app: App, api: FastAPI, ada: Person, bob: Person
) -> None:
    shown, hidden = await video(app, ada), await video(app, ada, visibility="private")

    async with listening(api, f"video:{shown['id']}", f"video:{hidden['id']}", token=bob.access_token) as stream:
        assert stream.status == 404


async def test_a_listener_is_told_when_the_video_is_not_for_them_any_more_and_the_stream_ends(
    app: App, api: FastAPI, ada: Person
) -> None:
    made = await video(app, ada)

    async with listening(api, f"video:{made['id']}") as stream:
        await stream.event()
        await ada.patch(f"/videos/{made['id']}", {"visibility": "private"})
        assert (await stream.event())["event"] == "topic.gone"
        await stream.ended.wait()


async def test_a_stream_ends_with_its_session(app: App, api: FastAPI, ada: Person) -> None:
    made = await draft(ada)

    async with listening(api, f"video:{made['id']}", token=ada.access_token) as stream:
        await stream.event()
        assert (await ada.post("/auth/logout", {"refresh_token": ada.refresh_token})).status_code == 204
        await stream.ended.wait()


async def test_a_stream_ends_when_the_server_drains(app: App, api: FastAPI, ada: Person) -> None:
    made = await video(app, ada)

    async with listening(api, f"video:{made['id']}") as stream:
        await stream.event()
        api.state.draining.set()
        await stream.ended.wait()


async def test_a_silent_stream_beats_and_finds_by_itself_what_no_signal_told(
    app: App, api: FastAPI, ada: Person
) -> None:
    made = await draft(ada)
    api.state.streams = Streams(heartbeat_seconds=0.5)

    async with listening(api, f"video:{made['id']}", token=ada.access_token) as stream:
        await stream.event()
        async with app.sessions() as unseen, unseen.begin():
            await unseen.execute(text("UPDATE videos SET state = 'processing'"))
        assert (await stream.event())["data"]["data"]["state"] == "processing"
        assert b"\n:\n\n" in stream.body
        assert "content-encoding" not in stream.headers


async def test_a_listener_that_fell_behind_is_told_the_present_state(app: App, api: FastAPI, ada: Person) -> None:
    made = await draft(ada)

    async with listening(api, f"video:{made['id']}", token=ada.access_token) as stream:
        await stream.event()
        async with app.sessions() as unseen, unseen.begin():
            await unseen.execute(text("UPDATE videos SET state = 'processing'"))
        for _ in range(200):
            await app.signals.publish(f"video:{made['id']}", "video.changed", {})
        assert (await stream.event())["data"]["data"]["state"] == "processing"
        await stream.no_event()


async def test_one_account_has_so_many_streams_and_no_more(app: App, api: FastAPI, ada: Person) -> None:
    made = await draft(ada)
    topic = f"video:{made['id']}"
    api.state.streams = Streams(most_of_account=1)

    async with listening(api, topic, token=ada.access_token) as first:
        await first.event()
        async with listening(api, topic, token=ada.access_token) as second:
            assert second.status == 429
    async with listening(api, topic, token=ada.access_token) as third:
        await third.event()
