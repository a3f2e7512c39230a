"""Pages of what one watches: going on, how the player begins, how well one's video plays."""

import httpx2
import pytest
from fastapi import FastAPI
from tests.web.fake_api import CSRF
from tests.web.fake_watching import USUAL, Watching

WATCH = "/watch/vid_00000000000000000000000001"
FIRST = "vid_00000000000000000000000001"
PLAYER = "/settings/player"


@pytest.fixture
def known(site: FastAPI) -> Watching:
    """What the stand-in knows of watching."""
    found: Watching = site.state.watching
    return found


async def test_the_player_is_told_what_the_account_says(
    ada: httpx2.AsyncClient, visitor: httpx2.AsyncClient, known: Watching
) -> None:
    known.positions[FIRST] = 83_000
    known.settings["quality"] = 720
    own, strange = (await ada.get(WATCH)).text, (await visitor.get(WATCH)).text
    assert 'data-position="83000"' in own
    assert "data-settings=" in own
    assert "&#34;quality&#34;: 720" in own
    assert "data-account" not in strange
    assert "data-settings" not in strange
    assert "data-beacons" in strange


async def test_a_frame_of_somebody_elses_page_knows_nobody(ada: httpx2.AsyncClient, known: Watching) -> None:
    known.positions[FIRST] = 83_000
    page = (await ada.get(f"/embed/{FIRST}")).text
    assert "<sf-player" in page
    assert "data-account" not in page
    assert "83000" not in page


async def test_a_video_is_shown_though_nobody_knows_where_one_stopped(ada: httpx2.AsyncClient, site: FastAPI) -> None:
    site.router.routes[:] = [route for route in site.router.routes if getattr(route, "path", "") != "/api/v1/me/player"]
    answer = await ada.get(WATCH)
    assert answer.status_code == 200
    assert "<sf-player" in answer.text


async def test_one_sees_what_one_can_go_on_with(
    ada: httpx2.AsyncClient, visitor: httpx2.AsyncClient, known: Watching
) -> None:
    assert "Nothing to go on with" in (await ada.get("/watching")).text
    known.positions[FIRST] = 83_000
    page = (await ada.get("/watching")).text
    assert "Moths" in page
    assert (await visitor.get("/watching")).headers["location"].startswith("/login?next=")


async def test_how_the_player_begins_is_shown_and_changed(ada: httpx2.AsyncClient, known: Watching) -> None:
    page = (await ada.get(PLAYER)).text
    assert '<option value="auto" selected>' in page
    assert '<option value="100" selected>Normal' in page
    sent = {"csrf_token": CSRF, "quality": "1080", "speed_percent": "150", "captions": "de", "autoplay": "1"}
    answer = await ada.post(PLAYER, data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PLAYER}?saved=1")
    changed = {"quality": 1080, "speed_percent": 150, "captions": "de"}
    assert known.settings == USUAL | changed | {"autoplay_next": False, "keep_positions": False}
    page = (await ada.get(f"{PLAYER}?saved=1")).text
    assert '<option value="1080" selected>' in page
    assert "1.5\u00d7" in page
    assert "Saved." in page


async def test_a_language_that_the_page_does_not_list_stays_chosen(ada: httpx2.AsyncClient, known: Watching) -> None:
    known.settings["captions"] = "cy"
    assert '<option value="cy" data-language selected>' in (await ada.get(PLAYER)).text


async def test_all_positions_are_forgotten_on_demand(ada: httpx2.AsyncClient, known: Watching) -> None:
    known.positions[FIRST] = 83_000
    answer = await ada.post(f"{PLAYER}/forget", data={"csrf_token": CSRF})
    assert answer.status_code == 303
    assert known.positions == {}


async def test_an_owner_sees_how_well_a_video_plays(ada: httpx2.AsyncClient, visitor: httpx2.AsyncClient) -> None:
    page = (await ada.get("/my/videos/vid_00000000000000000000000002/quality")).text
    for said in ("0.64 s", "2.40 s", "12.5 %", "0.4 %", "2350 kbit/s", "fragLoadError", "3 playbacks"):
        assert said in page, said
    assert 'aria-current="page"' in page
    # Staff see the numbers of others' videos, and no way to the pages that are the owner's.
    assert "/captions" not in (await ada.get(f"/my/videos/{FIRST}/quality")).text
    assert (await visitor.get(f"/my/videos/{FIRST}/quality")).status_code == 303
