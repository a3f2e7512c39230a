"""Writing, threading and voting in a real browser, against a whole installation: nothing here is a stand-in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.factories.browser import chromium
from tests.factories.instance import Instance
from tests.factories.pictures import turned_jpeg
from tests.web.pages import Watched, opened

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("web"), pytest.mark.timeout(300)]

PASSWORD = "correct horse battery"
PATIENCE = 60_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("posts") / "data"
    with Instance(folder, "--no-demo", SF_LIMITS__ENABLED="false") as instance:
        yield instance.wait_ready()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)
    with chromium() as found:
        yield found


@contextmanager
def person(chrome: Browser, running: Instance, handle: str, **options: object) -> Iterator[Watched]:
    """Somebody who has just signed up with the form."""
    with opened(chrome, running.url, cookie=None, **options) as watched:
        page = watched.page
        page.goto("/signup")
        page.get_by_label("Name", exact=True).fill(f"{handle.title()} Fjord")
        page.get_by_label("Handle").fill(handle)
        page.get_by_label("E-mail").fill(f"{handle}@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign up").click()
        expect(page).to_have_url(f"{running.url}/")
        yield watched


def test_a_post_with_a_photo_and_a_poll_is_written_answered_and_voted_on(
    chrome: Browser, running: Instance, tmp_path: Path
) -> None:
    photo = tmp_path / "sea.jpg"
    photo.write_bytes(turned_jpeg())
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    with person(chrome, running, "ada") as ada, person(chrome, running, "bob", **phone) as bob:
        page = ada.page
        page.goto("/compose")
        page.get_by_label("What do you want to say?").fill(
            "\U0001f30a Where to, @bob? #Sea <img src=x onerror=alert(1)>"
        )
        page.locator("#photo-file").set_input_files(photo)
        expect(page.locator("[name=photo_0]")).to_have_value(re.compile("^upl_"), timeout=PATIENCE)
        page.get_by_label("What is to be seen on photo 1?").fill("A red and a blue half")
        page.get_by_text("Poll", exact=True).click()
        page.get_by_label("Answer 1").fill("To the sea")
        page.get_by_label("Answer 2").fill("Home")
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_role("link", name="#Sea")).to_be_visible()
        where = page.url
        picture = page.get_by_role("img", name="A red and a blue half")
        for _ in range(30):
            if picture.count():
                break
            page.wait_for_timeout(1_000)
            page.reload()
        expect(picture).to_be_visible()

        other = bob.page
        other.goto(where)
        other.get_by_label("To the sea").check()
        other.get_by_role("button", name="Vote").click()
        expect(other.get_by_text("1 vote", exact=True)).to_be_visible()
        other.get_by_role("link", name="Reply").first.click()
        other.get_by_label("What do you want to say?").fill("To the sea, of course")
        other.get_by_role("button", name="Publish").click()
        expect(other.get_by_text("To the sea, of course")).to_be_visible()
        expect(other.get_by_role("link", name="@bob")).to_be_visible()

        page.goto(where)
        expect(page.get_by_text("To the sea, of course")).to_be_visible()
        expect(page.get_by_role("img", name="A red and a blue half")).to_be_visible()
        page.get_by_role("link", name="#Sea").click()
        expect(page.get_by_role("heading", name="Sea")).to_be_visible()
        page.get_by_role("button", name="Follow").click()
        expect(page.get_by_role("button", name="Following")).to_be_visible()

        other.goto(where)
        other.get_by_text("Mute this thread").click()
        other.get_by_role("button", name="Mute", exact=True).click()
        expect(other.get_by_role("link", name="A thread of posts")).to_be_visible()
        other.get_by_role("button", name="Unmute").click()
        expect(other.get_by_role("link", name="A thread of posts")).to_have_count(0)


def test_a_draft_is_kept_and_one_that_waits_is_published_by_itself(chrome: Browser, running: Instance) -> None:
    with person(chrome, running, "cleo") as cleo:
        page = cleo.page
        page.goto("/compose")
        page.get_by_label("What do you want to say?").fill("Not finished")
        page.get_by_role("button", name="Save draft").click()
        page.get_by_role("link", name="Not finished").click()
        page.get_by_label("What do you want to say?").fill("Finished, later")
        page.evaluate(
            "() => { const field = document.querySelector('[name=publish_at]');"
            " const time = document.querySelector('#later'); time.value = '2027-01-31T18:30';"
            " time.dispatchEvent(new Event('input')); field.value = new Date(Date.now() + 3000).toISOString(); }"
        )
        page.get_by_role("button", name="Schedule").click()
        expect(page.get_by_role("link", name="Finished, later")).to_be_visible()
        for _ in range(20):
            page.goto("/@cleo/posts")
            if page.get_by_text("Finished, later").count():
                break
            page.wait_for_timeout(1_000)
        expect(page.get_by_text("Finished, later")).to_be_visible()
