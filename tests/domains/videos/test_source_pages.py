"""Pages that fetch a video from a link, tell what its files are, and give the original back."""

import re
from collections.abc import Callable

import httpx2
import pytest
from sqlalchemy import text
from tests.conftest import deliver_all
from tests.factories.accounts import PASSWORD, Person
from tests.factories.elsewhere import HERE, Film, elsewhere, saying
from tests.factories.instance import free_port
from tests.factories.videos import arrive, upload, video

from socialflow.domains.videos import service as videos
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App

PORT = free_port()
FILE = b"\x00\x00\x00\x20ftypisom" + bytes(10_000)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """This machine may be fetched from, at one port."""
    fetch = settings.fetch.model_copy(update={"ports": (PORT,), "allowed_networks": (HERE,)})
    return settings.model_copy(update={"fetch": fetch})


@pytest.fixture
async def browser(ada: Person, connect: Callable[..., httpx2.AsyncClient]) -> httpx2.AsyncClient:
    """Ada's browser, without scripts."""
    client = connect(Origin="http://testserver")
    answer = await client.post("/login", data={"login": "ada", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


async def csrf(browser: httpx2.AsyncClient, path: str) -> dict[str, str]:
    page = (await browser.get(path)).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, page
    return {"csrf_token": found[1]}


async def test_a_link_becomes_a_private_video_that_can_be_tried_again(
    app: App, ada: Person, browser: httpx2.AsyncClient
) -> None:
    form = await csrf(browser, "/upload")
    refused = await browser.post("/upload/import", data={**form, "url": "http://10.0.0.1/a.mp4"})
    assert refused.status_code == 422
    assert "Nothing can be imported from this address" in refused.text
    assert 'value="http://10.0.0.1/a.mp4"' in refused.text

    sent = await browser.post("/upload/import", data={**form, "url": f"http://127.0.0.1:{PORT}/a%20walk.mp4"})
    assert sent.status_code == 303
    page = sent.headers["location"]
    made = (await ada.get(f"/videos/{page.rsplit('/', 1)[1]}")).json()
    assert (made["title"], made["visibility"], made["state"]) == ("a walk", "private", "draft")
    assert "Being fetched" in (await browser.get(page)).text

    async with elsewhere(saying(b"<html>"), port=PORT):
        await deliver_all(app, times=1, queues=("imports", "default"))
    shown = (await browser.get(page)).text
    assert "is no video" in shown
    assert (await browser.post(f"{page}/retry", data=form)).status_code == 303
    async with elsewhere(Film(FILE), port=PORT):
        await deliver_all(app, times=1, queues=("imports", "default"))
    shown = (await browser.get(page)).text
    assert "Fetch again" not in shown
    assert "Download the original" in shown


async def test_the_details_tell_what_the_files_of_a_video_were(
    app: App, ada: Person, browser: httpx2.AsyncClient
) -> None:
    made = await video(app, ada)
    page = f"/my/videos/{made['id']}"
    assert "Files so far" not in (await browser.get(page)).text
    new = await upload(ada)
    await ada.put(f"/videos/{made['id']}/source", json={"upload_id": new})
    assert "Being prepared; the present file is shown until then" in (await browser.get(page)).text
    await arrive(app, new, "failed")
    async with app.work(SYSTEM) as work:
        found = text("SELECT id FROM assets WHERE upload_id = :id")
        await videos.follow_asset(work, await work.db.scalar(found, {"id": ids.parse("upl", new)}))
    assert "Could not be used: This is not a video." in (await browser.get(page)).text
