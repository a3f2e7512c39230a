"""Feeds as other people's programs read them."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import httpx2
import orjson
import pytest
from tests.factories.accounts import Person
from tests.factories.channels import let_handles_go, rename
from tests.factories.graph import block, make_private
from tests.factories.posts import photo, post
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
SITE = "http://localhost:8000"
HOSTILE = "</script><b>\u202e right \U0001f30a & ]]> \"q\" 'q'"
FORMS = ("rss", "atom", "json")


async def parsed(client: httpx2.AsyncClient, path: str, **headers: str) -> Any:
    """A feed as feedparser reads it, which must find nothing wrong with it."""
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    found = feedparser.parse(answer.content, response_headers={"content-type": answer.headers["content-type"]})
    assert not found.bozo, found.bozo_exception
    return found


async def test_videos_of_a_channel_are_read_as_rss(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    said = {"title": HOSTILE, "description": "One line\nand <i>another</i>", "tags": ["sea", "walks"]}
    made = await video(app, ada, seconds=75, allow_download=True, **said)
    found = await parsed(client, "/feeds/channels/@ada/videos.rss")
    assert found.version == "rss20"
    assert found.feed.title == f"{made['channel']['display_name']} (@ada)"
    assert found.feed.link == f"{SITE}/@ada"
    (entry,) = found.entries
    assert entry.title == HOSTILE
    assert entry.link == entry.id == f"{SITE}/watch/{made['id']}"
    assert "&lt;i&gt;another" in entry.description
    assert "<br" in entry.description
    assert [tag.term for tag in entry.tags] == ["sea", "walks"]
    assert entry.itunes_duration == "75"
    (file,) = entry.enclosures
    assert file.href == f"{SITE}/api/v1/videos/{made['id']}/download?ready=true"
    assert file.type == "video/mp4"
    assert entry.media_thumbnail[0]["url"] == f"{SITE}{made['playback']['poster']}"
    assert entry.media_player["url"] == f"{SITE}/embed/{made['id']}"
    streams = [each["url"] for each in entry.media_content]
    assert f"{SITE}{made['playback']['hls_url']}" in streams
    assert datetime(*entry.published_parsed[:6], tzinfo=UTC) == datetime.fromisoformat(made["published_at"]).replace(
        microsecond=0
    )


async def test_posts_of_a_channel_are_read_as_atom(
    client: httpx2.AsyncClient, ada: Person, deliver: Callable[..., Awaitable[int]]
) -> None:
    upload = await photo(ada)
    words = f"{HOSTILE.replace(chr(0x202E), chr(0x5D0))} #Sea and @ada at https://example.org/x?a=1&b=2"
    made = await post(ada, words, photos=[{"upload_id": upload, "alt": 'alt "<x>"'}], language="en")
    await deliver(times=1)
    found = await parsed(client, "/feeds/channels/@ada/posts.atom")
    assert found.version == "atom10"
    (entry,) = found.entries
    assert entry.link == f"{SITE}/post/{made['id']}"
    assert entry.author == made["author"]["display_name"]
    assert entry.author_detail.href == f"{SITE}/@ada"
    content = entry.content[0]
    assert content.language == "en"
    raw = (await client.get("/feeds/channels/@ada/posts.atom")).text
    html = next(ET.fromstring(raw).iter("{http://www.w3.org/2005/Atom}content")).text or ""
    assert "&lt;/script&gt;&lt;b&gt;" in html
    assert "<script" not in html
    assert f'<a href="{SITE}/tags/sea" rel="nofollow ugc noopener">#Sea</a>' in html
    assert 'href="https://example.org/x?a=1&amp;b=2"' in html
    assert f'<a href="{SITE}/@ada"' in html
    assert f'<img src="{SITE}/media/ast_' in html
    assert 'alt="alt &#34;&lt;x&gt;&#34;"' in html
    assert [tag.term for tag in entry.tags] == ["sea"]


async def test_a_json_feed_says_the_same_and_holds_no_null(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    made = await video(app, ada, title=HOSTILE, tags=["sea"], allow_download=True)
    answer = await client.get("/feeds/channels/@ada/videos.json")
    assert answer.headers["content-type"] == "application/feed+json"
    body = answer.json()
    assert body["version"] == "https://jsonfeed.org/version/1.1"
    assert body["feed_url"] == f"{SITE}/feeds/channels/@ada/videos.json"
    (item,) = body["items"]
    assert item["title"] == HOSTILE
    assert item["id"] == f"{SITE}/watch/{made['id']}"
    assert item["attachments"][0]["mime_type"] == "video/mp4"
    assert item["authors"] == [{"name": made["channel"]["display_name"], "url": f"{SITE}/@ada"}]
    assert b"null" not in answer.content


async def test_what_xml_cannot_write_is_left_out(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    await video(app, ada, title="a\ufffeb\U0001f468\u200d\U0001f469 \u05d0\u05d1", description="x\uffff\u200fy")
    for form in ("rss", "atom"):
        (entry,) = (await parsed(client, f"/feeds/channels/@ada/videos.{form}")).entries
        assert entry.title == "ab\U0001f468\u200d\U0001f469 \u05d0\u05d1"
    body = (await client.get("/feeds/channels/@ada/videos.json")).content
    assert orjson.loads(body)["items"][0]["title"].startswith("a")


@pytest.mark.parametrize("form", FORMS)
async def test_an_empty_feed_is_a_feed(client: httpx2.AsyncClient, ada: Person, form: str) -> None:
    for path in (
        f"/feeds/channels/@ada/posts.{form}",
        f"/feeds/tags/nothing/posts.{form}",
        f"/feeds/tags/x/videos.{form}",
    ):
        answer = await client.get(path)
        assert answer.status_code == 200
        if form != "json":
            assert not feedparser.parse(answer.content).bozo
        else:
            assert answer.json()["items"] == []


async def test_a_feed_is_read_to_its_end_by_the_pages_of_rfc_5005(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    said = [(await post(ada, f"number {number} #sea"))["id"] for number in range(33)]
    for start in ("/feeds/channels/@ada/posts.atom", "/feeds/tags/sea/posts.atom", "/feeds/channels/@ada/posts.rss"):
        found, path = [], start
        for _ in range(3):
            page = await parsed(client, path)
            found += [entry.link.rpartition("/")[2] for entry in page.entries]
            links = {link.rel: link.href for link in page.feed.links}
            assert links["first"] == f"{SITE}{start}"
            assert links["self"] == f"{SITE}{path}"
            if "next" not in links:
                break
            path = links["next"].removeprefix(SITE)
        assert found == said[::-1], start
    body, found = (await client.get("/feeds/channels/@ada/posts.json")).json(), []
    found += [item["id"] for item in body["items"]]
    found += [item["id"] for item in (await client.get(body["next_url"].removeprefix(SITE))).json()["items"]]
    assert len(set(found)) == 33


async def test_a_cursor_of_another_feed_is_refused(client: httpx2.AsyncClient, ada: Person, person: People) -> None:
    await person("bob")
    for number in range(31):
        await post(ada, f"number {number}")
    foreign = (await client.get("/feeds/channels/@ada/posts.json")).json()["next_url"].partition("?")[2]
    answer = await client.get(f"/feeds/channels/@bob/posts.json?{foreign}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_whoever_has_the_feed_is_told_that_it_is_the_same(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    made = await post(ada, "one")
    path = "/feeds/channels/@ada/posts.rss"
    first = await client.get(path)
    assert first.headers["cache-control"] == "public, max-age=60"
    tag, when = first.headers["etag"], first.headers["last-modified"]
    for headers in ({"If-None-Match": tag}, {"If-None-Match": f'W/{tag}, "x"'}, {"If-Modified-Since": when}):
        again = await client.get(path, headers=headers)
        assert (again.status_code, again.content) == (304, b""), headers
        assert again.headers["etag"] == tag
    # The tag counts where both are given, and what is no date counts for nothing.
    for headers in ({"If-None-Match": '"x"', "If-Modified-Since": when}, {"If-Modified-Since": "yesterday"}):
        assert (await client.get(path, headers=headers)).status_code == 200
    earlier = datetime.now(UTC) - timedelta(days=1)
    old = {"If-Modified-Since": f"{earlier:%a, %d %b %Y %H:%M:%S GMT}"}
    assert (await client.get(path, headers=old)).status_code == 200
    assert (await ada.delete(f"/posts/{made['id']}")).status_code == 204
    assert made["id"] not in (await client.get(path, headers={"If-None-Match": tag})).text


async def test_whose_feed_there_is_none_is_not_told_apart_from_nobody(
    client: httpx2.AsyncClient, ada: Person, person: People
) -> None:
    pia = await person("pia")
    await post(pia, "for my followers")
    await make_private(pia)
    for reference in ("@pia", pia.channel_id, "@nobody", "chn_nonsense"):
        for form in FORMS:
            answer = await client.get(f"/feeds/channels/{reference}/posts.{form}")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), reference


async def test_blocks_hold_for_whoever_is_known(client: httpx2.AsyncClient, ada: Person, person: People) -> None:
    bob = await person("bob")
    await post(ada, "hello #sea")
    await block(ada, bob)
    for path in ("/feeds/channels/@ada/posts.rss", f"/feeds/channels/{ada.channel_id}/posts.json"):
        assert (await bob.http.get(path)).status_code == 404
        assert (await client.get(path)).status_code == 200
    mine = await bob.http.get("/feeds/tags/sea/posts.json")
    assert mine.json()["items"] == []
    assert mine.headers["cache-control"] == "private, no-cache"
    assert len((await client.get("/feeds/tags/sea/posts.json")).json()["items"]) == 1


async def test_nobody_gets_more_than_nobody(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    await video(app, ada, title="for followers", visibility="followers")
    await video(app, ada, title="a draft", visibility="private")
    await post(ada, "for followers", visibility="followers")
    for path in ("/feeds/channels/@ada/videos.json", "/feeds/channels/@ada/posts.json"):
        assert (await ada.http.get(path)).json()["items"] == []


async def test_an_owner_who_lets_nobody_download_gives_no_file(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    await video(app, ada, allow_download=False)
    (entry,) = (await parsed(client, "/feeds/channels/@ada/videos.rss")).entries
    assert entry.enclosures == []


async def test_a_sensitive_post_is_not_quoted_in_its_title(client: httpx2.AsyncClient, ada: Person) -> None:
    await post(ada, "a spoiler", mark="sensitive")
    (entry,) = (await parsed(client, "/feeds/channels/@ada/posts.rss")).entries
    assert "spoiler" not in entry.title
    assert "sensitive" in entry.title


async def test_a_feed_of_many_takes_as_many_questions_as_a_feed_of_one(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    async def asked(path: str) -> int:
        app.cache.clear()
        async with counted(app) as statements:
            assert (await client.get(path)).status_code == 200
        return len(statements)

    await video(app, ada, tags=["sea"])
    one = [await asked(f"/feeds/{which}/videos.rss") for which in ("channels/@ada", "tags/sea")]
    for _ in range(4):
        await video(app, ada, tags=["sea"])
    assert [await asked(f"/feeds/{which}/videos.rss") for which in ("channels/@ada", "tags/sea")] == one
    assert one == [3, 2]


async def test_a_form_that_is_none_is_refused(client: httpx2.AsyncClient, ada: Person, settings: Settings) -> None:
    for path in ("/feeds/channels/@ada/videos.pdf", "/feeds/channels/@ada/secrets.rss", "/feeds/tags/%23/posts.rss"):
        answer = await client.get(path)
        assert answer.status_code == 422, path
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_feed_is_found_by_a_former_handle_for_a_time(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    await video(app, ada, title="Cards")
    await rename(ada, ada.channel_id, "countess")
    for handle in ("ada", "countess"):
        found = await parsed(client, f"/feeds/channels/@{handle}/videos.rss")
        assert (found.feed.link, [entry.title for entry in found.entries]) == (f"{SITE}/@countess", ["Cards"])
    await let_handles_go(app)
    assert (await client.get("/feeds/channels/@ada/videos.rss")).status_code == 404
