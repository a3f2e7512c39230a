"""Another file for a video, at the same address."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.uploads import TUS, join, part, problem, started
from tests.factories.videos import arrive, bring, upload, video

from socialflow.domains.media.handlers import collect as media_collect
from socialflow.domains.videos import handlers
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]
DAY = timedelta(hours=24)


async def put(person: Person, shown: dict[str, Any], upload_id: str) -> dict[str, Any]:
    """Send another file for a video."""
    answer = await person.put(f"/videos/{shown['id']}/source", json={"upload_id": upload_id})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def came(app: App, upload_id: str, state: str) -> None:
    """The bytes of an upload have come, and what is made of them stands somewhere."""
    await arrive(app, upload_id, state)
    await told(app, upload_id)


async def told(app: App, upload_id: str) -> None:
    async with app.work(SYSTEM) as work:
        values = {"id": ids.parse("upl", upload_id)}
        asset_id = await work.db.scalar(text("SELECT id FROM assets WHERE upload_id = :id"), values)
        assert asset_id is not None
        await videos.follow_asset(work, asset_id)


async def read(person: Person, shown: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await person.get(f"/videos/{shown['id']}")).json()
    return found


async def states(person: Person, shown: dict[str, Any]) -> list[str]:
    """What its files are, the newest first."""
    return [each["state"] for each in (await person.get(f"/videos/{shown['id']}/source")).json()["files"]]


async def rows(app: App) -> "Counter[str]":
    async with app.sessions() as session:
        names = ("uploads", "assets", "video_sources")
        return Counter({name: await session.scalar(text(f"SELECT count(*) FROM {name}")) for name in names})


async def used(person: Person) -> int:
    return int((await person.get("/uploads/limits")).json()["used_bytes"])


async def test_the_former_file_is_shown_until_the_new_one_can_be_watched(app: App, ada: Person, bob: Person) -> None:
    before = await video(app, ada)
    assert await states(ada, before) == ["current"]
    assert (await bob.put(f"/likes/{before['id']}")).status_code < 300
    new = await upload(ada)
    found = await put(ada, before, new)
    assert (found["pending"]["upload_id"], found["pending"]["state"]) == (new, "pending")
    await came(app, new, "processing")
    assert (await read(ada, before))["playback"] == before["playback"]
    assert await states(ada, before) == ["pending", "current"]

    await came(app, new, "partially_playable")
    after = await read(ada, before)
    assert after["state"] == "partially_playable"
    assert after["playback"]["cache_key"].split(".")[0] != before["playback"]["cache_key"].split(".")[0]
    for name in ("id", "title", "published_at", "created_at", "visibility"):
        assert after[name] == before[name]
    assert after["like_count"] == 1
    assert await states(ada, before) == ["current", "retired"]
    for playback in (before["playback"], after["playback"]):
        assert (await bob.http.get(playback["hls_url"])).status_code == 200
    kinds = Counter(await facts(app))
    assert (kinds["VideoSourceReplaced"], kinds["VideoPublished"], kinds["VideoUnpublished"]) == (1, 1, 0)

    # Told twice is told once.
    await told(app, new)
    assert Counter(await facts(app))["VideoSourceReplaced"] == 1


async def test_a_replaced_file_goes_a_day_later_and_its_room_comes_back(app: App, ada: Person) -> None:
    shown = await video(app, ada)
    new = await upload(ada)
    await put(ada, shown, new)
    await came(app, new, "partially_playable")
    assert await used(ada) == 2_000
    later = replace(app, clock=lambda: datetime.now(UTC) + DAY + timedelta(minutes=1))

    # Not before the new one is there in all qualities: it might still come to nothing.
    await handlers.collect_replaced(later)
    assert await states(ada, shown) == ["current", "retired"]
    await came(app, new, "ready")
    await handlers.collect_replaced(app)
    assert await states(ada, shown) == ["current", "retired"]
    await handlers.collect_replaced(later)
    assert await states(ada, shown) == ["current", "gone"]
    assert await used(ada) == 1_000
    assert await rows(app) == Counter(uploads=1, assets=1, video_sources=2)
    await media_collect.recount_usage(app)
    assert await used(ada) == 1_000


async def test_a_joined_file_that_another_supersedes_goes_with_its_parts(
    app: App, ada: Person, deliver: Deliver
) -> None:
    shown = await video(app, ada)
    joined = await join(ada, await part(ada, b"x" * 30), await part(ada, b"y" * 20))
    await put(ada, shown, joined.headers["location"].rsplit("/", 1)[-1])
    assert await used(ada) == 1_050
    await put(ada, shown, await upload(ada))
    assert await states(ada, shown) == ["pending", "superseded", "current"]
    await deliver()
    assert [info.key async for info in app.port(ObjectStore).list("uploads/")] == []
    assert await used(ada) == 2_000


async def test_a_part_of_a_file_replaces_none(app: App, ada: Person) -> None:
    shown, address = await video(app, ada), await part(ada, b"x" * 30)
    answer = await ada.put(f"/videos/{shown['id']}/source", json={"upload_id": address.rsplit("/", 1)[-1]})
    problem(answer, 404, "not_found")


async def test_a_new_file_of_no_use_changes_nothing_but_the_history(app: App, ada: Person) -> None:
    shown = await video(app, ada)
    new = await upload(ada)
    await put(ada, shown, new)
    await came(app, new, "failed")
    assert (await read(ada, shown))["playback"] == shown["playback"]
    line = (await ada.get(f"/videos/{shown['id']}/source")).json()["files"][0]
    assert (line["state"], line["failure_code"]) == ("failed", "not_a_video")
    assert await rows(app) == Counter(uploads=1, assets=1, video_sources=2)
    assert await used(ada) == 1_000

    await put(ada, shown, await upload(ada))
    assert await states(ada, shown) == ["pending", "failed", "current"]


async def test_a_new_file_that_fails_after_it_was_shown_gives_way_to_the_former_one(app: App, ada: Person) -> None:
    shown = await video(app, ada)
    new = await upload(ada)
    await put(ada, shown, new)
    await came(app, new, "partially_playable")
    await came(app, new, "failed")
    after = await read(ada, shown)
    assert (after["state"], after["failure"]) == ("ready", None)
    assert after["playback"] == shown["playback"]
    assert await states(ada, shown) == ["failed", "current"]
    assert (await ada.http.get(after["playback"]["hls_url"])).status_code == 200
    assert await rows(app) == Counter(uploads=1, assets=1, video_sources=2)


async def test_of_several_at_once_the_last_wins_and_the_others_leave_nothing(app: App, ada: Person) -> None:
    shown = await video(app, ada)
    new = [await upload(ada) for _ in range(3)]
    await came(app, new[0], "processing")
    answers = await asyncio.gather(
        *(ada.put(f"/videos/{shown['id']}/source", json={"upload_id": each}) for each in new)
    )
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    found = (await ada.get(f"/videos/{shown['id']}/source")).json()
    assert sorted(each["state"] for each in found["files"]) == ["current", "pending", "superseded", "superseded"]
    assert found["files"][0]["state"] == "pending"
    last = found["pending"]["upload_id"]
    for each in new:
        assert (await ada.get(f"/uploads/{each}")).status_code == (200 if each == last else 404)
    assert await used(ada) == 2_000
    await came(app, last, "ready")
    assert await rows(app) == Counter(uploads=2, assets=2, video_sources=4)
    assert (await read(ada, shown))["state"] == "ready"


async def test_a_file_that_can_be_watched_already_is_shown_at_once_and_twice_is_once(app: App, ada: Person) -> None:
    shown = await video(app, ada)
    new = await upload(ada)
    await arrive(app, new, "ready")
    for _ in range(2):
        assert (await put(ada, shown, new))["pending"] is None
        assert await states(ada, shown) == ["current", "retired"]
    assert Counter(await facts(app))["VideoSourceReplaced"] == 1


async def test_whose_and_which_files_may_be_taken(app: App, ada: Person, bob: Person) -> None:
    mine, other = await video(app, ada), await video(app, ada)
    hidden = await video(app, ada, visibility="private")
    foreign, new = await upload(bob), await upload(ada)
    address = f"/videos/{mine['id']}/source"
    problem(await bob.put(address, json={"upload_id": foreign}), 403, "not_your_video")
    problem(await bob.get(address), 403, "not_your_video")
    problem(await bob.put(f"/videos/{hidden['id']}/source", json={"upload_id": foreign}), 404, "not_found")
    problem(await ada.put(address, json={"upload_id": foreign}), 404, "not_found")

    await put(ada, other, new)
    problem(await ada.put(address, json={"upload_id": new}), 409, "upload_already_used")
    problem(await ada.post("/videos", {"upload_id": new}), 409, "upload_already_used")
    async with app.sessions() as session:
        taken = await session.scalar(
            text("SELECT upload_id FROM videos WHERE id = :id"), {"id": ids.parse("vid", other["id"])}
        )
    problem(await ada.put(address, json={"upload_id": ids.show("upl", taken)}), 409, "upload_already_used")
    late = await upload(ada)
    async with app.sessions() as session, session.begin():
        past = text("UPDATE uploads SET expires_at = now() - interval '1 second' WHERE id = :id")
        await session.execute(past, {"id": ids.parse("upl", late)})
    problem(await ada.put(address, json={"upload_id": late}), 410, "upload_expired")


async def test_an_upload_that_is_given_up_replaces_nothing(app: App, ada: Person) -> None:
    shown = await video(app, ada)
    address = await started(ada, 1_000)
    await put(ada, shown, address.rsplit("/", 1)[-1])
    assert (await ada.http.delete(address, headers=TUS)).status_code == 204
    async with app.work(SYSTEM) as work:
        await videos.upload_is_gone(work, ids.parse("upl", address.rsplit("/", 1)[-1]))
    line = (await ada.get(f"/videos/{shown['id']}/source")).json()["files"][0]
    assert (line["state"], line["failure_code"]) == ("failed", "upload_gone")


@pytest.mark.parametrize("visibility", ["private", "unlisted"])
async def test_a_file_that_is_still_kept_closes_with_its_video(
    app: App, ada: Person, bob: Person, visibility: str
) -> None:
    shown = await video(app, ada)
    new = await upload(ada)
    await arrive(app, new, "ready")
    await put(ada, shown, new)
    former = shown["playback"]["hls_url"]
    assert (await bob.http.get(former)).status_code == 200
    answer = await ada.http.patch(f"/api/v1/videos/{shown['id']}", json={"visibility": visibility})
    assert answer.status_code == 200
    assert (await bob.http.get(former)).status_code == 404


async def test_nothing_of_a_deleted_video_stays(app: App, ada: Person, person: Any) -> None:
    shown = await video(app, ada)
    for state in ("ready", "processing"):
        new = await upload(ada)
        await put(ada, shown, new)
        await came(app, new, state)
    await put(ada, shown, await upload(ada))
    assert await states(ada, shown) == ["pending", "superseded", "current", "retired"]
    admin = await person("grace", role="admin")
    assert (await admin.delete(f"/videos/{shown['id']}")).status_code == 204
    assert await rows(app) == Counter(uploads=0, assets=0, video_sources=0)
    assert await used(ada) == 0


async def test_a_missed_event_is_caught_up_with(app: App, ada: Person) -> None:
    shown = await video(app, ada)
    new = await upload(ada)
    await put(ada, shown, new)
    await arrive(app, new, "ready")
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE assets SET updated_at = now() - interval '2 minutes'"))
    await handlers.reconcile_states(app)
    assert await states(ada, shown) == ["current", "retired"]


async def test_a_video_that_failed_gets_another_chance(app: App, ada: Person) -> None:
    shown = await video(app, ada, state="failed")
    new = await upload(ada)
    await put(ada, shown, new)
    await came(app, new, "ready")
    after = await read(ada, shown)
    assert (after["state"], after["failure"]) == ("ready", None)
    assert after["published_at"] is not None
    await bring(app, shown["id"], "ready")
