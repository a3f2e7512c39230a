"""The editor's time line in a real browser: by keyboard, by typing, by pointer; what is sent is what was shown."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest
from playwright.sync_api import Browser, expect
from tests.web import fake_api, fake_beside
from tests.web.conftest import serving
from tests.web.pages import opened
from tests.web.test_beside_browser import MINE, Heard, picture

from socialflow import web
from socialflow.kernel.config import Settings

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages"), pytest.mark.timeout(300)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Heard]]:
    api = fake_api.make(fake_api.small_world())
    heard = fake_beside.install(api)
    web.mount(api, Settings.model_validate({"environment": "test", "data_dir": tmp_path}))
    with serving(api) as url:
        yield url, heard


def test_what_is_taken_out_is_said_and_sent(chrome: Browser, site: tuple[str, Heard]) -> None:
    sent: list[Any] = []
    with opened(chrome, site[0], viewport={"width": 1280, "height": 900}) as watched:
        page = watched.page
        page.route("**/media/**", picture)
        page.on("request", lambda each: sent.append(parse_qs(each.post_data)) if each.method == "POST" else None)
        page.goto(f"{MINE}/edit")
        start, end = page.get_by_role("slider", name="Start"), page.get_by_role("slider", name="End")
        first, last = page.get_by_label("From", exact=True), page.get_by_label("To", exact=True)
        say = page.locator("sf-editor [data-say]")
        start.focus()
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(first).to_have_value("0:01.100")
        end.focus()
        page.keyboard.press("End")
        page.keyboard.press("PageDown")
        expect(last).to_have_value("0:27.000")
        expect(say).to_have_text("The video will last 0:25.")
        expect(end).to_have_attribute("aria-valuetext", "27 seconds, 0:27.000")

        page.get_by_text("Take it out", exact=True).click()
        first.fill("1.5")
        last.fill("4")
        last.press("Tab")
        expect(say).to_have_text("The video will last 0:27.")
        page.get_by_role("button", name="Mark another part").click()
        expect(first).to_have_value("0:04.000")
        first.fill("0:08")
        last.fill("0:09.500")
        last.press("Tab")
        expect(first).to_have_value("0:08.000")
        expect(last).to_have_value("0:09.500")
        expect(say).to_have_text("The video will last 0:26.")
        page.get_by_role("button", name="Keep 0:01.500 to 0:04.000 after all").click()
        expect(say).to_have_text("The video will last 0:28.")
        page.get_by_role("button", name="Mark another part").click()

        # By pointer: the end is dragged to the middle.
        box, handle = page.locator("[data-line]").bounding_box(), end.bounding_box()
        assert box is not None
        assert handle is not None
        page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10, steps=4)
        page.mouse.up()
        expect(last).to_have_value("0:15.000")
        page.get_by_role("button", name="Apply").click()
        page.wait_for_url(f"**{MINE}/edit")
        watched.forgive("404", "Failed to load")
    cut = {"start_ms": 8_000, "end_ms": 9_500}
    (asked,) = [orjson.loads(body) for name, _, body in site[1] if name == "edits"]
    assert asked == {"operations": [{"kind": "cut", "ranges": [cut, {"start_ms": 9_500, "end_ms": 15_000}]}]}


def test_what_is_no_time_or_cuts_nothing_is_not_made(chrome: Browser, site: tuple[str, Heard]) -> None:
    with opened(chrome, site[0], viewport={"width": 1280, "height": 900}) as watched:
        page = watched.page
        page.route("**/media/**", picture)
        page.goto(f"{MINE}/edit")
        first, last = page.get_by_label("From", exact=True), page.get_by_label("To", exact=True)
        apply, say = page.get_by_role("button", name="Apply"), page.locator("sf-editor [data-say]")
        expect(apply).to_be_disabled()
        expect(say).to_contain_text("Nothing is cut yet")

        last.fill("0:20")
        first.fill("soon")
        first.press("Tab")
        expect(say).to_contain_text("Write times such as")
        expect(first).to_have_value("soon")
        expect(first).to_have_attribute("aria-invalid", "true")
        last.press("Enter")
        first.fill("0:05")
        first.press("Tab")
        expect(say).to_have_text("The video will last 0:15.")
        expect(first).to_have_attribute("aria-invalid", "false")
        expect(apply).to_be_enabled()

        page.get_by_text("Take it out", exact=True).click()
        first.fill("0")
        last.fill("9:59")
        last.press("Tab")
        expect(say).to_have_text("Nothing would be left of the video.")
        expect(apply).to_be_disabled()
        watched.forgive("404")
    assert site[1] == []


def test_how_large_and_how_clear_a_mark_is_stands_beside_it(chrome: Browser, site: tuple[str, Heard]) -> None:
    with opened(chrome, site[0], viewport={"width": 1280, "height": 900}) as watched:
        page = watched.page
        page.route("**/media/**", picture)
        page.goto(f"{MINE}/edit")
        size = page.locator("#mark-size")
        expect(page.locator("output[for=mark-size]")).to_have_text("20 %")
        size.press("ArrowRight")
        expect(page.locator("output[for=mark-size]")).to_have_text("21 %")
        expect(size).to_have_attribute("aria-valuetext", "21 %")
        expect(page.locator("output[for=mark-opacity]")).to_have_text("80 %")
        watched.forgive("404")


def test_a_preview_that_cannot_be_loaded_says_so(chrome: Browser, site: tuple[str, Heard]) -> None:
    with opened(chrome, site[0], viewport={"width": 1280, "height": 900}) as watched:
        page = watched.page
        watched.forgive("Failed to load", "404")
        page.route("**/media/**", lambda route: route.fulfill(status=404))
        page.goto(f"{MINE}/edit")
        page.get_by_role("slider", name="Start").press("ArrowRight")
        expect(page.locator("sf-editor").get_by_role("alert")).to_contain_text("The connection was lost")
        page.wait_for_timeout(200)


def test_the_preview_of_a_private_video_goes_on_with_a_new_address(chrome: Browser, site: tuple[str, Heard]) -> None:
    asked: list[str] = []

    def gone(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(status=403)

    with opened(chrome, site[0], viewport={"width": 1280, "height": 900}) as watched:
        page = watched.page
        watched.forgive("Failed to load", "403", "404")
        page.route("**/media/**", picture)
        page.route("**/media/**/master.m3u8*", gone)
        page.goto(f"{MINE}/edit")
        page.get_by_role("slider", name="Start").press("ArrowRight")
        # Once as the page names it, and once as the API does a moment later.
        expect(page.locator("sf-editor").get_by_role("alert")).to_contain_text("The connection was lost")
    assert len(asked) >= 2, asked
