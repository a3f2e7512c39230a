"""Captions, chapters and poster in a real browser: usable by everybody, and files of captions are sent."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from tests.web import fake_api, fake_beside
from tests.web.conftest import serving
from tests.web.pages import PIXEL, opened
from tests.web.test_browser import RULES

from socialflow import web
from socialflow.kernel.config import Settings

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages"), pytest.mark.timeout(300)]

MINE = "/my/videos/vid_00000000000000000000000002"
Heard = list[tuple[str, dict[str, str], bytes]]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Heard]]:
    api = fake_api.make(fake_api.small_world())
    heard = fake_beside.install(api)
    web.mount(api, Settings.model_validate({"environment": "test", "data_dir": tmp_path}))
    with serving(api) as url:
        yield url, heard


def picture(route: Any) -> None:
    route.fulfill(body=PIXEL, content_type="image/png")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")])
def test_nobody_is_hindered_at_what_stands_beside_a_video(
    chrome: Browser, site: tuple[str, Heard], width: int, scheme: str
) -> None:
    found = []
    with opened(chrome, site[0], viewport={"width": width, "height": 900}, color_scheme=scheme) as watched:
        page = watched.page
        page.route("**/media/**", picture)
        for path in (
            MINE,
            f"{MINE}/captions",
            f"{MINE}/captions/en",
            f"{MINE}/chapters",
            f"{MINE}/poster",
            f"{MINE}/edit",
        ):
            page.goto(path)
            if "SHOTS" in os.environ:
                name = path.rpartition("/")[2]
                page.screenshot(path=f"{os.environ['SHOTS']}/{name}-{width}-{scheme}.png", full_page=True)
            for direction in ("ltr", "rtl"):
                page.evaluate("direction => document.documentElement.dir = direction", direction)
                excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert excess <= 0, (path, direction, excess)
                violations = Axe().run(page, options=RULES).response["violations"]
                found.extend((path, direction, each["id"], each["nodes"][:2]) for each in violations)
    assert not found


def test_a_file_of_captions_is_sent_as_it_is(chrome: Browser, site: tuple[str, Heard], tmp_path: Path) -> None:
    address, heard = site
    file = tmp_path / "words.srt"
    file.write_bytes("1\n00:00:01,000 --> 00:00:02,000\nCaf\u00e9\n".encode("cp1252"))
    with opened(chrome, address) as watched:
        page = watched.page
        page.goto(f"{MINE}/captions")
        page.get_by_label("Language", exact=True).fill("pt-BR")
        page.get_by_text("Subtitles", exact=True).click()
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("alert")).to_contain_text("Choose a file")
        page.get_by_label("File", exact=True).set_input_files(file)
        # The page comes anew once the file is there, under the address that it has already.
        with page.expect_navigation():
            page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("alert")).to_be_hidden()

        page.goto(f"{MINE}/captions/en")
        page.get_by_label("Words and times").fill(fake_beside.TEXT.replace("morning", "evening"))
        page.get_by_role("button", name="Save").click()
        page.wait_for_url(f"**{MINE}/captions")
    assert heard[0] == ("pt-BR", {"kind": "subtitles"}, file.read_bytes())
    assert heard[1][:2] == ("en", {"kind": "captions", "label": "English", "is_default": "true"})
    assert b"Good evening." in heard[1][2]


def test_a_language_that_is_none_is_asked_for_in_words(chrome: Browser, site: tuple[str, Heard]) -> None:
    fault = {"pointer": "/path/language", "detail": "String should match a pattern"}
    problem = {"code": "invalid_request", "detail": "The request has invalid fields.", "errors": [fault]}
    with opened(chrome, site[0]) as watched:
        page = watched.page
        watched.forgive("422")
        page.route("**/captions/deutsch*", lambda route: route.fulfill(status=422, json=problem))
        page.goto(f"{MINE}/captions")
        page.get_by_label("Language", exact=True).fill("deutsch??")
        page.get_by_label("Or paste it here").fill(fake_beside.TEXT)
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("alert")).to_have_text("Say which language it is, such as en or pt-BR.")


def test_a_picture_of_ones_own_is_shown_among_the_others_once_it_is_there(
    chrome: Browser, site: tuple[str, Heard], tmp_path: Path
) -> None:
    file = tmp_path / "own.png"
    file.write_bytes(PIXEL)
    place = "/api/v1/uploads/upl_00000000000000000000000009"
    mine = {"number": 4, "url": "/media/x/own.jpg", "at_ms": None, "thumbhash": "", "is_chosen": True}
    asked: list[str] = []

    def posters(route: Any) -> None:
        if asked:
            route.fulfill(json={"items": [mine], "next_cursor": None})
        else:
            route.continue_()

    def choose(route: Any) -> None:
        asked.append(route.request.method)
        route.fulfill(status=204)

    def upload(route: Any) -> None:
        sent = route.request.post_data_buffer or b""
        made = route.request.method == "POST" and not sent
        headers = {"Location": place, "Upload-Offset": "0" if made else str(len(PIXEL)), "Tus-Resumable": "1.0.0"}
        route.fulfill(status=201 if route.request.method == "POST" else 204, headers=headers)

    with opened(chrome, site[0]) as watched:
        page = watched.page
        page.route("**/media/**", picture)
        page.route("**/api/v1/uploads**", upload)
        page.route("**/api/v1/uploads/**", upload)
        page.route("**/posters", posters)
        page.route("**/poster", choose)
        page.goto(f"{MINE}/poster?saved=")
        page.get_by_label("Picture", exact=True).set_input_files(file)
        page.wait_for_url(f"**{MINE}/poster?saved=1")
        expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    assert asked == ["PUT"]
