"""Videos over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.videos import arrive, asset_of, bring, draft, upload, video

from socialflow.domains.media.models import Access, Asset, Upload
from socialflow.kernel import ids
from socialflow.kernel.db import Base
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]


async def access_of(app: App, video_id: str) -> str | None:
    asset_id = await asset_of(app, video_id)
    async with app.work(SYSTEM) as work:
        return await work.db.scalar(select(Asset.access).where(Asset.id == asset_id))


async def test_a_video_is_made_before_its_file_has_arrived_and_published_when_it_can_be_watched(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    made = await draft(ada, title="  A walk  ", description="Sea.\r\nAnd sand.", tags=["#Sea", "sea", "North  Shore"])

    assert made["state"] == "draft"
    assert made["title"] == "A walk"
    assert made["description"] == "Sea.\nAnd sand."
    assert made["tags"] == ["sea", "north shore"]
    assert made["channel"]["handle"] == "ada"
    assert made["published_at"] is None
    assert made["playback"] is None
    assert made["permissions"] == {"edit": True, "delete": True, "download": True}
    assert (await client.get(f"/api/v1/videos/{made['id']}")).status_code == 404

    await bring(app, made["id"], "processing")
    assert (await ada.get(f"/videos/{made['id']}")).json()["progress"] == 0.4
    assert (await client.get(f"/api/v1/videos/{made['id']}")).status_code == 404

    await bring(app, made["id"], "partially_playable", progress=60)
    shown = (await client.get(f"/api/v1/videos/{made['id']}")).json()
    assert shown["state"] == "partially_playable"
    assert shown["published_at"] is not None
    assert shown["playback"]["hls_url"].startswith("/media/ast_")
    assert shown["permissions"] == {"edit": False, "delete": False, "download": False}
    assert (await client.get("/api/v1/channels/@ada")).json()["video_count"] == 1
    listed = (await client.get("/api/v1/videos")).json()
    assert [item["id"] for item in listed["items"]] == [made["id"]]

    await bring(app, made["id"], "ready")
    again = (await client.get(f"/api/v1/videos/{made['id']}")).json()
    assert (again["state"], again["progress"]) == ("ready", 1.0)
    assert again["published_at"] == shown["published_at"]


async def test_a_video_may_be_made_of_a_file_that_can_be_watched_already(app: App, ada: Person) -> None:
    first = await draft(ada)
    waiting = await upload(ada)
    await arrive(app, waiting, "ready")

    made = await ada.post("/videos", {"title": "late", "upload_id": waiting})
    assert made.status_code == 201
    assert (made.json()["state"], first["state"]) == ("ready", "draft")
    assert made.json()["published_at"] is not None
    assert [fact for fact in await facts(app) if fact.startswith("Video")][-2:] == ["VideoCreated", "VideoPublished"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"title": ""}, 422, "invalid_request"),
        ({"title": "\u200b \u2060"}, 422, "invalid_request"),
        ({"title": "x" * 121}, 422, "invalid_request"),
        ({"description": "x" * 5001}, 422, "invalid_request"),
        ({"tags": ["x" * 41]}, 422, "invalid_request"),
        ({"tags": [f"t{number}" for number in range(21)]}, 422, "invalid_request"),
        ({"tags": ["a,b"]}, 422, "invalid_request"),
        ({"tags": "sea"}, 422, "invalid_request"),
        ({"visibility": "secret"}, 422, "invalid_request"),
        ({"visibility": 1}, 422, "invalid_request"),
        ({"upload_id": "upl_nonsense"}, 422, "invalid_request"),
        ({"upload_id": "upl_01jdxyz7q4e5v8w9r0t1y2p3a4"}, 404, "not_found"),
        ({"like_count": 5}, 422, "invalid_request"),
    ],
)
async def test_a_video_that_cannot_be_says_why(
    app: App, ada: Person, change: dict[str, Any], status: int, code: str
) -> None:
    body = {"title": "A walk", "upload_id": await upload(ada), **change}
    answer = await ada.post("/videos", body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await ada.get("/videos?mine=true")).json()["items"] == []


async def test_an_upload_is_used_by_its_owner_once_and_for_what_it_was_meant(ada: Person, bob: Person) -> None:
    ours, picture = await upload(ada), await upload(ada, purpose="avatar", filetype="image/png")

    assert (await bob.post("/videos", {"title": "x", "upload_id": ours})).status_code == 404
    assert (await ada.post("/videos", {"title": "x", "upload_id": picture})).status_code == 404
    assert (await ada.post("/videos", {"title": "x", "upload_id": ours})).status_code == 201
    again = await ada.post("/videos", {"title": "x", "upload_id": ours})
    assert (again.status_code, again.json()["code"]) == (409, "upload_already_used")


async def test_an_upload_that_was_given_up_makes_no_video(app: App, ada: Person) -> None:
    old = await upload(ada)
    async with app.work(SYSTEM) as work:
        await work.db.execute(update(Upload).values(expires_at=work.now.replace(year=2020)))

    answer = await ada.post("/videos", {"title": "x", "upload_id": old})
    assert (answer.status_code, answer.json()["code"]) == (410, "upload_expired")


async def test_the_same_video_sent_twice_under_one_key_is_one_video(ada: Person) -> None:
    body = {"title": "A walk", "upload_id": await upload(ada)}
    first = await ada.post("/videos", body, headers={"Idempotency-Key": "k1"})
    again = await ada.post("/videos", body, headers={"Idempotency-Key": "k1"})

    assert first.status_code == again.status_code == 201
    assert again.headers["idempotency-replayed"] == "true"
    assert first.json() == again.json()


async def test_an_owner_changes_what_was_said_and_absent_members_stay(app: App, ada: Person) -> None:
    made = await video(app, ada, description="before", tags=["a"])
    answer = await ada.patch(f"/videos/{made['id']}", {"title": "after"})

    assert answer.status_code == 200
    assert (answer.json()["title"], answer.json()["description"]) == ("after", "before")
    assert answer.json()["tags"] == ["a"]
    assert answer.content == (await ada.get(f"/videos/{made['id']}")).content
    emptied = await ada.patch(f"/videos/{made['id']}", {"description": "", "tags": []})
    assert (emptied.json()["description"], emptied.json()["tags"]) == ("", [])


async def test_an_edit_of_an_outdated_copy_is_refused_but_likes_do_not_outdate_one(
    app: App, ada: Person, bob: Person
) -> None:
    made = await video(app, ada, visibility="unlisted")
    path = f"/videos/{made['id']}"
    tag = (await ada.get(path)).headers["etag"]
    await bob.put(f"/likes/{made['id']}")

    first = await ada.patch(path, {"title": "one"}, headers={"If-Match": tag})
    assert first.status_code == 200, first.text
    late = await ada.patch(path, {"title": "two"}, headers={"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert (await ada.patch(path, {"title": "two"}, headers={"If-Match": first.headers["etag"]})).status_code == 200
    assert (await ada.patch(path, {"title": "three"}, headers={"If-Match": "*"})).status_code == 200
    assert (await ada.get(path)).json()["title"] == "three"


async def test_files_open_and_close_with_visibility(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    made = await video(app, ada)
    path = f"/videos/{made['id']}"
    assert await access_of(app, made["id"]) == Access.OPEN
    assert (await client.get(made["playback"]["hls_url"])).status_code == 200

    for visibility in ("unlisted", "private"):
        answer = await ada.patch(path, {"visibility": visibility})
        assert await access_of(app, made["id"]) == Access.SIGNED
        signed = answer.json()["playback"]
        assert signed["hls_url"].startswith("/media/~")
        assert signed["expires_at"] is not None
        assert (await client.get(signed["hls_url"])).status_code == 200
        assert (await client.get(made["playback"]["hls_url"])).status_code == 404
        assert (await client.get(made["playback"]["poster"])).status_code == 404

    await ada.patch(path, {"visibility": "public"})
    assert await access_of(app, made["id"]) == Access.OPEN


async def test_publishing_and_withdrawing_are_told_once_each(app: App, ada: Person) -> None:
    made = await video(app, ada, visibility="private")
    assert "VideoPublished" not in await facts(app)
    path = f"/videos/{made['id']}"

    for visibility in ("public", "public", "private", "unlisted", "public"):
        assert (await ada.patch(path, {"visibility": visibility})).status_code == 200
        count = (await ada.get(f"/channels/{ada.channel_id}")).json()["video_count"]
        assert count == (visibility == "public")
    told = [fact for fact in await facts(app) if fact in {"VideoPublished", "VideoUnpublished"}]
    assert told == ["VideoPublished", "VideoUnpublished", "VideoPublished"]

    before = (await ada.get(path)).json()["published_at"]
    await ada.patch(path, {"visibility": "private"})
    assert (await ada.patch(path, {"visibility": "public"})).json()["published_at"] == before


async def test_deleting_takes_everything_with_it(
    app: App, ada: Person, bob: Person, deliver: Callable[..., Awaitable[int]]
) -> None:
    made = await video(app, ada)
    asset_id = await asset_of(app, made["id"])
    comment = (await bob.post("/comments", {"subject_id": made["id"], "text": "hi"})).json()
    await bob.put(f"/likes/{made['id']}")
    await bob.put(f"/likes/{comment['id']}")

    assert (await ada.delete(f"/videos/{made['id']}")).status_code == 204
    assert (await ada.delete(f"/videos/{made['id']}")).status_code == 404
    assert (await bob.get(f"/comments?subject_id={made['id']}")).status_code == 404
    assert (await ada.get(f"/channels/{ada.channel_id}")).json()["video_count"] == 0
    await deliver()
    async with app.work(SYSTEM) as work:
        assert await work.db.get(Asset, asset_id) is None
        for table in ("likes", "comments", "videos", "asset_files"):
            count = await work.db.scalar(select(func.count()).select_from(Base.metadata.tables[table]))
            assert count == 0, table


async def test_deleting_a_draft_gives_its_upload_up_whoever_deletes_it(ada: Person, person: People) -> None:
    for who in (ada, await person("eva", role="admin")):
        started = await upload(ada)
        made = (await ada.post("/videos", {"title": "x", "upload_id": started})).json()

        assert (await who.delete(f"/videos/{made['id']}")).status_code == 204
        assert (await ada.get(f"/uploads/{started}")).status_code == 404
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 0


async def test_others_may_neither_edit_nor_delete_and_staff_may_look_and_admins_delete(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    moderator, admin = await person("moe", role="moderator"), await person("eva", role="admin")
    shown, hidden = await video(app, ada), await video(app, ada, visibility="private", state="failed")

    for other in (bob, moderator, admin):
        answer = await other.patch(f"/videos/{shown['id']}", {"title": "mine"})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_your_video")
    assert (await bob.delete(f"/videos/{shown['id']}")).status_code == 403
    assert (await bob.delete(f"/videos/{hidden['id']}")).status_code == 404
    assert (await bob.patch(f"/videos/{hidden['id']}", {"title": "x"})).status_code == 404

    seen = (await moderator.get(f"/videos/{hidden['id']}")).json()
    assert seen["failure"]["code"] == "not_a_video"
    assert seen["permissions"] == {"edit": False, "delete": False, "download": False}
    assert (await moderator.delete(f"/videos/{shown['id']}")).status_code == 403
    seen = (await admin.get(f"/videos/{shown['id']}")).json()
    assert seen["permissions"] == {"edit": False, "delete": True, "download": False}
    assert (await admin.delete(f"/videos/{shown['id']}")).status_code == 204
    assert (await ada.get(f"/videos/{shown['id']}")).status_code == 404


async def test_ids_of_other_things_are_not_found(app: App, ada: Person) -> None:
    made = await video(app, ada)
    same = ids.show("cmt", ids.parse("vid", made["id"]))
    for wrong in (same, made["id"].upper(), made["id"][:-1], "1", "vid_", ids.show("vid", ids.new())):
        assert (await ada.get(f"/videos/{wrong}")).status_code == 404, wrong
