"""An installation with two films, and a browser that watches them."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
from playwright.sync_api import Browser, Page, expect

from tests.factories.instance import Instance, until
from tests.factories.uploads import TUS
from tests.web.pages import Watched, opened

PASSWORD = "correct horse battery"
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 820}}


@dataclass(frozen=True)
class Stage:
    """A running installation with two films of one owner."""

    instance: Instance
    film: str
    other: str
    owner: httpx2.Client

    def watch(self, video: str = "") -> str:
        return f"/watch/{video or self.film}"

    def rows(self, video: str) -> list[dict[str, Any]]:
        """What is kept of how a video played."""

        async def read() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.instance.fact("database_url"))
            try:
                found = await connection.fetch(
                    "SELECT s.* FROM playback_sessions s JOIN videos v ON v.id = s.video_id WHERE v.title = $1", video
                )
            finally:
                await connection.close()
            return [dict(row) for row in found]

        # This thread has Playwright's loop.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, read()).result()

    def latest(self, video: str) -> dict[str, Any]:
        """The playback that began last, or nothing."""
        return max(self.rows(video), key=lambda row: row["started_at"], default={"state": None})


def sign_up(client: httpx2.Client, handle: str) -> dict[str, Any]:
    form = {"email": f"{handle}@example.org", "password": PASSWORD, "handle": handle, "display_name": handle.title()}
    answer: dict[str, Any] = client.post("/api/v1/auth/register", json=form).raise_for_status().json()
    return answer


def ready(client: httpx2.Client, file: Path, title: str) -> str:
    """Upload a film, publish it, and wait until all of it is there; its id."""
    data = file.read_bytes()
    answer = client.post("/api/v1/uploads", headers={**TUS, "Upload-Length": str(len(data))}).raise_for_status()
    address = answer.headers["Location"]
    body = {"upload_id": address.rpartition("/")[2], "title": title, "visibility": "public"}
    video = client.post("/api/v1/videos", json=body).raise_for_status().json()["id"]
    headers = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    client.patch(address, headers=headers, content=data).raise_for_status()
    last = time.monotonic() + 150
    while (state := client.get(f"/api/v1/videos/{video}").raise_for_status().json()["state"]) != "ready":
        assert state != "failed"
        assert time.monotonic() < last, state
        time.sleep(0.3)
    return str(video)


@contextmanager
def browser_of(chrome: Browser, stage: Stage, handle: str | None = None, **options: Any) -> Iterator[Watched]:
    """A browser of its own; logged in with the form where a handle is given."""
    with opened(chrome, stage.instance.url, cookie=None, **(options or DESKTOP)) as watched:
        if handle:
            page = watched.page
            page.goto("/login")
            page.get_by_label("E-mail or handle").fill(handle)
            page.get_by_label("Password", exact=True).fill(PASSWORD)
            page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
            expect(page).to_have_url(f"{stage.instance.url}/")
        yield watched


def seconds(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def plays(page: Page, beyond: float = 0.3) -> None:
    """Wait until the video has got so far."""
    assert until(lambda: page.wait_for_timeout(100) or seconds(page) > beyond, 30), seconds(page)


def begin(page: Page, address: str) -> None:
    """Open a page and play what is on it, without a sound."""
    page.goto(address)
    page.locator("sf-player video").evaluate("video => { video.muted = true; }")
    page.get_by_role("button", name="Play (k)").first.click()
    plays(page)


def choose(page: Page, *names: str) -> None:
    """Go through the player's menu."""
    page.get_by_role("button", name="Playback settings").click()
    for name in names:
        page.locator(".player-menu .pm-item", has_text=name).first.click()
    page.keyboard.press("Escape")
