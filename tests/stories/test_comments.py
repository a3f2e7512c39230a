"""Comments and reactions in a real browser, against a whole installation: nothing here is a stand-in."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.factories import clips
from tests.factories.browser import chromium, spread
from tests.factories.instance import Instance
from tests.factories.pictures import turned_jpeg
from tests.factories.watching import Stage, browser_of, plays, ready, sign_up

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("web"), pytest.mark.timeout(600)]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 820}}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LOOKS = (("light", 390), ("dark", 1280))
PICTURES = os.environ.get("PICTURES")
PATIENCE = 90_000


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("comments") / "data"
    with Instance(folder, "--no-demo", SF_LIMITS__ENABLED="false") as instance:
        instance.wait_ready()
        with httpx2.Client(base_url=instance.url, timeout=60) as client:
            given = sign_up(client, "kino")
            client.headers["Authorization"] = f"Bearer {given['access_token']}"
            film = ready(client, clips.clip("plain.mp4"), "A short film")
            with httpx2.Client(base_url=instance.url, timeout=60) as other:
                sign_up(other, "bob")
            yield Stage(instance, film, film, client)


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)
    with chromium() as found:
        yield found


def look_at(page: Page, name: str, looks: Sequence[tuple[str, int]] = LOOKS) -> None:
    """Nothing cut off, nothing that axe finds; narrow and light, wide and dark, unless something else is asked for."""
    before = page.viewport_size
    for scheme, width in looks:
        spread(page, width)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of its words
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
        excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert excess <= 0, (page.url, width, excess)
        violations = Axe().run(page, options=RULES).response["violations"]
        assert not violations, [(page.url, scheme, each["id"], each["nodes"][0]["target"]) for each in violations]
    if before is not None:
        page.set_viewport_size(before)


def test_people_talk_below_a_video(chrome: Browser, stage: Stage, tmp_path: Path) -> None:
    photo = tmp_path / "sea.jpg"
    photo.write_bytes(turned_jpeg())
    with browser_of(chrome, stage, "bob", **PHONE) as bob, browser_of(chrome, stage, "kino", **WIDE) as kino:
        page = bob.page
        page.goto(stage.watch())
        field = page.get_by_label("Your comment", exact=True)
        field.fill("Look at 0:01, ")
        field.press_sequentially("@ki")
        option = page.locator(".mention-option", has_text="@kino")
        expect(option).to_be_visible()
        field.press("Enter")
        expect(field).to_have_value("Look at 0:01, @kino ")
        page.locator("#comments > .comment-form [data-file]").set_input_files(photo)
        expect(page.locator("[name=photo_0]")).to_have_value(re.compile("^upl_"), timeout=PATIENCE)
        page.get_by_label("What is to be seen on this photo?").fill("A red and a blue half")
        page.get_by_role("button", name="Comment", exact=True).click()
        comment = page.locator("#comment-list > .comment").first
        expect(comment.get_by_role("link", name="@kino")).to_be_visible()
        expect(page.get_by_role("heading", name="1 comment")).to_be_visible()
        comment.get_by_role("link", name="0:01").click()
        plays(page, 0.9)
        look_at(page, "watch-bob")

        owner = kino.page
        owner.goto(stage.watch())
        said = owner.locator("#comment-list > .comment").first
        said.get_by_label("React", exact=True).click()
        said.get_by_label("React by \N{PARTY POPPER}").click()
        expect(said.get_by_label("\N{PARTY POPPER}, 1 reaction")).to_have_attribute("aria-pressed", "true")
        said.get_by_label("Look after this comment").click()
        said.get_by_role("button", name="Give a heart").click()
        expect(said.get_by_text("Loved by the owner")).to_be_visible()
        said.get_by_label("Look after this comment").click()
        said.get_by_role("button", name="Pin", exact=True).click()
        expect(said.get_by_text("Pinned")).to_be_visible()
        said.get_by_text("Reply", exact=True).first.click()
        said.get_by_label("Your reply").fill("Thank you")
        said.get_by_role("button", name="Reply", exact=True).click()
        expect(owner.locator(".comment-text", has_text="Thank you")).to_be_visible()
        owner.locator(".watch-bar").get_by_label(re.compile("^Dislike")).click()
        expect(owner.locator(".watch-bar").get_by_label(re.compile("^Dislike"))).to_have_attribute(
            "aria-pressed", "true"
        )
        owner.reload()
        expect(owner.get_by_text("1 dislike, told to you alone")).to_be_visible()
        look_at(owner, "watch-owner")


def test_an_owner_approves_before_others_read(chrome: Browser, stage: Stage) -> None:
    with browser_of(chrome, stage, "kino", **WIDE) as kino, browser_of(chrome, stage, "bob", **PHONE) as bob:
        owner, page = kino.page, bob.page
        owner.goto(stage.watch())
        owner.get_by_label("Comments here").select_option("held")
        owner.locator(".comment-rule").get_by_role("button", name="Save").click()
        expect(owner.get_by_label("Comments here")).to_have_value("held")

        page.goto(stage.watch())
        expect(page.get_by_text("The owner reads comments before others do.")).to_be_visible()
        page.get_by_label("Your comment", exact=True).fill("Is this on?")
        page.get_by_role("button", name="Comment", exact=True).click()
        expect(page.get_by_text("Waits for approval")).to_be_visible()
        page.reload()
        expect(page.get_by_text("1 comment of yours waits for approval")).to_be_visible()

        owner.goto("/my/comments")
        look_at(owner, "queue")
        owner.get_by_role("button", name="Approve").click()
        expect(owner.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
        page.reload()
        expect(page.locator("#comment-list .comment-text", has_text="Is this on?")).to_be_visible()
        owner.goto(stage.watch())
        said = owner.locator("#comment-list > .comment", has_text="Is this on?")
        said.get_by_label("Look after this comment").click()
        said.get_by_role("button", name="Hide from others").click()
        expect(owner.locator("#comment-list .badge", has_text="Hidden")).to_be_visible()
        page.reload()
        expect(page.locator("#comment-list .comment-text", has_text="Is this on?")).to_have_count(0)


def test_somebody_comments_as_their_second_channel(chrome: Browser, stage: Stage) -> None:
    stage.owner.put(f"/api/v1/comment-rules/{stage.film}", json={"mode": "open"}).raise_for_status()
    with browser_of(chrome, stage, "bob", **PHONE) as bob, browser_of(chrome, stage, "kino", **WIDE) as kino:
        page = bob.page
        page.goto(stage.watch())
        expect(page.get_by_label("Your comment", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="use another channel")).to_have_count(0)
        page.goto("/settings/channels")
        page.get_by_label("Handle", exact=True).fill("hammer")
        page.get_by_label("Name", exact=True).fill("Hammer and Tongs")
        page.get_by_role("button", name="Make a channel").click()
        expect(page.get_by_text("is the one that you use now")).to_be_visible()

        page.goto(stage.watch())
        form = page.locator("#comments > .comment-form")
        expect(form.get_by_text("As Hammer and Tongs")).to_be_visible()
        form.get_by_label("Your comment", exact=True).fill("Well struck")
        form.get_by_role("button", name="Comment", exact=True).click()
        said = page.locator("#comment-list > .comment", has_text="Well struck")
        expect(said.get_by_role("link", name="Hammer and Tongs")).to_be_visible()
        said.get_by_text("Reply", exact=True).first.click()
        expect(said.get_by_text("As Hammer and Tongs")).to_be_visible()
        for scheme in ("light", "dark"):
            look_at(page, f"watch-as-another-{scheme}", [(scheme, 390), (scheme, 1280)])
        said.get_by_text("Edit", exact=True).click()
        said.get_by_label("Edit your comment").fill("Well struck, indeed")
        said.get_by_role("button", name="Save").click()
        expect(page.locator(".comment-text", has_text="Well struck, indeed")).to_be_visible()

        # Others are told the channel, and nothing of whose it is.
        owner = kino.page
        owner.goto(stage.watch())
        heard = owner.locator("#comment-list > .comment", has_text="Well struck, indeed")
        expect(heard.get_by_role("link", name="Hammer and Tongs")).to_have_attribute("href", "/@hammer")
        expect(heard.get_by_text("Bob")).to_have_count(0)


def test_a_thread_of_posts_is_looked_after(chrome: Browser, stage: Stage) -> None:
    body = {"text": "What shall I film next?"}
    top = stage.owner.post("/api/v1/posts", json=body).raise_for_status().json()["id"]
    with browser_of(chrome, stage, "bob", **PHONE) as bob, browser_of(chrome, stage, "kino", **WIDE) as kino:
        page = bob.page
        page.goto(f"/compose?reply_to={top}")
        page.get_by_label("What do you want to say?").fill("The harbour, at dawn")
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_text("The harbour, at dawn")).to_be_visible()
        owner = kino.page
        owner.goto(f"/post/{top}")
        reply = owner.locator("#replies > .post").first
        reply.get_by_label(re.compile("^Like, ")).click()
        expect(reply.get_by_label("Like, 1 like")).to_have_attribute("aria-pressed", "true")
        reply.get_by_label("Look after this reply").click()
        reply.get_by_role("button", name="Pin", exact=True).click()
        expect(owner.locator("#replies > .post").first.get_by_text("Pinned")).to_be_visible()
        look_at(owner, "thread")


def test_words_stay_in_their_form_when_what_they_answer_is_gone(chrome: Browser, stage: Stage) -> None:
    said = {"subject_id": stage.film, "text": "Will this stay?"}
    comment = stage.owner.post("/api/v1/comments", json=said).raise_for_status().json()["id"]
    top = stage.owner.post("/api/v1/posts", json={"text": "Will this?"}).raise_for_status().json()["id"]
    with browser_of(chrome, stage, "bob", **PHONE) as bob:
        page = bob.page
        page.goto(stage.watch())
        asked = page.locator(f"#comment-{comment}")
        asked.get_by_text("Reply", exact=True).first.click()
        asked.get_by_label("Your reply").fill("I hope that it does")
        stage.owner.delete(f"/api/v1/comments/{comment}").raise_for_status()
        asked.get_by_role("button", name="Reply", exact=True).click()
        expect(asked.get_by_role("alert").filter(has_text="is not there any more")).to_be_visible()
        expect(asked.get_by_label("Your reply")).to_have_value("I hope that it does")

        page.goto(f"/compose?reply_to={top}")
        page.get_by_label("What do you want to say?").fill("I hope so, too")
        stage.owner.delete(f"/api/v1/posts/{top}").raise_for_status()
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_role("alert").filter(has_text="is not there any more")).to_be_visible()
        expect(page.get_by_label("What do you want to say?")).to_have_value("I hope so, too")
        look_at(page, "composer-again")
        bob.forgive("404")
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_text("I hope so, too")).to_be_visible()
