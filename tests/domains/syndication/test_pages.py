"""What pages say of themselves, as programs of others read it."""

import json
import re
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from tests.factories.accounts import PASSWORD, Person
from tests.factories.graph import make_private
from tests.factories.posts import photo, post
from tests.factories.videos import in_future, video

from socialflow.kernel.work import App
from socialflow.web.structured import duration

with warnings.catch_warnings():
    # Of packages that it draws in and that are not used here.
    warnings.simplefilter("ignore")
    import extruct

People = Callable[..., Awaitable[Person]]
SITE = "http://localhost:8000"
HOSTILE = "</script><script>alert(1)</script><!-- \u05d0\u05d1 \U0001f30a \u2028 & \"'"


async def read(client: httpx2.AsyncClient, path: str) -> dict[str, Any]:
    """A page's JSON-LD by type, its Open Graph, its links and its other meta."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    page = answer.text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = extruct.extract(page, base_url=SITE, syntaxes=["json-ld", "opengraph"])
    graphs = [thing for document in found["json-ld"] for thing in document["@graph"]]
    return {
        "page": page,
        "ld": {thing["@type"]: thing for thing in graphs},
        "og": dict(found["opengraph"][0]["properties"]) if found["opengraph"] else {},
        "links": re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)"', page),
        "canonical": re.findall(r'<link rel="canonical" href="([^"]+)"', page),
        "noindex": '<meta name="robots" content="noindex">' in page,
        "meta": dict(re.findall(r'<meta name="(twitter:[^"]+)" content="([^"]*)"', page)),
    }


async def test_a_watch_page_is_a_video_object(
    app: App, client: httpx2.AsyncClient, ada: Person, deliver: Callable[..., Awaitable[int]]
) -> None:
    said = {"title": HOSTILE, "description": HOSTILE, "tags": ["sea", "walks"]}
    made = await video(app, ada, seconds=3_723, **said)
    chapters = [{"start_ms": 0, "title": "One </script>"}, {"start_ms": 60_000, "title": "Two"}]
    assert (await ada.put(f"/videos/{made['id']}/chapters", json={"chapters": chapters})).is_success
    # The track is written from them.
    await deliver(times=1)
    assert (await ada.put(f"/likes/{made['id']}")).is_success
    app.cache.clear()
    found = await read(client, f"/watch/{made['id']}")
    url = f"{SITE}/watch/{made['id']}"
    said_of = found["ld"]["VideoObject"]
    # A separator of lines is taken out of what people write.
    assert said_of["name"] == made["title"]
    assert "</script><script>alert(1)" in made["title"]
    assert said_of["duration"] == "PT1H2M3S"
    assert said_of["uploadDate"] == made["published_at"]
    assert said_of["thumbnailUrl"] == [SITE + made["playback"]["poster"]]
    assert said_of["embedUrl"] == f"{SITE}/embed/{made['id']}"
    counters = {
        each["interactionType"]["@type"]: each["userInteractionCount"] for each in said_of["interactionStatistic"]
    }
    assert counters == {"https://schema.org/LikeAction": 1, "https://schema.org/CommentAction": 0}
    clips = said_of["hasPart"]
    assert [(clip["startOffset"], clip["endOffset"], clip["url"]) for clip in clips] == [
        (0, 60, f"{url}?t=0"),
        (60, 3723, f"{url}?t=60"),
    ]
    crumbs = [step["item"] for step in found["ld"]["BreadcrumbList"]["itemListElement"]]
    assert crumbs == [f"{SITE}/", f"{SITE}/@ada", url]
    assert found["og"]["og:type"] == "video.other"
    assert found["og"]["og:title"] == made["title"]
    assert found["og"]["og:image"] == SITE + made["playback"]["poster"]
    assert found["og"]["og:video"] == f"{SITE}/embed/{made['id']}"
    assert found["meta"]["twitter:card"] == "player"
    assert found["canonical"] == [url]
    assert not found["noindex"]
    kinds = [kind for kind, _ in found["links"]]
    assert kinds[:2] == ["application/json+oembed", "text/xml+oembed"]
    assert kinds.count("application/rss+xml") == 2
    # Nothing that a person wrote has become markup.
    assert "<script>alert(1)" not in found["page"]
    for script in re.findall(r'<script type="application/ld\+json">(.*?)</script>', found["page"], re.DOTALL):
        assert not re.search("[<>&\u2028]", script)
        json.loads(script)
    for _, href in found["links"]:
        assert (await client.get(href.replace("&amp;", "&").removeprefix(SITE))).status_code == 200, href


async def test_what_is_for_those_with_the_address_is_previewed_and_not_indexed(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    made = await video(app, ada, title="A secret walk", visibility="unlisted")
    found = await read(client, f"/watch/{made['id']}")
    assert found["noindex"]
    assert found["og"]["og:title"] == "A secret walk"
    assert found["ld"] == {}
    said = await post(ada, "secret words", visibility="unlisted")
    found = await read(client, f"/post/{said['id']}")
    assert found["noindex"]
    assert found["og"]["og:description"] == "secret words"
    assert found["ld"] == {}


async def test_what_few_may_see_says_nothing_of_itself(
    app: App, connect: Callable[..., httpx2.AsyncClient], ada: Person
) -> None:
    owner = connect(**{"X-Session": "cookie"})
    made = [
        await video(app, ada, title="hidden", **fields)
        for fields in ({"visibility": "private"}, {"visibility": "followers"}, {"mark": "adult"})
    ]
    made += [await video(app, ada, title="hidden", publish_at=in_future())]
    said = [await post(ada, "hidden", visibility=each) for each in ("private", "followers")]
    session = await owner.post("/api/v1/auth/login", json={"login": "ada", "password": PASSWORD})
    assert session.status_code == 200
    for path in [f"/watch/{each['id']}" for each in made] + [f"/post/{each['id']}" for each in said]:
        found = await read(owner, path)
        assert found["noindex"], path
        assert (found["og"], found["ld"], found["links"]) == ({}, {}, []), path


async def test_a_channel_is_a_profile_with_its_feeds(
    app: App, client: httpx2.AsyncClient, ada: Person, person: People
) -> None:
    assert (
        await ada.patch(f"/channels/{ada.channel_id}", {"bio": HOSTILE, "display_name": "Ada </script>"})
    ).is_success
    bob = await person("bob")
    await bob.put(f"/follows/{ada.channel_id}")
    app.cache.clear()
    for path in ("/@ada", "/@ada/posts"):
        found = await read(client, path)
        page = found["ld"]["ProfilePage"]
        who = page["mainEntity"]
        assert (who["name"], who["alternateName"], who["identifier"]) == ("Ada </script>", "@ada", ada.channel_id)
        (followers,) = who["interactionStatistic"]
        assert followers["userInteractionCount"] == 1
        assert found["canonical"] == [SITE + path]
        assert found["og"]["og:type"] == "profile"
        assert found["og"]["profile:username"] == "ada"
        feeds = [href for _, href in found["links"]]
        assert f"{SITE}/feeds/channels/@ada/videos.rss" in feeds
        assert len(feeds) == 6
        for href in feeds:
            assert (await client.get(href.removeprefix(SITE))).status_code == 200
    await make_private(ada)
    found = await read(client, "/@ada")
    assert found["noindex"]
    assert (found["links"], found["ld"]) == ([], {})


async def test_a_post_is_a_posting_with_its_picture(
    client: httpx2.AsyncClient, ada: Person, deliver: Callable[..., Awaitable[int]]
) -> None:
    upload = await photo(ada)
    words = "</script><b>#Sea \U0001f30a"
    made = await post(ada, words, photos=[{"upload_id": upload, "alt": 'a "boat"'}], language="en")
    await deliver(times=1)
    found = await read(client, f"/post/{made['id']}")
    said = found["ld"]["SocialMediaPosting"]
    assert said["articleBody"] == words
    assert said["author"] == {"@type": "Person", "name": made["author"]["display_name"], "url": f"{SITE}/@ada"}
    assert said["datePublished"] == made["published_at"]
    assert said["keywords"] == "sea"
    assert said["image"][0].startswith(f"{SITE}/media/ast_")
    assert found["og"]["og:type"] == "article"
    assert found["og"]["og:image"] == said["image"][0]
    assert found["og"]["og:image:alt"] == 'a "boat"'
    assert found["meta"]["twitter:card"] == "summary_large_image"


async def test_what_is_marked_is_not_told_beforehand(client: httpx2.AsyncClient, ada: Person) -> None:
    made = await post(ada, "how it ends", mark="sensitive")
    found = await read(client, f"/post/{made['id']}")
    assert "how it ends" not in json.dumps(found["og"]) + json.dumps(found["ld"])
    assert found["ld"]["SocialMediaPosting"]["isFamilyFriendly"] is False


async def test_pages_of_tags_name_their_feeds(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    await post(ada, "by the #Sea")
    await video(app, ada, tags=["sea"])
    for path, kind in (("/tags/sea", "posts"), ("/tag/sea", "videos")):
        found = await read(client, path)
        assert found["canonical"] == [SITE + path]
        assert [href for _, href in found["links"]] == [
            f"{SITE}/feeds/tags/sea/{kind}.{form}" for form in ("rss", "atom", "json")
        ]
        assert set(found["ld"]) == {"CollectionPage", "BreadcrumbList"}
        assert not found["noindex"]
    assert (await read(client, "/tags/nothing"))["noindex"]


async def test_a_post_is_shown_in_a_frame_to_whom_its_channel_lets(
    client: httpx2.AsyncClient, ada: Person, person: People
) -> None:
    made = await post(ada, "</script><b>words")
    path = f"/embed/{made['id']}"
    answer = await client.get(path)
    assert answer.status_code == 200
    assert "frame-ancestors *" in answer.headers["content-security-policy"]
    assert "x-frame-options" not in answer.headers
    assert "&lt;/script&gt;&lt;b&gt;words" in answer.text
    assert '<meta name="robots" content="noindex">' in answer.text
    assert "<form" not in answer.text

    await ada.patch(f"/channels/{ada.channel_id}", {"embed_domains": ["example.org"]})
    answer = await client.get(path)
    assert "frame-ancestors example.org" in answer.headers["content-security-policy"]
    await ada.patch(f"/channels/{ada.channel_id}", {"embed_domains": []})
    answer = await client.get(path)
    assert answer.status_code == 403
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "words" not in answer.text

    hidden = await post(ada, "for few", visibility="followers")
    for caller in (client, ada.http):
        assert (await caller.get(f"/embed/{hidden['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (None, None),
        (0, "PT0S"),
        (499, "PT0S"),
        (7_000, "PT7S"),
        (60_000, "PT1M"),
        (3_600_000, "PT1H"),
        (3_661_000, "PT1H1M1S"),
    ],
)
def test_a_duration_is_written_as_iso_8601_wants_it(milliseconds: int | None, said: str | None) -> None:
    assert duration(milliseconds) == said
