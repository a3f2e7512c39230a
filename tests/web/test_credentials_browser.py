"""The pages of mails' links, in a real browser: what it tells of the link, and that the button works there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request, expect
from tests.web import fake_api
from tests.web.conftest import serving
from tests.web.fake_api import World
from tests.web.pages import opened

from socialflow import web
from socialflow.kernel.config import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TOKEN = "abc-DEF_123"


@pytest.fixture
def address(world: World, tmp_path: Path) -> Iterator[str]:
    api = fake_api.make(world)
    web.mount(api, Settings.model_validate({"environment": "test", "data_dir": tmp_path}))
    with serving(api) as url:
        yield url


@pytest.mark.parametrize("cookie", [None, fake_api.SECRET], ids=["visitor", "ada"])
def test_a_link_is_used_by_its_button_and_told_to_nobody(
    chrome: Browser, address: str, world: World, cookie: str | None
) -> None:
    told: list[str] = []

    def note(request: Request) -> None:
        told.append(request.headers.get("referer", ""))
        if request.method != "POST":
            told.append(request.url if "/verify" not in request.url else "")

    with opened(chrome, address, cookie=cookie) as watched:
        page = watched.page
        page.on("request", note)
        page.goto(f"/verify?token={TOKEN}")
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("heading", name="That is your address")).to_be_visible()
        assert TOKEN not in page.url
        watched.forgive("404")
    assert [path for method, path, _, _ in world.calls if method == "POST"] == ["/auth/verify-email"]
    assert not any(TOKEN in each for each in told)
