"""Edits: the result is shown under the same address once it can be watched, with all that belongs to it; and back."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.edits import brightness, brought, edit, film, level, look, read, shown, tones
from tests.factories.kept import keys_of
from tests.factories.pictures import picture
from tests.factories.uploads import problem
from tests.factories.videos import asset_of, upload

from socialflow.domains.media.handlers import collect as media_collect
from socialflow.domains.videos import handlers
from socialflow.kernel import ids
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]
TRIM = {"kind": "trim", "start_ms": 1_480, "end_ms": 7_000}
CUT = {"kind": "cut", "ranges": [{"start_ms": 0, "end_ms": 1_480}, {"start_ms": 4_000, "end_ms": 6_000}]}
SRT = "".join(f"{number}\n00:00:{number:02},000 --> 00:00:{number:02},900\nSecond {number}\n\n" for number in range(10))


async def used(person: Person) -> int:
    return int((await person.get("/uploads/limits")).json()["used_bytes"])


async def vtt(client: httpx2.AsyncClient, video: dict[str, Any]) -> str:
    (track,) = video["playback"]["captions"]
    return (await client.get(track["url"])).text


async def test_a_cut_is_shown_with_its_words_and_undone(
    app: App, client: httpx2.AsyncClient, ada: Person, deliver: Deliver, tmp_path: Path
) -> None:
    before = await film(ada, description="The sea")
    await deliver(times=1)
    address = f"/videos/{before['id']}"
    assert (await ada.put(f"{address}/captions/en", content=SRT.encode())).status_code == 200
    await deliver(times=1)
    before = await read(ada, before)
    first, room = await vtt(client, before), await used(ada)

    made = await edit(ada, before, CUT)
    assert (made["state"], made["progress"], made["duration_ms"], made["can_revert"]) == ("queued", 0.0, 6_520, False)
    assert await used(ada) > room
    assert (await read(ada, before))["playback"] == before["playback"]
    await deliver(times=1)

    after, done = await read(ada, before), await look(ada, made)
    assert (done["state"], done["progress"], done["failure_code"]) == ("applied", 1.0, None)
    assert (after["id"], after["state"], after["duration_ms"]) == (before["id"], "ready", 6_520)
    path = await shown(app, after, tmp_path)
    pictures = brightness(path)
    expected = [level(1)] * 13 + [level(2)] * 25 + [level(3)] * 25
    expected += [level(second) for second in (6, 7, 8, 9) for _ in range(25)]
    assert len(pictures) == len(expected) == 163
    assert max(abs(one - other) for one, other in zip(pictures, expected, strict=True)) <= 5
    heard = tones(path)
    assert [round(heard[at], -2) for at in (2, 10, 20, 30, 40, 60)] == [400, 500, 600, 900, 1_000, 1_200]

    words = await vtt(client, after)
    assert "Second 0" not in words
    assert "Second 4" not in words
    assert "00:00:00.000 --> 00:00:00.420\nSecond 1" in words
    assert "00:00:02.520 --> 00:00:03.420\nSecond 6" in words
    storyboard = (await client.get(after["playback"]["storyboard"])).text
    assert "00:00:06.520" in storyboard
    assert done["can_revert"] is True
    assert done["revert_until"] is not None

    back = await ada.post(f"{address}/edits/{made['id']}/revert")
    assert (back.status_code, back.json()["state"]) == (200, "reverted")
    again = await read(ada, before)
    assert again["duration_ms"] == 10_000
    assert again["playback"]["hls_url"] == before["playback"]["hls_url"]
    await deliver(times=1)
    assert await vtt(client, await read(ada, before)) == first
    problem(await ada.post(f"{address}/edits/{made['id']}/revert"), 409, "nothing_to_undo")

    await _leaves_nothing(app, ada, deliver, address, room)


async def _leaves_nothing(app: App, ada: Person, deliver: Deliver, address: str, room: int) -> None:
    """What was undone goes as any file that was replaced, and all of it with the video."""
    later = replace(app, clock=lambda: datetime.now(UTC) + timedelta(hours=25))
    await handlers.collect_replaced(later)
    await deliver(times=1)
    assert await used(ada) == room
    await media_collect.recount_usage(app)
    assert await used(ada) == room
    assert (await ada.delete(address)).status_code == 204
    await deliver(times=1)
    assert await keys_of(app.port(ObjectStore)) == []
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM edits")) == 0


async def test_films_are_joined_marked_and_given_another_sound(
    app: App, ada: Person, deliver: Deliver, tmp_path: Path
) -> None:
    first, second = await film(ada), await film(ada, "vertical.mp4", visibility="private")
    mark = await brought(ada, picture("PNG", (40, 40), mode="RGBA"), purpose="watermark", filename="mark.png")
    sound = await brought(ada, "sound.mp3", purpose="sound", filename="song.mp3")
    await deliver(times=1)
    made = await edit(
        ada,
        first,
        {"kind": "trim", "start_ms": 0, "end_ms": 2_000},
        {"kind": "concat", "video_ids": [second["id"]], "before": True},
        {"kind": "watermark", "upload_id": mark, "position": "top_left", "opacity": 0.5, "size": 0.3},
        {"kind": "replace_audio", "upload_id": sound},
    )
    await deliver(times=1)
    assert (await look(ada, made))["state"] == "applied"
    after = await read(ada, first)
    assert after["duration_ms"] == pytest.approx(4_000, abs=50)
    path = await shown(app, after, tmp_path)
    assert len(brightness(path)) in (100, 101)
    heard = tones(path)
    assert {round(tone / 440, 1) for tone in heard[1:29]} == {1.0}
    assert set(heard[31:39]) == {0.0}
    # What was joined stays as it is.
    assert (await read(ada, second))["duration_ms"] == pytest.approx(2_000, abs=50)


async def test_an_edit_of_an_edit_is_undone_step_by_step(app: App, ada: Person, deliver: Deliver) -> None:
    video = await film(ada, "silent.mp4")
    await deliver(times=1)
    one = await edit(ada, video, {"kind": "trim", "start_ms": 0, "end_ms": 1_500})
    await deliver(times=1)
    two = await edit(ada, video, {"kind": "trim", "start_ms": 500, "end_ms": 1_500})
    await deliver(times=1)
    assert (await read(ada, video))["duration_ms"] == 1_000
    path = f"/videos/{video['id']}/edits"
    problem(await ada.post(f"{path}/{one['id']}/revert"), 409, "nothing_to_undo")
    # What was shown before both is kept for as long as one of them can be undone.
    later = replace(app, clock=lambda: datetime.now(UTC) + timedelta(days=2))
    await handlers.collect_replaced(later)
    assert (await ada.post(f"{path}/{two['id']}/revert")).status_code == 200
    assert (await read(ada, video))["duration_ms"] == 1_500
    assert (await ada.post(f"{path}/{one['id']}/revert")).status_code == 200
    assert (await read(ada, video))["duration_ms"] == 2_000
    states = [each["state"] for each in (await ada.get(path)).json()["items"]]
    assert states == ["reverted", "reverted"]


async def test_what_was_before_an_edit_goes_when_its_time_is_over(app: App, ada: Person, deliver: Deliver) -> None:
    video = await film(ada, "silent.mp4")
    await deliver(times=1)
    made = await edit(ada, video, {"kind": "trim", "start_ms": 0, "end_ms": 1_000})
    await deliver(times=1)
    assert (await look(ada, made))["can_revert"] is True
    await handlers.collect_replaced(replace(app, clock=lambda: datetime.now(UTC) + timedelta(days=29)))
    assert (await look(ada, made))["can_revert"] is True
    await handlers.collect_replaced(replace(app, clock=lambda: datetime.now(UTC) + timedelta(days=31)))
    assert (await look(ada, made))["can_revert"] is False
    problem(await ada.post(f"/videos/{video['id']}/edits/{made['id']}/revert"), 409, "nothing_to_undo")


async def test_an_edit_is_made_of_what_is_served_where_the_original_is_not_kept(
    app: App, ada: Person, deliver: Deliver, tmp_path: Path
) -> None:
    video = await film(ada)
    await deliver(times=1)
    settings = app.settings.model_copy(
        update={"media": app.settings.media.model_copy(update={"keep_original": "until_ready"})}
    )
    await media_collect.forget_originals(replace(app, settings=settings))
    problem(await ada.get(f"/videos/{video['id']}/original"), 404, "not_found")
    await edit(ada, video, TRIM)
    await deliver(times=1)
    after = await read(ada, video)
    assert after["duration_ms"] == 5_520
    assert abs(brightness(await shown(app, after, tmp_path))[20] - level(2)) <= 5


async def test_asked_twice_with_one_key_is_asked_once_and_one_at_a_time(
    app: App, ada: Person, deliver: Deliver
) -> None:
    video = await film(ada, "silent.mp4")
    await deliver(times=1)
    trim = {"kind": "trim", "start_ms": 0, "end_ms": 1_000}
    first = await edit(ada, video, trim, **{"Idempotency-Key": "one"})
    assert await edit(ada, video, trim, **{"Idempotency-Key": "one"}) == first
    problem(await ada.post(f"/videos/{video['id']}/edits", {"operations": [trim]}), 409, "edit_goes_on")
    # Delivered five times over, it is made once.
    await deliver(times=2)
    await deliver(times=2)
    kinds = Counter(await facts(app))
    assert (kinds["EditRequested"], kinds["VideoSourceReplaced"], kinds["UploadCompleted"]) == (1, 1, 2)
    assert (await look(ada, first))["state"] == "applied"


async def test_an_edit_that_is_cancelled_changes_nothing_and_leaves_nothing(
    app: App, ada: Person, deliver: Deliver
) -> None:
    video = await film(ada, "silent.mp4")
    await deliver(times=1)
    before, room, keys = await read(ada, video), await used(ada), await keys_of(app.port(ObjectStore))
    made = await edit(ada, video, {"kind": "trim", "start_ms": 0, "end_ms": 1_000})
    path = f"/videos/{video['id']}/edits/{made['id']}"
    assert (await ada.post(f"{path}/cancel")).json()["state"] == "cancelled"
    problem(await ada.post(f"{path}/cancel"), 409, "edit_is_over")
    await deliver(times=1)
    assert (await look(ada, made))["state"] == "cancelled"
    assert await used(ada) == room
    assert await keys_of(app.port(ObjectStore)) == keys
    assert (await read(ada, video))["playback"] == before["playback"]

    # And one whose file is made, but not shown yet.
    again = await edit(ada, video, {"kind": "trim", "start_ms": 0, "end_ms": 1_000})
    await deliver(times=1, queues=("encode",))
    assert (await look(ada, again))["state"] == "processing"
    assert (await ada.post(f"/videos/{video['id']}/edits/{again['id']}/cancel")).json()["state"] == "cancelled"
    await deliver(times=1)
    assert await used(ada) == room
    assert await keys_of(app.port(ObjectStore)) == keys


async def test_an_upload_that_an_edit_makes_takes_no_bytes_and_is_given_up_by_its_owner(
    app: App, ada: Person, deliver: Deliver
) -> None:
    video = await film(ada, "silent.mp4")
    await deliver(times=1)
    made = await edit(ada, video, {"kind": "trim", "start_ms": 0, "end_ms": 1_000})
    address = f"/api/v1/uploads/{made['upload_id']}"
    headers = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    problem(await ada.http.patch(address, content=b"x", headers=headers), 409, "upload_is_fetched")
    assert (await ada.get(f"/uploads/{made['upload_id']}")).json()["origin"] == "edit"
    assert (await ada.http.delete(address, headers={"Tus-Resumable": "1.0.0"})).status_code == 204
    await deliver(times=1)
    assert (await look(ada, made))["state"] == "cancelled"


async def test_what_cannot_be_made_is_said_and_the_video_stays(app: App, ada: Person, deliver: Deliver) -> None:
    video = await film(ada, "silent.mp4")
    other = await film(ada, "silent.mp4")
    await deliver(times=1)
    room = await used(ada)
    made = await edit(ada, video, {"kind": "concat", "video_ids": [other["id"]]})
    assert (await ada.delete(f"/videos/{other['id']}")).status_code == 204
    await deliver(times=1)
    failed = await look(ada, made)
    assert (failed["state"], failed["failure_code"]) == ("failed", "material_gone")
    assert (await read(ada, video))["state"] == "ready"
    assert await used(ada) < room
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM uploads WHERE origin = 'edit'")) == 0


async def test_an_edit_for_which_there_is_no_room_in_the_end_is_given_up(
    app: App, ada: Person, deliver: Deliver
) -> None:
    video = await film(ada, "silent.mp4")
    await deliver(times=1)
    made = await edit(ada, video, {"kind": "trim", "start_ms": 0, "end_ms": 1_000})
    async with app.sessions() as session, session.begin():
        # As if the file were larger than anybody had thought.
        few = {"id": ids.parse("upl", made["upload_id"])}
        await session.execute(
            text("UPDATE storage_usage SET used = used - (SELECT length FROM uploads WHERE id = :id)"), few
        )
        await session.execute(text("UPDATE uploads SET length = 1 WHERE id = :id"), few)
        await session.execute(text("UPDATE edits SET quota_bytes = 1"))
    await deliver(times=1)
    failed = await look(ada, made)
    assert (failed["state"], failed["failure_code"]) == ("failed", "quota_exceeded")


async def test_room_is_asked_for_before_anything_is_made(app: App, ada: Person, deliver: Deliver) -> None:
    video = await film(ada, "silent.mp4")
    await deliver(times=1)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE storage_usage SET used = :most"), {"most": app.settings.media.quota_bytes})
    trim = {"kind": "trim", "start_ms": 0, "end_ms": 1_000}
    answer = await ada.post(f"/videos/{video['id']}/edits", {"operations": [trim]})
    problem(answer, 413, "quota_exceeded")


async def test_a_few_are_made_for_one_account_at_once(app: App, ada: Person, deliver: Deliver) -> None:
    videos = [await film(ada, "silent.mp4") for _ in range(4)]
    await deliver(times=1)
    trim = {"kind": "trim", "start_ms": 0, "end_ms": 1_000}
    for each in videos[:3]:
        await edit(ada, each, trim)
    problem(await ada.post(f"/videos/{videos[3]['id']}/edits", {"operations": [trim]}), 429, "too_many_edits")


@pytest.mark.parametrize(
    "operations",
    [
        [],
        [{"kind": "trim", "start_ms": 5}],
        [{"kind": "trim", "start_ms": 5, "end_ms": 5}],
        [{"kind": "trim", "start_ms": -1, "end_ms": 5}],
        [{"kind": "trim", "start_ms": True, "end_ms": 5}],
        [{"kind": "trim", "start_ms": 0, "end_ms": 2**70}],
        [{"kind": "trim", "start_ms": 0, "end_ms": 900, "size": 0.5}],
        [{"kind": "cut", "ranges": []}],
        [{"kind": "cut", "ranges": [{"start_ms": 9, "end_ms": 3}]}],
        [{"kind": "cut", "ranges": [{"start_ms": 1, "end_ms": 3}] * 101}],
        [{"kind": "concat", "video_ids": []}],
        [{"kind": "concat", "video_ids": ["../etc/passwd"]}],
        [{"kind": "watermark"}],
        [{"kind": "drawtext", "text": "%{pts}"}],
        [{"kind": "mute"}, {"kind": "mute"}],
        [{"kind": "mute", "upload_id": "upl_01jdxyz7q4e5v8w9r0t1y2p3a4"}],
        [{"kind": "watermark", "upload_id": "upl_01jdxyz7q4e5v8w9r0t1y2p3a4", "opacity": 1.5}],
        [{"kind": "watermark", "upload_id": "upl_01jdxyz7q4e5v8w9r0t1y2p3a4", "position": "0:0,movie=/etc/passwd"}],
        [{"kind": "mute"}] * 21,
    ],
)
async def test_an_operation_is_what_it_says_or_is_refused(app: App, ada: Person, operations: list[Any]) -> None:
    video_id = ids.show("vid", ids.new())
    answer = await ada.post(f"/videos/{video_id}/edits", {"operations": operations})
    problem(answer, 422, "invalid_request")


async def test_what_does_not_fit_the_video_is_refused(app: App, ada: Person, deliver: Deliver) -> None:
    video, sound = await film(ada, "silent.mp4"), await film(ada, "sound.m4a")
    picture_id = await brought(ada, picture("PNG", (40, 40)), purpose="watermark", filename="mark.png")
    text_id = await brought(ada, b"no sound at all, but words " * 20, purpose="sound", filename="song.mp3")
    mute_id = await brought(ada, "silent.mp4", purpose="sound", filename="song.mp4")
    path = f"/videos/{video['id']}/edits"
    mute = {"operations": [{"kind": "mute"}]}
    problem(await ada.post(path, mute), 409, "not_ready_for_editing")
    early = {"operations": [{"kind": "watermark", "upload_id": picture_id}]}
    await deliver(times=1)

    async def refused(code: str, status: int, *operations: dict[str, Any], where: str = path) -> None:
        problem(await ada.post(where, {"operations": list(operations)}), status, code)

    await refused("edit_leaves_nothing", 422, {"kind": "trim", "start_ms": 9_000, "end_ms": 9_500})
    await refused("edit_leaves_nothing", 422, {"kind": "cut", "ranges": [{"start_ms": 0, "end_ms": 1_800}]})
    await refused("sound_refused", 409, {"kind": "replace_audio", "upload_id": text_id})
    await refused("sound_refused", 409, {"kind": "replace_audio", "upload_id": mute_id})
    await refused("not_found", 404, {"kind": "replace_audio", "upload_id": picture_id})
    await refused("not_found", 404, {"kind": "watermark", "upload_id": await upload(ada)})
    listening = f"/videos/{sound['id']}/edits"
    await refused("no_sound_left", 409, {"kind": "mute"}, where=listening)
    await refused("no_picture_to_mark", 409, early["operations"][0], where=listening)
    many = [{"kind": "concat", "video_ids": [video["id"]] * 10}]
    assert (await ada.post(path, {"operations": many})).status_code == 201


async def test_edits_are_listed_page_by_page(app: App, ada: Person, deliver: Deliver) -> None:
    video = await film(ada, "silent.mp4")
    await deliver(times=1)
    made = []
    for _ in range(3):
        made.append(await edit(ada, video, {"kind": "trim", "start_ms": 0, "end_ms": 1_000}))
        assert (await ada.post(f"/videos/{video['id']}/edits/{made[-1]['id']}/cancel")).status_code == 200
    path = f"/videos/{video['id']}/edits"
    first = (await ada.get(f"{path}?limit=2")).json()
    second = (await ada.get(f"{path}?limit=2&cursor={first['next_cursor']}")).json()
    assert [each["id"] for each in first["items"] + second["items"]] == [each["id"] for each in reversed(made)]
    assert second["next_cursor"] is None


async def test_a_video_that_is_deleted_while_it_is_edited_leaves_nothing(
    app: App, ada: Person, deliver: Deliver
) -> None:
    video = await film(ada, "silent.mp4")
    await deliver(times=1)
    await edit(ada, video, {"kind": "trim", "start_ms": 0, "end_ms": 1_000})
    assert await asset_of(app, video["id"])
    assert (await ada.delete(f"/videos/{video['id']}")).status_code == 204
    await deliver(times=1)
    assert await keys_of(app.port(ObjectStore)) == []
    assert await used(ada) == 0
