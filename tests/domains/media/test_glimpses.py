"""What is shown beside a finished video: from its bytes to its card, and what the owner chooses."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy import func, select, update
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, files_of, objects_of, upload
from tests.factories.clips import clip
from tests.factories.kept import path_of
from tests.factories.pictures import opened, turned_jpeg
from tests.factories.uploads import problem, uploaded
from tests.factories.videos import asset_of as asset_id_of
from tests.factories.videos import video

from socialflow.domains.media.handlers import collect
from socialflow.domains.media.handlers.glimpses import take_missing_glimpses
from socialflow.domains.media.models import Asset
from socialflow.domains.media.service import glimpses, playlists
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.glimpses import LOOK_HEIGHT, LOOK_WIDTH, Frame
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]


async def test_a_finished_video_has_a_preview_and_pictures_of_which_one_is_chosen(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person, deliver: Deliver
) -> None:
    sent = await upload(app, ada, clip("scenes.mp4"))
    made = (await ada.post("/videos", {"upload_id": ids.show("upl", sent.id)})).json()["id"]
    await deliver()
    files = await files_of(app, sent.asset_id)
    assert {"preview.mp4", "poster-1.jpg"} <= set(files)
    assert set(files.values()) == await objects_of(app, sent.asset_id)
    shown = (await client.get(f"/api/v1/videos/{made}")).json()["playback"]
    preview = await client.get(shown["preview"])
    assert (preview.headers["content-type"], preview.content[4:8]) == ("video/mp4", b"ftyp")
    assert shown["waveform"] is None

    rows = (await ada.get(f"/videos/{made}/posters")).json()["items"]
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert not any(row["is_chosen"] for row in rows)
    problem(await bob.get(f"/videos/{made}/posters"), 403, "not_your_video")
    problem(await bob.put(f"/videos/{made}/poster", json={"number": 1}), 403, "not_your_video")
    problem(await ada.put(f"/videos/{made}/poster", json={"number": 99}), 409, "nothing_to_choose_from")

    last = rows[-1]
    assert (await ada.put(f"/videos/{made}/poster", json={"number": 1})).status_code == 204
    assert (await ada.put(f"/videos/{made}/poster", json={"number": last["number"]})).status_code == 204
    await deliver()
    after = (await client.get(f"/api/v1/videos/{made}")).json()["playback"]
    assert after["poster"] == f"{shown['poster']}?v=2"
    assert after["thumbhash"] == last["thumbhash"]
    picture = (await client.get(after["poster"])).content
    assert picture == (await client.get(last["url"])).content
    assert opened(picture).format == "JPEG"
    assert [row["is_chosen"] for row in (await ada.get(f"/videos/{made}/posters")).json()["items"]][-1]

    path = f"/videos/{made}/chapters/ideas"
    assert (await ada.get(path)).json() == {"state": "not_asked", "starts_ms": []}
    assert (await ada.post(path)).json()["state"] == "working"
    await deliver()
    assert (await ada.get(path)).json() == {"state": "ready", "starts_ms": []}
    problem(await bob.post(path), 403, "not_your_video")


async def test_sound_alone_has_an_outline(app: App, ada: Person, deliver: Deliver) -> None:
    made = await upload(app, ada, clip("sound.m4a"))
    await deliver(times=1)
    files = await files_of(app, made.asset_id)
    outline = json.loads(await app.port(ObjectStore).get(files["waveform.json"]))
    assert len(outline["peaks"]) == 200
    assert max(outline["peaks"]) > 5
    assert "preview.mp4" not in files
    assert "waveform" in (await asset_of(app, made.asset_id)).extras


async def test_videos_from_before_are_looked_at_once(app: App, ada: Person, deliver: Deliver) -> None:
    made = await upload(app, ada, clip("sound.ogg"))
    broken, lost = await video(app, ada), await video(app, ada)
    await deliver(times=1)
    path_of(app, (await files_of(app, await asset_id_of(app, lost["id"])))["master.m3u8"]).unlink()
    async with app.work(SYSTEM) as work:
        await work.db.execute(update(Asset).values(extras={}))
    await take_missing_glimpses(app)
    assert (await asset_of(app, made.asset_id)).extras == {}, "the young are left to their event"

    late = replace(app, clock=lambda: datetime.now(UTC) + timedelta(hours=2))
    for _ in range(2):
        await take_missing_glimpses(late)
        assert (await asset_of(app, made.asset_id)).extras == {"glimpsed": 1, "waveform": 1}
        assert (await asset_of(app, await asset_id_of(app, broken["id"]))).extras == {"glimpsed": 0}
        assert (await asset_of(app, await asset_id_of(app, lost["id"]))).extras == {}, "and keeps no other waiting"


async def test_a_look_for_chapters_waits_until_the_video_is_ready(app: App, ada: Person) -> None:
    made = (await video(app, ada, state="partially_playable"))["id"]
    problem(await ada.post(f"/videos/{made}/chapters/ideas"), 409, "no_file_yet")


async def test_a_look_for_chapters_at_what_cannot_be_decoded_finds_nothing(
    app: App, ada: Person, deliver: Deliver
) -> None:
    made = await video(app, ada)
    path = f"/videos/{made['id']}/chapters/ideas"
    await ada.post(path)
    # The factory's files are none that could be decoded: what comes of them is nothing.
    await deliver()
    assert (await ada.get(path)).json() == {"state": "ready", "starts_ms": []}
    async with app.work(SYSTEM) as work:
        await work.db.execute(update(Asset).values(extras={}))
    assert (await ada.post(path)).json()["state"] == "working"


def look(low: int, high: int) -> bytes:
    """Stripes of two brightnesses."""
    return bytes([low, high]) * (LOOK_WIDTH * LOOK_HEIGHT // 2) + bytes([low]) * (LOOK_WIDTH * LOOK_HEIGHT % 2)


def test_telling_pictures_are_neither_dark_nor_flat_nor_alike() -> None:
    dark, flat, sharp, other = look(0, 4), look(128, 130), look(60, 200), look(90, 160)
    frames = [Frame(float(at), each) for at, each in enumerate([dark, sharp, flat, other, sharp, sharp, dark, dark])]
    assert [frame.at_s for frame in glimpses.telling(frames, 4)] == [1.0, 3.0]
    assert [frame.at_s for frame in glimpses.telling([Frame(0.0, dark)], 4)] == [0.0]
    assert glimpses.telling([], 4) == []


def test_parts_begin_where_the_picture_changes_while_nobody_speaks() -> None:
    scenes = [(30.0, 20.0), (33.0, 60.0), (61.0, 15.0), (118.0, 90.0)]
    pauses = [(29.5, 30.5), (60.0, 62.0), (90.0, 93.0)]
    assert glimpses.parts_of(120.0, scenes, pauses) == [0.0, 30.0, 61.0, 93.0]
    assert glimpses.parts_of(15.0, [(7.0, 90.0)], []) == []
    assert len(glimpses.parts_of(36_000.0, [(at * 11.0, 50.0) for at in range(3_000)], [])) <= 13


@pytest.mark.parametrize(("seconds", "count"), [(0.5, 1), (3.0, 1), (3.1, 4), (3_600.0, 4)])
def test_a_preview_stays_within_its_video(seconds: float, count: int) -> None:
    found = glimpses.spans(seconds)
    assert len(found) == count
    assert all(0 <= start <= start + length <= seconds + 1e-9 for start, length in found)


def test_what_is_no_playlist_has_no_layout() -> None:
    assert playlists.layout("#EXTM3U\nnothing\n") is None
    assert playlists.variants("<MPD/>") == []
    assert playlists.sound("") is None


async def test_ones_own_picture_stands_for_a_video_and_is_seen_by_who_sees_that(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person, deliver: Deliver
) -> None:
    made = (await video(app, ada, visibility="private"))["id"]
    await deliver()
    before = (await ada.get(f"/videos/{made}")).json()["playback"]
    data = turned_jpeg()
    address = await uploaded(ada, data, purpose="poster", filename="mine.jpg")
    upload_id = address.rsplit("/", 1)[-1]
    problem(await bob.put(f"/videos/{made}/poster", json={"upload_id": upload_id}), 404, "not_found")
    problem(await ada.put(f"/videos/{made}/poster", json={"upload_id": upload_id, "number": 1}), 422, "invalid_request")
    problem(await ada.put(f"/videos/{made}/poster", json={}), 422, "invalid_request")
    # Chosen before anybody has looked at it.
    assert (await ada.put(f"/videos/{made}/poster", json={"upload_id": upload_id})).status_code == 204
    await deliver()

    after = (await ada.get(f"/videos/{made}")).json()["playback"]
    assert after["poster"].endswith("poster.jpg?v=1")
    assert after["thumbhash"] != before["thumbhash"]
    picture = (await client.get(after["poster"])).content
    assert opened(picture).format == "JPEG"
    assert b"SECRETMAKER" in data
    assert b"SECRETMAKER" not in picture
    assert (await client.get("/media/" + after["poster"].split("/", 3)[3])).status_code == 404
    (own,) = (await ada.get(f"/videos/{made}/posters")).json()["items"]
    assert (own["at_ms"], own["is_chosen"]) == (None, True)
    assert (await client.get(own["url"])).content == picture
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(select(func.count()).select_from(Asset).where(Asset.purpose == "poster")) == 0


async def test_a_picture_that_no_video_took_goes_after_a_week(app: App, ada: Person, deliver: Deliver) -> None:
    await uploaded(ada, turned_jpeg(), purpose="poster", filename="mine.jpg")
    await deliver()
    await collect.forget_spare_pictures(replace(app, clock=lambda: app.clock() + timedelta(days=6)))
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] > 0

    await collect.forget_spare_pictures(replace(app, clock=lambda: app.clock() + timedelta(days=8)))
    await deliver()
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 0
    assert [info.key async for info in app.port(ObjectStore).list("assets/")] == []


async def test_what_is_no_picture_changes_no_poster(app: App, ada: Person, deliver: Deliver) -> None:
    made = (await video(app, ada))["id"]
    before = (await ada.get(f"/videos/{made}")).json()["playback"]["poster"]
    address = await uploaded(ada, b"<svg onload=alert(1)>", purpose="poster", filename="../../x.svg")
    upload_id = address.rsplit("/", 1)[-1]
    await ada.put(f"/videos/{made}/poster", json={"upload_id": upload_id})
    await deliver()
    assert (await ada.get(f"/videos/{made}")).json()["playback"]["poster"] == before
    problem(await ada.put(f"/videos/{made}/poster", json={"upload_id": upload_id}), 409, "image_refused")
