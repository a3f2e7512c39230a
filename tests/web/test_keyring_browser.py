"""Sessions and tokens in a real browser: usable by everybody at every width, and a new token is copied."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from tests.web import fake_api, fake_keyring
from tests.web.conftest import serving
from tests.web.pages import opened
from tests.web.test_browser import RULES

from socialflow import web
from socialflow.kernel.config import Settings

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages"), pytest.mark.timeout(300)]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    api = fake_api.make(fake_api.small_world())
    fake_keyring.install(api)
    web.mount(api, Settings.model_validate({"environment": "test", "data_dir": tmp_path}))
    with serving(api) as url:
        yield url


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")])
def test_nobody_is_hindered_at_their_sessions_and_tokens(
    chrome: Browser, address: str, width: int, scheme: str
) -> None:
    found = []
    with opened(chrome, address, viewport={"width": width, "height": 900}, color_scheme=scheme) as watched:
        page = watched.page
        for path in ("/settings/sessions", "/settings/tokens"):
            page.goto(path)
            if "SHOTS" in os.environ:
                page.screenshot(path=f"{os.environ['SHOTS']}/{path[10:]}-{width}-{scheme}.png", full_page=True)
            for direction in ("ltr", "rtl"):
                page.evaluate("direction => document.documentElement.dir = direction", direction)
                excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert excess <= 0, (path, direction, excess)
                violations = Axe().run(page, options=RULES).response["violations"]
                found.extend((path, direction, each["id"], each["nodes"][:2]) for each in violations)
    assert not found


def test_a_new_token_is_shown_and_copied_by_keyboard(chrome: Browser, address: str) -> None:
    options = {"viewport": {"width": 390, "height": 900}, "permissions": ["clipboard-read", "clipboard-write"]}
    with opened(chrome, address, **options) as watched:
        page = watched.page
        page.goto("/settings/tokens")
        page.get_by_label("Name", exact=True).fill("Uploader")
        page.get_by_label("write:videos").check()
        page.get_by_label("Name", exact=True).press("Enter")

        shown = page.get_by_role("textbox", name="Your new token")
        expect(shown).to_have_value(fake_keyring.SECRET)
        page.get_by_role("button", name="Copy").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == fake_keyring.SECRET
        if "SHOTS" in os.environ:
            page.screenshot(path=f"{os.environ['SHOTS']}/fresh.png", full_page=True)
