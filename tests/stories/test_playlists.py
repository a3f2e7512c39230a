"""Playlists in a real browser, against a whole installation: made, filled, put in order by keys, played, shared."""

import os
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.factories import clips
from tests.factories.browser import chromium, spread
from tests.factories.instance import Instance, until
from tests.factories.watching import DESKTOP, Stage, browser_of, plays, ready, sign_up

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("watching"), pytest.mark.timeout(600)]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PICTURES = os.environ.get("PICTURES")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("playlists")
    with Instance(folder / "data", "--no-demo", SF_LIMITS__ENABLED="false") as instance:
        instance.wait_ready()
        with httpx2.Client(base_url=instance.url, timeout=60) as owner, httpx2.Client(base_url=instance.url) as other:
            given = sign_up(owner, "ada")
            owner.headers["Authorization"] = f"Bearer {given['access_token']}"
            sign_up(other, "bob")
            film = ready(owner, clips.clip("plain.mp4"), "By the sea")
            yield Stage(instance, film, ready(owner, clips.clip("silent.mp4"), "In the hills"), owner)


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)
    with chromium() as found:
        yield found


def look_at(page: Page, name: str) -> None:
    """Nothing cut off, nothing that axe finds: narrow and light, wide and dark."""
    for scheme, width in (("light", 390), ("dark", 1280)):
        page.emulate_media(color_scheme=scheme)
        spread(page, width)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (name, wide)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, (name, scheme, found.generate_report())
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{scheme}-{width}.png", full_page=True)


def save_to(page: Page, film: str, *names: str, new: str = "") -> None:
    """Save the video of a watch page by the keyboard alone."""
    page.goto(f"/watch/{film}")
    page.get_by_role("link", name="Save", exact=True).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Save to…")
    expect(dialog).to_be_visible()
    for name in names:
        dialog.get_by_role("checkbox", name=name).focus()
        page.keyboard.press("Space")
        expect(dialog.get_by_role("checkbox", name=name)).to_be_checked()
    if new:
        dialog.get_by_label("New playlist").fill(new)
    dialog.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()


def test_a_list_is_made_put_in_order_by_keys_and_played_through(chrome: Browser, stage: Stage) -> None:
    with browser_of(chrome, stage, "ada", **DESKTOP) as ada:
        page = ada.page
        save_to(page, stage.film, "Watch later", new="A rainy day")
        save_to(page, stage.other, "A rainy day", "Saved")
        page.goto("/playlists")
        look_at(page, "playlists")
        page.get_by_role("link", name="A rainy day").click()
        items = page.locator("[data-item] h3")
        expect(items).to_have_text(["By the sea", "In the hills"])

        page.get_by_role("button", name="Move In the hills up").focus()
        with page.expect_response(lambda answer: answer.request.method == "PATCH"):
            page.keyboard.press("Enter")
        expect(items).to_have_text(["In the hills", "By the sea"])
        expect(page.get_by_role("button", name="Move In the hills down")).to_be_focused()
        expect(page.locator("[data-said]")).to_have_text("In the hills is at 1 of 2")
        page.reload()
        expect(items).to_have_text(["In the hills", "By the sea"])
        look_at(page, "playlist")

        page.get_by_role("link", name="Play all").click()
        expect(page.get_by_role("heading", name="In the hills", level=1)).to_be_visible()
        expect(page.locator(".queue [aria-current]")).to_contain_text("In the hills")
        look_at(page, "queue")
        page.locator("sf-player video").evaluate("video => { video.muted = true; return video.play(); }")
        plays(page)
        # The end, the countdown, and the next one on the list; after the last there is none.
        expect(page.get_by_role("heading", name="By the sea", level=1)).to_be_visible(timeout=90_000)
        assert "list=ply_" in page.url
        expect(page.locator(".queue [data-next]")).to_have_count(0)


def test_what_was_watched_and_put_aside_is_found_again(chrome: Browser, stage: Stage) -> None:
    with browser_of(chrome, stage, "ada", **DESKTOP) as ada:
        page = ada.page
        for name, title in (("history", "In the hills"), ("saved", "In the hills"), ("watch-later", "By the sea")):
            page.goto(f"/{name}")
            expect(page.get_by_role("link", name=re.compile(f"^{title}")).first).to_be_visible()
            look_at(page, name)


def test_a_list_is_worked_on_together(chrome: Browser, stage: Stage) -> None:
    with browser_of(chrome, stage, "ada", **DESKTOP) as ada, browser_of(chrome, stage, "bob", **PHONE) as bob:
        page, other = ada.page, bob.page
        page.goto("/playlists")
        page.get_by_role("link", name="A rainy day").click()
        page.get_by_label("Handle").fill("bob")
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.get_by_text("They were asked.")).to_be_visible()
        address = page.url.partition("?")[0]
        other.goto("/playlists")
        other.get_by_role("button", name="Join A rainy day").tap()
        expect(other.get_by_text("You work on this list now.")).to_be_visible()
        with other.expect_response(lambda answer: answer.request.method == "PATCH"):
            other.get_by_role("button", name="Move By the sea up").tap()
        expect(other.locator("[data-item] h3")).to_have_text(["By the sea", "In the hills"])
        # What somebody else has taken off meanwhile is told, and the list shown as it is.
        page.goto(address)
        expect(page.locator("[data-item] h3")).to_have_text(["By the sea", "In the hills"])
        page.get_by_role("button", name="Take By the sea off the list").click()
        expect(page.locator("[data-item] h3")).to_have_text(["In the hills"])
        bob.forgive("404", "409")
        other.get_by_role("button", name="Move By the sea down").tap()
        expect(other.locator("[data-item] h3")).to_have_text(["In the hills"])


def test_a_card_is_saved_by_a_finger(chrome: Browser, stage: Stage) -> None:
    with browser_of(chrome, stage, "bob", **PHONE) as bob:
        page = bob.page
        page.goto("/@ada")
        page.get_by_role("link", name="Save By the sea to…").tap()
        dialog = page.get_by_role("dialog", name="Save to…")
        expect(dialog.get_by_role("checkbox", name="Watch later")).to_be_visible()
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/dialog-390.png")
        dialog.get_by_text("Watch later").tap()
        dialog.get_by_role("button", name="Save").tap()
        expect(dialog).to_be_hidden()
        page.goto("/watch-later")
        assert until(lambda: page.get_by_role("link", name="By the sea").count() == 1)
        look_at(page, "later-on-a-phone")
