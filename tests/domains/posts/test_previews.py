"""Previews of links: what a page says of itself, asked once, through the guarded door."""

import asyncio
import time
from typing import Any

import pytest
from tests.conftest import deliver_all
from tests.factories.accounts import Person
from tests.factories.elsewhere import HERE, Asked, elsewhere, head, saying
from tests.factories.instance import free_port
from tests.factories.posts import post, read

from socialflow.domains.posts.service.previews import page_of
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

PORT = free_port()
QUEUES = ("imports", "default")
HTML = {"Content_Type": "text/html; charset=utf-8"}
PAGE = b"""<html><head><title>Plain &amp; simple</title>
<meta property="og:title" content="The &lt;b&gt;sea&lt;/b&gt; > all">
<meta content='Waves, "and more"' name=description>
<meta property="og:site_name" content="Shore \xe2\x80\xaegpj"></head>
<body><meta property="og:title" content="too late"></body></html>"""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """This machine may be fetched from, at one port."""
    fetch = settings.fetch.model_copy(update={"ports": (PORT,), "allowed_networks": (HERE,)})
    jobs = (
        settings.jobs.model_copy(update={"max_attempts": 1})
        if hasattr(settings.jobs, "max_attempts")
        else settings.jobs
    )
    return settings.model_copy(update={"fetch": fetch, "jobs": jobs})


def link(path: str = "/page") -> str:
    return f"http://127.0.0.1:{PORT}{path}"


async def preview(app: App, person: Person, url: str) -> Any:
    made = await post(person, f"look {url}")
    await deliver_all(app, times=1, queues=QUEUES)
    return (await read(person, made["id"]))["preview"]


async def test_a_page_is_asked_once_for_all_who_link_there(app: App, ada: Person, bob: Person) -> None:
    async with elsewhere(saying(PAGE, **HTML), port=PORT) as there:
        shown = await preview(app, ada, link())
        assert await preview(app, bob, link()) == shown
    assert len(there.asked) == 1
    assert "cookie" not in there.asked[0].headers
    assert shown == {
        "url": link(),
        "title": "The <b>sea</b> > all",
        "description": 'Waves, "and more"',
        "site_name": "Shore gpj",
    }


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (b"<title>x</title>", {"Content_Type": "application/json"}),
        (b"<p>no title", HTML),
        (PAGE, {**HTML, "Content_Encoding": "gzip"}),
    ],
)
async def test_what_is_no_page_has_no_preview(app: App, ada: Person, body: bytes, more: dict[str, str]) -> None:
    async with elsewhere(saying(body, **more), port=PORT):
        assert await preview(app, ada, link()) is None


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://10.0.0.1/", "http://[::1]/", "http://localhost:5432/"]
)
async def test_a31_a_link_into_our_own_walls_asks_nobody(app: App, ada: Person, url: str) -> None:
    assert await preview(app, ada, url) is None


async def test_a32_a_redirect_into_our_own_walls_is_not_followed(app: App, ada: Person) -> None:
    async def away(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head(302, Location="http://10.0.0.1/secret", Content_Length="0"))

    async with elsewhere(away, port=PORT) as there:
        assert await preview(app, ada, link()) is None
    assert len(there.asked) == 1


async def test_a33_a_page_without_end_is_read_no_further(app: App, ada: Person) -> None:
    async def endless(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, **HTML, Connection="close") + PAGE)
        for _ in range(200):
            writer.write(b"<!-- " + b"x" * 65_536)
            await writer.drain()

    async with elsewhere(endless, port=PORT):
        assert (await preview(app, ada, link()))["title"] == "The <b>sea</b> > all"


@pytest.mark.parametrize(
    "evil",
    [
        "<meta " * 80_000,
        "<meta content='" + "x" * 500_000,
        "<title " * 70_000,
        "<" * 500_000,
        "<meta a=" * 60_000,
        '<meta "' * 70_000,
    ],
)
def test_a_page_that_means_harm_costs_little(evil: str) -> None:
    began = time.process_time()
    page_of(evil)
    assert time.process_time() - began < 2.0
