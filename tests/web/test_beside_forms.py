"""Forms beside a video that answer with themselves, and what stands there before somebody presses anything."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from tests.web import fake_api, fake_beside
from tests.web.conftest import browser
from tests.web.fake_api import COOKIE, CSRF, SECRET, World

from socialflow import web
from socialflow.kernel.config import Settings
from socialflow.web.pages.beside import with_parts

MINE = "/my/videos/vid_00000000000000000000000002"
PARTS = [{"start_ms": at * 1_000, "title": f"Part {number}"} for number, at in enumerate((0, 12, 40, 61), 1)]


async def test_suggested_chapters_are_taken_over_beside_what_is_written(ada: httpx2.AsyncClient, world: World) -> None:
    assert 'name="take"' in (await ada.get(f"{MINE}/chapters")).text
    form = {"csrf_token": CSRF, "take": "1", "chapters": "0:00 Mine\n1:05 Home"}

    answer = await ada.post(f"{MINE}/chapters", data=form)

    assert answer.status_code == 200
    assert ">0:00 Mine\n0:12 Part 2\n1:05 Home</textarea>" in answer.text
    assert "The suggestions are in the form." in answer.text
    assert not [path for method, path, _, _ in world.calls if method == "PUT"], "nothing is saved yet"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", "0:00 Part 1\n0:12 Part 2\n0:40 Part 3\n1:01 Part 4"),
        ("0:00 Out\n0:35 The sea", "0:00 Out\n0:12 Part 2\n0:35 The sea\n1:01 Part 4"),
        ("half a line", "half a line\n0:00 Part 1\n0:12 Part 2\n0:40 Part 3\n1:01 Part 4"),
    ],
)
def test_what_is_too_close_to_a_chapter_is_not_suggested(written: str, expected: str) -> None:
    assert with_parts(written, PARTS) == expected


async def test_the_editor_says_that_a_chosen_picture_is_lost(ada: httpx2.AsyncClient) -> None:
    page = (await ada.get(f"{MINE}/edit")).text

    assert "the one you chose as its poster is not among them" in page
    assert page.index('id="poster-lost"') < page.index("data-apply")


@pytest.fixture
async def own_picture(world: World, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """Ada's browser, where a picture of her own stands for the video."""
    api = fake_api.make(world)
    fake_beside.install(api, poster_at_ms=None)
    web.mount(api, Settings.model_validate({"environment": "test", "data_dir": tmp_path}))
    async with browser(api, **{COOKIE: SECRET}) as client:
        yield client


async def test_a_picture_of_ones_own_is_not_said_to_be_lost(own_picture: httpx2.AsyncClient) -> None:
    page = await own_picture.get(f"{MINE}/edit")

    assert page.status_code == 200
    assert 'id="poster-lost"' not in page.text


async def test_what_waits_for_its_upload_is_not_said_to_be_processed(ada: httpx2.AsyncClient, world: World) -> None:
    assert "Waits for its upload" not in (await ada.get("/my/videos")).text
    world.videos[2]["state"] = "draft"

    page = (await ada.get("/my/videos")).text

    assert "Waits for its upload" in page
    assert "</svg>Processing" not in page
