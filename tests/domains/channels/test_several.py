"""Several channels of one account: made, presented, spoken as, and deleted with what they hold."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.channels import channel
from tests.factories.graph import follow
from tests.factories.pictures import opened, picture, turned_jpeg
from tests.factories.posts import post
from tests.factories.uploads import uploaded
from tests.factories.videos import video

from socialflow.domains.social.handlers import recount_follows
from socialflow.kernel import ids
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]
People = Callable[..., Awaitable[Person]]
RESERVED = "chn_01jdxyz7q4e5v8w9r0t1y2p3a4"


async def mine(person: Person) -> list[tuple[str, str, bool]]:
    """As which channels somebody may act: handle, role and whether it came with the account; two at a time."""
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await person.get("/me/channels", params={"limit": 2, **cursor})).json()
        found += page["items"]
        if page["next_cursor"] is None:
            return [(each["channel"]["handle"], each["role"], each["is_main"]) for each in found]
        cursor = {"cursor": page["next_cursor"]}


async def test_an_account_has_several_channels_the_latest_first(ada: Person, bob: Person) -> None:
    made = await channel(ada, "engines", bio="Wheels and cards.")
    await channel(ada, "poetry")

    assert (made["bio"], made["verified"], made["links"], made["banner"]) == ("Wheels and cards.", False, [], None)
    assert await mine(ada) == [("poetry", "owner", False), ("engines", "owner", False), ("ada", "owner", True)]
    assert await mine(bob) == [("bob", "owner", True)]
    assert (await bob.get("/channels/@engines")).json() == made


async def test_there_are_as_many_as_the_installation_says(app: App, ada: Person) -> None:
    most = app.settings.channels.per_account
    for number in range(most - 1):
        await channel(ada, f"channel_{number}")

    answer = await ada.post("/channels", {"handle": "too_many", "display_name": "x"})

    assert (answer.status_code, answer.json()["code"], answer.json()["most"]) == (409, "too_many_channels", most)
    assert (await ada.get("/channels/@too_many")).status_code == 404


async def test_a_role_may_say_how_many(person: People) -> None:
    admin, cleo = await person("root_of_all", role="admin"), await person("cleo", role="creator")
    limited = await admin.patch("/admin/roles/creator", {"most_channels": 2})
    assert (limited.status_code, limited.json()["most_channels"]) == (200, 2)
    await asyncio.sleep(2.1)

    await channel(cleo, "first_more")
    answer = await cleo.post("/channels", {"handle": "second_more", "display_name": "x"})

    assert (answer.status_code, answer.json()["most"]) == (409, 2)
    assert (await admin.patch("/admin/roles/creator", {"most_channels": None})).json()["most_channels"] is None


async def test_of_many_that_are_made_at_once_there_are_not_too_many(app: App, ada: Person) -> None:
    most = app.settings.channels.per_account
    answers = await asyncio.gather(
        *(ada.post("/channels", {"handle": f"channel_{number}", "display_name": "x"}) for number in range(most + 2))
    )

    made = [answer for answer in answers if answer.status_code == 201]
    assert len(made) == most - 1
    assert {answer.status_code for answer in answers} == {201, 409}


async def test_what_is_published_names_its_channel(app: App, ada: Person, bob: Person) -> None:
    other = await channel(ada, "engines")
    film = await video(app, ada, channel_id=other["id"], visibility="public")
    words = await post(ada, "Wheels", channel_id=other["id"])
    await video(app, ada, visibility="public")

    assert film["channel"]["handle"] == words["author"]["handle"] == "engines"
    listed = await bob.get("/videos", params={"channel_id": other["id"]})
    assert [each["id"] for each in listed.json()["items"]] == [film["id"]]
    said = await bob.get("/posts", params={"channel_id": other["id"]})
    assert [each["id"] for each in said.json()["items"]] == [words["id"]]
    assert (await bob.get("/channels/@engines")).json()["video_count"] == 1
    own = await ada.get("/videos", params={"mine": True})
    assert len(own.json()["items"]) == 2
    of_it = await ada.get("/videos", params={"mine": True, "channel_id": other["id"]})
    assert [each["id"] for each in of_it.json()["items"]] == [film["id"]]


@pytest.mark.parametrize("where", ["/videos", "/posts", "/comments"])
async def test_nobody_publishes_on_a_channel_that_is_not_theirs(app: App, where: str, ada: Person, bob: Person) -> None:
    upload = (await uploaded(bob, b"x")).rpartition("/")[2]
    film = (await video(app, bob, visibility="public"))["id"]
    bodies = {"/videos": {"title": "x", "upload_id": upload}, "/posts": {"text": "x"}}
    fields = {**bodies, "/comments": {"text": "x", "subject_id": film}}[where]

    foreign = await bob.post(where, {**fields, "channel_id": ada.channel_id})
    missing = await bob.post(where, {**fields, "channel_id": RESERVED})

    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_your_channel")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    listed = {"subject_id": film} if where == "/comments" else {"channel_id": ada.channel_id}
    assert (await ada.get(where, params=listed)).json()["items"] == []


async def test_links_are_addresses_of_the_web(ada: Person, client: httpx2.AsyncClient) -> None:
    links = [
        {"title": "My site", "url": "https://example.org/ada?a=b#c"},
        {"title": "Letters", "url": "http://bücher.example"},
    ]
    answer = await ada.patch("/channels/@ada", {"links": links})

    assert answer.status_code == 200, answer.text
    urls = [each["url"] for each in (await client.get("/api/v1/channels/@ada")).json()["links"]]
    assert urls == ["https://example.org/ada?a=b#c", "http://xn--bcher-kva.example/"]
    assert (await ada.patch("/channels/@ada", {"bio": "x"})).json()["links"] == answer.json()["links"]
    assert (await ada.patch("/channels/@ada", {"links": []})).json()["links"] == []


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org",
        "example.org",
        "https://",
        "https://localhost",
        "ftp://example.org",
        "https://user:secret@example.org",
        "https://exam\u202eple.org",
        "https://example.org/" + "a" * 2_000,
        "",
        7,
    ],
)
async def test_links_to_elsewhere_are_refused(url: object, ada: Person) -> None:
    answer = await ada.patch("/channels/@ada", {"links": [{"title": "x", "url": url}]})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == "/links/0/url"


async def test_there_are_ten_links_at_most(ada: Person) -> None:
    link = {"title": "x", "url": "https://example.org"}
    assert (await ada.patch("/channels/@ada", {"links": [link] * 10})).status_code == 200
    assert (await ada.patch("/channels/@ada", {"links": [link] * 11})).status_code == 422


async def test_a_banner_is_made_anew_in_three_sizes_without_metadata(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    data = turned_jpeg()
    address = await uploaded(ada, data, purpose="banner", filetype="image/jpeg")
    sent = await ada.patch("/channels/@ada", {"banner_upload_id": address.rpartition("/")[2]})
    assert (sent.status_code, sent.json()["banner"]) == (200, None)
    await deliver()

    banner = (await client.get("/api/v1/channels/@ada")).json()["banner"]
    assert len(banner["thumbhash"]) > 6
    for name, size in (("small_url", (640, 160)), ("url", (1_280, 320)), ("large_url", (2_560, 640))):
        answer = await client.get(banner[name])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
        assert opened(answer.content).size == size
        assert b"SECRETMAKER" not in answer.content
        assert not opened(answer.content).getexif()
    kept = [await app.port(ObjectStore).get(each.key) async for each in app.port(ObjectStore).list("")]
    assert data not in kept
    gone = await ada.patch("/channels/@ada", {"banner_upload_id": None})
    assert gone.json()["banner"] is None
    await deliver()
    assert (await client.get(banner["url"])).status_code == 404


async def test_an_avatar_is_told_with_its_thumbhash(ada: Person, deliver: Deliver) -> None:
    address = await uploaded(ada, picture("PNG"), purpose="avatar", filetype="image/png")
    await deliver()
    shown = await ada.patch("/channels/@ada", {"avatar_upload_id": address.rpartition("/")[2]})

    assert shown.json()["avatar_url"].endswith("/avatar-256.webp")
    assert len(shown.json()["avatar_thumbhash"]) > 6


async def test_a_picture_of_another_purpose_is_none(ada: Person) -> None:
    address = await uploaded(ada, picture("PNG"), purpose="avatar", filetype="image/png")
    wrong = await ada.patch("/channels/@ada", {"banner_upload_id": address.rpartition("/")[2]})

    assert (wrong.status_code, wrong.json()["code"]) == (404, "not_found")


async def test_a_picture_that_two_channels_show_stays_when_one_takes_it_away(
    ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    other = await channel(ada, "engines")
    upload_id = (await uploaded(ada, picture("PNG"), purpose="avatar", filetype="image/png")).rpartition("/")[2]
    await deliver()
    for channel_id in (ada.channel_id, other["id"]):
        shown = await ada.patch(f"/channels/{channel_id}", {"avatar_upload_id": upload_id})
    url = shown.json()["avatar_url"]

    await ada.patch(f"/channels/{other['id']}", {"avatar_upload_id": None})
    await deliver()
    assert (await client.get(url)).status_code == 200
    await ada.patch("/channels/@ada", {"avatar_upload_id": None})
    await deliver()
    assert (await client.get(url)).status_code == 404


async def test_a_deleted_channel_goes_with_all_that_it_holds(
    app: App, ada: Person, bob: Person, deliver: Deliver
) -> None:
    other = await channel(ada, "engines")
    film = await video(app, ada, channel_id=other["id"], visibility="public")
    words = await post(ada, "Wheels", channel_id=other["id"])
    stays = await video(app, ada, visibility="public")
    target = Person(ada.id, "engines", other["id"], "", "", ada.http)
    await follow(bob, target)

    assert (await ada.delete(f"/channels/{other['id']}")).status_code == 204
    await deliver()

    for path in (f"/videos/{film['id']}", f"/posts/{words['id']}", "/channels/@engines", f"/channels/{other['id']}"):
        assert (await bob.get(path)).status_code == 404, path
        assert (await ada.get(path)).status_code == 404, path
    assert (await bob.get(f"/videos/{stays['id']}")).status_code == 200
    assert (await bob.get("/channels/@bob")).json()["following_count"] == 0
    assert (await bob.post("/channels", {"handle": "engines", "display_name": "x"})).status_code == 409
    async with app.sessions() as session:
        row = (
            await session.execute(
                text("SELECT handle, display_name, follower_count FROM channels WHERE id = :id"),
                {"id": ids.parse("chn", other["id"])},
            )
        ).one()
    assert (row.handle[:8], row.display_name, row.follower_count) == ("deleted_", "Deleted channel", 0)


async def test_the_channel_of_an_account_is_deleted_with_it_alone(ada: Person, bob: Person) -> None:
    other = await channel(ada, "engines")

    own = await ada.delete(f"/channels/{ada.channel_id}")
    foreign = await bob.delete(f"/channels/{other['id']}")

    assert (own.status_code, own.json()["code"]) == (409, "main_channel")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "forbidden")
    assert (await bob.get("/channels/@engines")).status_code == 200


async def test_a_suspended_account_hides_all_its_channels(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    await channel(ada, "engines")
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE accounts SET state = 'suspended'"))
    app.cache.clear()

    for handle in ("ada", "engines"):
        assert (await client.get(f"/api/v1/channels/@{handle}")).status_code == 404


async def test_follows_are_counted_on_the_channel_of_the_account_alone(app: App, ada: Person, bob: Person) -> None:
    other = await channel(bob, "hammer")
    await follow(bob, ada)
    assert (await ada.get("/channels/@bob")).json()["following_count"] == 1

    await recount_follows(app)

    assert (await ada.get("/channels/@bob")).json()["following_count"] == 1
    assert (await ada.get(f"/channels/{other['id']}")).json()["following_count"] == 0
