"""oEmbed, by a consumer of others and by the letter of https://oembed.com."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from xml.etree import ElementTree as ET

import httpx2
import micawber
import pytest
from tests.factories.accounts import Person
from tests.factories.graph import block, make_private
from tests.factories.posts import post
from tests.factories.videos import in_future, video

from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
SITE = "http://localhost:8000"
HOSTILE = '"><script>alert(1)</script> \u05d0 \U0001f30a'
NEEDED = {"type", "version"}
VIDEO = NEEDED | {"html", "width", "height"}


async def asked(client: httpx2.AsyncClient, url: str, **more: Any) -> httpx2.Response:
    return await client.get("/oembed", params={"url": url, **more})


async def test_a_video_can_be_shown_elsewhere(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    made = await video(app, ada, title=HOSTILE)
    for page in (f"/watch/{made['id']}", f"/embed/{made['id']}", f"/watch/{made['id']}/?t=3"):
        answer = await asked(client, SITE + page)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert set(body) >= VIDEO
        assert (body["type"], body["version"]) == ("video", "1.0")
        assert (body["width"], body["height"]) == (640, 360)
        assert body["title"] == HOSTILE
        assert body["author_url"] == f"{SITE}/@ada"
        assert body["provider_url"] == SITE
        assert body["html"].startswith(f'<iframe src="{SITE}/embed/{made["id"]}" width="640" height="360"')
        assert "<script" not in body["html"]
        assert body["thumbnail_url"] == SITE + made["playback"]["poster"]
        assert None not in body.values()
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_xml_says_the_same(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    made = await video(app, ada, title=HOSTILE)
    url = f"{SITE}/watch/{made['id']}"
    answer = await asked(client, url, format="xml")
    assert answer.headers["content-type"].startswith("text/xml")
    root = ET.fromstring(answer.content)
    assert root.tag == "oembed"
    said = {child.tag: child.text for child in root}
    assert said == {name: str(value) for name, value in (await asked(client, url, format="json")).json().items()}


async def test_a_consumer_of_others_understands_it(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    made = await video(app, ada, title="The sea", seconds=12)
    said = await post(ada, "words about the sea")
    loop = asyncio.get_running_loop()

    class Provider(micawber.Provider):
        """Asks the API of this test, which has no socket; everything else is the library's own."""

        def fetch(self, url: str) -> Any:
            return asyncio.run_coroutine_threadsafe(client.get(url.removeprefix(SITE)), loop).result(30).text

    registry = micawber.ProviderRegistry()
    registry.register(rf"{SITE}/(watch|post)/\S+", Provider(f"{SITE}/oembed"))
    for path, title in ((f"/watch/{made['id']}", "The sea"), (f"/post/{said['id']}", "words about the sea")):
        taken = await asyncio.to_thread(registry.request, SITE + path, maxwidth=300)
        assert (taken["title"], taken["width"]) == (title, 300)
        html = await asyncio.to_thread(micawber.parse_html, f"<p>{SITE}{path}</p>", registry, maxwidth=300)
        assert html.startswith("<p><iframe ")
        assert f'src="{SITE}/embed/{path.rpartition("/")[2]}"' in html


@pytest.mark.parametrize(
    ("room", "size"),
    [
        ({"maxwidth": 320}, (320, 180)),
        ({"maxheight": 90}, (160, 90)),
        ({"maxwidth": 1280, "maxheight": 1280}, (1280, 720)),
        ({"maxwidth": 100, "maxheight": 1000}, (100, 56)),
        ({"maxwidth": 1}, (1, 1)),
    ],
)
async def test_it_fits_into_the_room_that_there_is(
    app: App, client: httpx2.AsyncClient, ada: Person, room: dict[str, int], size: tuple[int, int]
) -> None:
    made = await video(app, ada)
    body = (await asked(client, f"{SITE}/watch/{made['id']}", **room)).json()
    assert (body["width"], body["height"]) == size
    fits = room.get("maxwidth", 9_999) >= 640 and room.get("maxheight", 9_999) >= 360
    assert ("thumbnail_url" in body) == ("thumbnail_width" in body) == ("thumbnail_height" in body) == fits


async def test_a_post_can_be_shown_elsewhere(client: httpx2.AsyncClient, ada: Person) -> None:
    made = await post(ada, f"{HOSTILE} and more")
    body = (await asked(client, f"{SITE}/post/{made['id']}", maxwidth=400, maxheight=300)).json()
    assert (body["type"], body["width"], body["height"]) == ("rich", 400, 300)
    assert f'src="{SITE}/embed/{made["id"]}"' in body["html"]
    assert "<script" not in body["html"]


async def test_what_not_everybody_may_see_is_as_if_it_did_not_exist(
    app: App, client: httpx2.AsyncClient, ada: Person, person: People
) -> None:
    pia, bob = await person("pia"), await person("bob")
    await make_private(pia)
    public = await video(app, ada)
    await block(ada, bob)
    hidden = [
        (await video(app, ada, **fields))["id"]
        for fields in (
            {"visibility": "private"},
            {"visibility": "followers"},
            {"visibility": "named"},
            {"visibility": "password", "password": "open sesame"},
            {"mark": "adult"},
            {"publish_at": in_future()},
            {"state": "draft"},
            {"state": "processing"},
        )
    ]
    hidden += [(await video(app, pia))["id"]]
    said = [(await post(ada, "x", visibility=each))["id"] for each in ("followers", "private")]
    said += [(await post(pia, "x"))["id"], (await post(ada, "x", mark="adult"))["id"]]
    said += [(await post(ada, "x", draft=True))["id"]]
    urls = [f"{SITE}/watch/{each}" for each in hidden] + [f"{SITE}/post/{each}" for each in said]
    nothing = await asked(client, f"{SITE}/watch/vid_01jdxyz7q4e5v8w9r0t1y2p3a4")
    assert nothing.status_code == 404

    def said_by(answer: httpx2.Response) -> dict[str, Any]:
        return {key: value for key, value in answer.json().items() if key != "request_id"}

    for url in urls:
        # Its owner is told no more: what is answered may be pasted anywhere.
        for caller in (client, ada.http, pia.http):
            assert said_by(await asked(caller, url)) == said_by(nothing), url
    assert (await asked(bob.http, f"{SITE}/watch/{public['id']}")).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/watch/vid_01jdxyz7q4e5v8w9r0t1y2p3a4",
        "http://localhost:8000.evil.example/watch/vid_01jdxyz7q4e5v8w9r0t1y2p3a4",
        "http://localhost:8000@evil.example/watch/vid_01jdxyz7q4e5v8w9r0t1y2p3a4",
        "javascript:alert(1)",
        "//localhost:8000/",
        "http://[::1",
        "http://localhost:8000/settings",
        "http://localhost:8000/watch/../settings",
        "",
    ],
)
async def test_what_is_none_of_ours_is_not_found(client: httpx2.AsyncClient, url: str) -> None:
    assert (await asked(client, url)).status_code == 404


async def test_statuses_are_those_of_the_specification(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    made = await video(app, ada, embed_domains=[])
    url = f"{SITE}/watch/{made['id']}"
    answer = await asked(client, url)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_embeddable")
    assert "www-authenticate" not in answer.headers
    for form in ("yaml", "JSON", ""):
        answer = await asked(client, url, format=form)
        assert (answer.status_code, answer.json()["code"]) == (501, "format_not_offered")
    assert (await client.get("/oembed")).status_code == 422
    for bad in ({"maxwidth": 0}, {"maxheight": "x"}, {"maxwidth": -5}):
        assert (await asked(client, url, **bad)).status_code == 422


async def test_what_a_channel_says_of_frames_holds_for_its_posts(client: httpx2.AsyncClient, ada: Person) -> None:
    made = await post(ada, "words")
    url = f"{SITE}/post/{made['id']}"
    assert (await ada.patch(f"/channels/{ada.channel_id}", {"embed_domains": []})).status_code == 200
    assert (await asked(client, url)).status_code == 401
    assert (await ada.patch(f"/channels/{ada.channel_id}", {"embed_domains": ["example.org"]})).status_code == 200
    assert (await asked(client, url)).status_code == 200


async def test_whoever_has_the_address_of_something_unlisted_can_show_it(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    made = await video(app, ada, visibility="unlisted")
    body = (await asked(client, f"{SITE}/watch/{made['id']}")).json()
    assert body["type"] == "video"
    # Its picture's address is signed for a while, which ends before the answer does.
    assert "thumbnail_url" not in body
