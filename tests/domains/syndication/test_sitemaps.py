"""The sitemap: an index, parts, and nothing in them that not everybody may see."""

from collections.abc import Awaitable, Callable
from xml.etree import ElementTree as ET

import httpx2
from tests.factories.accounts import Person
from tests.factories.graph import make_private
from tests.factories.posts import post
from tests.factories.videos import video

from socialflow.domains.syndication import service
from socialflow.domains.syndication.handlers import count_pages
from socialflow.domains.syndication.schemas import MapKind
from socialflow.domains.syndication.service import sitemaps
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
SITE = "http://localhost:8000"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
VIDEO = "{http://www.google.com/schemas/sitemap-video/1.1}"


async def root(client: httpx2.AsyncClient, path: str) -> ET.Element:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/xml"
    return ET.fromstring(answer.content)


async def places(client: httpx2.AsyncClient, path: str) -> list[str]:
    return [each.text or "" for each in (await root(client, path)).iter(f"{MAP}loc")]


async def test_robots_are_told_where_it_is(client: httpx2.AsyncClient) -> None:
    assert f"\nSitemap: {SITE}/sitemap.xml\n" in (await client.get("/robots.txt")).text


async def test_every_page_for_everybody_is_in_a_part_of_the_index(
    app: App, client: httpx2.AsyncClient, ada: Person, person: People
) -> None:
    pia = await person("pia")
    hostile = "</loc> & \ufffe \U0001f30a"
    shown = await video(app, ada, title=hostile, description=hostile, tags=["a&b", "sea"], seconds=90)
    hidden = [await video(app, ada, visibility=each) for each in ("unlisted", "followers", "private")]
    hidden += [await video(app, ada, mark="adult"), await video(app, pia)]
    said = await post(ada, "hello #Sea")
    unsaid = await post(ada, "hello", visibility="unlisted")
    await post(ada, "a reply", parent_id=said["id"])
    await make_private(pia)
    await count_pages(app)

    parts = await places(client, "/sitemap.xml")
    assert parts == [f"{SITE}/sitemaps/{kind}/1.xml" for kind in ("channels", "posts", "tags", "videos")]
    found = [place for part in parts for place in await places(client, part.removeprefix(SITE))]
    assert sorted(found) == sorted(
        [f"{SITE}/@ada", f"{SITE}/post/{said['id']}", f"{SITE}/tags/sea", f"{SITE}/watch/{shown['id']}"]
    )
    for each in (*hidden, unsaid):
        assert not any(each["id"] in place for place in found)
    (url,) = list(await root(client, "/sitemaps/videos/1.xml"))
    told = {child.tag.removeprefix(VIDEO): child.text for child in next(url.iter(f"{VIDEO}video"))}
    assert told["title"] == "</loc> &  \U0001f30a"
    assert told["thumbnail_loc"] == SITE + shown["playback"]["poster"]
    assert told["player_loc"] == f"{SITE}/embed/{shown['id']}"
    assert told["duration"] == "90"
    assert told["family_friendly"] == "yes"
    assert url.findtext(f"{MAP}lastmod", "").endswith("Z")


async def test_before_anything_was_counted_the_first_parts_hold_everything(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    made = await video(app, ada)
    assert len(await places(client, "/sitemap.xml")) == len(MapKind)
    assert await places(client, "/sitemaps/videos/1.xml") == [f"{SITE}/watch/{made['id']}"]


async def test_parts_are_cut_by_ids_and_hold_each_page_once(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    said = [(await post(ada, f"number {number}"))["id"] for number in range(7)]
    async with app.work(SYSTEM) as work:
        assert await service.count(work, MapKind.POSTS, 3) == 3
    later = (await post(ada, "after the count"))["id"]
    found = [await places(client, f"/sitemaps/posts/{number}.xml") for number in (1, 2, 3)]
    assert [len(each) for each in found] == [3, 3, 2]
    assert [place.rpartition("/")[2] for each in found for place in each] == [*said, later]
    assert (await client.get("/sitemaps/posts/4.xml")).status_code == 404
    # Fewer are left: the last parts go.
    for gone in said[:5]:
        assert (await ada.delete(f"/posts/{gone}")).status_code == 204
    async with app.work(SYSTEM) as work:
        assert await service.count(work, MapKind.POSTS, 3) == 2
    assert (await client.get("/sitemaps/posts/3.xml")).status_code == 404
    assert len(await places(client, "/sitemap.xml")) == 2


async def test_a_part_is_read_in_steps_and_never_longer_than_it_may_be(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    for number in range(5):
        await post(ada, f"number {number}")
    pieces = await sitemaps.part(app, MapKind.POSTS, 1, step=2, most=3)
    text = b"".join([piece async for piece in pieces])
    assert text.count(b"<url>") == 3
    assert ET.fromstring(text).tag == f"{MAP}urlset"


async def test_an_unknown_part_is_a_problem(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/sitemaps/videos/2.xml")).json()["code"] == "not_found"
    for path in ("/sitemaps/accounts/1.xml", "/sitemaps/videos/0.xml", "/sitemaps/videos/x.xml"):
        assert (await client.get(path)).status_code == 422
