"""The header's search box in a real browser: by keys alone, by touch, and with what a screen reader is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import Response
from playwright.sync_api import Browser, Page, expect
from tests.web import fake_api
from tests.web.conftest import serving
from tests.web.fake_api import World
from tests.web.pages import PIXEL, opened

from socialflow import web
from socialflow.kernel.config import Settings

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages"), pytest.mark.timeout(300)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
EVIL = "<img src=x onerror=alert(1)> \u05d0\u05d1"


@pytest.fixture
def world() -> World:
    return fake_api.small_world()


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def address(world: World, tmp_path: Path, asked: list[str]) -> Iterator[str]:
    api = fake_api.make(world)

    async def suggest(q: str) -> dict[str, Any]:
        asked.append(q)
        people = [each for each in world.channels if each["handle"].startswith(q.lstrip("@").lower())]
        card = ("id", "handle", "display_name", "avatar_url")
        tag = {"tag": f"{q}sea", "shown": f"{q}Sea", "post_count": 12, "follower_count": 1, "followed": False}
        found = [
            {"channel": {name: each[name] for name in card}, "follower_count": 3, "following": True} for each in people
        ]
        return {"people": found, "tags": [] if q.startswith(("@", "zz")) else [tag]}

    async def poster(video: str) -> Response:
        return Response(PIXEL, media_type="image/png")

    api.add_api_route("/api/v1/search/suggest", suggest)
    api.add_api_route("/media/{video}/poster.jpg", poster)
    web.mount(api, Settings.model_validate({"environment": "test", "data_dir": tmp_path}))
    with serving(api) as url:
        yield url


def box(page: Page) -> Any:
    return page.get_by_role("combobox", name="Search people and hashtags")


def test_keys_alone_find_somebody_and_go_there(chrome: Browser, address: str, asked: list[str]) -> None:
    with opened(chrome, address, viewport={"width": 1280, "height": 900}) as watched:
        page = watched.page
        # Time stands still while one types, however slow the machine is.
        page.clock.install()
        page.goto("/")
        field = box(page)
        expect(field).to_have_attribute("aria-expanded", "false")
        page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
        field.focus()
        page.keyboard.type("gra")
        assert asked == []
        page.clock.resume()
        options = page.get_by_role("option")
        expect(options).to_have_count(2)
        expect(field).to_have_attribute("aria-expanded", "true")
        expect(page.locator("[data-search-said]")).to_have_text("2 suggestions")
        # Letters that come quickly are asked about once.
        assert asked == ["gra"]
        page.keyboard.press("ArrowDown")
        expect(options.first).to_have_attribute("aria-selected", "true")
        reached = options.first.get_attribute("id")
        expect(field).to_have_attribute("aria-activedescendant", str(reached))
        expect(field).to_be_focused()
        # Behind the last comes the box itself, and then the first again; upwards the other way round.
        for key, number in (("ArrowDown", 1), ("ArrowDown", None), ("ArrowDown", 0), ("ArrowUp", None), ("ArrowUp", 1)):
            page.keyboard.press(key)
            if number is None:
                expect(page.locator("[aria-selected=true]")).to_have_count(0)
            else:
                expect(options.nth(number)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{address}/@grace")


def test_escape_closes_and_then_empties_and_enter_without_a_choice_searches(chrome: Browser, address: str) -> None:
    with opened(chrome, address, viewport={"width": 1280, "height": 900}) as watched:
        page = watched.page
        page.goto("/")
        field = box(page)
        field.focus()
        page.keyboard.type("gra")
        expect(page.get_by_role("listbox")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#search-list")).to_be_hidden()
        expect(field).to_have_value("gra")
        page.keyboard.press("Escape")
        expect(field).to_have_value("")
        page.keyboard.type("zz")
        expect(page.locator("[data-search-said]")).to_have_text("No suggestions")
        expect(field).to_have_attribute("aria-expanded", "false")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{address}/search?q=zz")
        expect(page.get_by_text("Nobody and nothing begins with that")).to_be_visible()


def test_a_finger_chooses_and_leaving_the_box_closes_the_list(chrome: Browser, address: str) -> None:
    with opened(chrome, address, viewport={"width": 390, "height": 800}, has_touch=True) as watched:
        page = watched.page
        page.goto("/")
        box(page).fill("gra")
        expect(page.get_by_role("option")).to_have_count(2)
        page.keyboard.press("Tab")
        expect(page.locator("#search-list")).to_be_hidden()
        box(page).fill("ad")
        page.get_by_role("option").first.tap()
        expect(page).to_have_url(f"{address}/@ada")


def test_what_people_call_themselves_is_never_run(chrome: Browser, address: str, world: World) -> None:
    world.channels[1]["display_name"] = EVIL
    with opened(chrome, address, viewport={"width": 390, "height": 800}) as watched:
        page = watched.page
        page.goto("/")
        box(page).fill("gra")
        expect(page.get_by_role("option").first).to_contain_text("<img src=x")
        page.goto("/search?q=gra")
        expect(page.locator("main")).to_contain_text("<img src=x")


def test_without_scripts_the_form_searches(chrome: Browser, address: str) -> None:
    with opened(chrome, address, java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/")
        page.get_by_label("Search people and hashtags").fill("gra")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{address}/search?q=gra")
        expect(page.get_by_role("link", name="Grace <Hopper>")).to_be_visible()
        expect(page.get_by_role("link", name="#graSea")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("cookie", [None, fake_api.SECRET], ids=["visitor", "ada"])
def test_the_open_list_hinders_nobody(
    chrome: Browser, address: str, width: int, cookie: str | None, tmp_path: Path
) -> None:
    found = []
    options = {"viewport": {"width": width, "height": 800}, "reduced_motion": "reduce", "cookie": cookie}
    with opened(chrome, address, **options) as watched:
        page = watched.page
        for path in ("/", "/watch/vid_00000000000000000000000001", "/search?q=gra"):
            page.goto(path)
            for direction, scheme in (("ltr", "light"), ("rtl", "dark")):
                page.evaluate("direction => document.documentElement.dir = direction", direction)
                page.emulate_media(color_scheme=scheme)
                box(page).fill("")
                box(page).fill("gra")
                expect(page.get_by_role("option")).to_have_count(2)
                page.keyboard.press("ArrowDown")
                excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert excess <= 0, f"{path} is {excess} px too wide ({direction})"
                page.screenshot(path=tmp_path / f"{width}-{direction}.png")
                for violation in Axe().run(page, options=RULES).response["violations"]:
                    targets = [node["target"] for node in violation["nodes"][:3]]
                    found.append((path, direction, scheme, violation["id"], targets))
        watched.forgive("404")
    assert not found
