"""Watching in a real browser: keys, captions, chapters, gestures, what follows, other devices, and how it went."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from tests.factories import clips
from tests.factories.browser import chromium
from tests.factories.instance import Instance, until
from tests.factories.watching import DESKTOP, Stage, begin, browser_of, choose, plays, ready, seconds, sign_up

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("watching"), pytest.mark.timeout(300)]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WORDS = b"1\n00:00:00,000 --> 00:00:12,000\nGood morning\n"
WORTE = b"1\n00:00:00,000 --> 00:00:12,000\nGuten Morgen\n"
# A finger that goes sideways over the picture, by steps.
DRAG = """async ([from, to]) => {
  const surface = document.querySelector(".player-touch");
  const box = surface.getBoundingClientRect();
  const tell = (kind, x) => surface.dispatchEvent(new PointerEvent(kind, {
    bubbles: true, pointerType: "touch", isPrimary: true, pointerId: 7,
    clientX: box.left + box.width * x, clientY: box.top + 60,
  }));
  tell("pointerdown", from);
  for (let step = 1; step <= 8; step += 1) tell("pointermove", from + ((to - from) * step) / 8);
  const aimed = document.querySelector(".player-flash").textContent;
  tell("pointerup", to);
  return aimed;
}"""

# What Safari has and Chromium has not: a list of screens, and word of there being some.
SAFARI = """
window.WebKitPlaybackTargetAvailabilityEvent = class extends Event {};
HTMLVideoElement.prototype.webkitShowPlaybackTargetPicker = function () { this.dataset.picked = this.currentSrc; };
"""
FOUND = """() => document.querySelector("video").dispatchEvent(
  Object.assign(new Event("webkitplaybacktargetavailabilitychanged"), { availability: "available" }),
)"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("watching") / "data"
    with Instance(folder, "--no-demo", SF_LIMITS__ENABLED="false") as instance:
        instance.wait_ready()
        with httpx2.Client(base_url=instance.url, timeout=30) as client:
            given = sign_up(client, "kino")
            client.headers["Authorization"] = f"Bearer {given['access_token']}"
            other = ready(client, clips.clip("plain.mp4"), "What follows")
            film = ready(client, clips.clip("long.mp4"), "Thirteen seconds")
            chapters = {
                "chapters": [{"start_ms": 0, "title": "The way there"}, {"start_ms": 10_000, "title": "The sea"}]
            }
            client.put(f"/api/v1/videos/{film}/chapters", json=chapters).raise_for_status()
            for language, words in (("en", WORDS), ("de", WORTE)):
                path = f"/api/v1/videos/{film}/captions/{language}"
                client.put(path, content=words).raise_for_status()
            # Players find them a moment later.
            address = f"/api/v1/videos/{film}"
            assert until(lambda: len(client.get(address).json()["playback"]["captions"]) == 2, 60)
            yield Stage(instance, film, other, client)


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)
    with chromium() as found:
        yield found


def test_everything_is_done_by_keys(chrome: Browser, stage: Stage) -> None:
    with browser_of(chrome, stage) as watched:
        page = watched.page
        begin(page, stage.watch())
        player = page.locator("sf-player")
        press = page.keyboard.press
        press(" ")
        expect(player).not_to_have_class(re.compile("playing"))
        for key, at in (
            ("5", 6.5),
            ("j", 0.0),
            ("l", 10.0),
            ("ArrowLeft", 5.0),
            ("ArrowRight", 10.0),
            ("[", 0.0),
            ("]", 10.0),
        ):
            press(key)
            assert until(lambda at=at: page.wait_for_timeout(50) or abs(seconds(page) - at) < 0.2, 10), (
                key,
                seconds(page),
            )
        press(">")
        assert page.evaluate("document.querySelector('video').playbackRate") == 1.25
        press("<")
        press("m")
        expect(player).to_have_attribute("data-sound", re.compile("low|loud"))
        press("t")
        expect(page.locator(".watch")).to_have_class(re.compile("theatre"))
        wide = page.locator(".stage").bounding_box()
        press("t")
        narrow = page.locator(".stage").bounding_box()
        assert wide is not None
        assert narrow is not None
        assert wide["width"] > narrow["width"] + 200
        press("f")
        expect(player).to_have_class(re.compile("full"))
        press("f")
        expect(player).not_to_have_class(re.compile("full"))
        press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        press("Escape")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
        press("c")
        expect(page.locator(".player-captions")).to_have_text("Good morning")
        press("c")
        expect(page.locator(".player-captions")).to_have_text("")
        # The order in which Tab comes to what can be pressed is that in which it stands.
        page.locator(".scrub-input").focus()
        names = []
        for _ in range(7):
            press("Tab")
            names.append(
                page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.textContent")
            )
        assert [re.sub(r" \(.*", "", name).strip() for name in names][:3] == ["Play", "Mute", "Volume"]
        assert "Playback settings" in names


def test_captions_are_chosen_and_remembered_on_this_device(chrome: Browser, stage: Stage) -> None:
    with browser_of(chrome, stage) as watched:
        page = watched.page
        begin(page, stage.watch())
        choose(page, "Captions", "Deutsch")
        expect(page.locator(".player-captions")).to_have_text("Guten Morgen")
        choose(page, "Speed", "1.5\u00d7")
        choose(page, "Loop")
        page.reload()
        page.get_by_role("button", name="Play (k)").first.click()
        plays(page)
        expect(page.locator(".player-captions")).to_have_text("Guten Morgen")
        assert page.evaluate(
            "[document.querySelector('video').playbackRate, document.querySelector('video').loop]"
        ) == [1.5, True]
        page.keyboard.press("9")
        assert until(lambda: page.wait_for_timeout(100) or seconds(page) < 5, 20), "it does not begin again"
        expect(page.locator(".player-next")).to_be_hidden()


def test_chapters_stand_on_the_time_line_and_in_lists(chrome: Browser, stage: Stage) -> None:
    with browser_of(chrome, stage) as watched:
        page = watched.page
        begin(page, stage.watch())
        page.keyboard.press("k")
        expect(page.locator(".scrub-marks i")).to_have_count(1)
        expect(page.locator(".player-chapter")).to_contain_text("The way there")
        line = page.locator(".scrub").bounding_box()
        assert line is not None
        page.locator(".scrub").hover(position={"x": line["width"] * 0.9, "y": 10})
        expect(page.locator(".scrub-title")).to_have_text("The sea")
        expect(page.locator(".scrub-picture")).to_have_css("background-image", re.compile("storyboard"))

        page.locator("ol.chapters a", has_text="The sea").click()
        assert until(lambda: page.wait_for_timeout(50) or abs(seconds(page) - 10) < 0.3, 10)
        assert "t=" not in page.url
        expect(page.locator("ol.chapters a[aria-current]")).to_contain_text("The sea")
        expect(page.locator(".scrub-input")).to_have_attribute("aria-valuetext", re.compile("The sea$"))
        page.locator(".player-chapter").click()
        page.get_by_role("menuitemradio", name="The way there").click()
        assert until(lambda: page.wait_for_timeout(50) or seconds(page) < 1, 10)


@pytest.mark.parametrize("options", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nobody_is_hindered_by_any_part_of_the_player(chrome: Browser, stage: Stage, options: dict[str, Any]) -> None:
    found = []
    with browser_of(chrome, stage, **options) as watched:
        page = watched.page

        def look(where: str) -> None:
            violations = Axe().run(page, options=RULES).response["violations"]
            found.extend((where, each["id"], [node["target"] for node in each["nodes"][:3]]) for each in violations)

        begin(page, stage.watch())
        page.keyboard.press("k")
        look("paused")
        page.get_by_role("button", name="Playback settings").click()
        look("menu")
        page.get_by_role("menuitem", name="Chapters").click()
        look("chapters")
        page.keyboard.press("Escape")
        page.evaluate("document.querySelector('video').currentTime = 12.7")
        page.keyboard.press("k")
        expect(page.locator(".player-next")).to_be_visible()
        look("next")
        excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert excess <= 0
    assert not found


def test_what_follows_is_counted_down_and_can_be_called_off(chrome: Browser, stage: Stage) -> None:
    with browser_of(chrome, stage) as watched:
        page = watched.page
        begin(page, stage.watch())
        page.keyboard.press("9")
        place = page.locator(".player-next")
        expect(place).to_be_visible()
        expect(place).to_contain_text("What follows")
        left = int(place.locator("[data-next-count]").inner_text())
        assert until(
            lambda: page.wait_for_timeout(100) or int(place.locator("[data-next-count]").inner_text()) < left, 10
        )
        place.get_by_role("button", name="Cancel").click()
        expect(place).to_be_hidden()
        page.wait_for_timeout(1_500)
        assert page.url.endswith(stage.watch())

        page.keyboard.press("9")
        page.keyboard.press("k")
        expect(place).to_be_visible()
        expect(page).to_have_url(re.compile(stage.other), timeout=30_000)
        # It plays by itself: nobody has to press anything.
        plays(page)


def test_fingers_tap_twice_and_drag(chrome: Browser, stage: Stage) -> None:
    with browser_of(chrome, stage, **PHONE) as watched:
        page = watched.page
        begin(page, stage.watch())
        page.locator("video").evaluate("video => video.pause()")
        page.locator("video").evaluate("video => { video.currentTime = 1; }")
        box = page.locator(".player-touch").bounding_box()
        assert box is not None
        for _ in range(2):
            page.touchscreen.tap(box["x"] + box["width"] * 0.9, box["y"] + 60)
        assert until(lambda: page.wait_for_timeout(50) or abs(seconds(page) - 11) < 0.6, 10), seconds(page)
        # Thirteen seconds are the whole width: a quarter to the left is about three of them back.
        aimed = page.evaluate(DRAG, [0.75, 0.5])
        assert re.fullmatch(r"0:0[678]", aimed), aimed
        assert until(lambda: page.wait_for_timeout(50) or 6.5 < seconds(page) < 8.7, 10), seconds(page)
        expect(page.locator(".scrub-preview")).to_be_hidden()


def test_one_goes_on_in_another_browser(chrome: Browser, stage: Stage) -> None:
    with httpx2.Client(base_url=stage.instance.url, timeout=30) as client:
        token = sign_up(client, "wanda")["access_token"]
    api = {"Authorization": f"Bearer {token}"}
    asked = f"{stage.instance.url}/api/v1/me/positions?video_ids={stage.film}"

    def kept() -> list[int]:
        found = httpx2.get(asked, headers=api).json()["positions"]
        return [each["position_ms"] for each in found]

    with browser_of(chrome, stage, "wanda") as first:
        begin(first.page, stage.watch())
        first.page.keyboard.press("5")
        plays(first.page, 6.8)
        # Leaving is enough: what is said last arrives although the page is gone.
        blank = first.page.context.new_page()
        first.page.close(run_before_unload=True)
        assert until(lambda: bool(blank.wait_for_timeout(100) or kept())), "nothing was kept"
    assert 6_500 < kept()[0] < 9_500

    with browser_of(chrome, stage, "wanda", **PHONE) as second:
        page = second.page
        expect(page.locator(".thumb-resume")).to_have_count(1)
        page.goto("/watching")
        expect(page.locator(".card")).to_have_count(1)
        expect(page.locator(".card .thumb-resume")).to_be_visible()
        page.get_by_role("link", name="Thirteen seconds").first.click()
        expect(page.locator(".player-resumed")).to_contain_text(re.compile(r"Resumed at 0:0[6789]"))
        plays(page, 6.5)
        assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('sf:at:'))") == []
        # At the end there is nothing to go on with.
        page.locator("video").evaluate("video => { video.currentTime = 12.8; }")
        assert until(lambda: not kept()), kept()

        page.goto("/settings/player")
        page.get_by_label("Keep where I stop").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
        begin(page, stage.watch())
        page.keyboard.press("5")
        page.keyboard.press("k")
        page.wait_for_timeout(1_500)
        assert kept() == []


def test_a_visitor_goes_on_in_the_same_browser_alone(chrome: Browser, stage: Stage) -> None:
    with browser_of(chrome, stage) as watched:
        page = watched.page
        asked: list[str] = []
        page.on("request", lambda sent: asked.append(sent.url) if "/me/" in sent.url else None)
        begin(page, stage.watch())
        page.keyboard.press("5")
        page.keyboard.press("k")
        expect(page.locator("sf-player")).not_to_have_class(re.compile("playing"))
        page.goto("/")
        expect(page.locator(".thumb-resume")).to_have_count(1)
        assert asked == []


def test_an_account_says_how_its_player_begins_on_a_new_device(chrome: Browser, stage: Stage) -> None:
    with httpx2.Client(base_url=stage.instance.url, timeout=30) as client:
        sign_up(client, "prefer")
    with browser_of(chrome, stage, "prefer") as first:
        page = first.page
        page.goto("/settings/player")
        assert not Axe().run(page, options=RULES).response["violations"]
        page.get_by_label("Speed").select_option(label="1.25\u00d7")
        page.get_by_label("Captions").select_option(label="German")
        page.get_by_label("Play the next one").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    with browser_of(chrome, stage, "prefer") as second:
        page = second.page
        begin(page, stage.watch())
        assert page.evaluate("document.querySelector('video').playbackRate") == 1.25
        expect(page.locator(".player-captions")).to_have_text("Guten Morgen")
        page.keyboard.press("9")
        expect(page.locator("sf-player")).to_have_class(re.compile("ended"))
        expect(page.locator(".player-next")).to_be_hidden()
        choose(page, "Speed", "Normal")
        page.goto("/settings/player")
        page.get_by_role("button", name="Begin as set above").click()
        expect(page.get_by_role("button", name="Begin as set above")).to_be_disabled()


def test_a_playback_tells_how_it_went(chrome: Browser, stage: Stage) -> None:
    before = len(stage.rows("Thirteen seconds"))
    with browser_of(chrome, stage) as watched:
        page = watched.page
        sent: list[dict[str, Any]] = []
        page.on("request", lambda each: sent.append(each.post_data_json) if "/analytics/" in each.url else None)
        begin(page, stage.watch())
        plays(page, 1.5)
        blank = page.context.new_page()
        page.close(run_before_unload=True)
        left = until(lambda: blank.wait_for_timeout(100) or stage.latest("Thirteen seconds")["state"] == "q")
        assert left, (stage.rows("Thirteen seconds"), sent)
    assert len(stage.rows("Thirteen seconds")) == before + 1
    row = stage.latest("Thirteen seconds")
    assert 0 < row["startup_ms"] < 30_000
    assert 800 < row["played_ms"] < 20_000
    assert row["bitrate_kbps"] > 0
    assert row["errors"] == []
    reports = [each for body in sent for each in body["reports"]]
    assert {each["v"] for each in reports} == {2}
    assert [each["sn"] for each in reports] == list(range(len(reports)))
    assert [each["sta"] for each in reports[:2]] == ["s", "p"]
    assert sum("msd" in each for each in reports) == 1

    # What has shown nothing says nothing of how the video plays.
    shown = sum(bool(each["played_ms"]) or each["state"] == "f" for each in stage.rows("Thirteen seconds"))
    told = stage.owner.get(f"/api/v1/videos/{stage.film}/playback-quality").raise_for_status().json()
    assert told["sessions"] == shown
    with browser_of(chrome, stage, "kino") as owner:
        owner.page.goto(f"/my/videos/{stage.film}/quality")
        expect(owner.page.get_by_role("row", name="Playbacks", exact=False).first).to_contain_text(str(shown))
        assert not Axe().run(owner.page, options=RULES).response["violations"]


def test_another_screen_is_offered_where_there_is_one(chrome: Browser, stage: Stage) -> None:
    with browser_of(chrome, stage) as watched:
        page = watched.page
        begin(page, stage.watch())
        expect(page.locator('[data-act="airplay"]')).to_be_hidden()
        expect(page.locator('[data-act="cast"]')).to_be_hidden()
    with browser_of(chrome, stage) as watched:
        page = watched.page
        page.add_init_script(SAFARI)
        begin(page, stage.watch())
        button = page.get_by_role("button", name="AirPlay")
        expect(button).to_be_hidden()
        page.evaluate(FOUND)
        button.click()
        # Another screen fetches the film by itself: it needs an address, not bytes that this page puts together.
        expect(page.locator("video")).to_have_attribute("data-picked", re.compile(r"^http.*\.m3u8"))
        plays(page)
