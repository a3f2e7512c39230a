"""Posts over HTTP: saying, changing, taking back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.pictures import turned_jpeg
from tests.factories.posts import let_time_pass, photo, post, read, texts
from tests.factories.statements import counted
from tests.factories.videos import in_future, video

from socialflow.domains.posts.handlers import publish_due
from socialflow.domains.posts.service import tags
from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
Deliver = Callable[..., Awaitable[int]]


async def test_a_post_says_what_was_found_in_its_words(app: App, ada: Person, bob: Person) -> None:
    made = await post(bob, "  \U0001f30a Hello @ada, <b>#Sea</b>\r\nhttps://example.org/a  ", language="en")
    assert made["text"] == "\U0001f30a Hello @ada, <b>#Sea</b>\nhttps://example.org/a"
    assert [(each["kind"], each["start"], each["end"]) for each in made["facets"]] == [
        ("mention", 9, 13),
        ("hashtag", 18, 22),
        ("link", 27, 48),
    ]
    assert made["facets"][0]["channel_id"] == ada.channel_id
    assert (made["author"]["handle"], made["state"], made["visibility"]) == ("bob", "published", "public")
    told = await facts(app)
    assert told.count("PostPublished") == told.count("Mentioned") == told.count("PreviewWanted") == 1
    assert await texts(ada, "/tags/SEA/posts") == [made["text"]]
    assert (await ada.get("/tags/sea")).json()["post_count"] == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "empty_post"),
        ({"text": "\u200b\u2060"}, "invalid_request"),
        ({"text": "\u202etxt.exe"}, "invalid_request"),
        ({"text": "x" * 5_001}, "invalid_request"),
        ({"text": " ".join(f"@u{number:03}" for number in range(51))}, "too_many_facets"),
        ({"text": "@ada " * 10_000}, "invalid_request"),
        ({"text": "hi", "facets": []}, "invalid_request"),
        ({"text": "hi", "account_id": "acc_01jdxyz7q4e5v8w9r0t1y2p3a4"}, "invalid_request"),
        ({"text": "hi", "poll": {"options": ["one"]}}, "invalid_request"),
        ({"text": "hi", "poll": {"options": ["One", "one"]}}, "invalid_request"),
        ({"text": "hi", "poll": {"options": list("abcdefg")}}, "invalid_request"),
        ({"text": "hi", "publish_at": "2001-01-01T00:00:00Z"}, "unusable_post_time"),
        ({"text": "hi", "visibility": "named"}, "invalid_request"),
        ({"text": "hi", "quote_id": "cmt_01jdxyz7q4e5v8w9r0t1y2p3a4"}, "invalid_request"),
    ],
)
async def test_what_is_no_post_is_refused_and_nothing_is_kept(
    app: App, ada: Person, body: dict[str, Any], code: str
) -> None:
    answer = await ada.post("/posts", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "PostPublished" not in await facts(app)
    assert (await ada.get("/posts")).json()["items"] == []


async def test_an_edit_keeps_what_was_said_before(app: App, ada: Person, bob: Person) -> None:
    made = await post(ada, "one #sea @bob")
    for text in ("two #sun @bob", "three"):
        changed = await ada.patch(f"/posts/{made['id']}", {"text": text})
        assert changed.status_code == 200, changed.text
    assert (await ada.patch(f"/posts/{made['id']}", {"text": "three"})).status_code == 200

    said = (await bob.get(f"/posts/{made['id']}/versions")).json()["items"]
    assert [(each["number"], each["text"]) for each in said] == [(2, "two #sun @bob"), (1, "one #sea @bob")]
    assert (await read(bob, made["id"]))["edited_at"] is not None
    assert [await texts(bob, f"/tags/{tag}/posts") for tag in ("sea", "sun")] == [[], []]
    told = await facts(app)
    assert (told.count("PostEdited"), told.count("Mentioned")) == (2, 1)


async def test_nobody_changes_what_another_said(app: App, ada: Person, bob: Person) -> None:
    made = await post(ada, "mine")
    assert (await bob.patch(f"/posts/{made['id']}", {"text": "yours"})).json()["code"] == "not_your_post"
    assert (await bob.delete(f"/posts/{made['id']}")).json()["code"] == "not_your_post"
    assert (await read(bob, made["id"]))["text"] == "mine"
    old = {"If-Match": '"1.0"'}
    await ada.patch(f"/posts/{made['id']}", {"text": "changed"})
    assert (await ada.patch(f"/posts/{made['id']}", {"text": "late"}, headers=old)).status_code == 412


async def test_a_draft_is_its_authors_alone_until_it_is_published_once(app: App, ada: Person, bob: Person) -> None:
    made = await post(ada, "", draft=True)
    assert (await bob.get(f"/posts/{made['id']}")).status_code == 404
    assert (await ada.put(f"/posts/{made['id']}/publication")).json()["code"] == "empty_post"
    await ada.patch(f"/posts/{made['id']}", {"text": "#sea at last", "visibility": "unlisted"})
    assert await texts(ada, "/posts", state="draft") == ["#sea at last"]
    done = await asyncio.gather(*(ada.put(f"/posts/{made['id']}/publication") for _ in range(4)))
    assert {each.status_code for each in done} == {200}
    assert (await facts(app)).count("PostPublished") == 1
    assert (await read(bob, made["id"]))["text"] == "#sea at last"
    assert await texts(bob, "/posts", channel_id=ada.channel_id) == []
    assert await texts(bob, "/tags/sea/posts") == []
    assert (await ada.patch(f"/posts/{made['id']}", {"visibility": "public"})).json()["code"] == "already_said"


async def test_what_waits_is_published_once_when_its_time_has_come(app: App, ada: Person, bob: Person) -> None:
    made = await post(ada, "later #sea", publish_at=in_future())
    assert (made["state"], (await bob.get(f"/posts/{made['id']}")).status_code) == ("scheduled", 404)
    await publish_due(app)
    assert (await bob.get(f"/posts/{made['id']}")).status_code == 404
    await let_time_pass(app, made["id"])
    await asyncio.gather(*(publish_due(app) for _ in range(3)))
    assert (await read(bob, made["id"]))["publish_at"] is None
    assert (await facts(app)).count("PostPublished") == 1


async def test_what_may_not_be_said_any_more_when_its_time_comes_is_a_draft_again(
    app: App, ada: Person, bob: Person
) -> None:
    asked = await post(ada, "what do you think?")
    made = await post(bob, "this", parent_id=asked["id"], publish_at=in_future())
    await ada.patch(f"/posts/{asked['id']}", {"reply_policy": "nobody"})
    await let_time_pass(app, made["id"])
    await publish_due(app)
    assert (await read(bob, made["id"]))["state"] == "draft"


async def test_an_author_decides_who_quotes(app: App, ada: Person, bob: Person) -> None:
    made = await post(ada, "mine", quote_policy="followers")
    assert (await bob.post("/posts", {"quote_id": made["id"]})).json()["code"] == "quotes_not_allowed"
    await bob.put(f"/follows/{ada.channel_id}")
    quote = await post(bob, "look", quote_id=made["id"])
    assert (quote["quote"]["state"], quote["quote"]["text"]) == ("shown", "mine")
    assert (await read(ada, made["id"]))["quote_count"] == 1
    assert await texts(ada, f"/posts/{made['id']}/quotes") == ["look"]
    assert (await bob.delete(f"/posts/{made['id']}/quotes/{quote['id']}")).status_code == 403
    for _ in range(2):
        assert (await ada.delete(f"/posts/{made['id']}/quotes/{quote['id']}")).status_code == 204
    shown = (await read(bob, quote["id"]))["quote"]
    assert (shown["state"], shown["text"], shown["author"]) == ("revoked", None, None)
    assert (await read(ada, made["id"]))["quote_count"] == 0


async def test_a_video_is_quoted_with_its_owners_consent(app: App, ada: Person, bob: Person) -> None:
    film = await video(app, ada, visibility="public")
    hidden = await video(app, ada, visibility="private")
    quote = await post(bob, "", quote_id=film["id"])
    assert (quote["quote"]["video_id"], quote["quote"]["title"]) == (film["id"], film["title"])
    assert (await bob.post("/posts", {"quote_id": hidden["id"]})).status_code == 404
    assert (await ada.patch("/me/posting", {"video_quote_policy": "nobody"})).status_code == 200
    assert (await bob.post("/posts", {"quote_id": film["id"]})).json()["code"] == "quotes_not_allowed"
    await ada.patch(f"/videos/{film['id']}", {"visibility": "private"})
    assert (await read(bob, quote["id"]))["quote"]["state"] == "unavailable"


async def test_a_repost_is_one_however_often(app: App, ada: Person, bob: Person) -> None:
    made, narrow = await post(ada, "all"), await post(ada, "few", visibility="unlisted")
    await asyncio.gather(*(bob.put(f"/reposts/{made['id']}") for _ in range(5)))
    assert (await read(bob, made["id"]))["repost_count"] == 1
    assert (await read(bob, made["id"]))["reposted"] is True
    assert (await bob.put(f"/reposts/{narrow['id']}")).json()["code"] == "cannot_repost"
    listed = (await ada.get("/reposts", params={"channel_id": bob.channel_id})).json()["items"]
    assert [each["subject_id"] for each in listed] == [made["id"]]
    for _ in range(2):
        assert (await bob.delete(f"/reposts/{made['id']}")).json()["reposted"] is False
    assert (await read(ada, made["id"]))["repost_count"] == 0


async def test_photos_are_made_anew_and_are_those_of_who_may_see_the_post(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    upload, other = await photo(ada, turned_jpeg()), await photo(ada)
    made = await post(ada, "", photos=[{"upload_id": upload, "alt": "A <lighthouse>"}], visibility="followers")
    assert (made["photos"][0]["state"], made["photos"][0]["url"]) == ("processing", None)
    await deliver()
    (shown,) = (await read(ada, made["id"]))["photos"]
    assert (shown["state"], shown["alt"], shown["width"], shown["height"]) == ("ready", "A <lighthouse>", 300, 400)
    assert "~" in shown["url"]
    served = await client.get(shown["url"])
    assert served.status_code == 200
    assert b"SECRETMAKER" not in served.content
    assert (await client.get(f"/media/{shown['url'].split('/')[-2]}/photo.jpg")).status_code == 404
    assert (await bob.get(f"/posts/{made['id']}")).status_code == 404
    again = await ada.post("/posts", {"photos": [{"upload_id": upload}]})
    assert again.json()["code"] == "photo_already_used"
    assert (await bob.post("/posts", {"photos": [{"upload_id": other}]})).status_code == 404
    eleven = {"photos": [{"upload_id": other}] * 11}
    assert (await ada.post("/posts", eleven)).status_code == 422


async def test_a_page_costs_one_statement_however_long(app: App, ada: Person, bob: Person) -> None:
    for number in range(6):
        await post(ada, f"number {number} #sea @bob", poll={"options": ["a", "b"]})
    for path in ("/posts", "/tags/sea/posts"):
        for limit in (2, 6):
            async with counted(app) as statements:
                answer = await bob.get(path, params={"limit": limit})
            assert len(answer.json()["items"]) == limit
            assert len([each for each in statements if "FROM posts" in each]) == 1, path


async def test_settings_are_made_once_however_many_tabs_change_them_first(app: App, ada: Person) -> None:
    changes = [{"language": "de"}, {"visibility": "unlisted"}, {"reply_policy": "nobody"}, {"quote_policy": "nobody"}]
    answers = await asyncio.gather(*(ada.patch("/me/posting", each) for each in changes))
    assert [each.status_code for each in answers] == [200] * 4, [each.text for each in answers]
    known = (await ada.get("/me/posting")).json()
    assert all(known.items() >= each.items() for each in changes)


async def test_following_as_many_hashtags_as_one_can_twice_is_following_them_once(
    app: App, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "MOST_FOLLOWED", 1)
    for _ in range(2):
        assert (await ada.put("/me/tags/sea")).status_code == 200
    assert (await ada.put("/me/tags/hills")).json()["code"] == "too_many_hashtags"
    assert [each["tag"] for each in (await ada.get("/me/tags")).json()["items"]] == ["sea"]
