"""Captions, chapters and poster of one's own video: through the pages alone, without scripts, before the real API."""

import html
import re
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import text, update
from tests.factories.accounts import PASSWORD, Person
from tests.factories.videos import video

from socialflow.domains.media.models import Asset
from socialflow.kernel.work import SYSTEM, App

Deliver = Callable[..., Awaitable[int]]
VTT = "WEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\n<script>alert(1)</script> Good morning\r\n"


@pytest.fixture
async def browser(ada: Person, connect: Callable[..., httpx2.AsyncClient]) -> httpx2.AsyncClient:
    """Ada's browser, logged in."""
    client = connect(Origin="http://testserver")
    answer = await client.post("/login", data={"login": "ada", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


async def send(browser: httpx2.AsyncClient, path: str, **form: str) -> httpx2.Response:
    page = (await browser.get("/settings/privacy")).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return await browser.post(path, data={"csrf_token": html.unescape(found[1]), **form})


async def test_captions_are_pasted_corrected_and_deleted(
    app: App, ada: Person, browser: httpx2.AsyncClient, deliver: Deliver
) -> None:
    made = (await video(app, ada))["id"]
    root = f"/my/videos/{made}/captions"
    assert "There are no captions yet" in (await browser.get(root)).text

    added = await send(browser, root, language="de", kind="subtitles", label="", text=VTT)
    assert (added.status_code, added.headers["location"]) == (303, root)
    page = (await browser.get(root)).text
    assert "Deutsch" in page
    assert "1 cue" in page

    edit = (await browser.get(f"{root}/de")).text
    assert "alert(1) Good morning" in edit
    assert "&lt;script" not in edit
    saved = await send(
        browser, f"{root}/de", text=VTT.replace("Good", "<i>Fine</i>"), label="Mein", kind="captions", is_default="1"
    )
    assert saved.status_code == 303, saved.text
    assert "Shown by itself" in (await browser.get(root)).text
    await deliver()
    watch = (await browser.get(f"/watch/{made}")).text
    assert re.search(
        r'<track kind="captions" src="[^"]+captions-de\.vtt\?v=2" srclang="de" label="Mein" data-default>', watch
    )

    bad = await send(browser, f"{root}/de", text="nothing", label="Mein", kind="captions")
    assert (bad.status_code, "no captions that can be read" in bad.text) == (422, True)
    assert "nothing</textarea>" in bad.text
    worse = await send(browser, root, language="../x", text=VTT)
    assert (worse.status_code, "Say which language" in worse.text) == (422, True)
    assert (await send(browser, f"{root}/de/delete")).status_code == 303
    assert "There are no captions yet" in (await browser.get(root)).text
    assert (await browser.get(f"{root}/de")).status_code == 404


async def test_chapters_are_written_a_line_each_and_listed_where_the_video_is_watched(
    app: App, ada: Person, browser: httpx2.AsyncClient, deliver: Deliver
) -> None:
    made = (await video(app, ada))["id"]
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE assets SET duration_ms = 4000000"))
    root = f"/my/videos/{made}/chapters"
    assert "Look for them" in (await browser.get(root)).text
    saved = await send(browser, root, chapters="0:00 Out\n1:30  <b>The sea</b>\n\n1:02:03 Home")
    assert saved.status_code == 303, saved.text
    assert "Saved." not in (await browser.get(root)).text
    assert "Saved." in (await browser.get(saved.headers["location"])).text
    assert "0:00 Out\n1:30 &lt;b&gt;The sea&lt;/b&gt;\n1:02:03 Home" in (await browser.get(root)).text
    await deliver()
    watch = (await browser.get(f"/watch/{made}")).text
    assert f'href="/watch/{made}?t=90"' in watch
    assert "<bdi>&lt;b&gt;The sea&lt;/b&gt;</bdi>" in watch
    assert '<track kind="chapters"' in watch

    for wrong, said in (("Out 0:00", "Each line is a time"), ("0:00 a\n0:01 b", "ten seconds or more apart")):
        answer = await send(browser, root, chapters=wrong)
        assert (answer.status_code, said in answer.text) == (422, True)
        assert f"{wrong}</textarea>" in answer.text
    assert (await send(browser, f"{root}/ideas")).status_code == 303
    assert "This is being looked for" in (await browser.get(root)).text
    await deliver()
    assert "Nothing in this video tells" in (await browser.get(root)).text


async def test_a_poster_is_chosen_by_its_picture(app: App, ada: Person, browser: httpx2.AsyncClient) -> None:
    made = (await video(app, ada))["id"]
    root = f"/my/videos/{made}/poster"
    assert "There are no pictures to choose from" in (await browser.get(root)).text
    async with app.work(SYSTEM) as work:
        posters = [{"name": f"poster-{number}.jpg", "at_ms": number * 1_000, "thumbhash": "x"} for number in (1, 2)]
        await work.db.execute(update(Asset).values(extras={"posters": posters}))
    offered = (await browser.get(root)).text
    assert "poster-2.jpg" in offered
    assert "one was chosen for you" in offered
    chosen = await send(browser, root, number="2")
    assert chosen.status_code == 303
    page = (await browser.get(chosen.headers["location"])).text
    assert 'value="2" checked' in page
    assert "Saved." in page
    assert "one was chosen for you" not in page
    assert (await send(browser, root, number="9")).status_code == 409
    assert (await send(browser, root, number="x")).status_code == 422


async def test_the_pages_are_the_owners_alone(
    app: App, ada: Person, bob: Person, browser: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    made = (await video(app, bob))["id"]
    for part in ("captions", "captions/en", "chapters", "poster"):
        assert (await browser.get(f"/my/videos/{made}/{part}")).status_code == 403, part
        asked = await client.get(f"/my/videos/{made}/{part}")
        assert (asked.status_code, asked.headers["location"].startswith("/login")) == (303, True)
