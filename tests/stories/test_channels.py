"""Several channels, a banner, a team and a rename in a real browser, against a whole installation."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.factories.browser import chromium, spread
from tests.factories.instance import Instance
from tests.factories.pictures import turned_jpeg
from tests.stories.test_every_page import LOOKS, RULES
from tests.stories.test_posts import PATIENCE, person

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("web"), pytest.mark.timeout(600)]

PICTURES = os.environ.get("PICTURES")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("channels") / "data"
    with Instance(folder, "--no-demo", SF_LIMITS__ENABLED="false") as instance:
        yield instance.wait_ready()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)
    with chromium() as found:
        yield found


def look_at(page: Page, name: str) -> None:
    """Nothing cut off and nothing that axe finds, narrow and light, wide and dark, and the other way round."""
    for width in (390, 1280):
        for scheme, _ in LOOKS:
            spread(page, width)
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of its words
            if PICTURES:
                page.screenshot(path=f"{PICTURES}/{name}-{width}-{scheme}.png", full_page=True)
            excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert excess <= 0, (page.url, width, excess)
            violations = Axe().run(page, options=RULES).response["violations"]
            assert not violations, [(page.url, scheme, each["id"], each["nodes"][0]["target"]) for each in violations]


def write(page: Page, words: str) -> None:
    page.goto("/compose")
    page.get_by_label("What do you want to say?").fill(words)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("button", name="Pin to the channel's page")).to_be_visible()


def present(page: Page, running: Instance, banner: Path) -> None:
    """Words, a link, a banner and a pinned post, and what becomes of them on the channel's pages."""
    page.goto("/settings")
    page.get_by_label("About you").fill("Wheels, cards, and what they weave.")
    page.get_by_label("Title of link 1").fill("Notes")
    page.get_by_label("Address of link 1").fill("https://example.org/notes")
    page.locator("#banner").set_input_files(banner)
    expect(page.locator("[name=banner_upload_id]")).to_have_value(re.compile("^upl_"), timeout=PATIENCE)
    look_at(page, "settings-profile")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    write(page, "The engine weaves patterns")
    page.get_by_role("button", name="Pin to the channel's page").click()
    expect(page).to_have_url(f"{running.url}/@engines")
    expect(page.get_by_role("heading", name="Pinned")).to_be_visible()
    for _ in range(60):
        if page.locator(".channel-banner img").count():
            break
        page.wait_for_timeout(1_000)
        page.reload()
    assert page.locator(".channel-banner img").evaluate("each => each.naturalWidth") in {640, 1280, 2560}
    look_at(page, "channel")
    page.get_by_role("navigation", name="Channel").get_by_role("link", name="About").click()
    expect(page.get_by_role("main").get_by_role("link", name="Notes").last).to_have_attribute(
        "rel", "me nofollow ugc noopener noreferrer"
    )
    look_at(page, "channel-about")


def test_a_second_channel_is_made_presented_shared_and_renamed(
    chrome: Browser, running: Instance, tmp_path: Path
) -> None:
    wide = tmp_path / "wide.jpg"
    wide.write_bytes(turned_jpeg())
    with person(chrome, running, "ada") as ada, person(chrome, running, "bob") as bob:
        page, other = ada.page, bob.page
        page.goto("/settings/channels")
        page.get_by_label("Handle", exact=True).fill("engines")
        page.get_by_label("Name", exact=True).fill("Analytical Engines")
        page.get_by_role("button", name="Make a channel").click()
        expect(page.get_by_text("is the one that you use now")).to_be_visible()
        look_at(page, "settings-channels")

        present(page, running, wide)

        page.goto("/settings/team")
        page.get_by_label("Their handle").fill("@bob")
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.get_by_text("They are asked")).to_be_visible()
        look_at(page, "settings-team")

        other.goto("/settings/channels")
        look_at(other, "settings-invitations")
        other.get_by_role("button", name="Accept").click()
        expect(other.get_by_text("You are on the team.")).to_be_visible()
        other.get_by_role("button", name="Use Analytical Engines").click()
        write(other, "An editor weaves, too")
        expect(other.get_by_role("main").get_by_role("link", name="Analytical Engines").first).to_be_visible()
        look_at(other, "post-to-repost")
        other.get_by_role("button", name="Repost as Analytical Engines").click()
        expect(other.get_by_text("Reposted as Analytical Engines")).to_be_visible()
        look_at(other, "post-reposted")
        other.get_by_role("button", name="Take it back").click()
        expect(other.get_by_text("Reposted as Analytical Engines")).to_have_count(0)

        page.goto("/settings/channels")
        page.get_by_label("New handle").fill("machines")
        page.get_by_role("button", name="Rename").click()
        expect(page.get_by_text("has another handle")).to_be_visible()
        other.goto("/@engines/posts")
        expect(other).to_have_url(f"{running.url}/@machines/posts")
        expect(other.get_by_text("An editor weaves, too")).to_be_visible()

        page.goto("/settings/team")
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("They are gone.")).to_be_visible()
        other.goto("/compose")
        expect(other.get_by_text("Analytical Engines")).to_have_count(0)
