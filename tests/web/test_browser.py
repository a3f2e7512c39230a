"""Pages in a real browser: usable by everybody, with and without scripts, and quiet."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import Response
from playwright.sync_api import Browser, expect
from tests.web import fake_api
from tests.web.conftest import serving
from tests.web.fake_api import World, comment, video
from tests.web.pages import PIXEL, opened

from socialflow import web
from socialflow.kernel.config import Settings

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages"), pytest.mark.timeout(300)]

WATCH = "/watch/vid_00000000000000000000000001"
OPEN_PAGES = [
    *("/", "/swipe", WATCH, "/@grace", "/login", "/signup", "/about", "/gone", "/offline"),
    *("/forgot", "/reset?token=x", "/verify?token=x", "/email/confirm?token=x", "/email/undo?token=x"),
]
OWN_PAGES = [
    "/",
    *(f"/watch/vid_{number:026}" for number in (1, 2, 3, 4, 5)),
    "/@ada",
    "/following",
    "/suggestions",
    "/swipe",
    "/upload",
    "/my/videos",
    "/my/videos/vid_00000000000000000000000002",
    "/my/videos/vid_00000000000000000000000005",
    "/settings",
    "/settings/account",
    "/settings/privacy",
    "/settings/player",
    "/watching",
    "/my/videos/vid_00000000000000000000000002/quality",
]
WIDTHS = (390, 768, 1280)
# Every width in both schemes and both directions, and every direction in both schemes.
SCHEMES = {
    (390, "ltr"): "light",
    (390, "rtl"): "dark",
    (768, "ltr"): "dark",
    (768, "rtl"): "light",
    (1280, "ltr"): "light",
    (1280, "rtl"): "dark",
}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def world() -> World:
    return fake_api.small_world()


@pytest.fixture
def address(world: World, tmp_path: Path) -> Iterator[str]:
    api = fake_api.make(world)

    async def poster() -> Response:
        return Response(PIXEL, media_type="image/png")

    api.add_api_route("/media/{key}/poster.jpg", poster)
    web.mount(api, Settings.model_validate({"environment": "test", "data_dir": tmp_path}))
    with serving(api) as url:
        yield url


def test_what_is_up_next_shows_that_the_keyboard_is_there(chrome: Browser, address: str) -> None:
    with opened(chrome, address, viewport={"width": 1280, "height": 900}) as watched:
        page = watched.page
        page.goto("/watch/vid_00000000000000000000000002")
        beside = page.locator(".up-next")
        for _ in range(60):
            page.keyboard.press("Tab")
            if beside.evaluate("beside => beside.contains(document.activeElement)"):
                break
        framed = beside.screenshot()
        page.evaluate("document.activeElement.blur()")
        assert beside.screenshot() != framed, "the whole card is framed while its link has the focus"


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("cookie", "paths"), [(None, OPEN_PAGES), (fake_api.SECRET, OWN_PAGES)], ids=["visitor", "ada"]
)
def test_no_page_hinders_anybody(
    chrome: Browser, address: str, width: int, cookie: str | None, paths: list[str]
) -> None:
    """Light and dark, from left to right and from right to left: no violation that axe can find, nothing cut off."""
    found = []
    options = {"viewport": {"width": width, "height": 900}, "reduced_motion": "reduce", "cookie": cookie}
    with opened(chrome, address, **options) as watched:
        page = watched.page
        for path in paths:
            page.goto(path)
            for direction in ("ltr", "rtl"):
                page.evaluate("direction => document.documentElement.dir = direction", direction)
                excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert excess <= 0, f"{path} is {excess} px too wide ({direction})"
                scheme = SCHEMES[width, direction]
                page.emulate_media(color_scheme=scheme)
                for violation in Axe().run(page, options=RULES).response["violations"]:
                    targets = [node["target"] for node in violation["nodes"][:3]]
                    found.append((path, direction, scheme, violation["id"], targets))
        # A page that is not there is meant to be a 404; so is the event stream of the stand-in.
        watched.forgive("404")
    assert not found


def test_what_people_write_is_never_run(chrome: Browser, address: str, world: World) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'--><svg onload=alert(3)>"
    owner = world.channels[1]
    owner["display_name"] = owner["bio"] = evil
    world.videos.insert(0, video(77, owner, evil, description=evil + " javascript:alert(4)", tags=[evil[:40]]))
    world.comments.append(comment(77, world.videos[0]["id"], owner, evil))
    world.followed.add(owner["id"])

    with opened(chrome, address) as watched:
        for path in ("/", f"/watch/{world.videos[0]['id']}", "/@grace", "/following"):
            watched.page.goto(path)
            expect(watched.page.locator("main")).to_contain_text("onerror=alert(1)")


def test_one_follows_likes_and_talks_without_leaving_the_page(chrome: Browser, address: str, world: World) -> None:
    with opened(chrome, address, viewport={"width": 1280, "height": 900}) as watched:
        page = watched.page
        page.goto(WATCH)
        page.evaluate("window.same = true")

        follow = page.get_by_role("button", name="Follow Grace <Hopper>")
        follow.click()
        expect(follow).to_have_attribute("aria-pressed", "true")
        expect(follow).to_be_focused()
        like = page.locator(".watch-bar .like")
        like.click()
        expect(like).to_have_attribute("aria-pressed", "true")
        expect(like).to_have_accessible_name("Like, 8 likes")

        page.get_by_label("Your comment", exact=True).fill("Fine moths")
        page.get_by_role("button", name="Comment", exact=True).click()
        first = page.locator("#comment-list > .comment").first
        expect(first).to_contain_text("Fine moths")
        expect(page.locator("#comments-title")).to_have_text("1 comment")
        expect(page.get_by_label("Your comment", exact=True)).to_have_value("")

        first.get_by_text("Edit", exact=True).click()
        first.locator("form[action$='/edit'] textarea").fill("Very fine moths")
        first.get_by_role("button", name="Save").click()
        expect(first).to_contain_text("Very fine moths")
        expect(first).to_contain_text("edited")

        first.get_by_role("button", name="Delete").click()
        page.locator("#confirm").get_by_role("button", name="Cancel").click()
        expect(first).to_contain_text("Very fine moths")
        first.get_by_role("button", name="Delete").click()
        page.locator("#confirm").get_by_role("button", name="Delete").click()
        expect(first).to_contain_text("This comment was deleted.")
        expect(page.locator("#comments-title")).to_have_text("0 comments")
        assert page.evaluate("window.same")
        watched.forgive("404")
    assert world.channels[1]["id"] in world.followed


def test_answers_open_and_grow(chrome: Browser, address: str) -> None:
    with opened(chrome, address) as watched:
        page = watched.page
        page.goto(WATCH)
        thread = page.locator("#comment-list > .comment").first

        thread.get_by_text("1 reply").click()
        expect(thread.locator(".replies .comment")).to_have_count(1)
        thread.get_by_text("Reply", exact=True).first.click()
        thread.get_by_label("Your reply").first.fill("Indeed")
        thread.get_by_role("button", name="Reply", exact=True).first.click()

        expect(thread.locator(".replies .comment")).to_have_count(2)
        watched.forgive("404")


def test_everything_is_there_without_scripts(chrome: Browser, address: str, world: World) -> None:
    with opened(chrome, address, java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/")
        page.get_by_role("link", name=re.compile("^Moths")).click()
        expect(page.locator("video")).to_have_attribute("controls", "")
        page.get_by_role("button", name="Follow Grace <Hopper>").click()
        expect(page.get_by_role("button", name="Follow Grace <Hopper>")).to_have_attribute("aria-pressed", "true")
        page.get_by_label("Your comment", exact=True).fill("By hand")
        page.get_by_role("button", name="Comment", exact=True).click()
        expect(page.locator("#comment-list")).to_contain_text("By hand")
        watched.forgive("404")
    assert world.followed


def test_a_list_goes_on_as_one_reads(chrome: Browser, address: str, world: World) -> None:
    world.videos += [video(number, world.channels[1], f"Video {number}") for number in range(10, 60)]
    with opened(chrome, address, viewport={"width": 1280, "height": 900}) as watched:
        page = watched.page
        page.goto("/")
        expect(page.locator(".card")).to_have_count(24)
        page.locator(".more").scroll_into_view_if_needed()
        expect(page.locator(".card")).to_have_count(48)
        page.locator(".more").scroll_into_view_if_needed()
        expect(page.locator(".card")).to_have_count(51)
        expect(page.locator(".more")).to_have_count(0)


def test_the_theme_is_kept(chrome: Browser, address: str) -> None:
    with opened(chrome, address, color_scheme="light") as watched:
        page = watched.page
        page.goto("/about")
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.get_by_role("button", name="Account and settings").click()
        page.get_by_text("Dark", exact=True).click()
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.goto("/settings")

        assert light != dark
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_the_keyboard_reaches_the_content_first(chrome: Browser, address: str) -> None:
    with opened(chrome, address) as watched:
        page = watched.page
        page.goto("/about")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()


def test_a_refusal_is_said_and_changes_nothing(chrome: Browser, address: str, world: World) -> None:
    path = f"/likes/{world.videos[0]['id']}"
    world.refuse["PUT", path] = fake_api.Refused(429, "too_many_requests", "Wait a little.")
    with opened(chrome, address) as watched:
        page = watched.page
        page.goto(WATCH)
        page.locator(".watch-bar .like").click()

        expect(page.get_by_role("status").filter(has_text="Wait a little.")).to_be_visible()
        expect(page.locator(".watch-bar .like")).to_have_attribute("aria-pressed", "false")
        watched.forgive("429", "404")


def test_a_visitor_who_likes_comes_back_after_the_log_in(chrome: Browser, address: str) -> None:
    with opened(chrome, address, cookie=None) as watched:
        page = watched.page
        page.goto(WATCH)
        page.locator(".watch-bar .like").click()
        expect(page).to_have_url(re.compile("/login\\?next="))
        page.get_by_label("E-mail or handle").fill("ada")
        page.get_by_label("Password", exact=True).fill("wrong")
        page.get_by_role("button", name="Show password").click()
        expect(page.locator("#password")).to_have_attribute("type", "text")
        page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("not the right password")
        page.get_by_label("Password", exact=True).fill("correct horse")
        page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()

        page.wait_for_url(f"**{WATCH}")
        expect(page.get_by_label("Your comment", exact=True)).to_be_visible()
        watched.forgive("401", "404")


def test_a_time_to_publish_is_chosen_and_shown_where_the_browser_is(
    chrome: Browser, address: str, world: World
) -> None:
    details = "/my/videos/vid_00000000000000000000000005"
    with opened(chrome, address, timezone_id="Asia/Kathmandu", locale="en-GB") as watched:
        page = watched.page
        page.goto("/my/videos")
        expect(page.locator(".badge", has_text="Scheduled for")).to_contain_text("31 Jan 2027, 23:15")
        page.goto(details)
        field = page.get_by_label("Publish later")
        expect(field).to_have_value("2027-01-31T23:15")
        expect(page.locator("#publish_local-hint")).to_contain_text("Asia/Kat")

        field.fill("2027-02-14T08:00")
        page.get_by_role("button", name="Save").click()
        expect(page).to_have_url(f"{address}/my/videos")
        assert world.videos[4]["publish_at"] == "2027-02-14T02:15:00.000Z"
        page.goto("/watch/vid_00000000000000000000000005")
        expect(page.locator(".notice", has_text="Scheduled for")).to_contain_text("14 Feb 2027, 08:00")

        page.goto(details)
        page.get_by_label("Publish later").fill("")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".badge", has_text="Scheduled for")).to_have_count(0)
        assert world.videos[4]["publish_at"] is None
        watched.forgive("404")


def test_without_scripts_a_time_is_told_and_left_alone(chrome: Browser, address: str, world: World) -> None:
    with opened(chrome, address, java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/my/videos/vid_00000000000000000000000005")
        told = page.locator("form noscript p")
        expect(told).to_be_visible()
        expect(told).to_contain_text("Scheduled for 31 January 2027, 17:30 UTC")
        expect(page.get_by_label("Publish later")).to_be_hidden()
        page.get_by_label("Title").fill("Renamed")
        page.get_by_role("button", name="Save").click()
        expect(page).to_have_url(f"{address}/my/videos")
    assert (world.videos[4]["title"], world.videos[4]["publish_at"]) == ("Renamed", fake_api.LATER)


def test_the_code_for_a_page_of_ones_own_is_copied_as_the_link_is(chrome: Browser, address: str) -> None:
    with opened(chrome, address, permissions=["clipboard-read", "clipboard-write"]) as watched:
        page = watched.page
        page.goto(WATCH)
        for name, said, begins in (
            ("Copy the link", "Link copied", "http"),
            ("Copy the code for a page of your own", "Code copied", "<iframe "),
        ):
            page.get_by_role("button", name="Share").click()
            page.get_by_role("button", name=name).click()
            expect(page.get_by_text(said)).to_be_visible()
            assert str(page.evaluate("navigator.clipboard.readText()")).startswith(begins)
        watched.forgive("404")
