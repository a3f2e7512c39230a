"""Videos that wait for their time: nobody sees them before, everybody afterwards, and once."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from tests.domains.videos.test_lists import titles
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.statements import counted
from tests.factories.videos import asset_of, bring, draft, in_future, let_time_come, video

from socialflow.domains.media.models import Access, Asset
from socialflow.domains.videos import queries
from socialflow.domains.videos.handlers import BEFORE_ALL, publish_due
from socialflow.domains.videos.models import Video
from socialflow.kernel import ids
from socialflow.kernel.housekeeping import fold_counts
from socialflow.kernel.work import SYSTEM, App

COPIES = text("""
    INSERT INTO videos (id, account_id, channel_id, upload_id, asset_id, title, visibility, state, edition,
                        created_at, updated_at, publish_at)
    SELECT gen_random_uuid(), account_id, channel_id, gen_random_uuid(), gen_random_uuid(), title, visibility, 'ready',
           1, created_at, updated_at, now() - make_interval(secs => number % 7)
    FROM videos, generate_series(1, :copies) AS number
""")


async def published(app: App) -> int:
    return (await facts(app)).count("VideoPublished")


async def test_nobody_else_sees_a_video_before_its_time_and_everybody_does_afterwards(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    at = in_future()
    made = await video(app, ada, title="later", publish_at=at)
    assert datetime.fromisoformat(made["publish_at"]) == datetime.fromisoformat(at)
    assert (made["visibility"], made["state"], made["published_at"]) == ("public", "ready", None)
    assert made["playback"]["hls_url"].startswith("/media/~")
    master = f"/media/{ids.show('ast', await asset_of(app, made['id']))}/master.m3u8"

    await publish_due(app)
    for path in (f"/api/v1/videos/{made['id']}", f"/api/v1/comments?subject_id={made['id']}", master):
        assert (await client.get(path)).status_code == 404, path
    assert (await bob.put(f"/likes/{made['id']}")).status_code == 404
    assert titles(await ada.get("/videos")) == []
    assert titles(await ada.get("/videos", params={"mine": "true"})) == ["later"]
    assert await published(app) == 0

    await let_time_come(app, made["id"])
    await publish_due(app)
    shown = (await client.get(f"/api/v1/videos/{made['id']}")).json()
    assert (shown["publish_at"], shown["published_at"] is None) == (None, False)
    assert titles(await client.get("/api/v1/videos")) == ["later"]
    assert (await client.get(master)).status_code == 200
    assert (await client.get("/api/v1/channels/@ada")).json()["video_count"] == 1
    assert await published(app) == 1


async def test_a_video_appears_where_its_publishing_and_not_where_its_making_belongs(
    app: App, ada: Person, bob: Person
) -> None:
    await bob.put(f"/follows/{ada.channel_id}")
    second, first = [await video(app, ada, title=title, publish_at=in_future()) for title in ("second", "first")]
    await video(app, ada, title="made last, published at once")
    await let_time_come(app, first["id"], second["id"])
    await publish_due(app)

    expected = ["second", "first", "made last, published at once"]
    for path in ("/videos", f"/videos?channel_id={ada.channel_id}"):
        assert titles(await bob.get(path)) == expected
    for feed in ("following", "latest"):
        entries = (await bob.get(f"/feed/{feed}")).json()["items"]
        assert [entry["video"]["title"] for entry in entries] == expected, feed


async def test_however_many_look_at_the_clock_a_video_is_published_once(app: App, ada: Person) -> None:
    made = [await video(app, ada, publish_at=in_future()) for _ in range(3)]
    await let_time_come(app, *(each["id"] for each in made))

    await asyncio.gather(*(publish_due(app) for _ in range(4)))
    await publish_due(app)
    await fold_counts(app)

    assert await published(app) == 3
    assert (await ada.get(f"/channels/{ada.channel_id}")).json()["video_count"] == 3


async def test_what_cannot_be_watched_at_its_time_is_published_when_it_can(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    made = await draft(ada, publish_at=in_future())
    await bring(app, made["id"], "processing")
    await let_time_come(app, made["id"])
    await publish_due(app)
    assert (await client.get(f"/api/v1/videos/{made['id']}")).status_code == 404

    for state in ("partially_playable", "ready"):
        await bring(app, made["id"], state)
        await publish_due(app)
    assert (await client.get(f"/api/v1/videos/{made['id']}")).json()["published_at"] is not None
    assert await published(app) == 1


async def test_a_worker_whose_clock_is_wrong_publishes_neither_early_nor_late(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    early, late = [await draft(ada, publish_at=in_future()) for _ in range(2)]
    ahead = replace(app, clock=lambda: app.clock() + timedelta(days=1))
    behind = replace(app, clock=lambda: app.clock() - timedelta(days=1))
    for state in ("partially_playable", "ready"):
        await bring(ahead, early["id"], state)
        await bring(behind, late["id"], state)
    await let_time_come(app, late["id"])

    await publish_due(ahead)
    await publish_due(behind)

    assert (await client.get(f"/api/v1/videos/{early['id']}")).status_code == 404
    assert (await client.get(f"/api/v1/videos/{late['id']}")).status_code == 200
    assert await published(app) == 1


async def test_a_video_that_failed_stays_its_owners(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    made = await video(app, ada, state="failed", publish_at=in_future())
    await let_time_come(app, made["id"])
    await publish_due(app)

    assert (await client.get(f"/api/v1/videos/{made['id']}")).status_code == 404
    assert (await ada.get(f"/videos/{made['id']}")).json()["failure"]["code"] == "not_a_video"
    assert await published(app) == 0


async def test_an_unlisted_video_opens_to_its_link_at_its_time(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    made = await video(app, ada, visibility="unlisted", publish_at=in_future())
    path = f"/api/v1/videos/{made['id']}"
    assert (await client.get(path)).status_code == 404

    await let_time_come(app, made["id"])
    await publish_due(app)
    assert (await client.get(path)).status_code == 200
    assert titles(await client.get("/api/v1/videos")) == []
    assert await published(app) == 0
    refused = await ada.patch(f"/videos/{made['id']}", {"publish_at": in_future()})
    assert (refused.status_code, refused.json()["code"]) == (409, "already_published"), "others may have seen it"


async def test_a_time_is_set_moved_and_taken_away_before_it_has_come(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    made = await video(app, ada, visibility="private")
    path, first, second = f"/videos/{made['id']}", in_future(), in_future(days=3)

    for change in ({"visibility": "public", "publish_at": first}, {"publish_at": second}, {"title": "renamed"}):
        answer = await ada.patch(path, change)
        assert answer.status_code == 200, answer.text
        assert answer.content == (await ada.get(path)).content
        assert (await client.get(f"/api/v1{path}")).status_code == 404
    assert datetime.fromisoformat(answer.json()["publish_at"]) == datetime.fromisoformat(second)

    at_once = await ada.patch(path, {"publish_at": None})
    assert (at_once.json()["publish_at"], at_once.json()["published_at"] is None) == (None, False)
    assert (await client.get(f"/api/v1{path}")).status_code == 200
    assert await published(app) == 1


async def test_a_video_that_is_made_private_waits_for_nothing_and_stays_private(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    made = await video(app, ada, publish_at=in_future())
    path = f"/videos/{made['id']}"
    hidden = await ada.patch(path, {"visibility": "private"})
    assert (hidden.json()["visibility"], hidden.json()["publish_at"]) == ("private", None)

    refused = await ada.patch(path, {"publish_at": in_future()})
    assert (refused.status_code, refused.json()["code"]) == (422, "private_is_not_published")
    await publish_due(app)
    assert (await client.get(f"/api/v1{path}")).status_code == 404
    assert await published(app) == 0


async def test_what_was_published_once_is_given_no_time_any_more(app: App, ada: Person) -> None:
    made = await video(app, ada)
    path = f"/videos/{made['id']}"
    for visibility in ("public", "unlisted"):
        await ada.patch(path, {"visibility": visibility})
        answer = await ada.patch(path, {"publish_at": in_future()})
        assert (answer.status_code, answer.json()["code"]) == (409, "already_published")
    assert (await ada.patch(path, {"publish_at": None, "title": "still fine"})).status_code == 200


@pytest.mark.parametrize(
    ("publish_at", "code"),
    [
        ("2027-01-31T18:30:00", "invalid_request"),
        ("2027-01-31 18:30:00Z", "invalid_request"),
        ("2027-01-31", "invalid_request"),
        ("2027-02-30T18:30:00Z", "invalid_request"),
        ("2027-01-31T18:30:00+99:99", "invalid_request"),
        ("soon", "invalid_request"),
        ("1800000000", "invalid_request"),
        (1_800_000_000, "invalid_request"),
        ("0001-01-01T00:00:00+23:59", "unusable_publish_time"),
        ("9999-12-31T23:59:59-23:59", "unusable_publish_time"),
        ({"minutes": -3}, "unusable_publish_time"),
        ({"days": 733}, "unusable_publish_time"),
    ],
    ids=str,
)
async def test_a_time_that_cannot_be_is_refused_at_its_member(ada: Person, publish_at: Any, code: str) -> None:
    made = await draft(ada, publish_at=in_future())
    if isinstance(publish_at, dict):
        publish_at = in_future(**publish_at)
    for answer in (
        await ada.post("/videos", {"upload_id": "upl_01jdxyz7q4e5v8w9r0t1y2p3a4", "publish_at": publish_at}),
        await ada.patch(f"/videos/{made['id']}", {"publish_at": publish_at}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/publish_at"]
    assert (await ada.get(f"/videos/{made['id']}")).json()["publish_at"] == made["publish_at"]


async def test_a_time_that_has_just_passed_is_taken_for_now(app: App, ada: Person) -> None:
    made = await video(app, ada, publish_at=in_future(seconds=-5))
    await publish_due(app)
    assert (await ada.get(f"/videos/{made['id']}")).json()["published_at"] is not None


async def test_a_video_that_somebody_holds_is_published_a_moment_later(app: App, ada: Person) -> None:
    held, free = [await video(app, ada, publish_at=in_future()) for _ in range(2)]
    await let_time_come(app, held["id"], free["id"])
    async with app.work(SYSTEM) as work:
        await work.db.execute(select(Video.id).where(Video.id == ids.parse("vid", held["id"])).with_for_update())
        await publish_due(app)
        assert await published(app) == 1
    await publish_due(app)
    assert await published(app) == 2


async def test_many_at_once_are_published_in_one_go_and_found_by_an_index(app: App, ada: Person) -> None:
    await draft(ada)
    async with app.work(SYSTEM) as work:
        await work.db.execute(COPIES, {"copies": queries.DUE + 5})
    await publish_due(app)

    assert await published(app) == queries.DUE + 5
    assert (await ada.get(f"/channels/{ada.channel_id}")).json()["video_count"] == queries.DUE + 5
    async with counted(app) as statements:
        await publish_due(app)
    assert len(statements) == 1, "nothing is due: one look"
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("SET LOCAL enable_seqscan = off"))
        asked = {"at": BEFORE_ALL[0], "id": BEFORE_ALL[1], "most": queries.DUE}
        plan = await work.db.scalars(text(f"EXPLAIN {queries._DUE}"), asked)
        assert "ix_videos_scheduled" in "".join(plan)


async def test_one_that_cannot_be_published_keeps_no_other_waiting(app: App, ada: Person) -> None:
    stuck, free = [await video(app, ada, publish_at=in_future()) for _ in range(2)]
    await let_time_come(app, stuck["id"], free["id"])
    async with app.work(SYSTEM) as other:
        row = select(Asset.id).where(Asset.id == await asset_of(app, stuck["id"])).with_for_update()
        await other.db.execute(row)
        with pytest.raises(DBAPIError):
            await publish_due(app)
        assert (await ada.get(f"/videos/{free['id']}")).json()["published_at"] is not None
        assert (await ada.get(f"/videos/{stuck['id']}")).json()["published_at"] is None

    await publish_due(app)
    assert (await ada.get(f"/videos/{stuck['id']}")).json()["published_at"] is not None


async def test_files_of_a_waiting_video_open_by_signed_address_alone(app: App, ada: Person) -> None:
    made = await video(app, ada, publish_at=in_future())
    async with app.work(SYSTEM) as work:
        access = select(Asset.access).where(Asset.id == await asset_of(app, made["id"]))
        assert await work.db.scalar(access) == Access.SIGNED
