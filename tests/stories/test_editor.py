"""The editor in a real browser, against a whole installation: cut by keyboard, previewed, applied, undone, marked."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.factories import clips
from tests.factories.browser import chromium
from tests.factories.instance import Instance
from tests.factories.pictures import picture
from tests.stories.test_web import PATIENCE, PHONE, person, upload
from tests.web.test_browser import RULES

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("editor"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("editor") / "data"
    with Instance(folder, "--no-demo", SF_LIMITS__ENABLED="false") as instance:
        yield instance.wait_ready()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    expect.set_options(timeout=60_000)
    with chromium() as found:
        yield found


def editor(page: Page, clip: str) -> str:
    """The editor of a new video that is ready; its address."""
    address = upload(page, clips.clip(clip), "Ten seconds")
    page.goto("/my/videos")
    expect(page.locator(".badge", has_text="Ready")).to_be_visible(timeout=PATIENCE)
    path = f"/my/videos/{address.rpartition('/')[2]}/edit"
    page.goto(path)
    return path


def shot(page: Page, name: str) -> None:
    if "SHOTS" in os.environ:
        page.screenshot(path=f"{os.environ['SHOTS']}/{name}.png", full_page=True)


def test_a_video_is_cut_previewed_applied_and_undone(chrome: Browser, running: Instance) -> None:
    with person(chrome, running, "mira") as watched:
        page = watched.page
        path = editor(page, "steps.mp4")
        start, end = page.get_by_role("slider", name="Start"), page.get_by_role("slider", name="End")
        expect(start).to_have_attribute("aria-valuenow", "0.0")
        expect(page.locator(".editor-strip i").first).to_have_css("background-image", re.compile("storyboard"))

        # Without a mouse: two seconds from the beginning, one from the end.
        start.focus()
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowRight")
        expect(page.get_by_label("From", exact=True)).to_have_value("0:02.000")
        end.focus()
        for _ in range(10):
            page.keyboard.press("ArrowLeft")
        expect(page.get_by_label("To", exact=True)).to_have_value("0:09.000")
        expect(page.locator("sf-editor [data-say]")).to_have_text("The video will last 0:07.")

        # What is taken out: the same part, and another one that is typed.
        page.get_by_text("Take it out", exact=True).click()
        page.get_by_label("From", exact=True).fill("1.5")
        page.get_by_label("To", exact=True).fill("4")
        page.get_by_label("To", exact=True).press("Tab")
        page.get_by_role("button", name="Mark another part").click()
        page.get_by_label("From", exact=True).fill("0:08")
        page.get_by_label("To", exact=True).fill("0:09.500")
        page.get_by_label("To", exact=True).press("Tab")
        expect(page.locator("sf-editor [data-say]")).to_have_text("The video will last 0:06.")
        shot(page, "editor-cut")
        assert not Axe().run(page, options=RULES).response["violations"]

        page.get_by_role("button", name="Preview").click()
        seen = [0.0]
        while seen[-1] < 4.2:
            assert len(seen) < 900, seen[-5:]
            page.wait_for_timeout(100)
            seen.append(float(page.evaluate("document.querySelector('sf-editor video').currentTime")))
        # What goes is not shown, but for the moment in which it is noticed.
        assert not [at for at in seen if 2.0 < at < 3.9]
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_role("progressbar", name="Progress of the edit")).to_be_visible()
        shot(page, "editor-going")
        undo = page.get_by_role("button", name="Undo")
        expect(undo).to_be_visible(timeout=2 * PATIENCE)
        expect(page.get_by_label("To", exact=True)).to_have_value("0:06.000", timeout=2 * PATIENCE)
        shot(page, "editor-applied")

        undo.click()
        expect(page.get_by_label("To", exact=True)).to_have_value("0:10.000")
        expect(page.locator(".track", has_text="Undone")).to_be_visible()
        page.goto(path.replace("/edit", ""))
        expect(page.get_by_text("Replaced, kept for a day")).to_be_visible()


def test_a_phone_marks_a_video_and_takes_its_sound_away(chrome: Browser, running: Instance, tmp_path: Path) -> None:
    mark = tmp_path / "mark.png"
    mark.write_bytes(picture("PNG", (60, 40), mode="RGBA"))
    with person(chrome, running, "otto", **PHONE) as watched:
        page = watched.page
        path = editor(page, "plain.mp4")
        page.get_by_label("Picture", exact=True).set_input_files(mark)
        page.get_by_label("Place", exact=True).select_option("top_left")
        page.get_by_role("button", name="Lay it over the video").click()
        expect(page.get_by_role("progressbar", name="Progress of the edit")).to_be_visible()
        expect(page.locator(".track", has_text="Marked")).to_contain_text("Shown", timeout=PATIENCE)

        page.goto(path)
        expect(page.get_by_role("button", name="Take the sound away")).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name="Take the sound away").click()
        cancel = page.get_by_role("button", name="Cancel the edit")
        shown = page.locator(".track", has_text="Sound taken away")
        expect(shown).to_be_visible()
        if cancel.is_visible():
            shot(page, "editor-phone-going")
        expect(shown).to_contain_text("Shown", timeout=PATIENCE)
        shot(page, "editor-phone")
