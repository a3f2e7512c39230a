"""Swiping through videos in a real browser, against a whole installation: by keys, by touch, without scripts."""

import os
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from tests.factories import clips
from tests.factories.browser import chromium
from tests.factories.instance import Instance
from tests.factories.watching import DESKTOP, Stage, browser_of, ready, sign_up

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("watching"), pytest.mark.timeout(600)]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PICTURES = os.environ.get("PICTURES")
PLAYS = """title => {
    const slide = [...document.querySelectorAll("sf-slide")].find((each) => each.textContent.includes(title));
    const video = slide?.querySelector("video");
    return video && !video.paused && video.currentTime > 0.2;
}"""
SEEN = """[...document.querySelectorAll("sf-slide")].map((slide) => {
    const { paused, muted, currentTime, readyState, networkState, error, src } = slide.querySelector("video");
    const said = slide.querySelector(".slide-error").textContent;
    const title = slide.querySelector(".slide-title").textContent.trim();
    const buffered = slide.querySelector("video").buffered.length;
    return { title, said, paused, muted, currentTime, readyState, networkState, buffered, error: error?.message, src };
})"""
HOW_MANY = "() => [...document.querySelectorAll('sf-slide video')].filter((video) => !video.paused).length"
ALL_PAUSED = f"() => ({HOW_MANY})() === 0"
LATEST, EARLIER = "In the hills", "By the sea"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("swipe")
    with Instance(folder / "data", "--no-demo", SF_LIMITS__ENABLED="false") as instance:
        instance.wait_ready()
        with httpx2.Client(base_url=instance.url, timeout=60) as owner, httpx2.Client(base_url=instance.url) as other:
            given = sign_up(owner, "ada")
            owner.headers["Authorization"] = f"Bearer {given['access_token']}"
            sign_up(other, "bob")
            film = ready(owner, clips.clip("plain.mp4"), EARLIER)
            yield Stage(instance, film, ready(owner, clips.clip("silent.mp4"), LATEST), owner)


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)
    with chromium() as found:
        yield found


def playing(page: Page, title: str) -> None:
    try:
        page.wait_for_function(PLAYS, arg=title, timeout=60_000)
    except PlaywrightTimeout:
        raise AssertionError(f"{title!r} does not play on {page.url}: {page.evaluate(SEEN)}") from None


def test_what_is_looked_at_plays_and_nothing_else(stage: Stage, chrome: Browser) -> None:
    with browser_of(chrome, stage) as watched:
        page = watched.page
        page.goto("/")
        page.get_by_role("link", name="Swipe through").click()
        playing(page, LATEST)
        page.keyboard.press("ArrowDown")
        playing(page, EARLIER)
        assert page.evaluate(HOW_MANY) == 1
        page.keyboard.press("ArrowDown")
        expect(page.locator("#toasts")).to_contain_text("You have seen them all.")
        page.keyboard.press("Space")
        page.wait_for_function(ALL_PAUSED)
        page.keyboard.press("k")
        playing(page, LATEST)
        # Sound stays as it was chosen, for all that follow.
        page.keyboard.press("m")
        muted = page.evaluate("localStorage.getItem('sf:muted')")
        page.reload()
        playing(page, LATEST)
        assert page.evaluate("localStorage.getItem('sf:muted')") == muted


def test_one_likes_and_follows_in_passing_on_a_phone(stage: Stage, chrome: Browser) -> None:
    with browser_of(chrome, stage, "bob", **PHONE) as watched:
        page = watched.page
        page.goto("/swipe")
        playing(page, LATEST)
        slide = page.locator("sf-slide", has_text=LATEST)
        slide.get_by_role("button", name="Like,").click()
        expect(slide.get_by_role("button", name="Like, 1 like")).to_have_attribute("aria-pressed", "true")
        slide.get_by_role("button", name="Follow").click()
        expect(slide.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "true")
        page.get_by_role("navigation", name="Which videos").get_by_role("link", name="Following").click()
        page.wait_for_url("**/swipe?feed=following")
        playing(page, LATEST)
        page.locator("sf-slide", has_text=LATEST).get_by_role("link", name="Comments").click()
        page.wait_for_url("**/watch/*#comments")


def test_a_range_that_is_cut_short_is_asked_for_again(stage: Stage, chrome: Browser) -> None:
    asked = []

    def cut(route: Route) -> None:
        # As Chromium's own cache does: less than was asked for, and says that it is all.
        asked.append(route.request.headers.get("range", ""))
        if asked[-1].startswith("bytes=0-") or asked.count(asked[-1]) > 1:
            route.continue_()
            return
        answer = route.fetch()
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        route.fulfill(status=206, headers=headers, body=answer.body()[:3_000])

    with browser_of(chrome, stage) as watched:
        watched.page.route("**/v*.mp4", cut)
        watched.page.goto("/swipe")
        playing(watched.page, LATEST)
        first = next(each for each in asked if not each.startswith("bytes=0-"))
        assert asked.count(first) == 2
        # What is still being fetched would be cut off by the window's end.
        watched.page.unroute_all(behavior="wait")


def test_it_is_sound_to_look_at_and_works_without_scripts(stage: Stage, chrome: Browser) -> None:
    context = chrome.new_context(base_url=stage.instance.url, reduced_motion="reduce", **DESKTOP)
    page = context.new_page()
    page.goto("/swipe")
    page.locator(".slide-touch").first.wait_for()
    # Whoever wants little to move is not moved.
    assert page.evaluate(ALL_PAUSED)
    for scheme, width in (("light", 390), ("dark", 1280)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, (scheme, found.generate_report())
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/swipe-{scheme}-{width}.png")
    context.close()
    plain = chrome.new_context(base_url=stage.instance.url, java_script_enabled=False, **DESKTOP)
    page = plain.new_page()
    page.goto("/swipe")
    page.get_by_role("link", name=EARLIER).click()
    page.wait_for_url("**/watch/*")
    plain.close()
