"""Who may see a video: by a password, by name, by a mark, and when staff keep it out of sight."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.graph import follow
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.media.service import delivery
from socialflow.domains.videos.service import unlocking
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
WORDS = {"password": "a sea of words"}


def forget() -> None:
    """What a process knows for two seconds."""
    delivery.shelves._kept.clear()
    delivery.verdicts.clear()


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


async def test_a_password_opens_a_video_until_there_is_another(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    made = await video(app, ada, visibility="password", **WORDS, title="Behind a door")
    path = f"/api/v1/videos/{made['id']}"
    for each in (client, bob.http):
        refused = await each.get(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "password_needed")
        assert "door" not in refused.text
        assert (await each.get(f"/api/v1/comments?subject_id={made['id']}")).status_code == 404
    wrong = await client.post(f"{path}/unlock", json={"password": "open sesame"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_video_password")
    given = (await client.post(f"{path}/unlock", json=WORDS)).json()
    with_grant = {"Video-Grants": given["grant"]}
    opened = await client.get(path, headers=with_grant)
    assert (opened.status_code, opened.json()["title"]) == (200, "Behind a door")
    assert opened.headers["cache-control"] == "private, no-cache"
    assert "video-grants" in opened.headers["vary"].lower()
    assert (await client.get(path)).status_code == 403, "nothing of it is kept for others"
    assert (await client.get(f"/api/v1/comments?subject_id={made['id']}", headers=with_grant)).status_code == 200
    signed = opened.json()["playback"]["hls_url"]
    assert (await client.get(signed)).status_code == 200

    edited = await ada.patch(f"/videos/{made['id']}", {"password": "other words"})
    assert edited.status_code == 200, edited.text
    forget()
    assert (await client.get(path, headers=with_grant)).status_code == 403
    assert (await client.get(signed)).status_code == 404
    assert (await client.post(f"{path}/unlock", json=WORDS)).status_code == 403
    assert (await client.post(f"{path}/unlock", json={"password": "other words"})).status_code == 200


async def test_a_grant_is_good_for_its_video_and_its_time(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    one, other = [await video(app, ada, visibility="password", **WORDS) for _ in range(2)]
    given = (await client.post(f"/api/v1/videos/{one['id']}/unlock", json=WORDS)).json()["grant"]
    headers = {"Video-Grants": f"nonsense,{given[:-2]}AA,{given}"}
    assert (await client.get(f"/api/v1/videos/{one['id']}", headers=headers)).status_code == 200
    assert (await client.get(f"/api/v1/videos/{other['id']}", headers=headers)).status_code == 403
    assert len(unlocking.read_grants(app.keys, given, app.clock())) == 1
    assert not unlocking.read_grants(app.keys, given, app.clock() + unlocking.GOOD_FOR + timedelta(seconds=1))
    foreign = replace(app, keys=type(app.keys)("another secret of this installation, of some length"))
    assert not unlocking.read_grants(foreign.keys, given, app.clock())


async def test_passwords_are_not_tried_for_ever(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    made = await video(app, ada, visibility="password", **WORDS)
    path = f"/api/v1/videos/{made['id']}/unlock"
    answers = [(await client.post(path, json={"password": f"guess {number}"})).status_code for number in range(12)]
    # One comes back a minute.
    assert answers[:9] == [403] * 9
    assert 429 in answers[9:]
    assert (await client.post(path, json=WORDS)).status_code == 429, "nor is the right one told from them then"


async def test_a_video_for_those_who_know_a_password_has_one(app: App, ada: Person) -> None:
    made = await video(app, ada, visibility="private")
    refused = await ada.patch(f"/videos/{made['id']}", {"visibility": "password"})
    assert (refused.status_code, refused.json()["code"]) == (422, "password_missing")
    assert refused.json()["errors"][0]["pointer"] == "/password"
    assert (await ada.patch(f"/videos/{made['id']}", {"visibility": "password", **WORDS})).status_code == 200
    # It is kept for as long as the video, in case it is wanted again, and shown to nobody.
    assert (await ada.patch(f"/videos/{made['id']}", {"visibility": "private"})).status_code == 200
    assert (await ada.patch(f"/videos/{made['id']}", {"visibility": "password"})).status_code == 200
    assert "password" not in set((await ada.get(f"/videos/{made['id']}")).json()) - {"visibility"}
    async with app.work(SYSTEM) as work:
        kept = await work.db.scalar(text("SELECT password_hash FROM videos"))
    assert "words" not in str(kept)


async def test_a_video_is_shared_with_people_by_name(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person, person: People
) -> None:
    carol = await person("carol")
    made = await video(app, ada, visibility="named")
    path = f"/videos/{made['id']}"
    for _ in range(2):
        assert (await ada.put(f"{path}/viewers/{bob.channel_id}")).status_code == 204
    assert (await bob.get(path)).status_code == 200
    for each in (carol.http, client):
        assert (await each.get(f"/api/v1{path}")).status_code == 404
    assert [item["id"] for item in (await bob.get("/me/shared-videos")).json()["items"]] == [made["id"]]
    assert (await carol.get("/me/shared-videos")).json()["items"] == []
    assert [item["handle"] for item in (await ada.get(f"{path}/viewers")).json()["items"]] == ["bob"]
    assert (await bob.get(f"{path}/viewers")).status_code == 403
    assert (await bob.put(f"{path}/viewers/{carol.channel_id}")).status_code == 403
    assert (await carol.put(f"{path}/viewers/{carol.channel_id}")).status_code == 404
    signed = (await bob.get(path)).json()["playback"]["hls_url"]
    assert (await client.get(signed)).status_code == 200

    for _ in range(2):
        assert (await ada.delete(f"{path}/viewers/{bob.channel_id}")).status_code == 204
    forget()
    assert (await bob.get(path)).status_code == 404
    assert (await client.get(signed)).status_code == 404
    assert [fact for fact in await facts(app) if "hared" in fact] == ["VideoShared", "VideoUnshared"]


async def test_what_is_for_followers_is_on_the_shelf_for_them(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person, person: People
) -> None:
    carol = await person("carol")
    await follow(bob, ada)
    made = await video(app, ada, visibility="followers")
    members = await video(app, ada, visibility="members")
    assert made["published_at"] is not None
    for path in (f"/videos?channel_id={ada.channel_id}", "/feed/following"):
        async with counted(app) as statements:
            shown = (await bob.get(path)).text
        assert made["id"] in shown, path
        assert members["id"] not in shown
        assert len([each for each in statements if "videos" in each]) == 1, statements
    assert (await bob.get(f"/videos/{made['id']}")).status_code == 200
    for each in (carol.http, client):
        for path in (f"/videos?channel_id={ada.channel_id}", "/feed/latest", "/videos"):
            assert made["id"] not in (await each.get(f"/api/v1{path}")).text, path
        assert (await each.get(f"/api/v1/videos/{made['id']}")).status_code == 404
    # Nobody is a member of anything yet.
    assert (await bob.get(f"/videos/{members['id']}")).status_code == 404
    assert (await bob.delete(f"/follows/{ada.channel_id}")).status_code == 204
    assert (await bob.get(f"/videos/{made['id']}")).status_code == 404
    assert (await ada.get("/channels/@ada")).json()["video_count"] == 0
    assert "VideoPublished" not in await facts(app)
    assert (await facts(app)).count("VideoShelved") == 2


async def test_what_is_for_adults_is_for_people_who_are_logged_in(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    made = await video(app, ada, visibility="public", mark="adult")
    assert (await client.get(f"/api/v1/videos/{made['id']}")).status_code == 404
    read = await bob.get(f"/videos/{made['id']}")
    assert (read.status_code, read.json()["mark"], read.json()["embeddable_on"]) == (200, "adult", [])
    assert read.json()["playback"]["hls_url"].startswith("/media/~")
    assert made["id"] in (await bob.get(f"/videos?channel_id={ada.channel_id}")).text
    assert made["id"] not in (await bob.get("/videos")).text, "lists for everybody are for everybody"
    open_again = await ada.patch(f"/videos/{made['id']}", {"mark": "sensitive"})
    assert open_again.status_code == 200
    assert (await client.get(f"/api/v1/videos/{made['id']}")).json()["mark"] == "sensitive"


async def test_staff_keep_a_video_out_of_sight_and_let_it_go_again(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person, person: People
) -> None:
    admin, moderator = await person("boss", role="admin"), await person("moe", role="moderator")
    made = await video(app, ada, visibility="public")
    path, verdict = f"/api/v1/videos/{made['id']}", f"/admin/videos/{made['id']}/restriction"
    assert (await client.get(made["playback"]["hls_url"])).status_code == 200
    for each in (ada, bob):
        assert (await each.put(verdict, json={"restriction": "blocked"})).status_code == 403
    for why in ("under_review", "under_review", "blocked"):
        answer = await admin.put(verdict, json={"restriction": why})
        assert (answer.status_code, answer.json()["restriction"]) == (200, why)
    forget()
    for each in (client, bob.http):
        assert (await each.get(path)).status_code == 404
    assert made["id"] not in (await client.get("/api/v1/videos")).text
    assert (await client.get(made["playback"]["hls_url"])).status_code == 404
    assert (await ada.get(f"/videos/{made['id']}")).json()["restriction"] == "blocked"
    assert (await moderator.get(f"/videos/{made['id']}")).status_code == 200
    # Its owner cannot get around it.
    for change in ({"visibility": "unlisted"}, {"visibility": "public"}):
        assert (await ada.patch(f"/videos/{made['id']}", change)).status_code == 200
        assert (await client.get(path)).status_code == 404
    for _ in range(2):
        assert (await admin.delete(verdict)).status_code == 200
    assert (await client.get(path)).status_code == 200
    assert [fact for fact in await facts(app) if fact in {"VideoRestricted", "VideoReleased"}] == [
        "VideoRestricted",
        "VideoRestricted",
        "VideoReleased",
    ]
    assert ids.parse("vid", made["id"])
