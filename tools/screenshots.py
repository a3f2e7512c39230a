"""Take the pictures of docs/images from a running instance with demo content, by the machine's Chromium.

`python tools/screenshots.py [ADDRESS]`; without an address an instance of its own is started for it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

import httpx2
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from socialflow.entrypoints.demo.people import CLIPS, LOGIN, PASSWORD
from socialflow.entrypoints.ports import choose

TARGET = Path(__file__).parent.parent / "docs" / "images"
PROGRAMS = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_SECONDS = 240
COLOURS = 256
NARROW = 600


@dataclass(frozen=True)
class Shot:
    """One picture: file name, page, size of the window and colour scheme."""

    name: str
    path: str
    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"


SHOTS = (
    Shot("home.png", "/", 1280, 420),
    Shot("watch.png", "/watch/{video}", 1280, 860),
    Shot("phone.png", "/", 390, 780, "dark"),
)


@contextmanager
def instance() -> Iterator[str]:
    """An instance with its demo, gone afterwards; gives its address."""
    folder = Path(tempfile.mkdtemp(prefix="sf-shots-"))
    port = choose("127.0.0.1", None, 8200)
    command = [sys.executable, "-m", "socialflow", "run", "--port", str(port), "--data-dir", str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def await_demo(address: str) -> str:
    """Wait until every demo clip is ready; the id of the one to be watched."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            videos = httpx2.get(f"{address}/api/v1/videos").raise_for_status().json()["items"]
        except httpx2.HTTPError:
            videos = []
        if len(videos) >= len(CLIPS) and all(video["state"] == "ready" for video in videos):
            return str(next(video["id"] for video in videos if video["channel"]["handle"] == LOGIN))
        time.sleep(1)
    sys.exit("the demo was not ready in time")


def take(browser: Browser, address: str, shot: Shot, video: str) -> None:
    """Open the page as somebody who is logged in, and keep what is seen."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme=shot.scheme,
        reduced_motion="reduce",
        is_mobile=shot.width < NARROW,
    )
    page = context.new_page()
    log_in(page, address)
    page.goto(address + shot.path.format(video=video), wait_until="load")
    if "{video}" in shot.path:
        page.locator("video").wait_for()
        page.evaluate("document.querySelector('video').muted = true")
        # By the player, which shows as playing what it began itself.
        page.evaluate("document.querySelector('sf-player').play()")
        page.wait_for_timeout(2_500)
    page.wait_for_timeout(1_000)
    picture = Image.open(BytesIO(page.screenshot()))
    # A quarter of the size, and no eye sees the difference in a README.
    picture.convert("RGB").quantize(COLOURS).save(TARGET / shot.name, optimize=True)
    print(f"docs/images/{shot.name}: {(TARGET / shot.name).stat().st_size // 1024} KiB")
    context.close()


def log_in(page: Page, address: str) -> None:
    """Fill in the form, as a person does."""
    page.goto(f"{address}/login")
    page.locator("input[name=login]").fill(LOGIN)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form[action='/login'] button[type=submit]").click()
    page.wait_for_url(lambda url: "/login" not in url)


def main(address: str) -> None:
    """Every picture."""
    program = next((found for name in PROGRAMS if name and (found := shutil.which(name))), None)
    if program is None:
        sys.exit("no Chromium: install one, or set CHROMIUM")
    TARGET.mkdir(parents=True, exist_ok=True)
    video = await_demo(address)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for shot in SHOTS:
            take(browser, address, shot, video)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1].rstrip("/"))
    else:
        with instance() as own:
            main(own)
